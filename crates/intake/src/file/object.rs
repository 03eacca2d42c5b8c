//! From a line of JSON to a record: its object, no field twice, and fields under the names that the caller gave them.

use super::answers::OwnWords;
use super::columns::{Columns, Origin, Target, explicit};
use super::consent::Consents;
use super::headers::{FIELDS, Meaning, meaning};
use super::mapping::Mapping;
use super::reading::{Cell, Reading};
use super::report::ImportError;
use super::row::Parsed;
use super::rows::ROW;
use super::smells::smell;
use super::types::readings_of_fields;
use crate::people::{MatchKey, ProfileRecord, Typing, misfit};
use postrider_core::error::{Code, Refusal};
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// The field that may hold the record, as in the body of `POST /profiles/upsert`.
const RECORD: &str = "record";
/// The field that holds consent by channel.
const CONSENT: &str = "consent";
/// Begins the fields that our own file of refused rows adds.
const OURS: &str = "postrider_";

/// What fields of the objects are to be called, and which are about consent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    renamed: Vec<(String, Target)>,
    own_words: OwnWords,
    revive_consent: bool,
    /// How the texts of attributes are read, by name, where the caller says it.
    readings: BTreeMap<String, Reading>,
}

impl Fields {
    /// Reads `(field of the file, field)`.
    ///
    /// # Errors
    /// `IMPORTS.MAPPING_INVALID` for a field that there is not.
    pub fn new(mapping: &Mapping) -> Result<Self, ImportError> {
        let mut renamed: Vec<(String, Target)> = Vec::with_capacity(mapping.columns.len());
        for (name, field) in &mapping.columns {
            let target = explicit(name, field)?;
            let is_single = target != Target::Nothing && target.question().is_none();
            if is_single && renamed.iter().any(|(_, other)| *other == target) {
                let problem = format!("two fields cannot both be {field}");
                return Err(Refusal::field(Code::ImportMappingInvalid, "columns", Some(field), problem).into());
            }
            renamed.push((name.clone(), target));
        }
        let own_words = OwnWords::new(&mapping.yes, &mapping.no);
        let mut fields = Self { renamed, own_words, revive_consent: mapping.revive_consent, readings: BTreeMap::new() };
        fields.readings = readings_of_fields(&fields, mapping)?;
        Ok(fields)
    }

    /// What a field of the file becomes.
    pub fn target(&self, name: &str) -> String {
        self.known(name).map_or_else(|| name.to_owned(), |target| target.name())
    }

    /// What is said of the kinds of attributes.
    pub fn typing(&self) -> Typing {
        let declared = self.readings.iter().map(|(name, reading)| (name.clone(), reading.kind())).collect();
        Typing { declared, ..Typing::default() }
    }

    /// Reads texts as the caller says, and returns those that do not fit.
    fn retype(&self, fields: &mut Map<String, Value>) -> Vec<Refusal> {
        let mut left_out = Vec::new();
        for (name, reading) in &self.readings {
            let Some(Value::String(text)) = fields.get(name) else { continue };
            match reading.read(text.trim()) {
                Cell::Value(value) => drop(fields.insert(name.clone(), value)),
                Cell::Nothing => drop(fields.remove(name)),
                Cell::Misfit => {
                    left_out.push(misfit(name.clone(), reading.kind(), &Value::from(text.as_str())));
                    fields.remove(name);
                }
            }
        }
        left_out
    }

    /// What the caller says of a field, or what its name says of consent.
    fn known(&self, name: &str) -> Option<Target> {
        let renamed = self.renamed.iter().find(|(from, _)| from == name).map(|(_, target)| target.clone());
        renamed.or_else(|| match meaning(name).filter(|_| name != CONSENT)? {
            Meaning::OptIn(channels) => Some(Target::OptIn(channels)),
            Meaning::Negated(channels) => Some(Target::Negated(channels)),
            Meaning::OptOut(channels) => Some(Target::OptOut(channels)),
            Meaning::OptOutDate(channels) => Some(Target::OptOutDate(channels)),
            Meaning::Status => Some(Target::Status(name.to_owned())),
            Meaning::Field(_) | Meaning::Address(_) | Meaning::Name | Meaning::Ours => None,
        })
    }

    /// Whether a field is about consent, or looks so.
    pub fn is_about_consent(&self, name: &str) -> bool {
        self.known(name).is_some_and(|target| target.question().is_some()) || smell(name).is_some()
    }

    /// The fields of the file as columns, for what is asked about them.
    pub fn columns(&self, names: &[String]) -> Columns {
        let is_own = |name: &str| FIELDS.contains(&name) || name == CONSENT || name == "address";
        let target = |name: &String| {
            let plain = || if is_own(name) { Target::Nothing } else { Target::Attribute(name.clone()) };
            self.known(name).unwrap_or_else(plain)
        };
        let said = |name: &String| self.renamed.iter().any(|(from, _)| from == name);
        Columns {
            headers: names.to_vec(),
            targets: names.iter().map(target).collect(),
            origins: names.iter().map(|name| if said(name) { Origin::Caller } else { Origin::Header }).collect(),
            own_words: self.own_words.clone(),
            preset: None,
            revive_consent: self.revive_consent,
            readings: vec![Reading::Text; names.len()],
        }
    }

    fn rename(&self, object: Map<String, Value>) -> Result<(Map<String, Value>, Consents), Refusal> {
        let mut fields = Map::new();
        let mut address = Map::new();
        let mut consents = Consents::default();
        for (name, value) in object {
            let target = self.known(&name);
            if let Some(question) = target.as_ref().and_then(Target::question) {
                if let Some(cell) = text(&value) {
                    consents.take(question, &name, &cell, &self.own_words)?;
                }
                if !matches!(target, Some(Target::Status(_))) {
                    continue;
                }
            }
            let target = target.as_ref();
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
        consents.write_into(&mut fields);
        Ok((fields, consents))
    }
}

/// A value as the cell of a table; none if nothing stands there.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        other => Some(other.to_string()),
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
    let (mut object, consents) = fields.rename(object(text)?)?;
    let left_out = fields.retype(&mut object);
    let mut record = ProfileRecord::parse("", &object)?;
    record.keeps_denials = !fields.revive_consent;
    record.key(key)?;
    Ok(Parsed { record, left_out, consents })
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
