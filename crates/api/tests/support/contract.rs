//! Every answer that any test sees is held against the OpenAPI document: its status, its code, the shape of its body.

use super::TestAnswer;
use axum::http::Method;
use postrider_core::error::Code;
use serde_json::Value;

/// Insists that the document knows the answer, if it knows the operation.
pub fn hold(method: &Method, path: &str, answer: &TestAnswer) {
    let document = postrider_api::document();
    let items = document["paths"].as_object().unwrap();
    let Some((_, item)) = items.iter().find(|(template, _)| matches(template, path)) else { return };
    let operation = &item[method.as_str().to_lowercase()];
    // A method that the route does not take is no operation, and a path that is not text leads to none.
    let is_lost = answer.json["error"]["code"] == Code::RouteNotFound.as_str();
    if !operation.is_object() || is_lost && path.contains('%') {
        return;
    }
    let place = format!("{method} {path} {}", answer.status);
    let response = resolved(document, &operation["responses"][answer.status.to_string()]);
    assert!(response.is_object(), "{place} is not documented: {}", answer.json);
    let content_type = answer.header("content-type").split(';').next().unwrap();
    let schema = &response["content"][content_type]["schema"];
    if content_type == "application/json" && schema.is_object() {
        let problems = problems(document, schema, &answer.json, "body", false);
        assert!(problems.is_empty(), "{place} does not look as documented: {problems:#?}\n{}", answer.json);
    }
}

/// Whether a path is one of a template such as `/lists/{id}/members:upsert`.
fn matches(template: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap();
    let (told, there): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    let one = |(told, there): (&&str, &&str)| told == there || (told.starts_with('{') && !there.is_empty());
    told.len() == there.len() && told.iter().zip(&there).all(one)
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(place) => document.pointer(place.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// What of a value is not as its schema says. Fields that the schema does not name are a problem too, unless it is a
/// part of a whole that may name them elsewhere.
fn problems(document: &Value, schema: &Value, value: &Value, at: &str, is_part: bool) -> Vec<String> {
    let schema = resolved(document, schema);
    if let Some(choices) = schema["oneOf"].as_array() {
        let tried: Vec<_> = choices.iter().map(|one| problems(document, one, value, at, is_part)).collect();
        return if tried.iter().any(Vec::is_empty) { Vec::new() } else { tried.concat() };
    }
    let mut found = Vec::new();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        found.extend(problems(document, part, value, at, true));
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => Vec::from_iter(one.as_str()),
    };
    if !types.is_empty() && !types.iter().any(|name| is(name, value)) {
        found.push(format!("{at} is not {}: {value}", types.join(" or ")));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        found.push(format!("{at} is none of its words: {value}"));
    }
    if !schema["const"].is_null() && schema["const"] != *value {
        found.push(format!("{at} is not {}: {value}", schema["const"]));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate().filter(|_| schema["items"].is_object()) {
        found.extend(problems(document, &schema["items"], item, &format!("{at}[{index}]"), false));
    }
    let (Some(fields), Some(told)) = (value.as_object(), schema["properties"].as_object()) else { return found };
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(required) {
            found.push(format!("{at}.{required} is missing"));
        }
    }
    for (name, field) in fields {
        match told.get(name) {
            Some(schema) => found.extend(problems(document, schema, field, &format!("{at}.{name}"), is_part)),
            None if schema["additionalProperties"].is_object() => {
                found.extend(problems(
                    document,
                    &schema["additionalProperties"],
                    field,
                    &format!("{at}.{name}"),
                    is_part,
                ));
            }
            None if !is_part => found.push(format!("{at}.{name} is not documented")),
            None => {}
        }
    }
    found
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        _ => value.is_object(),
    }
}
