//! One document of the many small ones that the handlers' annotations make.

use super::introduction;
use crate::routes::{BASE, Route};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

/// What is served beside `/public/v1` and needs no token of ours.
#[derive(OpenApi)]
#[openapi(paths(
    crate::oauth::token,
    crate::discovery::keys,
    crate::discovery::metadata,
    crate::import_jobs::upload::upload_by_url,
    crate::unsubscribe::show,
    crate::unsubscribe::unsubscribe,
    crate::health::healthz,
    crate::health::readyz,
    crate::prometheus::metrics,
    super::openapi,
    super::docs,
))]
struct Beside;

/// The document before anything common is put in, and what does not fit together: an annotation that names another
/// route, two schemas of one name.
pub fn assemble(table: &[Route]) -> (Value, Vec<String>) {
    let mut document = json!({
        "openapi": "3.1.0",
        "info": introduction::info(),
        "servers": [{ "url": "/", "description": "The host that serves this document" }],
        "tags": introduction::tags(),
        "paths": {},
        "components": { "schemas": {} },
    });
    let mut misfits = Vec::new();
    for route in table {
        let (path, method) = (format!("{BASE}{}", route.path), route.method.as_str().to_lowercase());
        let part = serde_json::to_value(route.document()).unwrap_or_default();
        if part["paths"][&path][&method].is_null() {
            misfits.push(format!("{method} {path} is documented as something else: {}", part["paths"]));
        }
        merge(&mut document, part, &mut misfits);
    }
    merge(&mut document, serde_json::to_value(Beside::openapi()).unwrap_or_default(), &mut misfits);
    (document, misfits)
}

fn merge(document: &mut Value, part: Value, misfits: &mut Vec<String>) {
    for (path, item) in object(&part["paths"]) {
        let known = &mut document["paths"][path];
        for (method, operation) in object(item) {
            known[method] = operation.clone();
        }
    }
    for (name, schema) in object(&part["components"]["schemas"]) {
        let known = &mut document["components"]["schemas"][name];
        if !known.is_null() && known != schema {
            misfits.push(format!("two schemas are called {name}"));
        }
        *known = schema.clone();
    }
}

/// The members of an object; none of anything else.
pub fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::table;

    #[test]
    fn every_route_is_documented_as_itself() {
        assert_eq!(assemble(&table()).1, Vec::<String>::new());
    }
}
