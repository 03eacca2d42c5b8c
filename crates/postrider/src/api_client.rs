//! A small client of the public API: JSON in and out, a bearer token, one connection pool.
//!
//! Not here: what is asked, and any second try. Invariant: a body is read to [`BODY_MAX_BYTES`] and no further, and
//! a secret or token is never part of an error.

use crate::config::Secret;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// Largest answer that is read, in bytes.
pub const BODY_MAX_BYTES: usize = 16 * 1024 * 1024;
/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// A client of one server.
pub struct ApiClient {
    http: Client<HttpConnector, Full<Bytes>>,
    base_url: String,
    token: Option<Secret<String>>,
}

/// A request to be made.
#[derive(Debug, Clone)]
pub struct Call {
    method: Method,
    path: String,
    body: Option<(HeaderValue, Vec<u8>)>,
    idempotency_key: Option<Uuid>,
}

impl Call {
    /// Reads something.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: None, idempotency_key: None }
    }

    /// Makes something of a JSON body.
    pub fn post(path: impl Into<String>, body: &Value) -> Self {
        Self::get(path).with(Method::POST, "application/json", body.to_string())
    }

    /// Replaces something by a JSON body.
    pub fn put(path: impl Into<String>, body: &Value) -> Self {
        Self::get(path).with(Method::PUT, "application/json", body.to_string())
    }

    /// Sends a form.
    fn form(path: &str, fields: &[(&str, &str)]) -> Self {
        let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", form_encoded(value))).collect();
        Self::get(path).with(Method::POST, "application/x-www-form-urlencoded", pairs.join("&"))
    }

    /// Has its effect once, however often it is made.
    #[must_use]
    pub fn once(mut self, key: Uuid) -> Self {
        self.idempotency_key = Some(key);
        self
    }

    fn with(mut self, method: Method, content_type: &'static str, body: String) -> Self {
        self.method = method;
        self.body = Some((HeaderValue::from_static(content_type), body.into_bytes()));
        self
    }
}

/// What the server answered to a request that it took.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The request and its status, as `PUT /public/v1/… → 200`.
    pub line: String,
    /// `data` of the envelope; the whole body where there is no envelope.
    pub data: Value,
}

/// Why a request has no result.
#[derive(Debug)]
pub enum CallError {
    /// The server refused it.
    Refused {
        /// The request and its status.
        line: String,
        /// Code of the catalogue, or of RFC 6749.
        code: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// There was no answer, or none that can be read.
    Broken {
        /// The request.
        line: String,
        /// What happened.
        reason: String,
    },
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { line, code, message } if message.is_empty() => write!(f, "{line} {code}"),
            Self::Refused { line, code, message } => write!(f, "{line} {code}: {message}"),
            Self::Broken { line, reason } => write!(f, "{line}: {reason}"),
        }
    }
}

impl std::error::Error for CallError {}

impl ApiClient {
    /// A client of the server at a base URL (`http://HOST:PORT`), not yet signed in.
    #[must_use]
    pub fn new(base_url: &str) -> Self {
        let http = Client::builder(TokioExecutor::new()).build_http();
        Self { http, base_url: base_url.trim_end_matches('/').to_owned(), token: None }
    }

    /// Gets a token for a client's own scopes (RFC 6749 §4.4) and keeps it for the calls that follow.
    ///
    /// # Errors
    /// The server refuses the client, or does not answer.
    pub async fn sign_in(&mut self, client_id: &str, client_secret: &str) -> Result<Taken, CallError> {
        let fields = [("grant_type", "client_credentials"), ("client_id", client_id), ("client_secret", client_secret)];
        let mut taken = self.call(Call::form("/oauth/token", &fields)).await?;
        let Some(Value::String(token)) = taken.data.get_mut("access_token").map(Value::take) else {
            return Err(CallError::Broken { line: taken.line, reason: "the answer has no access_token".to_owned() });
        };
        self.token = Some(Secret::new(token));
        Ok(taken)
    }

    /// The token, to show it to the person it belongs to.
    #[must_use]
    pub fn token(&self) -> Option<&Secret<String>> {
        self.token.as_ref()
    }

    /// Makes a request.
    ///
    /// # Errors
    /// The server refuses it, does not answer within 60 s, or answers what is not JSON or more than 16 MiB.
    pub async fn call(&self, call: Call) -> Result<Taken, CallError> {
        let line = format!("{} {}", call.method, call.path);
        let broken = |reason: String| CallError::Broken { line: line.clone(), reason };
        let request = self.request(call).map_err(|error| broken(error.to_string()))?;
        let answered = tokio::time::timeout(REQUEST_TIMEOUT, self.exchange(request));
        let (status, body) = answered
            .await
            .map_err(|_| broken(format!("no answer within {} s", REQUEST_TIMEOUT.as_secs())))?
            .map_err(broken)?;
        let line = format!("{line} → {}", status.as_u16());
        match serde_json::from_slice(&body) {
            Ok(body) => read(line, status, body),
            Err(_) => Err(CallError::Broken { line, reason: "the answer is not JSON".to_owned() }),
        }
    }

    fn request(&self, call: Call) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
        let mut request = Request::builder().method(call.method).uri(format!("{}{}", self.base_url, call.path));
        if let Some(token) = &self.token {
            let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose()))?;
            bearer.set_sensitive(true);
            request = request.header(AUTHORIZATION, bearer);
        }
        if let Some(key) = call.idempotency_key {
            request = request.header("idempotency-key", key.to_string());
        }
        let body = match call.body {
            Some((content_type, body)) => {
                request = request.header(CONTENT_TYPE, content_type);
                Bytes::from(body)
            }
            None => Bytes::new(),
        };
        request.body(Full::new(body))
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), String> {
        let response = self.http.request(request).await.map_err(|error| chain(&error))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), BODY_MAX_BYTES).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                format!("the answer is larger than {BODY_MAX_BYTES} bytes")
            } else {
                chain(&*error)
            }
        })?;
        Ok((status, body.to_bytes()))
    }
}

/// Opens the envelope, or reads an answer of RFC 6749, which has none.
fn read(line: String, status: StatusCode, mut body: Value) -> Result<Taken, CallError> {
    if status.is_success() {
        let data = match body.get_mut("data") {
            Some(data) => data.take(),
            None => body,
        };
        return Ok(Taken { line, data });
    }
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let code = text("/error/code").or_else(|| text("/error")).unwrap_or_else(|| "no code".to_owned());
    let message = [text("/error/message"), text("/error/remediation"), text("/error_description")];
    let message: Vec<String> = message.into_iter().flatten().collect();
    Err(CallError::Refused { line, code, message: message.join(" ") })
}

/// An error with its causes.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// A value of `application/x-www-form-urlencoded` (URL standard §5.2).
fn form_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'*' | b'-' | b'.' | b'_' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::extract::Request as Asked;
    use axum::http::HeaderMap;
    use axum::routing::{get, post};
    use serde_json::json;

    /// A server that answers in the ways that a client must cope with.
    async fn server() -> ApiClient {
        let echo = async |headers: HeaderMap, body: String| {
            let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
            let seen = [header("authorization"), header("content-type"), header("idempotency-key")];
            axum::Json(json!({ "success": true, "data": { "seen": seen, "body": body } }))
        };
        let refuse = async || {
            let error = json!({ "code": "SOME.CODE", "message": "name is missing", "remediation": "Send it." });
            (StatusCode::BAD_REQUEST, axum::Json(json!({ "success": false, "error": error })))
        };
        let token = async |body: String| {
            if body == "grant_type=client_credentials&client_id=me&client_secret=a%2Bb+c" {
                return (StatusCode::OK, axum::Json(json!({ "access_token": "t0k3n", "token_type": "Bearer" })));
            }
            (StatusCode::UNAUTHORIZED, axum::Json(json!({ "error": "invalid_client" })))
        };
        let endless = async |_: Asked| "x".repeat(BODY_MAX_BYTES + 1);
        let router = Router::new()
            .route("/echo", post(echo).put(echo))
            .route("/refuse", get(refuse))
            .route("/oauth/token", post(token))
            .route("/endless", get(endless))
            .route("/words", get(async || "not JSON"));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router).into_future());
        ApiClient::new(&base_url)
    }

    #[tokio::test]
    async fn a_call_carries_token_key_and_body_once_signed_in() {
        let mut client = server().await;
        let signed_in = client.sign_in("me", "a+b c").await.unwrap();
        assert_eq!(signed_in.line, "POST /oauth/token → 200");
        assert!(!format!("{signed_in:?}").contains("t0k3n"), "the token is not passed on");
        let key = Uuid::from_u128(7);
        let taken = client.call(Call::post("/echo", &json!({ "name": "Zoë" })).once(key)).await.unwrap();
        assert_eq!(taken.line, "POST /echo → 200");
        assert_eq!(taken.data["seen"], json!(["Bearer t0k3n", "application/json", key.to_string()]));
        assert_eq!(taken.data["body"], "{\"name\":\"Zoë\"}");
    }

    #[tokio::test]
    async fn refusals_tell_request_code_and_remedy() {
        let mut client = server().await;
        let refused = client.call(Call::get("/refuse")).await.unwrap_err();
        assert_eq!(refused.to_string(), "GET /refuse → 400 SOME.CODE: name is missing Send it.");
        let denied = client.sign_in("me", "wrong").await.unwrap_err();
        assert_eq!(denied.to_string(), "POST /oauth/token → 401 invalid_client");
    }

    #[tokio::test]
    async fn what_is_too_large_or_not_json_or_not_there_is_told() {
        let client = server().await;
        let endless = client.call(Call::get("/endless")).await.unwrap_err();
        assert_eq!(endless.to_string(), "GET /endless: the answer is larger than 16777216 bytes");
        let words = client.call(Call::get("/words")).await.unwrap_err();
        assert_eq!(words.to_string(), "GET /words → 200: the answer is not JSON");
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let nobody = ApiClient::new(&format!("http://{closed}")).call(Call::get("/")).await.unwrap_err();
        assert!(nobody.to_string().starts_with("GET /: client error (Connect)"), "{nobody}");
    }
}
