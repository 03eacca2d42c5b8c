//! The examples of the seed page, at the operations they belong to.

use super::assemble::object;
use serde_json::Value;

/// By path and method: requests, and responses by status, each by name.
const EXAMPLES: &str = include_str!("examples.json");

/// Puts the examples in.
pub fn add(document: &mut Value) {
    let examples: Value = serde_json::from_str(EXAMPLES).expect("the file is JSON: a test reads it");
    for (path, methods) in object(&examples) {
        for (method, places) in object(methods) {
            let operation = &mut document["paths"][path][method];
            operation["requestBody"]["content"]["application/json"]["examples"] = places["request"].clone();
            for (status, named) in object(&places["responses"]) {
                operation["responses"][status]["content"]["application/json"]["examples"] = named.clone();
            }
        }
    }
}
