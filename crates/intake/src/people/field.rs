//! Single values of a record.

use super::record::{ADDRESS_FIELDS, TEXT_CHARS_MAX};
use postrider_core::address::PostalAddress;
use postrider_core::error::Refusal;
use serde_json::{Map, Value};

/// The path of a field below another one; at the top a field is its own path.
pub fn at(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

/// A refusal that shows what was sent.
pub fn invalid(path: &str, value: &Value, problem: &str) -> Refusal {
    let shown = match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) | Value::Null => None,
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
    };
    Refusal::invalid(path, shown.as_deref(), problem)
}

/// The text of a value, if there is any: null and blank text are none.
pub fn text<'v>(path: &str, value: &'v Value) -> Result<Option<&'v str>, Refusal> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
        other => Err(invalid(path, other, "must be text")),
    }
}

/// Text of several lines: tabs and line breaks may stay, other control characters may not.
pub fn clean_text(path: &str, text: &str, chars_max: usize) -> Result<String, Refusal> {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        return Err(Refusal::invalid(path, None, "contains a control character"));
    }
    if text.chars().count() > chars_max {
        return Err(Refusal::invalid(path, None, format!("is longer than {chars_max} characters")));
    }
    Ok(text.to_owned())
}

/// Text of one line: every run of blanks and line breaks becomes one blank.
pub fn line(path: &str, value: &Value) -> Result<Option<String>, Refusal> {
    let Some(text) = text(path, value)? else { return Ok(None) };
    let words: Vec<&str> = text.split_whitespace().collect();
    clean_text(path, &words.join(" "), TEXT_CHARS_MAX).map(Some)
}

/// Reads a postal address, field by field.
///
/// # Errors
/// `REQUEST_INVALID` with the path of a field that is unknown or not text.
pub fn postal_address(path: &str, fields: &Map<String, Value>) -> Result<PostalAddress, Refusal> {
    let mut address = PostalAddress::default();
    for (name, value) in fields {
        let path = at(path, name);
        let field = match name.as_str() {
            "name" => &mut address.name,
            "company" => &mut address.company,
            "line1" => &mut address.line1,
            "line2" => &mut address.line2,
            "city" => &mut address.city,
            "region" => &mut address.region,
            "postal_code" => &mut address.postal_code,
            "country" => &mut address.country,
            _ => {
                let problem = format!("is not a field of an address; those are {}", ADDRESS_FIELDS.join(", "));
                return Err(Refusal::invalid(path, None, problem));
            }
        };
        *field = line(&path, value)?.unwrap_or_default();
    }
    Ok(address)
}
