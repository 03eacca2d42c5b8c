//! A compiled part: what is written, in which order, with every name resolved.

use super::checks::Test;
use super::filters::Filter;
use std::collections::BTreeMap;
use std::ops::Range;

/// Something wrong at a place of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The byte.
    pub(crate) at: usize,
    pub(crate) message: String,
}

impl Fault {
    /// A fault at a byte.
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

/// The top-level names that a template uses, each with its number: fields of the recipient, unless it sets them.
#[derive(Default)]
pub(crate) struct Names(BTreeMap<Box<str>, usize>);

impl Names {
    /// The number of a name; a new one if it has none.
    pub(crate) fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.0.get(name) {
            return *number;
        }
        let number = self.0.len();
        self.0.insert(name.into(), number);
        number
    }

    /// The number of a name that the template uses.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.0.get(name).copied()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// A compiled part.
pub(crate) struct Program {
    pub(crate) nodes: Vec<Node>,
    /// How many variables it sets.
    pub(crate) slots: usize,
}

/// A piece of a part.
pub(crate) enum Node {
    /// Text of the source.
    Text(Range<usize>),
    /// `{{ … }}`
    Write(Expr),
    /// `{% if %}` with its `elif`s.
    If { arms: Vec<(Expr, Vec<Self>)>, otherwise: Vec<Self> },
    /// `{% for %}`
    For(Box<For>),
    /// `{% set a = … %}`, `{% with a = … %}`; several names take a list apart.
    Set { slots: Vec<usize>, value: Expr },
    /// `{% set a %}…{% endset %}`, or `{% filter %}` if it has no variable: filters of [`Kind::Captured`].
    Capture { slot: Option<usize>, value: Expr, body: Vec<Self> },
}

/// A loop.
pub(crate) struct For {
    /// The variables of an item; several take it apart.
    pub(crate) slots: Vec<usize>,
    pub(crate) over: Expr,
    pub(crate) only_if: Option<Expr>,
    pub(crate) body: Vec<Node>,
    pub(crate) otherwise: Vec<Node>,
    /// Every variable set in it: each round begins without them.
    pub(crate) inner: Range<usize>,
}

/// An expression and where it is.
pub(crate) struct Expr {
    pub(crate) at: usize,
    /// Levels below it.
    pub(crate) depth: usize,
    pub(crate) kind: Kind,
}

/// What an expression is.
pub(crate) enum Kind {
    Text(Box<str>),
    Int(i128),
    Float(f64),
    Bool(bool),
    None,
    /// A name: the innermost of these variables that is set, else the field of this number.
    Name(Box<Name>),
    /// What `{% filter %}` and `{% set %}` captured.
    Captured,
    /// `loop.index` and its like.
    Loop(LoopPart),
    /// `loop.cycle(…)` and `loop.changed(…)`.
    Cycle(Vec<Expr>),
    /// `a.b`, `a['b']`
    Member(Box<Expr>, Box<str>),
    /// `a[b]`
    Index(Box<(Expr, Expr)>),
    /// `a[from:to]`
    Slice(Box<(Expr, Option<Expr>, Option<Expr>)>),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    And(Box<(Expr, Expr)>),
    Or(Box<(Expr, Expr)>),
    Calculate(Operator, Box<(Expr, Expr)>),
    Compare(Comparison, Box<(Expr, Expr)>),
    /// `a ~ b`
    Join(Vec<Expr>),
    /// `a if b else c`: condition, then, else.
    Choice(Box<(Expr, Expr, Option<Expr>)>),
    Filter(Box<Call<Filter>>),
    Test(Box<Call<Test>>),
    /// `range(…)`
    Range(Vec<Expr>),
}

/// A name.
pub(crate) struct Name {
    pub(crate) text: Box<str>,
    pub(crate) slots: Vec<usize>,
    pub(crate) field: usize,
}

/// A filter or a test with its arguments, in the order of its parameters.
pub(crate) struct Call<F> {
    pub(crate) callee: F,
    pub(crate) input: Expr,
    pub(crate) arguments: Vec<Option<Expr>>,
}

/// What a loop knows of its round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoopPart {
    Index,
    Index0,
    Revindex,
    Revindex0,
    First,
    Last,
    Length,
    Previous,
    Next,
}

/// An operator of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    DivideWhole,
    Remainder,
    Power,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

impl Expr {
    /// The path that it is, such as `address.city`, if it is one.
    pub(crate) fn path(&self) -> Option<String> {
        match &self.kind {
            Kind::Name(name) => Some(name.text.to_string()),
            Kind::Member(of, name) => Some(format!("{}.{name}", of.path()?)),
            _ => None,
        }
    }

    /// The expressions right below it.
    pub(crate) fn children(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::Text(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::Bool(_)
            | Kind::None
            | Kind::Name(_)
            | Kind::Captured
            | Kind::Loop(_) => Vec::new(),
            Kind::Member(of, _) | Kind::Not(of) | Kind::Negate(of) => vec![of],
            Kind::Index(two) | Kind::And(two) | Kind::Or(two) | Kind::Calculate(_, two) | Kind::Compare(_, two) => {
                vec![&two.0, &two.1]
            }
            Kind::Slice(parts) => [Some(&parts.0), parts.1.as_ref(), parts.2.as_ref()].into_iter().flatten().collect(),
            Kind::Choice(parts) => [Some(&parts.0), Some(&parts.1), parts.2.as_ref()].into_iter().flatten().collect(),
            Kind::List(items) | Kind::Join(items) | Kind::Range(items) | Kind::Cycle(items) => items.iter().collect(),
            Kind::Map(entries) => entries.iter().flat_map(|(name, value)| [name, value]).collect(),
            Kind::Filter(call) => std::iter::once(&call.input).chain(call.arguments.iter().flatten()).collect(),
            Kind::Test(call) => std::iter::once(&call.input).chain(call.arguments.iter().flatten()).collect(),
        }
    }
}
