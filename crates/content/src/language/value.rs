//! The values that templates calculate with.
//!
//! Invariant: a value is never deeper than [`limits::VALUE_DEPTH`], so that comparing, writing and dropping it take
//! bounded stack. Values are shared, never copied.

use super::budget::{Budget, Made, Stop};
use crate::limits;
use std::cmp::Ordering;
use std::rc::Rc;

/// Longest text that is read as a number, in bytes, with the white space around it.
const NUMBER_TEXT_MAX_BYTES: usize = 40;

/// A text: borrowed from the template or the recipient, or made on the way.
#[derive(Clone)]
pub(crate) enum Text<'a> {
    /// Of the template, the campaign or the recipient.
    Borrowed(&'a str),
    /// Made while rendering.
    Shared(Rc<str>),
}

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

/// A list.
pub(crate) struct List<'a> {
    pub(crate) items: Vec<Value<'a>>,
    depth: usize,
}

/// A map, in the order in which it was written.
pub(crate) struct Map<'a> {
    pub(crate) entries: Vec<(Text<'a>, Value<'a>)>,
    depth: usize,
}

/// A value.
#[derive(Clone)]
pub(crate) enum Value<'a> {
    /// A variable that was not set yet, or an argument that was not given.
    Unset,
    /// What nobody knows before there is a recipient; only while a template is checked.
    Unknown,
    /// What does not exist.
    Undefined,
    /// `none`, or null in a recipient's data.
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(Text<'a>),
    /// Text that is HTML already.
    Safe(Text<'a>),
    List(Rc<List<'a>>),
    Map(Rc<Map<'a>>),
}

/// A number.
#[derive(Clone, Copy)]
pub(crate) enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    /// The nearest number with a fraction.
    #[expect(clippy::cast_precision_loss, reason = "a number with a fraction holds fifteen digits")]
    pub(crate) const fn float(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }

    /// The whole part of the number.
    #[expect(clippy::cast_possible_truncation, reason = "what is too large becomes the largest whole number")]
    pub(crate) const fn whole(self) -> i128 {
        match self {
            Self::Int(int) => int,
            Self::Float(float) => float as i128,
        }
    }

    /// The order of two numbers.
    pub(crate) fn order(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Int(one), Self::Int(two)) => one.cmp(&two),
            (one, two) => one.float().total_cmp(&two.float()),
        }
    }

    /// The number as a value.
    pub(crate) fn value<'a>(self) -> Made<Value<'a>> {
        match self {
            Self::Int(int) => Ok(Value::Int(int)),
            Self::Float(float) if float.is_finite() => Ok(Value::Float(float)),
            Self::Float(_) => Stop::wrong("the number is too large"),
        }
    }
}

/// The number that a text is: digits, with a sign and a fraction if there are any.
pub(crate) fn number_of(text: &str) -> Option<Number> {
    // A long text is refused unread: nothing charges for reading it.
    if text.len() > NUMBER_TEXT_MAX_BYTES {
        return None;
    }
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    if digits.contains('.') { text.parse().ok().map(Number::Float) } else { text.parse().ok().map(Number::Int) }
}

impl<'a> Value<'a> {
    /// Text of the template, the campaign or the recipient.
    pub(crate) const fn borrowed(text: &'a str) -> Self {
        Self::Text(Text::Borrowed(text))
    }

    /// A list; refused if it would be too deep.
    pub(crate) fn list(items: Vec<Self>) -> Made<Self> {
        let depth = deeper(items.iter())?;
        Ok(Self::List(Rc::new(List { items, depth })))
    }

    /// A map; refused if it would be too deep.
    pub(crate) fn map(entries: Vec<(Text<'a>, Self)>) -> Made<Self> {
        let depth = deeper(entries.iter().map(|(_, value)| value))?;
        Ok(Self::Map(Rc::new(Map { entries, depth })))
    }

    /// Whether there is nothing: undefined or `none`.
    pub(crate) const fn is_absent(&self) -> bool {
        matches!(self, Self::Unset | Self::Undefined | Self::None)
    }

    /// Whether it counts as true: neither absent, nor empty, nor zero.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Unset | Self::Unknown | Self::Undefined | Self::None => false,
            Self::Bool(truth) => *truth,
            Self::Int(int) => *int != 0,
            Self::Float(float) => *float != 0.0,
            Self::Text(text) | Self::Safe(text) => !text.is_empty(),
            Self::List(list) => !list.items.is_empty(),
            Self::Map(map) => !map.entries.is_empty(),
        }
    }

    /// What it is, for the end of a sentence.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Unset | Self::Unknown | Self::Undefined | Self::None => "empty",
            Self::Bool(_) => "true or false",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Text(_) | Self::Safe(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }

    /// The text that it is.
    pub(crate) const fn as_text(&self) -> Option<&Text<'a>> {
        match self {
            Self::Text(text) | Self::Safe(text) => Some(text),
            _ => None,
        }
    }

    /// The number that it is, or that its text is.
    pub(crate) fn as_number(&self) -> Option<Number> {
        match self {
            Self::Int(int) => Some(Number::Int(*int)),
            Self::Float(float) => Some(Number::Float(*float)),
            Self::Bool(truth) => Some(Number::Int(i128::from(*truth))),
            Self::Text(text) | Self::Safe(text) => number_of(text),
            _ => None,
        }
    }

    /// The member of a map; nothing of anything else.
    pub(crate) fn member(&self, name: &str, budget: &mut Budget) -> Made<Self> {
        let Self::Map(map) = self else { return Ok(Self::Undefined) };
        budget.steps(1 + map.entries.len() / 8)?;
        // Of two members of one name the later counts, as in JSON.
        for (key, value) in map.entries.iter().rev().filter(|(key, _)| key.len() == name.len()) {
            budget.compares(name.len())?;
            if **key == *name {
                return Ok(value.clone());
            }
        }
        Ok(Self::Undefined)
    }

    /// What a loop over it goes through: the items of a list, the names of a map; anything else is a list of one,
    /// nothing a list of none.
    pub(crate) fn items(&self, budget: &mut Budget) -> Made<Rc<List<'a>>> {
        let items = match self {
            Self::List(list) => return Ok(Rc::clone(list)),
            Self::Unset | Self::Unknown | Self::Undefined | Self::None => Vec::new(),
            Self::Map(map) => {
                let mut names = budget.list(map.entries.len())?;
                names.extend(map.entries.iter().map(|(name, _)| Self::Text(name.clone())));
                names
            }
            Self::Text(text) | Self::Safe(text) if text.is_empty() => Vec::new(),
            single => {
                let mut items = budget.list(1)?;
                items.push(single.clone());
                items
            }
        };
        let depth = deeper(items.iter())?;
        Ok(Rc::new(List { items, depth }))
    }
}

/// The depth of what holds these values.
fn deeper<'v, 'a: 'v>(values: impl Iterator<Item = &'v Value<'a>>) -> Made<usize> {
    let depth = values.map(|value| match value {
        Value::List(list) => list.depth,
        Value::Map(map) => map.depth,
        _ => 0,
    });
    match depth.max().unwrap_or(0) + 1 {
        depth if depth <= limits::VALUE_DEPTH => Ok(depth),
        _ => Stop::wrong("the lists and maps are nested too deep"),
    }
}

/// Whether two values are the same. A number and a text are if the text is that number.
pub(crate) fn same(one: &Value<'_>, two: &Value<'_>, budget: &mut Budget) -> Made<bool> {
    budget.steps(1)?;
    Ok(match (one, two) {
        (one, two) if one.is_absent() || two.is_absent() => one.is_absent() && two.is_absent(),
        (Value::Text(one) | Value::Safe(one), Value::Text(two) | Value::Safe(two)) => {
            budget.reads(one.len().min(two.len()))?;
            **one == **two
        }
        (Value::Bool(one), Value::Bool(two)) => one == two,
        (Value::List(one), Value::List(two)) => {
            if one.items.len() != two.items.len() {
                return Ok(false);
            }
            for (one, two) in one.items.iter().zip(&two.items) {
                if !same(one, two, budget)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(one), Value::Map(two)) => {
            if one.entries.len() != two.entries.len() {
                return Ok(false);
            }
            for ((name, one), (other_name, two)) in one.entries.iter().zip(&two.entries) {
                budget.reads(name.len().min(other_name.len()))?;
                if **name != **other_name || !same(one, two, budget)? {
                    return Ok(false);
                }
            }
            true
        }
        (one, two) => match (one.as_number(), two.as_number()) {
            (Some(one), Some(two)) => one.order(two).is_eq(),
            _ => false,
        },
    })
}

/// Which of two values is larger; none if one of them is absent.
///
/// # Errors
/// [`Stop::Wrong`] if they cannot be compared.
pub(crate) fn order(one: &Value<'_>, two: &Value<'_>, budget: &mut Budget) -> Made<Option<Ordering>> {
    budget.steps(1)?;
    match (one, two) {
        (one, two) if one.is_absent() || two.is_absent() => Ok(None),
        (Value::Text(one) | Value::Safe(one), Value::Text(two) | Value::Safe(two)) => {
            budget.reads(one.len().min(two.len()))?;
            Ok(Some(one.as_bytes().cmp(two.as_bytes())))
        }
        (one, two) => match (one.as_number(), two.as_number()) {
            (Some(one), Some(two)) => Ok(Some(one.order(two))),
            _ => Stop::wrong(format!("{} cannot be compared with {}", one.kind(), two.kind())),
        },
    }
}
