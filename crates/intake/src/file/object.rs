//! From a line of JSON to a record: its object, no field twice, and fields under the names that the caller gave them.

use super::columns::{Target, explicit};
use super::consent::Consents;
use super::mapping::Mapping;
use super::report::ImportError;
use super::row::Parsed;
use super::rows::ROW;
use crate::people::{MatchKey, ProfileRecord};
use postrider_core::error::{Code, Refusal};
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// The field that may hold the record, as in the body of `POST /profiles/upsert`.
const RECORD: &str = "record";
/// Begins the fields that our own file of refused rows adds.
const OURS: &str = "postrider_";

/// What fields of the objects are to be called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    renamed: Vec<(String, Target)>,
}

impl Fields {
    /// Reads `(field of the file, field)`.
    ///
    /// # Errors
    /// `IMPORTS.MAPPING_INVALID` for a field that there is not, or one that only a table can have.
    pub fn new(mapping: &Mapping) -> Result<Self, ImportError> {
        let mut renamed: Vec<(String, Target)> = Vec::with_capacity(mapping.columns.len());
        for (name, field) in &mapping.columns {
            let target = explicit(name, field)?;
            let only_in_tables = matches!(
                target,
                Target::OptIn(_) | Target::Negated(_) | Target::OptOut(_) | Target::OptOutDate(_) | Target::Status(_)
            );
            if only_in_tables {
                let problem = format!("{field} can be a column of a table only; a record says it in consent");
                return Err(Refusal::field(Code::ImportMappingInvalid, "columns", Some(field), problem).into());
            }
            if target != Target::Nothing && renamed.iter().any(|(_, other)| *other == target) {
                let problem = format!("two fields cannot both be {field}");
                return Err(Refusal::field(Code::ImportMappingInvalid, "columns", Some(field), problem).into());
            }
            renamed.push((name.clone(), target));
        }
        Ok(Self { renamed })
    }

    /// What a field of the file becomes.
    pub fn target(&self, name: &str) -> String {
        let renamed = self.renamed.iter().find(|(from, _)| from == name);
        renamed.map_or_else(|| name.to_owned(), |(_, target)| target.name())
    }

    fn rename(&self, object: Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
        if self.renamed.is_empty() {
            return Ok(object);
        }
        let mut fields = Map::new();
        let mut address = Map::new();
        for (name, value) in object {
            let target = self.renamed.iter().find(|(from, _)| *from == name).map(|(_, target)| target);
            let (into, to) = match target {
                Some(Target::Nothing) => continue,
                Some(Target::Address(line)) => (&mut address, (*line).to_owned()),
                Some(target) => (&mut fields, target.name()),
                None => (&mut fields, name),
            };
            if into.contains_key(&to) {
                return Err(twice(&to));
            }
            into.insert(to, value);
        }
        if !address.is_empty() {
            if fields.contains_key("address") {
                return Err(twice("address"));
            }
            fields.insert("address".into(), address.into());
        }
        Ok(fields)
    }
}

fn twice(path: &str) -> Refusal {
    Refusal::invalid(path, None, "is given more than once")
}

/// Makes a record of a line.
///
/// # Errors
/// Why the line is refused.
pub fn parse(fields: &Fields, text: &str, key: MatchKey) -> Result<Parsed, Refusal> {
    let record = ProfileRecord::parse("", &fields.rename(object(text)?)?)?;
    record.key(key)?;
    Ok(Parsed { record, left_out: Vec::new(), consents: Consents::default() })
}

/// The object of a line, whether it is the record itself or holds it.
///
/// # Errors
/// What is wrong with the line.
pub fn object(text: &str) -> Result<Map<String, Value>, Refusal> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Once::Whole.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    let mut object = match value {
        Ok(Value::Object(object)) => object,
        Ok(_) => return Err(Refusal::invalid(ROW, None, "is not a JSON object")),
        Err(error) if error.is_data() => {
            let said = error.to_string();
            return Err(twice(said.split(" at line ").next().unwrap_or(ROW)));
        }
        Err(error) => {
            let said = error.to_string();
            let said = said.split(" at line ").next().unwrap_or("");
            let problem = format!("is not JSON: {said} at character {}", error.column());
            return Err(Refusal::invalid(ROW, None, problem));
        }
    };
    let is_wrapped = object.get(RECORD).is_some_and(Value::is_object)
        && object.keys().all(|name| name == RECORD || name.starts_with(OURS));
    if let (true, Some(Value::Object(record))) = (is_wrapped, object.remove(RECORD)) {
        return Ok(record);
    }
    Ok(object)
}

/// Reads a value in which no object has a field twice. Fails with the path of one that has; it is written out only then,
/// because a line can hold very many values far inside.
#[derive(Clone, Copy)]
enum Once<'p> {
    /// The value of a line.
    Whole,
    /// A member of an object.
    Member(&'p Self, &'p str),
    /// An item of an array.
    Item(&'p Self, usize),
}

impl fmt::Display for Once<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Member(Self::Whole, name) => f.write_str(name),
            Self::Member(within, name) => write!(f, "{within}.{name}"),
            Self::Item(within, index) => write!(f, "{within}[{index}]"),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Once<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some(item) = items.next_element_seed(Once::Item(&self, read.len()))? {
            read.push(item);
        }
        Ok(read.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let member = Once::Member(&self, &name);
            if read.contains_key(&name) {
                return Err(A::Error::custom(member));
            }
            let value = members.next_value_seed(member)?;
            read.insert(name, value);
        }
        Ok(read.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::error::Detail;

    #[test]
    fn a_field_that_is_given_twice_is_told_by_its_path() {
        for (text, expected) in [
            (r#"{"email":"a","email":"b"}"#, "email"),
            (r#"{"consent":{"sms":1,"sms":2}}"#, "consent.sms"),
            (r#"{"tags":["x",{"a":{"b":1,"b":1}}]}"#, "tags[1].a.b"),
        ] {
            match object(text).unwrap_err().detail {
                Detail::Field { path, .. } => assert_eq!(path, expected),
                other => panic!("a field is refused, not {other:?}"),
            }
        }
        assert_eq!(object(r#"{"a":[{"b":1},{"b":1}]}"#).unwrap().len(), 1);
    }
}
