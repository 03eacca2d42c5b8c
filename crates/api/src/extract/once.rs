//! A JSON body together with its `Idempotency-Key`.

use super::body::{parsed, read};
use super::json::parse;
use crate::error::ApiError;
use axum::extract::{FromRequest, OriginalUri, Request};
use axum::http::HeaderMap;
use postrider_core::error::{Code, Refusal};
use postrider_service::idempotency::{OnceKey, Render, Reply, fingerprint};
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// A body, and the key under which its effect happens once.
pub struct Once<T> {
    /// The body.
    pub body: T,
    key: Option<OnceKey>,
}

impl<T> Once<T> {
    /// Splits into the body and the way to answer.
    pub fn reply<R>(self, render: Render<R>) -> (T, Reply<R>) {
        (self.body, Reply { once: self.key, render })
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send + 'static> FromRequest<S> for Once<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let key = key(request.headers())?;
        let method = match *request.method() {
            axum::http::Method::PUT => "PUT",
            axum::http::Method::PATCH => "PATCH",
            axum::http::Method::DELETE => "DELETE",
            _ => "POST",
        };
        let path = match request.extensions().get::<OriginalUri>() {
            Some(uri) => uri.path().to_owned(),
            None => request.uri().path().to_owned(),
        };
        let bytes = read(request).await?;
        let once = move |bytes: &[u8]| {
            let body = parse(bytes)?;
            let key = key.map(|key| OnceKey { key, method, path, fingerprint: fingerprint(bytes) });
            Ok(Self { body, key })
        };
        parsed(bytes, once).await
    }
}

/// Reads the key, bare or as a quoted string (RFC 8941), and insists on one UUID v4.
fn key(headers: &HeaderMap) -> Result<Option<Uuid>, ApiError> {
    let invalid = |text: &str, problem: &str| {
        ApiError::from(Refusal::field(Code::IdempotencyKeyInvalid, "Idempotency-Key", Some(text), problem))
    };
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    if values.next().is_some() {
        // Whichever were taken, a retry might name the other.
        return Err(invalid(text, "is given more than once"));
    }
    let uuid: Option<Uuid> = text.trim().trim_matches('"').parse().ok();
    let uuid = uuid.filter(|uuid| uuid.get_version_num() == 4);
    uuid.map(Some).ok_or_else(|| invalid(text, "is not a UUID version 4"))
}
