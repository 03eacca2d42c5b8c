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
use serde::Serialize;
use utoipa::ToSchema;

/// How long others may keep the answers: shorter than any overlap of keys.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The routes.
pub fn router() -> Router<Service> {
    Router::new()
        .route("/.well-known/jwks.json", get(keys))
        .route("/.well-known/oauth-authorization-server", get(metadata))
}

/// Keys that verify tokens (RFC 7517 §5).
#[derive(Serialize, ToSchema)]
struct KeysDto {
    keys: Vec<KeyDto>,
}

/// One public RSA key (RFC 7518 §6.3.1).
#[derive(Serialize, ToSchema)]
struct KeyDto {
    /// `RSA`.
    kty: &'static str,
    /// `sig`.
    r#use: &'static str,
    /// `RS256`.
    alg: &'static str,
    /// Named in the header of the tokens that it signed.
    kid: String,
    /// Modulus, base64url.
    n: String,
    /// Exponent, base64url.
    e: String,
}

/// Metadata of the token endpoint (RFC 8414 §3.2).
#[derive(Serialize, ToSchema)]
struct MetadataDto {
    issuer: String,
    token_endpoint: String,
    jwks_uri: String,
    scopes_supported: Vec<&'static str>,
    response_types_supported: Vec<String>,
    grant_types_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: Vec<&'static str>,
}

#[utoipa::path(get, path = "/.well-known/jwks.json", operation_id = "getSigningKeys",
    tag = "Authentication", summary = "Keys that verify tokens",
    description = "While keys rotate there is more than one; the header of a token names its own.",
    responses((status = 200, description = "RFC 7517 §5", body = KeysDto)))]
async fn keys(State(service): State<Service>) -> Result<Response, ApiError> {
    let keys = service.public_keys().await?.into_iter().map(|key| KeyDto {
        kty: "RSA",
        r#use: "sig",
        alg: "RS256",
        kid: key.kid,
        n: key.modulus,
        e: key.exponent,
    });
    Ok(answer(&KeysDto { keys: keys.collect() }))
}

#[utoipa::path(get, path = "/.well-known/oauth-authorization-server", operation_id = "getAuthorizationServerMetadata",
    tag = "Authentication",
    summary = "Metadata of the token endpoint",
    description = "Where tokens are issued, for which scopes, and where their keys are.",
    responses((status = 200, description = "RFC 8414 §3.2", body = MetadataDto)))]
async fn metadata(State(service): State<Service>) -> Response {
    let issuer = &service.settings().issuer;
    let url = &service.settings().public_url;
    let scopes: Vec<&'static str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    answer(&MetadataDto {
        issuer: issuer.clone(),
        token_endpoint: format!("{url}/oauth/token"),
        jwks_uri: format!("{url}/.well-known/jwks.json"),
        scopes_supported: scopes,
        response_types_supported: Vec::new(),
        grant_types_supported: vec!["client_credentials"],
        token_endpoint_auth_methods_supported: vec!["client_secret_basic", "client_secret_post"],
    })
}

fn answer(body: &impl Serialize) -> Response {
    let mut response = json_response(StatusCode::OK, serde_json::to_vec(body).unwrap_or_default());
    response.headers_mut().insert(header::CACHE_CONTROL, KEPT);
    response
}
