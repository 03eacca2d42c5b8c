//! Which recipients lack a field that the template writes, or have text where it compares with a number.

use postrider_content::CompiledTemplate;
use postrider_core::preflight::FieldCount;
use postrider_store::profiles::ProfileRow;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Names at the head of a path that are not fields of the recipient.
const NOT_OF_RECIPIENTS: [&str; 3] = ["campaign", "sender", "unsubscribe_url"];

/// The fields of a template that are looked at.
#[derive(Default)]
pub(super) struct Watched {
    without_default: Vec<String>,
    compared: Vec<String>,
}

impl Watched {
    /// Those of a template, but the `unknown` ones, which nobody has.
    pub(super) fn of(compiled: &CompiledTemplate, unknown: &[String]) -> Self {
        let is_watched = |path: &&String| {
            let head = path.split('.').next().unwrap_or(path);
            !NOT_OF_RECIPIENTS.contains(&head) && !unknown.contains(path)
        };
        Self {
            without_default: compiled.fields_without_default().iter().filter(is_watched).cloned().collect(),
            compared: compiled.compared_with_numbers().iter().filter(is_watched).cloned().collect(),
        }
    }

    /// Whether there is nothing to look for.
    pub(super) const fn is_empty(&self) -> bool {
        self.without_default.is_empty() && self.compared.is_empty()
    }
}

/// What was found so far.
#[derive(Default)]
pub(super) struct FieldCounts {
    /// How many people were looked at.
    pub people: i64,
    empty: BTreeMap<String, i64>,
    text: BTreeMap<String, i64>,
}

impl FieldCounts {
    /// Looks at one more person.
    pub(super) fn look(&mut self, watched: &Watched, person: &ProfileRow) {
        self.people += 1;
        if watched.is_empty() {
            return;
        }
        let fields = Fields::of(person);
        for path in &watched.without_default {
            if fields.get(path).is_none_or(|value| is_blank(&value)) {
                *self.empty.entry(path.clone()).or_default() += 1;
            }
        }
        for path in &watched.compared {
            if fields.get(path).is_some_and(|value| value.is_string()) {
                *self.text.entry(path.clone()).or_default() += 1;
            }
        }
    }

    /// The fields that some lack, the most affected first.
    pub(super) fn empty(&self) -> Vec<FieldCount> {
        by_count(&self.empty)
    }

    /// The fields that are text for some, the most affected first.
    pub(super) fn text(&self) -> Vec<FieldCount> {
        by_count(&self.text)
    }
}

fn by_count(counts: &BTreeMap<String, i64>) -> Vec<FieldCount> {
    let mut found: Vec<FieldCount> =
        counts.iter().map(|(field, count)| FieldCount { field: field.clone(), count: *count }).collect();
    found.sort_by_key(|found| -found.count);
    found
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// The fields of one person, with their stored JSON read.
struct Fields<'a> {
    person: &'a ProfileRow,
    address: Map<String, Value>,
    attributes: Map<String, Value>,
}

impl<'a> Fields<'a> {
    fn of(person: &'a ProfileRow) -> Self {
        let object = |json: &str| serde_json::from_str(json).unwrap_or_default();
        Self {
            person,
            address: person.address.as_deref().map(object).unwrap_or_default(),
            attributes: object(&person.attributes),
        }
    }

    fn get(&self, path: &str) -> Option<Value> {
        let text = match path {
            "email" => &self.person.email,
            "phone" => &self.person.phone,
            "customer_id" => &self.person.customer_id,
            "first_name" => &self.person.first_name,
            "last_name" => &self.person.last_name,
            "timezone" => &self.person.timezone,
            "locale" => &self.person.locale,
            "address" => &self.person.address,
            _ => {
                let (head, rest) = path.split_once('.').unwrap_or((path, ""));
                let found = if head == "address" { self.address.get(rest) } else { self.attributes.get(head) };
                return found.cloned();
            }
        };
        text.clone().map(Value::String)
    }
}
