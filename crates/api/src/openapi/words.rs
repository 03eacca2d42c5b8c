//! Closed sets of words: a text whose description begins with nothing but words, as in "`now` or `at`.", can be only
//! these.

use super::bounds;
use serde_json::{Map, Value, json};

/// Closes every such field of the schemas.
pub fn close(schemas: &mut Value) {
    match schemas {
        Value::Object(members) => {
            for field in
                members.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
            {
                close_field(field);
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn close_field(field: &mut Value) {
    let Some(description) = field["description"].as_str().map(str::to_owned) else { return };
    close_one(field, &description);
    bounds::close(field, &description);
}

/// Closes a schema that is described so.
pub fn close_one(field: &mut Value, description: &str) {
    let Some(found) = words(description) else { return };
    let mut words: Vec<Value> = found.into_iter().map(Value::from).collect();
    if field["type"] == json!(["string", "null"]) {
        words.push(Value::Null);
    } else if field["type"] != "string" {
        return;
    }
    field["enum"] = Value::Array(words);
}

/// The words of a text like "`a`, `b` or `c`."; nothing if there is anything else in its first sentence.
fn words(text: &str) -> Option<Vec<&str>> {
    let mut words = Vec::new();
    let first = text.split_once(". ").map_or(text.strip_suffix('.'), |(first, _)| Some(first))?;
    for part in first.split(", ").flat_map(|part| part.split(" or ")) {
        let word = part.strip_prefix('`')?.strip_suffix('`')?;
        words.push(
            word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:".contains(c)).then_some(word)?,
        );
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_enumerations_are_closed() {
        assert_eq!(words("`a`, `b` or `c_d`."), Some(vec!["a", "b", "c_d"]));
        assert_eq!(words("`a`."), Some(vec!["a"]));
        assert_eq!(words("`a` or `b`. The first if absent."), Some(vec!["a", "b"]));
        for open in ["`a` (default) or `b`.", "`a` or `b`; `c` for others.", "A name.", "`YYYY-MM-DD`.", "`{ a }`.", ""]
        {
            assert_eq!(words(open), None, "{open}");
        }
    }

    #[test]
    fn a_field_that_may_be_null_stays_so() {
        let mut schemas = json!({ "A": { "properties": {
            "kind": { "type": "string", "description": "`x` or `y`." },
            "maybe": { "type": ["string", "null"], "description": "`x`." },
            "count": { "type": "integer", "description": "`x`." },
        } } });
        close(&mut schemas);
        let fields = &schemas["A"]["properties"];
        assert_eq!(fields["kind"]["enum"], json!(["x", "y"]));
        assert_eq!(fields["maybe"]["enum"], json!(["x", null]));
        assert!(fields["count"]["enum"].is_null());
    }
}
