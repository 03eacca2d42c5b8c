//! The tests behind `is`.

use super::budget::{Budget, Made, Stop};
use super::show::text_of;
use super::value::{Number, Value, order, same};
use std::cmp::Ordering;

/// A test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    Defined,
    Undefined,
    None,
    True,
    False,
    Boolean,
    Number,
    Integer,
    Float,
    String,
    Sequence,
    Mapping,
    Iterable,
    Odd,
    Even,
    Lower,
    Upper,
    Empty,
    DivisibleBy,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    StartingWith,
    EndingWith,
}

const TESTS: &[(&str, Test)] = &[
    ("defined", Test::Defined),
    ("undefined", Test::Undefined),
    ("none", Test::None),
    ("true", Test::True),
    ("false", Test::False),
    ("boolean", Test::Boolean),
    ("number", Test::Number),
    ("integer", Test::Integer),
    ("float", Test::Float),
    ("string", Test::String),
    ("sequence", Test::Sequence),
    ("mapping", Test::Mapping),
    ("iterable", Test::Iterable),
    ("odd", Test::Odd),
    ("even", Test::Even),
    ("lower", Test::Lower),
    ("upper", Test::Upper),
    ("empty", Test::Empty),
    ("divisibleby", Test::DivisibleBy),
    ("eq", Test::Equal),
    ("equalto", Test::Equal),
    ("sameas", Test::Equal),
    ("==", Test::Equal),
    ("ne", Test::Unequal),
    ("!=", Test::Unequal),
    ("lt", Test::Less),
    ("lessthan", Test::Less),
    ("<", Test::Less),
    ("le", Test::LessOrEqual),
    ("<=", Test::LessOrEqual),
    ("gt", Test::Greater),
    ("greaterthan", Test::Greater),
    (">", Test::Greater),
    ("ge", Test::GreaterOrEqual),
    (">=", Test::GreaterOrEqual),
    ("in", Test::In),
    ("startingwith", Test::StartingWith),
    ("endingwith", Test::EndingWith),
];

impl Test {
    /// Whether something stands behind it.
    pub(crate) fn takes_argument(self) -> bool {
        matches!(
            self,
            Self::DivisibleBy
                | Self::Equal
                | Self::Unequal
                | Self::Less
                | Self::LessOrEqual
                | Self::Greater
                | Self::GreaterOrEqual
                | Self::In
                | Self::StartingWith
                | Self::EndingWith
        )
    }
}

/// The test of a name.
pub(crate) fn find(name: &str) -> Option<Test> {
    TESTS.iter().find(|(known, _)| *known == name).map(|(_, test)| *test)
}

/// What is said of a name that no test has.
pub(crate) fn unknown(name: &str) -> String {
    match name {
        "null" | "nil" | "empty_string" | "blank" => format!("test {name} is unknown: write is none or is empty"),
        "not" => "write is not once".to_owned(),
        name => format!("test {name} is unknown"),
    }
}

/// Whether a test holds for a value.
pub(crate) fn holds(test: Test, value: &Value<'_>, other: &Value<'_>, budget: &mut Budget) -> Made<bool> {
    budget.steps(1)?;
    let ordered = |allowed: &[Ordering], budget: &mut Budget| {
        order(value, other, budget).map(|order| order.is_some_and(|order| allowed.contains(&order)))
    };
    Ok(match test {
        Test::Defined => !matches!(value, Value::Undefined | Value::Unset),
        Test::Undefined => matches!(value, Value::Undefined | Value::Unset),
        // An absent field and one that is null are the same to an author.
        Test::None => value.is_absent(),
        Test::True => matches!(value, Value::Bool(true)),
        Test::False => matches!(value, Value::Bool(false)),
        Test::Boolean => matches!(value, Value::Bool(_)),
        Test::Number => matches!(value, Value::Int(_) | Value::Float(_)),
        Test::Integer => matches!(value, Value::Int(_)),
        Test::Float => matches!(value, Value::Float(_)),
        Test::String => value.as_text().is_some(),
        Test::Sequence => matches!(value, Value::List(_)),
        Test::Mapping => matches!(value, Value::Map(_)),
        Test::Iterable => matches!(value, Value::List(_) | Value::Map(_)),
        Test::Odd => whole(value)?.rem_euclid(2) == 1,
        Test::Even => whole(value)?.rem_euclid(2) == 0,
        Test::Lower | Test::Upper => {
            let text = text_of(value, budget)?;
            budget.reads(text.len().saturating_mul(4))?;
            let wrong = if test == Test::Lower { char::is_uppercase } else { char::is_lowercase };
            text.chars().any(char::is_alphabetic) && !text.chars().any(wrong)
        }
        Test::Empty => match value {
            Value::Text(text) | Value::Safe(text) => {
                budget.reads(text.len())?;
                text.trim().is_empty()
            }
            Value::List(list) => list.items.is_empty(),
            Value::Map(map) => map.entries.is_empty(),
            value => value.is_absent(),
        },
        Test::DivisibleBy => match whole(other)? {
            0 => return Stop::wrong("divides by zero"),
            by => whole(value)?.checked_rem(by) == Some(0),
        },
        Test::Equal => same(value, other, budget)?,
        Test::Unequal => !same(value, other, budget)?,
        Test::Less => ordered(&[Ordering::Less], budget)?,
        Test::LessOrEqual => ordered(&[Ordering::Less, Ordering::Equal], budget)?,
        Test::Greater => ordered(&[Ordering::Greater], budget)?,
        Test::GreaterOrEqual => ordered(&[Ordering::Greater, Ordering::Equal], budget)?,
        Test::In => contains(other, value, budget)?,
        Test::StartingWith | Test::EndingWith => {
            let (text, part) = (text_of(value, budget)?, text_of(other, budget)?);
            budget.reads(part.len())?;
            if test == Test::StartingWith { text.starts_with(&*part) } else { text.ends_with(&*part) }
        }
    })
}

fn whole(value: &Value<'_>) -> Made<i128> {
    match value.as_number() {
        Some(Number::Int(int)) => Ok(int),
        Some(Number::Float(_)) => Stop::wrong("needs a whole number"),
        None if value.is_absent() => Stop::wrong("needs a number, and there is none"),
        None => Stop::wrong(format!("needs a number, not {}", value.kind())),
    }
}

/// Whether a list, the names of a map or a text holds something.
pub(crate) fn contains(all: &Value<'_>, one: &Value<'_>, budget: &mut Budget) -> Made<bool> {
    match all {
        Value::Text(text) | Value::Safe(text) => {
            if one.is_absent() {
                return Ok(false);
            }
            let part = text_of(one, budget)?;
            budget.searches(text.len(), part.len())?;
            Ok(text.contains(&*part))
        }
        Value::Map(_) => {
            let name = text_of(one, budget)?;
            Ok(!matches!(all.member(&name, budget)?, Value::Undefined))
        }
        Value::List(list) => {
            for item in &list.items {
                if same(item, one, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        all if all.is_absent() => Ok(false),
        all => Stop::wrong(format!("looks into text, a list or a map, not {}", all.kind())),
    }
}
