//! Attributes: the fields of a profile that are the tenant's own.

use super::field::{at, clean_text, invalid};
use super::kinds::{Attributes, Counted};
pub use postrider_core::audience::rule::ATTRIBUTE_NAME_CHARS_MAX;
pub use postrider_core::audience::rule::is_attribute_name;
use postrider_core::audience::rule::is_reserved;
use postrider_core::error::Refusal;
use postrider_store::attributes::kind_of;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::BTreeMap;

/// Most attributes of one profile.
pub const ATTRIBUTES_MAX: usize = 200;
/// Longest text of an attribute, in characters.
pub const ATTRIBUTE_TEXT_CHARS_MAX: usize = 4_000;
/// Most texts in a list.
pub const ATTRIBUTE_LIST_ITEMS_MAX: usize = 100;
/// Most bytes that all attributes of one profile take as JSON.
pub const ATTRIBUTES_BYTES_MAX: usize = 64 * 1024;

/// Reads the value of an attribute: text, number, boolean or a list of texts. `None` clears it.
pub fn attribute(path: &str, name: &str, value: &Value) -> Result<Option<Value>, Refusal> {
    let path = at(path, name);
    if is_reserved(name) {
        return Err(Refusal::invalid(path, None, "is a name that templates use for something else"));
    }
    if !is_attribute_name(name) {
        let problem = "is not a name for an attribute: letters, digits and underscores, no digit first, at most 64";
        return Err(Refusal::invalid(path, None, problem));
    }
    match value {
        Value::Null => Ok(None),
        Value::Bool(_) | Value::Number(_) => Ok(Some(value.clone())),
        Value::String(text) => text_value(&path, text).map(Some),
        Value::Array(items) => list(&path, items).map(Some),
        Value::Object(_) => Err(Refusal::invalid(path, None, "must not be an object; attributes are flat")),
    }
}

fn text_value(path: &str, text: &str) -> Result<Value, Refusal> {
    clean_text(path, text, ATTRIBUTE_TEXT_CHARS_MAX).map(Value::String)
}

fn list(path: &str, items: &[Value]) -> Result<Value, Refusal> {
    if items.len() > ATTRIBUTE_LIST_ITEMS_MAX {
        return Err(Refusal::invalid(path, None, format!("has more than {ATTRIBUTE_LIST_ITEMS_MAX} items")));
    }
    let texts = items.iter().enumerate().map(|(index, item)| {
        let path = format!("{path}[{index}]");
        match item {
            Value::String(text) => text_value(&path, text),
            other => Err(invalid(&path, other, "must be text")),
        }
    });
    texts.collect::<Result<_, _>>().map(Value::Array)
}

/// Applies changes to the attributes of a profile and returns their JSON with sorted names, and how the kinds of
/// the values have changed; `None` if nothing changes.
pub fn merge(stored: &str, values: &Attributes, path: &str) -> Result<Option<(String, Vec<Counted>)>, Refusal> {
    // What does not change is carried over as it is written.
    let before: BTreeMap<String, &RawValue> = serde_json::from_str(stored).unwrap_or_default();
    let changes: Vec<(&str, Option<Box<RawValue>>)> = values
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_ref().and_then(|value| to_raw_value(value).ok())))
        .collect();
    let is_known = |(name, value): &(&str, Option<Box<RawValue>>)| {
        before.get(*name).map(|before| before.get()) == value.as_deref().map(RawValue::get)
    };
    if changes.iter().all(is_known) {
        return Ok(None);
    }
    let mut after: BTreeMap<&str, &RawValue> = before.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    for (name, value) in &changes {
        match value {
            Some(value) => drop(after.insert(name, value)),
            None => drop(after.remove(name)),
        }
    }
    if after.len() > ATTRIBUTES_MAX {
        return Err(Refusal::invalid(
            path,
            None,
            format!("the profile would have more than {ATTRIBUTES_MAX} attributes"),
        ));
    }
    let json = serde_json::to_string(&after).unwrap_or_else(|_| "{}".into());
    if json.len() > ATTRIBUTES_BYTES_MAX {
        return Err(Refusal::invalid(path, None, "the profile's attributes would take more than 64 KiB"));
    }
    let old =
        |name: &str| before.get(name).and_then(|raw| kind_of(&serde_json::from_str(raw.get()).unwrap_or_default()));
    let counted = values.iter().map(|(name, value)| (name.clone(), old(name), value.as_ref().and_then(kind_of)));
    Ok(Some((json, counted.collect())))
}
