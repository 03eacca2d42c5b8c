//! A rule as a client writes it, read no further than a rule may go.

use crate::extract::problem;
use postrider_core::audience::rule::{RULE_CONDITIONS_MAX, RULE_VALUES_MAX};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::Cell;

/// JSON in which no member of an object is given more than once: of two conditions one would be lost in silence.
/// It has no more conditions and values than a rule may have; reading stops at the first that is too many.
pub struct RuleJson(pub Value);

impl<'de> Deserialize<'de> for RuleJson {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let left = Left { conditions: Cell::new(RULE_CONDITIONS_MAX), values: Cell::new(VALUES_MAX) };
        Reader { left: &left, place: Place::Condition }.deserialize(from).map(Self)
    }
}

/// Most values in all of a rule, names of fields and operators included.
const VALUES_MAX: usize = RULE_VALUES_MAX + 2 * RULE_CONDITIONS_MAX;

/// How much more a rule may hold.
struct Left {
    conditions: Cell<usize>,
    values: Cell<usize>,
}

impl Left {
    fn take<E: Error>(&self, place: Place) -> Result<(), E> {
        let (left, what, most) = match place {
            Place::Condition => (&self.conditions, "condition", RULE_CONDITIONS_MAX),
            Place::Conditions | Place::Value => (&self.values, "value", RULE_VALUES_MAX),
        };
        let less = left.get().checked_sub(1);
        left.set(less.ok_or_else(|| problem(format_args!("is one {what} more than the {most} a rule may have")))?);
        Ok(())
    }
}

/// What is expected at a place of a rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A condition or a group of them.
    Condition,
    /// A list of conditions.
    Conditions,
    /// Anything else.
    Value,
}

impl Place {
    /// What a member of a condition is.
    fn member(self, name: &str) -> Self {
        match name {
            "all" | "any" if self == Self::Condition => Self::Conditions,
            "not" if self == Self::Condition => Self::Condition,
            _ => Self::Value,
        }
    }
}

#[derive(Clone, Copy)]
struct Reader<'l> {
    left: &'l Left,
    place: Place,
}

impl Reader<'_> {
    /// Counts what is neither an object nor a list.
    fn leaf<E: Error>(self, value: impl Into<Value>) -> Result<Value, E> {
        self.left.take(Place::Value)?;
        Ok(value.into())
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a rule")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.leaf(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.leaf(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.leaf(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.leaf(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.leaf(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.leaf(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let place = if self.place == Place::Conditions { Place::Condition } else { Place::Value };
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Self { place, ..self })? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        self.left.take(self.place)?;
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if map.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            let value = members.next_value_seed(Self { place: self.place.member(&name), ..self })?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        serde_json::from_str::<RuleJson>(text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_rule_is_read_to_its_last_condition_and_no_further() {
        let rule = |conditions: usize, rest: &str| {
            format!(r#"{{"all":[{}{rest}"#, r#"{"field":"email","op":"exists"},"#.repeat(conditions))
        };
        assert_eq!(refused(&rule(98, r#"{"inList":"x"}]}"#)), "");
        // What follows the condition that is too many is not even JSON.
        for rest in [r#"{ nonsense"#, r#"{"#] {
            assert!(refused(&rule(99, rest)).contains("one condition more than the 100"), "{rest}");
        }
        let nested = format!("{}{}", r#"{"any":["#.repeat(50), r#"{"all":[]},"#.repeat(60));
        assert!(refused(&nested).contains("one condition more than the 100"), "{}", refused(&nested));
        let values = format!(r#"{{"field":"email","op":"in","value":[{}"#, "1,".repeat(1_000));
        assert!(refused(&values).contains("one value more than the 500"), "{}", refused(&values));
    }
}
