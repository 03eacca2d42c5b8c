//! Pages of other origins that call the API from a browser (the CORS protocol of the Fetch standard).
//!
//! Only origins that the operator named may. No cookie is ever read, so credentials are not allowed.

use crate::error::refused;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use postrider_core::error::{Code, Refusal};
use postrider_service::Service;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const HEADERS: HeaderValue =
    HeaderValue::from_static("accept, authorization, content-type, idempotency-key, x-correlation-id");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "idempotent-replayed, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-correlation-id",
);
/// How long a browser may remember what it may send, in seconds.
const MAX_AGE_S: HeaderValue = HeaderValue::from_static("600");
const REQUEST_METHOD: HeaderName = header::ACCESS_CONTROL_REQUEST_METHOD;

/// Answers preflights, and lets pages of allowed origins read other answers, errors included.
pub async fn answer_browsers(State(service): State<Service>, request: Request, next: Next) -> Response {
    let origins = &service.settings().cors_origins;
    let origin = request.headers().get(header::ORIGIN).cloned();
    let is_allowed =
        origin.as_ref().is_some_and(|origin| origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()));
    let is_preflight =
        origin.is_some() && request.method() == Method::OPTIONS && request.headers().contains_key(REQUEST_METHOD);
    let mut response = match (is_preflight, is_allowed) {
        (true, true) => preflight(),
        (true, false) => refused(&Refusal::new(Code::OriginNotAllowed)),
        (false, _) => next.run(request).await,
    };
    let headers = response.headers_mut();
    if !origins.is_empty() {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    if let Some(origin) = origin.filter(|_| is_allowed) {
        allow(headers, origin);
    }
    response
}

fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_S);
    response
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}
