//! Instants in answers: every text that is named like one is RFC 3339.

use serde_json::{Map, Value, json};

/// Names of instants beside those that end with `At`.
const NAMES: &[&str] = &["at", "instant", "minute", "scheduledFor", "latestStart", "latestFinish"];

/// Gives the fields of schemas of answers their format. Those of requests stay open: what people write there is read
/// by the rules of the contract, not by those of RFC 3339 alone.
pub fn tell(schemas: &mut Value) {
    for (name, schema) in schemas.as_object_mut().into_iter().flatten() {
        if !name.ends_with("Body") {
            tell_one(schema);
        }
    }
}

fn tell_one(schema: &mut Value) {
    for part in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        tell_one(part);
    }
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, field) in fields.into_iter().flat_map(Map::iter_mut) {
        let is_text = field["type"] == "string" || field["type"] == json!(["string", "null"]);
        if is_text && (name.ends_with("At") || NAMES.contains(&name.as_str())) {
            field["format"] = json!("date-time");
        }
    }
}
