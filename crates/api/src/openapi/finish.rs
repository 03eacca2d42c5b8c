//! What holds for all operations: tokens, the envelope, headers, errors.

use super::{errors, instants, parameters, words};
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
    let schemas = document["components"]["schemas"].clone();
    for (path, operation) in operations(document) {
        tags.extend(operation["tags"].as_array().cloned().unwrap_or_default());
        complete(path, operation, &schemas);
    }
    if let Some(all) = document["tags"].as_array_mut() {
        all.retain(|tag| tags.contains(&tag["name"]));
    }
    let token = &mut document["paths"]["/oauth/token"]["post"];
    if token.is_object() {
        // The client says who it is by HTTP Basic or in the form.
        token["security"] = json!([{ CLIENT: [] }, {}]);
    }
    // The keys are in the store, which can fail as for any route of the table.
    let keys = &mut document["paths"]["/.well-known/jwks.json"]["get"]["responses"];
    if let Some(responses) = keys.as_object_mut() {
        responses.extend(errors::of_the_store());
    }
    // It is as its neighbour in the table, but for the token.
    let upload = &mut document["paths"]["/import-uploads/{token}"]["put"]["responses"];
    if let Some(responses) = upload.as_object_mut() {
        for response in responses.values_mut() {
            let schema = &mut response["content"]["application/json"]["schema"];
            *schema = enveloped(schema.take());
        }
        responses.extend(errors::of_uploads());
    }
    components(&mut document["components"], &users);
}

fn operations(document: &mut Value) -> impl Iterator<Item = (&str, &mut Value)> {
    let items = document["paths"].as_object_mut().into_iter().flatten();
    items.flat_map(|(path, item)| {
        item.as_object_mut().into_iter().flat_map(Map::values_mut).map(|operation| (path.as_str(), operation))
    })
}

/// An operation below `/public/v1`: its scope, its envelope and its errors.
fn protect(operation: &mut Value, route: &Route) {
    operation["security"] = json!([{ TOKEN: [route.scope.as_str()] }]);
    operation["x-rate-limit-class"] = json!(route.class.as_str());
    let said = operation["description"].as_str().map(|said| format!("{said}\n\n")).unwrap_or_default();
    operation["description"] = json!(format!(
        "{said}Needs the scope `{}`; counts towards the rate limit of the class `{}`.",
        route.scope.as_str(),
        route.class.as_str(),
    ));
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
fn complete(path: &str, operation: &mut Value, schemas: &Value) {
    if operation["security"].is_null() {
        operation["security"] = json!([]);
    }
    let is_idempotent = parameters::complete(path, operation);
    relax(operation, schemas);
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

/// A body that may be `{}` may be left out.
fn relax(operation: &mut Value, schemas: &Value) {
    let Some(body) = operation.get_mut("requestBody") else { return };
    let Some(name) = body["content"]["application/json"]["schema"]["$ref"].as_str() else { return };
    let schema = &schemas[name.rsplit('/').next().unwrap_or_default()];
    let parts = std::iter::once(schema).chain(schema["allOf"].as_array().into_iter().flatten());
    let is_needed = parts.clone().any(|part| part["required"].as_array().is_some_and(|names| !names.is_empty()));
    body["required"] = json!(is_needed);
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
    components["parameters"] = parameters::shared();
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
    instants::tell(&mut components["schemas"]);
    for (name, schema) in errors::schemas() {
        components["schemas"][name] = schema;
    }
}
