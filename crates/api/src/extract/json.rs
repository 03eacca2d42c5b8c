//! JSON bodies, with the path of what is wrong in them.

use crate::error::ApiError;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use postrider_core::error::{Code, Refusal};
use serde::de::DeserializeOwned;

/// Largest body, in bytes.
pub const BODY_MAX_BYTES: usize = 10 * 1024 * 1024;

/// A JSON body. An absent one is read as `{}`.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = read(request, state).await?;
        parse(&bytes).map(Self)
    }
}

/// Reads the whole body.
pub async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            Code::BodyTooLarge.into()
        } else {
            Refusal::invalid("body", None, "could not be read whole").into()
        }
    })
}

/// Parses a body.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let bytes = if bytes.trim_ascii().is_empty() { b"{}" } else { bytes };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { "body".to_owned() } else { path };
        ApiError::from(Refusal::invalid(path, None, error.inner().to_string()))
    })?;
    reader.end().map_err(|error| Refusal::invalid("body", None, error.to_string()))?;
    Ok(value)
}
