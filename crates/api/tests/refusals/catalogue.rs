//! Every code of the catalogue is provoked and told as the contract says.

use super::provoke::{Provoked, Told, provoke};
use super::support::TestAnswer;
use postrider_core::error::{Class, Code, Detail};
use serde_json::Value;

/// The status of a class, written down apart from the product.
fn status(class: Class) -> u16 {
    match class {
        Class::Invalid => 400,
        Class::Unauthenticated => 401,
        Class::Forbidden => 403,
        Class::NotFound => 404,
        Class::MethodNotAllowed => 405,
        Class::Conflict => 409,
        Class::TooSlow => 408,
        Class::TooLarge => 413,
        Class::UnsupportedMedia => 415,
        Class::Unprocessable => 422,
        Class::Limited => 429,
        Class::Internal => 500,
        Class::Unavailable => 503,
    }
}

/// The header without which an answer of this status is not whole.
fn header(code: Code) -> Option<&'static str> {
    match code.class() {
        // No token would help.
        _ if code == Code::OriginNotAllowed => None,
        Class::Unauthenticated | Class::Forbidden => Some("www-authenticate"),
        Class::MethodNotAllowed => Some("allow"),
        Class::Limited | Class::Unavailable => Some("retry-after"),
        _ => (code == Code::IdempotencyInProgress).then_some("retry-after"),
    }
}

fn told_by_http(code: Code, provoked: &Provoked, told: &TestAnswer) {
    let name = code.as_str();
    let error = told.refused(status(code.class()), name);
    let members: Vec<&String> = told.json.as_object().unwrap().keys().collect();
    assert_eq!(members, ["correlationId", "error", "success"], "{name}");
    let correlation_id = told.json["correlationId"].as_str().unwrap();
    assert!(correlation_id.parse::<uuid::Uuid>().is_ok(), "{name}");
    assert_eq!(correlation_id, told.header("x-correlation-id"), "{name}");
    assert_eq!(told.header("content-type"), "application/json", "{name}");
    let members: Vec<&String> = error.as_object().unwrap().keys().collect();
    assert_eq!(members, ["code", "details", "message", "remediation"], "{name}");
    assert_eq!(error["remediation"], code.remediation(), "{name}");
    let message = error["message"].as_str().unwrap();
    assert!(!message.is_empty(), "{name}");
    let details: Vec<&String> = error["details"].as_object().unwrap().keys().collect();
    assert_eq!(details, provoked.details, "{name}: {error}");
    if let Value::String(path) = &error["details"]["path"] {
        assert!(message.starts_with(&format!("{path}: ")), "{name}: {message}");
    }
    if let Some(header) = header(code) {
        assert!(!told.header(header).is_empty(), "{name} without {header}");
    }
}

#[tokio::test]
async fn every_code_is_met_and_told_whole() {
    for code in Code::ALL.iter().copied() {
        let provoked = Box::pin(provoke(code)).await;
        match &provoked.told {
            Told::Http(answer) => told_by_http(code, &provoked, answer),
            Told::Operator(refusal) => {
                assert_eq!(refusal.code, code, "{refusal}");
                let is_field = matches!(refusal.detail, Detail::Field { .. });
                assert_eq!(is_field, provoked.details == ["path", "value"], "{refusal:?}");
            }
        }
    }
}
