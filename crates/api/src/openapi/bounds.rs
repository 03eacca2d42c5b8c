//! Bounds that the description of a field tells people, told to machines too: "1 to 255 characters." is a `minLength`
//! and a `maxLength`. So a description that says something else than the code is found by whoever tests against it.

use serde_json::{Value, json};

/// At least one character that is not blank, and no control characters.
const ONE_LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";

/// Puts the bounds of a description into the schema that it describes.
pub fn close(schema: &mut Value, description: &str) {
    if description.contains("cannot be cleared") {
        drop_null(schema);
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().find(|one| *one != "null").cloned().unwrap_or_default(),
        one => one.clone(),
    };
    let Some((least, most, of)) = range(description) else { return };
    match types.as_str() {
        Some("string") => text(schema, least, most, of),
        Some("array") => {
            set(schema, "minItems", "maxItems", least, most);
            let inner = of.strip_prefix("of ").unwrap_or(of);
            if let Some((least, most, of)) = range(inner).filter(|_| schema["items"]["type"] == "string") {
                text(&mut schema["items"], least, most, of);
            }
        }
        Some("integer" | "number") => set(schema, "minimum", "maximum", least, most),
        _ => {}
    }
}

/// Bounds of a text in characters; one that stands on one line has no control characters and is not blank.
fn text(schema: &mut Value, least: Option<u64>, most: Option<u64>, of: &str) {
    if !of.starts_with("characters") {
        return;
    }
    set(schema, "minLength", "maxLength", least, most);
    if of.starts_with("characters on one line") {
        schema["pattern"] = json!(ONE_LINE);
    }
}

fn set(schema: &mut Value, least_name: &str, most_name: &str, least: Option<u64>, most: Option<u64>) {
    for (name, bound) in [(least_name, least), (most_name, most)] {
        if let Some(bound) = bound.filter(|_| schema[name].is_null()) {
            schema[name] = json!(bound);
        }
    }
}

/// What a text like "1 to 25 audiences", "At most 100 characters" or "At least 1" begins with: the bounds, and what
/// they are bounds of.
fn range(text: &str) -> Option<(Option<u64>, Option<u64>, &str)> {
    if let Some(rest) = text.strip_prefix("At most ").or_else(|| text.strip_prefix("at most ")) {
        let (most, rest) = number(rest)?;
        return Some((None, Some(most), rest));
    }
    if let Some(rest) = text.strip_prefix("At least ").or_else(|| text.strip_prefix("at least ")) {
        let (least, rest) = number(rest)?;
        return Some((Some(least), None, rest));
    }
    let (least, rest) = number(text)?;
    let (most, rest) = number(rest.strip_prefix("to ")?)?;
    Some((Some(least), Some(most), rest))
}

/// A whole number such as `10,000`, and what follows after a space.
fn number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.replace(',', "").parse().ok()?, rest.trim_start()))
}

/// A field that may be left out, but not be null.
fn drop_null(schema: &mut Value) {
    if let Value::Array(types) = &mut schema["type"] {
        types.retain(|one| *one != "null");
        if let [one] = types.as_slice() {
            schema["type"] = one.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(schema: Value, description: &str) -> Value {
        let mut schema = schema;
        close(&mut schema, description);
        schema
    }

    #[test]
    fn bounds_are_read_from_prose() {
        let text = json!({ "type": "string" });
        assert_eq!(
            closed(text.clone(), "1 to 255 characters."),
            json!({ "type": "string", "minLength": 1, "maxLength": 255 })
        );
        assert_eq!(
            closed(text.clone(), "At most 2,000 characters; null clears it."),
            json!({ "type": "string", "maxLength": 2000 })
        );
        let number = json!({ "type": ["integer", "null"] });
        assert_eq!(closed(number, "1 to 100, 50 if absent")["maximum"], 100);
        let list = json!({ "type": "array", "items": { "type": "string" } });
        let tags = closed(list.clone(), "At most 25 of at most 100 characters; the category is added.");
        assert_eq!((&tags["maxItems"], &tags["items"]["maxLength"]), (&json!(25), &json!(100)));
        assert_eq!(closed(list, "1 to 10,000 keys.")["minItems"], 1);
        for open in ["A name.", "At least once.", "2 of them.", "10:30.", ""] {
            assert_eq!(closed(text.clone(), open), text, "{open}");
        }
    }

    #[test]
    fn what_cannot_be_cleared_is_never_null() {
        let name = closed(json!({ "type": ["string", "null"] }), "1 to 200 characters; cannot be cleared.");
        assert_eq!(name["type"], "string");
    }
}
