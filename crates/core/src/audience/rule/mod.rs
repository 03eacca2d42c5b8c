//! Rules: which profiles belong to an audience, as a tree of conditions.
//!
//! Here is what a rule may say and how its JSON form is checked. How a rule is asked of a database is the store's,
//! and what it means there stands in `docs/audiences.md`. Invariants: every condition is either true or false of a
//! profile, never unknown; a field that a profile does not have fulfils only [`Check::Missing`]; whatever a client
//! sends, a rule stays within the limits below.

mod field;
mod kinds;
mod parse;
mod value;

pub use field::{Consented, Field, Key, Kind, TextField, is_attribute_name, is_reserved};
pub use kinds::{PeopleByKind, address_line};
pub use parse::{Json, parse};
pub use value::{Moment, Number, Quantity, Scalar};

use crate::id::ListId;
use std::collections::BTreeSet;

/// Deepest nesting: conditions within conditions.
pub const RULE_DEPTH_MAX: usize = 10;
/// Most conditions of one rule, groups included.
pub const RULE_CONDITIONS_MAX: usize = 100;
/// Most values that all conditions of one rule compare with.
pub const RULE_VALUES_MAX: usize = 500;
/// Longest text that a condition compares with, in characters.
pub const RULE_TEXT_CHARS_MAX: usize = 1_000;
/// Furthest instant that is given relative to now, in days either way: a hundred years.
pub const RULE_SPAN_DAYS_MAX: i64 = 36_525;
/// Greatest number that a condition compares with, either way: beyond it not every whole number has a JSON form
/// that all programs read alike (RFC 8259 §6).
pub const RULE_NUMBER_MAX: i64 = 9_007_199_254_740_991;

/// Longest name of an attribute, in characters.
pub const ATTRIBUTE_NAME_CHARS_MAX: usize = 64;

/// Which profiles belong.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// Those whom every condition fits; at least one.
    All(Vec<Self>),
    /// Those whom one of the conditions fits; at least one.
    Any(Vec<Self>),
    /// Those whom the condition does not fit, also those who lack its field.
    Not(Box<Self>),
    /// Those whose field passes a check.
    Test(Field, Check),
    /// The members of a list.
    InList(ListId),
}

/// What is asked of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// It is there, whatever its value.
    Exists,
    /// It is not there.
    Missing,
    /// It is one of these.
    OneOf(Vec<Scalar>),
    /// It is there and none of these.
    NoneOf(Vec<Scalar>),
    /// It is less than, or equal to, or greater than this.
    Compare(Comparison, Quantity),
    /// It is neither less than the first nor greater than the second.
    Between(Quantity, Quantity),
    /// The text has this within, or the list has this as an item.
    Contains(String),
    /// The text begins with this.
    StartsWith(String),
    /// The text ends with this.
    EndsWith(String),
}

/// How two quantities compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Rule {
    /// The fields that the rule looks at, by name; attributes as `attributes.plan`.
    #[must_use]
    pub fn fields(&self) -> BTreeSet<String> {
        let mut fields = BTreeSet::new();
        self.visit("rule", &mut |_, rule| {
            if let Self::Test(field, _) = rule {
                fields.insert(field.name());
            }
        });
        fields
    }

    /// The lists that the rule names, with the place of each, such as `rule.all[1].inList`.
    #[must_use]
    pub fn lists(&self) -> Vec<(String, ListId)> {
        let mut lists = Vec::new();
        self.visit("rule", &mut |path, rule| {
            if let Self::InList(list) = rule {
                lists.push((format!("{path}.inList"), *list));
            }
        });
        lists
    }

    /// Shows every condition with its path, from the root.
    fn visit<'r>(&'r self, path: &str, see: &mut impl FnMut(&str, &'r Self)) {
        see(path, self);
        match self {
            Self::All(parts) => {
                parts.iter().enumerate().for_each(|(n, part)| part.visit(&format!("{path}.all[{n}]"), see))
            }
            Self::Any(parts) => {
                parts.iter().enumerate().for_each(|(n, part)| part.visit(&format!("{path}.any[{n}]"), see))
            }
            Self::Not(part) => part.visit(&format!("{path}.not"), see),
            Self::Test(..) | Self::InList(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
