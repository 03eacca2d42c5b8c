//! Schemas in words: what stands in a field, and the fields of an object.

use super::super::assemble::object;
use super::prose::{escaped, prose};
use super::{list, text};
use serde_json::Value;

/// What a schema says, in a few words.
pub fn shape(schema: &Value) -> String {
    if let Some(place) = schema["$ref"].as_str() {
        let name = escaped(place.rsplit('/').next().unwrap_or_default());
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for (choice, between) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " with ")] {
        if let Some(parts) = schema[choice].as_array() {
            return parts.iter().map(shape).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(between);
        }
    }
    if !schema["const"].is_null() {
        return format!("<code>{}</code>", escaped(&schema["const"].to_string()));
    }
    if schema["enum"].is_array() && schema["type"] != "array" {
        let words: Vec<String> =
            list(&schema["enum"]).iter().map(|word| format!("<code>{}</code>", escaped(&word.to_string()))).collect();
        return words.join(", ");
    }
    let types: Vec<String> = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect(),
        one => vec![text(one)],
    };
    let mut words = types.join(" or ");
    if schema["items"].is_object() {
        words = format!("{words} of {}", shape(&schema["items"]));
    }
    if let Some(format) = schema["format"].as_str() {
        words = format!("{words} ({})", escaped(format));
    }
    if object(&schema["properties"]).next().is_some() { fields(schema) } else { words }
}

/// The fields of an object with what they mean; anything else as its shape.
pub fn fields(schema: &Value) -> String {
    let about = prose(schema["description"].as_str().unwrap_or_default());
    if object(&schema["properties"]).next().is_none() {
        let parts = list(&schema["allOf"]);
        if parts.is_empty() {
            return format!("{about}<p>{}</p>", shape(schema));
        }
        return parts.iter().fold(about, |html, part| html + &fields(part));
    }
    let required = list(&schema["required"]);
    let rows = object(&schema["properties"]).map(|(name, field)| {
        let need = if required.iter().any(|required| required == name) { "required" } else { "" };
        let about = prose(field["description"].as_str().unwrap_or_default());
        format!("<tr><td><code>{}</code><td>{need}<td>{}<td>{about}</tr>", escaped(name), shape(field))
    });
    format!("{about}<table><tr><th>Field</th><th></th><th>Type</th><th></th></tr>{}</table>", rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shapes_are_told_in_words() {
        for (schema, words) in [
            (json!({ "type": "string", "format": "uuid" }), "string (uuid)"),
            (json!({ "type": ["integer", "null"] }), "integer or null"),
            (json!({ "type": "array", "items": { "type": "string" } }), "array of string"),
            (json!({ "$ref": "#/components/schemas/A" }), "<a href=\"#schema-A\">A</a>"),
            (json!({ "oneOf": [{ "type": "null" }, { "$ref": "#/x/B" }] }), "null or <a href=\"#schema-B\">B</a>"),
            (json!({ "enum": ["a", "b"] }), "<code>&quot;a&quot;</code>, <code>&quot;b&quot;</code>"),
        ] {
            assert_eq!(shape(&schema), words, "{schema}");
        }
    }
}
