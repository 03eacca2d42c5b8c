//! The only place where a class becomes a status and a refusal a body.

use crate::correlation;
use crate::envelope::json_response;
use crate::rate_limit::tell_wait;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use postrider_core::error::{Class, Code, Detail, Refusal};
use postrider_core::rate_limit::WINDOW_S;
use postrider_service::{ServiceError, StoreError};
use serde_json::{Map, Value, json};

/// Seconds after which a client may try again.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("1");

/// Why a request has no answer.
#[derive(Debug)]
pub struct ApiError(pub ServiceError);

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        Self(error)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.into())
    }
}

impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        Self(code.into())
    }
}

/// The status of a code, as a number.
pub const fn status_of(code: Code) -> u16 {
    status(code.class()).as_u16()
}

/// The status of a class.
pub const fn status(class: Class) -> StatusCode {
    match class {
        Class::Invalid => StatusCode::BAD_REQUEST,
        Class::Unauthenticated => StatusCode::UNAUTHORIZED,
        Class::Forbidden => StatusCode::FORBIDDEN,
        Class::NotFound => StatusCode::NOT_FOUND,
        Class::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Class::Conflict => StatusCode::CONFLICT,
        Class::TooSlow => StatusCode::REQUEST_TIMEOUT,
        Class::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Class::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Class::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
        Class::Limited => StatusCode::TOO_MANY_REQUESTS,
        Class::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Class::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self.0 {
            ServiceError::Refused(refusal) => refused(&refusal),
            ServiceError::Failed(failure) => {
                let (correlation_id, code) = (correlation::current(), code_of(&failure));
                if failure.is_trouble() {
                    // The store logs it once, when it begins.
                    tracing::debug!(%correlation_id, error = %failure, "a request failed with the database");
                } else if code == Code::Unavailable {
                    tracing::warn!(%correlation_id, error = %failure, "a request ran out of time in the store");
                } else {
                    tracing::error!(%correlation_id, error = %failure, "a request failed in the store");
                }
                refused(&Refusal::new(code))
            }
        }
    }
}

/// The code of a failure of the store.
pub const fn code_of(failure: &StoreError) -> Code {
    match failure {
        StoreError::Busy(_) | StoreError::TimedOut | StoreError::SetBack => Code::Unavailable,
        StoreError::Full => Code::DatabaseFull,
        StoreError::ReadOnly(_) => Code::DatabaseReadOnly,
        StoreError::Down(_) | StoreError::Silent(_) | StoreError::Ambiguous(_) | StoreError::Unopened(_) => {
            Code::DatabaseUnreachable
        }
        _ => Code::Internal,
    }
}

/// The answer to a refusal.
pub fn refused(refusal: &Refusal) -> Response {
    let code = refusal.code;
    let body = json!({
        "success": false,
        "correlationId": correlation::current(),
        "error": error_object(refusal),
    });
    let mut response = json_response(status(code.class()), body.to_string().into_bytes());
    let headers = response.headers_mut();
    match code {
        Code::Unauthorized => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Code::TokenInvalid | Code::TokenExpired => {
            let value = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        Code::InsufficientScope => {
            let value = HeaderValue::from_static("Bearer error=\"insufficient_scope\"");
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        Code::EncodingUnsupported => {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        _ if code == Code::IdempotencyInProgress || matches!(code.class(), Class::Unavailable) => {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER_S);
        }
        _ => {}
    }
    if let Detail::Limit { class, limit, retry_after_s } = refusal.detail {
        tell_wait(headers, class, limit, retry_after_s);
    }
    response
}

/// What is told about a refusal, of a whole request or of one record in it.
pub fn error_object(refusal: &Refusal) -> Value {
    json!({
        "code": refusal.code.as_str(),
        "message": refusal.message(),
        "details": details(&refusal.detail),
        "remediation": refusal.code.remediation(),
    })
}

fn details(detail: &Detail) -> Value {
    match detail {
        Detail::None => Value::Object(Map::new()),
        Detail::Field { path, value, .. } => {
            let value = value.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or(Value::Null);
            json!({ "path": path, "value": value })
        }
        Detail::Scope { required, granted } => json!({ "required": required, "granted": granted }),
        Detail::Limit { class, limit, retry_after_s } => json!({
            "class": class.as_str(),
            "limit": limit,
            "windowSeconds": WINDOW_S,
            "retryAfterSeconds": retry_after_s,
        }),
        Detail::Issues(issues) => json!({ "issues": issues.iter().map(crate::campaigns::issue).collect::<Vec<_>>() }),
        Detail::Changes(changes) => {
            let changes =
                changes.iter().map(|(part, planned, now)| json!({ "part": part, "planned": planned, "now": now }));
            json!({ "changes": changes.collect::<Vec<_>>() })
        }
    }
}
