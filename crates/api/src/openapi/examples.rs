//! Examples at the operations they belong to: those of the seed page, and typical ones, as a service answered them.

use super::assemble::object;
use super::errors;
use serde_json::Value;

/// By path and method: requests, and responses by status, each by name.
const EXAMPLES: &[&str] = &[include_str!("examples/seed_page.json"), include_str!("examples/typical.json")];

/// The form of a body that has the example, where there are several.
const FORMS: &[&str] = &["application/json", "text/csv"];

/// Puts the examples in, and those of errors that an operation refers to.
pub fn add(document: &mut Value) {
    for text in EXAMPLES {
        let examples: Value = serde_json::from_str(text).expect("the file is JSON: a test reads it");
        for (path, methods) in object(&examples) {
            for (method, places) in object(methods) {
                put(&mut document["paths"][path][method], places);
            }
        }
    }
    let told = document.to_string();
    let mut errors = errors::every_example();
    if let Some(errors) = errors.as_object_mut() {
        errors.retain(|code, _| told.contains(&format!("#/components/examples/{code}\"")));
    }
    document["components"]["examples"] = errors;
}

/// Examples belong to every form that a body has: there is one, but for the ledger, whose streams have none.
fn put(operation: &mut Value, places: &Value) {
    if operation["operationId"].is_null() {
        return;
    }
    let give = |body: Option<&mut Value>, named: &Value| {
        let Some(content) = body.and_then(|body| body.get_mut("content")?.as_object_mut()) else { return };
        let form = FORMS.iter().find(|form| content.contains_key(**form)).map(|form| (*form).to_owned());
        let content = form.or_else(|| content.keys().next().cloned()).and_then(|form| content.get_mut(&form));
        if let Some(content) = content {
            for (name, example) in object(named) {
                content["examples"][name] = example.clone();
            }
        }
    };
    if !places["request"].is_null() {
        give(operation.get_mut("requestBody"), &places["request"]);
    }
    for (status, named) in object(&places["responses"]) {
        give(operation["responses"].get_mut(status), named);
    }
}
