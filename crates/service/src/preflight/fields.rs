//! Which recipients lack a field that the template writes, or have text that is no number where it
//! compares with one.

use postrider_content::{CompiledTemplate, is_number};
use postrider_core::preflight::FieldCount;
use postrider_store::profiles::ProfileRow;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Names at the head of a path that are not fields of the recipient.
const NOT_OF_RECIPIENTS: [&str; 3] = ["campaign", "sender", "unsubscribe_url"];

/// Most fields that are looked at for one reason, the first by name: each costs a look at up to thousands of people, and
/// a template may name thousands of fields.
const WATCHED_MAX: usize = 50;

/// The fields of a template that are looked at.
#[derive(Default)]
pub(super) struct Watched {
    without_default: Vec<String>,
    compared: Vec<String>,
}

impl Watched {
    /// Those of a template, but the `unknown` ones, which nobody has.
    pub(super) fn of(compiled: &CompiledTemplate, unknown: &[String]) -> Self {
        Self::among(compiled.fields_without_default(), compiled.compared_with_numbers(), unknown)
    }

    fn among(without_default: &BTreeSet<String>, compared: &BTreeSet<String>, unknown: &[String]) -> Self {
        let unknown: BTreeSet<&String> = unknown.iter().collect();
        let is_watched = |path: &&String| {
            let head = path.split('.').next().unwrap_or(path);
            !NOT_OF_RECIPIENTS.contains(&head) && !unknown.contains(path)
        };
        let watched = |fields: &BTreeSet<String>| fields.iter().filter(is_watched).take(WATCHED_MAX).cloned().collect();
        Self { without_default: watched(without_default), compared: watched(compared) }
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
            if fields.get(path).is_none_or(Field::is_blank) {
                add_one(&mut self.empty, path);
            }
        }
        for path in &watched.compared {
            if fields.get(path).is_some_and(Field::is_no_number) {
                add_one(&mut self.text, path);
            }
        }
    }

    /// The fields that some lack, the most affected first.
    pub(super) fn empty(&self) -> Vec<FieldCount> {
        by_count(&self.empty)
    }

    /// The fields that are text and no number for some, the most affected first.
    pub(super) fn text(&self) -> Vec<FieldCount> {
        by_count(&self.text)
    }
}

/// Counts one more person for a field; copies its name for the first one only.
fn add_one(counts: &mut BTreeMap<String, i64>, field: &str) {
    match counts.get_mut(field) {
        Some(count) => *count += 1,
        None => drop(counts.insert(field.to_owned(), 1)),
    }
}

fn by_count(counts: &BTreeMap<String, i64>) -> Vec<FieldCount> {
    let mut found: Vec<FieldCount> =
        counts.iter().map(|(field, count)| FieldCount { field: field.clone(), count: *count }).collect();
    found.sort_by_key(|found| -found.count);
    found
}

/// The value of a field, which is never copied: it may be large.
#[derive(Clone, Copy)]
enum Field<'a> {
    Text(&'a str),
    Json(&'a Value),
}

impl Field<'_> {
    fn is_blank(self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::Json(Value::String(text)) => text.trim().is_empty(),
            Self::Json(Value::Null) => true,
            Self::Json(Value::Array(items)) => items.is_empty(),
            Self::Json(Value::Bool(_) | Value::Number(_) | Value::Object(_)) => false,
        }
    }

    /// Whether it is text that a template cannot compare with a number.
    fn is_no_number(self) -> bool {
        match self {
            Self::Text(text) => !is_number(text),
            Self::Json(Value::String(text)) => !is_number(text),
            Self::Json(_) => false,
        }
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

    fn get(&self, path: &str) -> Option<Field<'_>> {
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
                return found.map(Field::Json);
            }
        };
        text.as_deref().map(Field::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_that_names_thousands_of_fields_has_few_looked_at() {
        let many: BTreeSet<String> = (0..10_000).map(|n| format!("tags.a{n:05}")).collect();
        let unknown: Vec<String> = many.iter().take(9_900).cloned().collect();
        let watched = Watched::among(&many, &many, &unknown);
        assert_eq!(watched.without_default.len(), WATCHED_MAX);
        assert_eq!(watched.compared.first().map(String::as_str), Some("tags.a09900"));
    }
}
