//! What OAuth clients can find out by themselves: the keys (RFC 7517) and the metadata (RFC 8414).

use crate::envelope::json_response;
use crate::error::ApiError;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use postrider_core::scope::Scope;
use postrider_service::Service;
use serde_json::{Value, json};

/// How long others may keep the answers: shorter than any overlap of keys.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The routes.
pub fn router() -> Router<Service> {
    Router::new()
        .route("/.well-known/jwks.json", get(keys))
        .route("/.well-known/oauth-authorization-server", get(metadata))
}

#[utoipa::path(get, path = "/.well-known/jwks.json", operation_id = "getSigningKeys",
    tag = "Authentication", summary = "Keys that verify tokens",
    responses((status = 200, description = "RFC 7517 §5")))]
async fn keys(State(service): State<Service>) -> Result<Response, ApiError> {
    let keys = service.public_keys().await?.into_iter().map(|key| {
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.kid, "n": key.modulus, "e": key.exponent })
    });
    Ok(answer(&json!({ "keys": keys.collect::<Vec<_>>() })))
}

#[utoipa::path(get, path = "/.well-known/oauth-authorization-server", operation_id = "getAuthorizationServerMetadata",
    tag = "Authentication",
    summary = "Metadata of the token endpoint", responses((status = 200, description = "RFC 8414 §3.2")))]
async fn metadata(State(service): State<Service>) -> Response {
    let issuer = &service.settings().issuer;
    let url = &service.settings().public_url;
    let scopes: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    answer(&json!({
        "issuer": issuer,
        "token_endpoint": format!("{url}/oauth/token"),
        "jwks_uri": format!("{url}/.well-known/jwks.json"),
        "scopes_supported": scopes,
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }))
}

fn answer(body: &Value) -> Response {
    let mut response = json_response(StatusCode::OK, body.to_string().into_bytes());
    response.headers_mut().insert(header::CACHE_CONTROL, KEPT);
    response
}
