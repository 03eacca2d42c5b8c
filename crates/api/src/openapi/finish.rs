//! What holds for all operations: tokens, the envelope, headers, errors.

use super::{errors, words};
use crate::routes::{BASE, Route};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Name of the scheme by which operations are protected.
const TOKEN: &str = "token";
/// Name of the scheme by which clients get a token.
const CLIENT: &str = "client";

/// Puts in what the handlers do not say.
pub fn finish(document: &mut Value, table: &[Route]) {
    let mut users: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for route in table {
        let method = route.method.as_str().to_lowercase();
        let operation = &mut document["paths"][format!("{BASE}{}", route.path)][method];
        if operation.is_object() {
            let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
            users.entry(route.scope.as_str()).or_default().push(name);
            protect(operation, route);
        }
    }
    let mut tags = Vec::new();
    for operation in operations(document) {
        tags.extend(operation["tags"].as_array().cloned().unwrap_or_default());
        complete(operation);
    }
    if let Some(all) = document["tags"].as_array_mut() {
        all.retain(|tag| tags.contains(&tag["name"]));
    }
    let token = &mut document["paths"]["/oauth/token"]["post"];
    if token.is_object() {
        // The client says who it is by HTTP Basic or in the form.
        token["security"] = json!([{ CLIENT: [] }, {}]);
    }
    components(&mut document["components"], &users);
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let items = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    items.flat_map(|item| item.as_object_mut().into_iter().flat_map(Map::values_mut))
}

/// An operation below `/public/v1`: its scope, its envelope and its errors.
fn protect(operation: &mut Value, route: &Route) {
    operation["security"] = json!([{ TOKEN: [route.scope.as_str()] }]);
    operation["x-rate-limit-class"] = json!(route.class.as_str());
    let errors = errors::responses(route, operation);
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for response in responses.values_mut() {
        let schema = &mut response["content"]["application/json"]["schema"];
        *schema = enveloped(schema.take());
    }
    responses.extend(errors);
}

fn enveloped(data: Value) -> Value {
    json!({
        "type": "object",
        "required": ["success", "data", "correlationId"],
        "properties": {
            "success": { "const": true },
            "data": data,
            "correlationId": { "type": "string", "format": "uuid" },
        },
    })
}

/// Any operation: headers that every request may and every answer does carry.
fn complete(operation: &mut Value) {
    if operation["security"].is_null() {
        operation["security"] = json!([]);
    }
    let mut parameters = vec![json!({ "$ref": "#/components/parameters/CorrelationId" })];
    for mut parameter in operation["parameters"].as_array().cloned().unwrap_or_default() {
        if parameter["name"] == "Idempotency-Key" {
            parameter = json!({ "$ref": "#/components/parameters/IdempotencyKey" });
        }
        // A parameter is absent, never null.
        if let Some(type_name) = parameter["schema"]["type"].as_array().and_then(|types| types.first()).cloned() {
            parameter["schema"]["type"] = type_name;
        }
        parameters.push(parameter);
    }
    let is_idempotent =
        parameters.iter().any(|parameter| parameter["$ref"] == "#/components/parameters/IdempotencyKey");
    operation["parameters"] = Value::Array(parameters);
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        if !response["$ref"].is_null() {
            continue;
        }
        response["headers"]["x-correlation-id"] = json!({ "$ref": "#/components/headers/CorrelationId" });
        if is_idempotent && status.starts_with('2') {
            response["headers"]["Idempotent-Replayed"] = json!({ "$ref": "#/components/headers/IdempotentReplayed" });
        }
        if response["description"].as_str().is_none_or(str::is_empty) {
            response["description"] = json!("Done");
        }
    }
}

fn components(components: &mut Value, users: &BTreeMap<&str, Vec<String>>) {
    let scopes: Map<String, Value> =
        users.iter().map(|(scope, names)| ((*scope).to_owned(), json!(names.join(", ")))).collect();
    components["securitySchemes"] = json!({
        TOKEN: {
            "type": "oauth2",
            "description": "A token of POST /oauth/token, sent as Authorization: Bearer.",
            "flows": { "clientCredentials": { "tokenUrl": "/oauth/token", "scopes": scopes } },
        },
        CLIENT: { "type": "http", "scheme": "basic", "description": "Id and secret of a client (RFC 6749 §2.3.1)." },
    });
    components["parameters"] = json!({
        "CorrelationId": {
            "name": "x-correlation-id", "in": "header", "required": false,
            "description": "A UUID of yours for this request; it comes back in the answer.",
            "schema": { "type": "string", "format": "uuid" },
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A UUID version 4: for 24 hours the same request gets the first answer again.",
            "schema": { "type": "string", "format": "uuid" },
        },
    });
    components["headers"] = json!({
        "CorrelationId": {
            "description": "The id of the request, yours or ours.", "schema": { "type": "string", "format": "uuid" },
        },
        "IdempotentReplayed": {
            "description": "Present if this is the remembered answer to an earlier request.",
            "schema": { "type": "string", "enum": ["true"] },
        },
        "RetryAfter": {
            "description": "Seconds after which to try again.", "schema": { "type": "integer", "minimum": 0 },
        },
        "RateLimit": {
            "description": "Class of the request, `r` requests left, and if none is left `t` seconds until the next \
                passes (draft-ietf-httpapi-ratelimit-headers).",
            "schema": { "type": "string" }, "example": "\"read\";r=0;t=12",
        },
        "RateLimitPolicy": {
            "description": "Class of the request: `q` of them in any `w` seconds.",
            "schema": { "type": "string" }, "example": "\"read\";q=30000;w=60",
        },
        "WwwAuthenticate": { "description": "RFC 6750 §3.", "schema": { "type": "string" } },
    });
    components["responses"] = errors::shared();
    words::close(&mut components["schemas"]);
    for (name, schema) in errors::schemas() {
        components["schemas"][name] = schema;
    }
}
