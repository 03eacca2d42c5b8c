//! What a compiled part does with the fields: which ones it names, writes out, and calculates with.

use super::filters::Filter;
use super::syntax::{Comparison, Expr, Kind, Node, Program};
use std::collections::BTreeSet;

/// What the parts of a template do with fields, by paths such as `address.city`.
#[derive(Default)]
pub(crate) struct Uses {
    /// Every field that is named.
    pub(crate) fields: BTreeSet<String>,
    /// Those that are written out with neither a default nor a condition around them.
    pub(crate) bare: BTreeSet<String>,
    /// Those that are compared or calculated with a number.
    pub(crate) numbers: BTreeSet<String>,
    /// Where the link to unsubscribe is written out.
    pub(crate) links: Vec<usize>,
    /// Fields that the conditions around this place name.
    guards: BTreeSet<String>,
    /// Variables that hold the link to unsubscribe.
    link_slots: BTreeSet<usize>,
}

/// The field that leads out.
const LINK: &str = "unsubscribe_url";

impl Uses {
    /// Adds what a part does.
    pub(crate) fn learn(&mut self, program: &Program) {
        self.link_slots.clear();
        self.nodes(&program.nodes);
    }

    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Text(_) => {}
                Node::Write(value) => {
                    self.expr(value);
                    self.written(value);
                    if self.leads_out(value) {
                        self.links.push(value.at);
                    }
                }
                Node::If { arms, otherwise } => {
                    let mut added = Vec::new();
                    for (condition, body) in arms {
                        self.expr(condition);
                        self.guard(condition, &mut added);
                        self.nodes(body);
                    }
                    self.nodes(otherwise);
                    self.unguard(&added);
                }
                Node::For(each) => {
                    self.expr(&each.over);
                    if let Some(condition) = &each.only_if {
                        self.expr(condition);
                    }
                    self.nodes(&each.body);
                    self.nodes(&each.otherwise);
                }
                Node::Set { slots, value } => {
                    self.expr(value);
                    if self.leads_out(value) {
                        self.link_slots.extend(slots);
                    }
                }
                Node::Capture { slot, value, body } => {
                    self.expr(value);
                    let before = self.links.len();
                    self.nodes(body);
                    if let Some(slot) = slot.filter(|_| self.links.len() > before) {
                        // It is written where the variable is.
                        self.links.truncate(before);
                        self.link_slots.insert(slot);
                    }
                }
            }
        }
    }

    /// The field that an expression names, if it is not a variable.
    fn field(expr: &Expr) -> Option<String> {
        let mut root = expr;
        while let Kind::Member(of, _) = &root.kind {
            root = of;
        }
        match &root.kind {
            Kind::Name(name) if name.slots.is_empty() => expr.path(),
            _ => None,
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if let Some(field) = Self::field(expr) {
            self.fields.insert(field);
            return;
        }
        match &expr.kind {
            Kind::Calculate(_, two) => {
                let both = [&two.0, &two.1];
                // Two fields that are added may be texts.
                let is_sum = matches!(expr.kind, Kind::Calculate(super::syntax::Operator::Add, _));
                if !is_sum || both.iter().any(|side| is_number(side)) {
                    self.numbers.extend(both.into_iter().filter_map(Self::field));
                }
            }
            Kind::Negate(of) => self.numbers.extend(Self::field(of)),
            Kind::Compare(comparison, two)
                if !matches!(comparison, Comparison::In | Comparison::NotIn)
                    && (is_number(&two.0) || is_number(&two.1)) =>
            {
                self.numbers.extend([&two.0, &two.1].into_iter().filter_map(Self::field));
            }
            Kind::Filter(call) if matches!(call.callee, Filter::Round | Filter::Abs | Filter::Number) => {
                self.numbers.extend(Self::field(&call.input));
            }
            _ => {}
        }
        expr.children().into_iter().for_each(|child| self.expr(child));
    }

    /// Notes the fields that an expression writes out as they are.
    fn written(&mut self, expr: &Expr) {
        if let Some(field) = Self::field(expr) {
            if field != LINK && !self.guards.contains(&field) {
                self.bare.insert(field);
            }
            return;
        }
        match &expr.kind {
            Kind::Join(items) => items.iter().for_each(|item| self.written(item)),
            Kind::Filter(call) if call.callee != Filter::Default => self.written(&call.input),
            Kind::Or(two) => self.written(&two.1),
            Kind::Choice(parts) => {
                let mut added = Vec::new();
                self.guard(&parts.0, &mut added);
                self.written(&parts.1);
                parts.2.iter().for_each(|otherwise| self.written(otherwise));
                self.unguard(&added);
            }
            _ => {}
        }
    }

    /// Notes the fields that a condition names; adds those to `added` that no condition around it names.
    fn guard(&mut self, condition: &Expr, added: &mut Vec<String>) {
        match Self::field(condition) {
            Some(field) if self.guards.insert(field.clone()) => added.push(field),
            Some(_) => {}
            None => condition.children().into_iter().for_each(|child| self.guard(child, added)),
        }
    }

    /// Leaves the conditions that added these fields.
    fn unguard(&mut self, added: &[String]) {
        for field in added {
            self.guards.remove(field);
        }
    }

    /// Whether an expression has the link to unsubscribe in it.
    fn leads_out(&self, expr: &Expr) -> bool {
        match &expr.kind {
            Kind::Name(name) => {
                (name.slots.is_empty() && *name.text == *LINK)
                    || name.slots.iter().any(|slot| self.link_slots.contains(slot))
            }
            Kind::Choice(parts) => {
                self.leads_out(&parts.1) || parts.2.as_ref().is_some_and(|otherwise| self.leads_out(otherwise))
            }
            Kind::Not(_) | Kind::Test(_) | Kind::Compare(..) => false,
            _ => expr.children().into_iter().any(|child| self.leads_out(child)),
        }
    }
}

/// Whether an expression is surely a number.
fn is_number(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Int(_) | Kind::Float(_) | Kind::Negate(_) | Kind::Loop(_) => true,
        Kind::Calculate(operator, two) => {
            *operator != super::syntax::Operator::Add || is_number(&two.0) || is_number(&two.1)
        }
        Kind::Filter(call) => matches!(
            call.callee,
            Filter::Int
                | Filter::Float
                | Filter::Round
                | Filter::Abs
                | Filter::Length
                | Filter::WordCount
                | Filter::Sum
        ),
        _ => false,
    }
}
