//! `POST /oauth/token`: client credentials for a bearer token (RFC 6749 §4.4).
//!
//! Answers and errors are those of RFC 6749 §5, without our envelope, because OAuth clients read them.

use crate::correlation;
use crate::envelope::json_response;
use crate::error::code_of;
use crate::rate_limit::tell_wait;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postrider_core::error::{Class, Detail, Refusal};
use postrider_core::rate_limit::RateClass;
use postrider_service::auth::{ClientCredentials, Token, TokenError};
use postrider_service::{Service, ServiceError};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Largest request for a token, in bytes.
const TOKEN_REQUEST_MAX_BYTES: usize = 16 * 1024;

/// The routes.
pub fn router() -> Router<Service> {
    Router::new().route("/oauth/token", post(token)).layer(DefaultBodyLimit::max(TOKEN_REQUEST_MAX_BYTES))
}

/// Why there is no token, in the words of RFC 6749 §5.2 and §4.1.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Denial {
    InvalidRequest(&'static str),
    InvalidClient,
    Encoded,
    UnsupportedGrantType,
    InvalidScope,
    Limited { limit: u32, retry_after_s: i64 },
    Unavailable,
    ServerError,
}

/// A request for a token (RFC 6749 §4.4.2). Fields beside these are passed over.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it says in the OpenAPI document what the form holds; reading it is ours to do")]
struct TokenRequest {
    /// `client_credentials`.
    grant_type: String,
    /// Id of the client, unless it is sent by HTTP Basic.
    #[schema(nullable = false)]
    client_id: Option<String>,
    /// Secret of the client, unless it is sent by HTTP Basic.
    #[schema(nullable = false)]
    client_secret: Option<String>,
    /// Scopes of the token, separated by spaces; all of the client's if absent.
    #[schema(nullable = false)]
    scope: Option<String>,
}

/// A token (RFC 6749 §5.1).
#[derive(Serialize, ToSchema)]
struct TokenDto {
    /// A JWT, signed with RS256.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds for which it is valid.
    expires_in: i64,
    /// Its scopes, separated by spaces.
    scope: String,
}

/// Why there is no token (RFC 6749 §5.2).
#[derive(Serialize, ToSchema)]
struct TokenErrorDto {
    /// `invalid_request`, `invalid_client`, `unsupported_grant_type`, `invalid_scope`, `slow_down`,
    /// `temporarily_unavailable` or `server_error`.
    error: &'static str,
    error_description: &'static str,
}

type Fields = BTreeMap<String, String>;

#[utoipa::path(
    post, path = "/oauth/token", operation_id = "createToken", tag = "Authentication", summary = "Get a bearer token",
    description = "Client credentials (RFC 6749 §4.4): the client says who it is by HTTP Basic or in the form. Answers and \
        errors are those of RFC 6749 §5, without the envelope.",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded",
        description = "grant_type=client_credentials, and client_id and client_secret unless sent by HTTP Basic; scope narrows"),
    responses((status = 200, description = "A token", body = TokenDto),
        (status = 400, description = "`invalid_request`, `unsupported_grant_type` or `invalid_scope`", body = TokenErrorDto),
        (status = 415, description = "`invalid_request`: the body is compressed", body = TokenErrorDto),
        (status = 401, description = "`invalid_client`", body = TokenErrorDto,
            headers(("WWW-Authenticate" = String, description = "RFC 7617 §2."))),
        (status = 429, description = "`slow_down`", body = TokenErrorDto,
            headers(("Retry-After" = u32, description = "Seconds after which to try again."))),
        (status = 500, description = "`server_error`", body = TokenErrorDto),
        (status = 503, description = "`temporarily_unavailable`", body = TokenErrorDto,
            headers(("Retry-After" = u32, description = "Seconds after which to try again.")))),
)]
async fn token(
    State(service): State<Service>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let is_encoded = headers.get_all(header::CONTENT_ENCODING).iter().any(|coding| coding != "identity");
    let credentials = match form {
        _ if is_encoded => Err(Denial::Encoded),
        Ok(Form(pairs)) => fields(pairs).and_then(|fields| credentials(&headers, fields)),
        Err(_) => Err(Denial::InvalidRequest("the body is not a form of application/x-www-form-urlencoded")),
    };
    let issued = match credentials {
        Ok(credentials) => service.issue_token(credentials).await.map_err(Denial::from),
        Err(denial) => Err(denial),
    };
    match issued {
        Ok(token) => granted(&token),
        Err(denial) => denied(denial),
    }
}

/// The parameters; an empty one is absent and none may come twice (RFC 6749 §3.2).
fn fields(pairs: Vec<(String, String)>) -> Result<Fields, Denial> {
    let mut fields = Fields::new();
    for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
        if fields.insert(name, value).is_some() {
            return Err(Denial::InvalidRequest("a parameter was sent twice"));
        }
    }
    Ok(fields)
}

fn credentials(headers: &HeaderMap, mut fields: Fields) -> Result<ClientCredentials, Denial> {
    match fields.get("grant_type").map(String::as_str) {
        None => return Err(Denial::InvalidRequest("grant_type is missing")),
        Some("client_credentials") => {}
        Some(_) => return Err(Denial::UnsupportedGrantType),
    }
    let (client_id, client_secret) = match headers.get(header::AUTHORIZATION) {
        Some(_) if fields.contains_key("client_secret") => {
            return Err(Denial::InvalidRequest("the client authenticates in two ways at once"));
        }
        Some(value) => {
            let (id, secret) = basic(value).ok_or(Denial::InvalidClient)?;
            if fields.get("client_id").is_some_and(|named| *named != id) {
                return Err(Denial::InvalidRequest("client_id differs from the one in the Authorization header"));
            }
            (id, secret)
        }
        None => match (fields.remove("client_id"), fields.remove("client_secret")) {
            (Some(id), Some(secret)) => (id, secret),
            _ => return Err(Denial::InvalidClient),
        },
    };
    Ok(ClientCredentials { client_id, client_secret, scope: fields.remove("scope") })
}

/// Id and secret of HTTP Basic (RFC 7617), each form-encoded before (RFC 6749 §2.3.1).
fn basic(value: &HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((form_decoded(id)?, form_decoded(secret)?))
}

/// Undoes `application/x-www-form-urlencoded`; nothing if that is not UTF-8.
pub fn form_decoded(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

impl From<TokenError> for Denial {
    fn from(error: TokenError) -> Self {
        let failure = match error {
            TokenError::InvalidClient => return Self::InvalidClient,
            TokenError::InvalidScope => return Self::InvalidScope,
            TokenError::Failed(ServiceError::Refused(Refusal {
                detail: Detail::Limit { limit, retry_after_s, .. },
                ..
            })) => return Self::Limited { limit, retry_after_s },
            TokenError::Failed(failure) => failure,
        };
        let correlation_id = correlation::current();
        let code = match &failure {
            ServiceError::Refused(refusal) => refusal.code,
            ServiceError::Failed(failure) => code_of(failure),
        };
        if matches!(&failure, ServiceError::Failed(failure) if failure.is_trouble()) {
            tracing::debug!(%correlation_id, error = %failure, "issuing a token failed");
        } else {
            tracing::error!(%correlation_id, error = %failure, "issuing a token failed");
        }
        if matches!(code.class(), Class::Unavailable) { Self::Unavailable } else { Self::ServerError }
    }
}

fn granted(token: &Token) -> Response {
    let body = TokenDto {
        access_token: token.access_token.clone(),
        token_type: "Bearer",
        expires_in: token.expires_in,
        scope: token.scope.clone(),
    };
    answer(StatusCode::OK, &body)
}

fn denied(denial: Denial) -> Response {
    let (status, error, description) = match denial {
        Denial::InvalidRequest(what) => (StatusCode::BAD_REQUEST, "invalid_request", what),
        Denial::Encoded => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "invalid_request",
            "Content-Encoding must be identity: send the body unpacked",
        ),
        Denial::InvalidClient => {
            (StatusCode::UNAUTHORIZED, "invalid_client", "the client is unknown or its secret is wrong")
        }
        Denial::UnsupportedGrantType => {
            (StatusCode::BAD_REQUEST, "unsupported_grant_type", "grant_type must be client_credentials")
        }
        Denial::InvalidScope => (StatusCode::BAD_REQUEST, "invalid_scope", "the client may not have one of the scopes"),
        // The one word for it that is registered for this endpoint (RFC 8628 §3.5).
        Denial::Limited { .. } => {
            (StatusCode::TOO_MANY_REQUESTS, "slow_down", "the client has had its tokens for this minute")
        }
        Denial::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "try again in a moment"),
        Denial::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "something failed on our side"),
    };
    let mut response = answer(status, &TokenErrorDto { error, error_description: description });
    match denial {
        Denial::InvalidClient => {
            let basic = HeaderValue::from_static("Basic realm=\"postrider\", charset=\"UTF-8\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
        }
        Denial::Limited { limit, retry_after_s } => {
            tell_wait(response.headers_mut(), RateClass::Token, limit, retry_after_s);
        }
        Denial::Unavailable => {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        Denial::Encoded => {
            response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        Denial::InvalidRequest(_) | Denial::UnsupportedGrantType | Denial::InvalidScope | Denial::ServerError => {}
    }
    response
}

/// An answer that nobody may keep (RFC 6749 §5.1).
fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let mut response = json_response(status, serde_json::to_vec(body).unwrap_or_default());
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_decoded() {
        for (plain, expected) in [
            ("id:secret", Some(("id", "secret"))),
            ("id:se:cret", Some(("id", "se:cret"))),
            ("i%64:a+b%2Bc%3A", Some(("id", "a b+c:"))),
            ("%C3%A9:x", Some(("é", "x"))),
            ("id:%C3", None),
            ("id:%4", None),
            ("id:%zz", None),
            ("id", None),
        ] {
            let value = HeaderValue::try_from(format!("bAsIc {}", STANDARD.encode(plain))).unwrap();
            let expected = expected.map(|(id, secret)| (id.to_owned(), secret.to_owned()));
            assert_eq!(basic(&value), expected, "{plain}");
        }
        for other in ["Bearer aWQ6c2VjcmV0", "Basic", "Basic *", ""] {
            assert_eq!(basic(&HeaderValue::from_static(other)), None, "{other}");
        }
    }
}
