//! Parameters: what every request may carry, and what those mean that mean the same everywhere.

use super::{bounds, words};
use serde_json::{Value, json};

/// A UUID of version 4, as RFC 9562 writes it.
const UUID_V4: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$";

/// What a parameter means wherever its handler says nothing else.
const MEANINGS: &[(&str, &str)] = &[
    ("scheduleId", "Id of the job"),
    ("deliveryId", "Id of the delivery"),
    ("testSendId", "Id of the test send"),
    ("channel", "`email`, `sms`, `push` or `direct_mail`."),
    ("page", "1 to 1,000,000, the first if absent"),
    ("pageSize", "1 to 500, 50 if absent"),
    ("limit", "1 to 100, 50 if absent"),
    ("cursor", "nextCursor of the page before"),
];

/// What the id in a path is of, by the part of the path before it.
const IDS: &[(&str, &str)] = &[
    ("campaigns", "Id of the campaign"),
    ("lists", "Id of the list"),
    ("profiles", "Id of the profile"),
    ("templates", "Id of the template"),
    ("sender-profiles", "Id of the sender profile"),
    ("suppressions", "Id of the entry"),
    ("audiences", "Id of the audience"),
    ("import-jobs", "Id of the import job"),
    ("webhooks", "Id of the webhook"),
];

/// Completes the parameters of an operation; the answer is whether it takes an `Idempotency-Key`.
pub fn complete(path: &str, operation: &mut Value) -> bool {
    let mut parameters = vec![json!({ "$ref": "#/components/parameters/CorrelationId" })];
    let mut is_idempotent = false;
    for mut parameter in operation["parameters"].as_array().cloned().unwrap_or_default() {
        if parameter["name"] == "Idempotency-Key" {
            is_idempotent = true;
            parameter = json!({ "$ref": "#/components/parameters/IdempotencyKey" });
        } else {
            describe(path, &mut parameter);
        }
        parameters.push(parameter);
    }
    operation["parameters"] = Value::Array(parameters);
    is_idempotent
}

fn describe(path: &str, parameter: &mut Value) {
    // A parameter is absent, never null.
    if let Some(type_name) = parameter["schema"]["type"].as_array().and_then(|types| types.first()).cloned() {
        parameter["schema"]["type"] = type_name;
    }
    let name = parameter["name"].as_str().unwrap_or_default();
    let mut said = parameter["description"].as_str().filter(|said| !said.is_empty()).map(str::to_owned);
    if said.is_none() {
        said = meaning(path, name).map(str::to_owned);
    }
    if let Some(said) = said {
        parameter["description"] = json!(said);
        words::close_one(&mut parameter["schema"], &said);
        bounds::close(&mut parameter["schema"], &said);
    }
}

fn meaning(path: &str, name: &str) -> Option<&'static str> {
    let by_name = MEANINGS.iter().find(|(known, _)| *known == name).map(|(_, meaning)| *meaning);
    by_name.or_else(|| {
        let before = path.split_once(&format!("/{{{name}}}"))?.0.rsplit('/').next()?;
        IDS.iter().find(|(known, _)| *known == before).map(|(_, meaning)| *meaning)
    })
}

/// Those that operations share.
pub fn shared() -> Value {
    json!({
        "CorrelationId": {
            "name": "x-correlation-id", "in": "header", "required": false,
            "description": "An id of yours for this request: a UUID comes back in the answer, anything else is passed \
                over and the request gets an id of ours.",
            "schema": { "type": "string" },
            "example": "55555555-5555-4555-8555-555555555555",
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A UUID version 4: for 24 hours the same request gets the first answer again.",
            "schema": { "type": "string", "format": "uuid", "pattern": UUID_V4 },
        },
    })
}
