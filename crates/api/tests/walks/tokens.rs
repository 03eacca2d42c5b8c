//! Every route with every token that must not be believed.

use super::routes::{ROWS, Row};
use super::support::{ISSUER, TestAnswer, TestApp, api_request};
use axum::Router;
use axum::body::Body;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderValue, Request};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use postrider_core::scope::Scope;
use postrider_service::Service;
use postrider_store::secrets::{Secret, SecretPurpose};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt as _;

const UNAUTHORIZED: &str = "JOURNEY_API.AUTH.UNAUTHORIZED";
const INVALID: &str = "JOURNEY_API.AUTH.TOKEN_INVALID";
const EXPIRED: &str = "JOURNEY_API.AUTH.TOKEN_EXPIRED";

/// What a forger has: a good token, and even the key of the server where a row needs it.
struct Forge {
    token: String,
    claims: Value,
    kid: String,
    key: EncodingKey,
    /// Modulus and exponent of the public key, which everybody has.
    public: (Vec<u8>, Vec<u8>),
    /// A key of the forger's own.
    other: EncodingKey,
}

async fn signing_key(app: &TestApp) -> Secret {
    let key = app.store.read("test.key", |tx| tx.secret_get(SecretPurpose::TokenSigning));
    key.await.unwrap().unwrap()
}

impl Forge {
    async fn of(app: &TestApp) -> Self {
        let token = app.token(Scope::ALL).await;
        let payload = token.split('.').nth(1).unwrap();
        let claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        let secret = signing_key(app).await;
        let jwks = app.send(Request::get("/.well-known/jwks.json").body(Body::empty()).unwrap()).await;
        let part = |name: &str| URL_SAFE_NO_PAD.decode(jwks.json["keys"][0][name].as_str().unwrap()).unwrap();
        let elsewhere = TestApp::new().await;
        elsewhere.service.rotate_signing_key(false).await.unwrap();
        let other = signing_key(&elsewhere).await;
        assert_ne!(other.id, secret.id);
        Self {
            token,
            claims,
            key: EncodingKey::from_rsa_pem(&secret.value).unwrap(),
            kid: secret.id,
            public: (part("n"), part("e")),
            other: EncodingKey::from_rsa_pem(&other.value).unwrap(),
        }
    }

    fn header(&self, algorithm: Algorithm) -> Header {
        Header { kid: Some(self.kid.clone()), ..Header::new(algorithm) }
    }

    /// The good claims with some changed, or left out if null, signed as the server would.
    fn claiming(&self, changes: &[(&str, Value)]) -> String {
        let mut claims = self.claims.clone();
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        jsonwebtoken::encode(&self.header(Algorithm::RS256), &claims, &self.key).unwrap()
    }

    fn signed(&self, header: &Header, key: &EncodingKey) -> String {
        jsonwebtoken::encode(header, &self.claims, key).unwrap()
    }

    fn unsigned(&self, header: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(header), part(&self.claims))
    }

    /// HS256 with what everybody knows as its secret.
    fn hashed(&self, secret: &[u8]) -> String {
        self.signed(&self.header(Algorithm::HS256), &EncodingKey::from_secret(secret))
    }

    /// With the forger's key, and a header that says where it can be had.
    fn pointing(&self, point: impl FnOnce(&mut Header)) -> String {
        let mut header = self.header(Algorithm::RS256);
        point(&mut header);
        self.signed(&header, &self.other)
    }

    /// The payload of one token under the signature of another.
    fn tampered(&self) -> String {
        let mut claims = self.claims.clone();
        claims["scope"] = json!("tenant:read tenant:update");
        let parts: Vec<&str> = self.token.split('.').collect();
        format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims.to_string()), parts[2])
    }
}

/// One element of DER (X.690 §8.1).
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut element = vec![tag];
    match content.len() {
        length @ 0..=127 => element.push(u8::try_from(length).unwrap()),
        length => element.extend([&[0x82][..], &u16::try_from(length).unwrap().to_be_bytes()].concat()),
    }
    element.extend(content);
    element
}

/// A public key as SubjectPublicKeyInfo (RFC 5280 §4.1) and as PEM.
fn public_key((modulus, exponent): &(Vec<u8>, Vec<u8>)) -> (Vec<u8>, String) {
    let rsa = der(0x30, &[der(0x02, &[&[0][..], modulus].concat()), der(0x02, exponent)].concat());
    let algorithm = der(0x30, &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0]);
    let spki = der(0x30, &[algorithm, der(0x03, &[&[0][..], &rsa].concat())].concat());
    let lines: Vec<String> =
        STANDARD.encode(&spki).as_bytes().chunks(64).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect();
    (spki, format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n")))
}

/// `Authorization` headers that open nothing, and the code that each of them gets.
fn attacks(forge: &Forge, stranger: &str, stranger_client: &str) -> Vec<(&'static str, String, &'static str)> {
    let (spki, pem) = public_key(&forge.public);
    let modulus = URL_SAFE_NO_PAD.encode(&forge.public.0);
    let now = forge.claims["iat"].as_i64().unwrap();
    let none = json!({ "alg": "none", "typ": "JWT", "kid": forge.kid });
    let jwk = Jwk::from_encoding_key(&forge.other, Algorithm::RS256).unwrap();
    let (head, signature) = forge.token.rsplit_once('.').unwrap();
    let bearers = vec![
        ("malformed", "nonsense".to_owned(), INVALID),
        ("three empty parts", "..".to_owned(), INVALID),
        ("expired", forge.claiming(&[("exp", json!(now))]), EXPIRED),
        ("not yet valid", forge.claiming(&[("nbf", json!(now + 3_600))]), INVALID),
        ("issued in the future", forge.claiming(&[("iat", json!(now + 3_600))]), INVALID),
        ("wrong audience", forge.claiming(&[("aud", json!("https://other.example.test"))]), INVALID),
        ("wrong issuer", forge.claiming(&[("iss", json!("https://other.example.test"))]), INVALID),
        ("issuer with a slash", forge.claiming(&[("iss", json!(format!("{ISSUER}/")))]), INVALID),
        ("living longer than tokens do", forge.claiming(&[("exp", json!(now + 3_601))]), INVALID),
        ("no tenant", forge.claiming(&[("tid", Value::Null)]), INVALID),
        ("no client", forge.claiming(&[("sub", Value::Null)]), INVALID),
        ("no expiry", forge.claiming(&[("exp", Value::Null)]), INVALID),
        ("no issuer", forge.claiming(&[("iss", Value::Null)]), INVALID),
        ("no audience", forge.claiming(&[("aud", Value::Null)]), INVALID),
        ("another tenant", forge.claiming(&[("tid", json!(stranger))]), INVALID),
        ("another tenant's client", forge.claiming(&[("sub", json!(stranger_client))]), INVALID),
        ("tampered payload", forge.tampered(), INVALID),
        ("no signature", format!("{head}."), INVALID),
        ("alg none", forge.unsigned(&none), INVALID),
        ("alg none with a signature", format!("{}{signature}", forge.unsigned(&none)), INVALID),
        ("alg NONE", forge.unsigned(&json!({ "alg": "NONE", "kid": forge.kid })), INVALID),
        ("HS256 with the public key as PEM", forge.hashed(pem.as_bytes()), INVALID),
        ("HS256 with that without its last line feed", forge.hashed(pem.trim_end().as_bytes()), INVALID),
        ("HS256 with the public key as DER", forge.hashed(&spki), INVALID),
        ("HS256 with the modulus", forge.hashed(modulus.as_bytes()), INVALID),
        ("HS256 with nothing", forge.hashed(b""), INVALID),
        ("RS512 by the right key", forge.signed(&forge.header(Algorithm::RS512), &forge.key), INVALID),
        ("another key under our kid", forge.signed(&forge.header(Algorithm::RS256), &forge.other), INVALID),
        ("unknown kid", forge.pointing(|header| header.kid = Some("unknown".to_owned())), INVALID),
        ("no kid", forge.pointing(|header| header.kid = None), INVALID),
        ("jku", forge.pointing(|header| header.jku = Some("https://evil.example.test/keys".to_owned())), INVALID),
        ("x5u", forge.pointing(|header| header.x5u = Some("https://evil.example.test/cert".to_owned())), INVALID),
        ("jwk", forge.pointing(|header| header.jwk = Some(jwk.clone())), INVALID),
        ("kid of a path", forge.pointing(|header| header.kid = Some("../../dev/null".to_owned())), INVALID),
    ];
    let mut attacks: Vec<_> =
        bearers.into_iter().map(|(name, token, code)| (name, format!("Bearer {token}"), code)).collect();
    attacks.extend([
        ("basic", format!("Basic {}", forge.token), UNAUTHORIZED),
        ("token", format!("Token {}", forge.token), UNAUTHORIZED),
        ("no scheme", forge.token.clone(), UNAUTHORIZED),
        ("no token", "Bearer".to_owned(), UNAUTHORIZED),
        ("nothing behind the scheme", "Bearer ".to_owned(), UNAUTHORIZED),
    ]);
    attacks
}

/// A request to a route, with these `Authorization` headers.
async fn with(app: &TestApp, row: &Row, authorizations: &[&str]) -> TestAnswer {
    let mut request = api_request(row.method.clone(), &row.nowhere(), "", Some(json!({ "x": 1 })), None);
    for value in authorizations {
        request.headers_mut().append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
    }
    app.send(request).await
}

#[tokio::test]
async fn no_route_believes_a_token_that_is_not_ours_whole_and_in_time() {
    let app = TestApp::new().await;
    let stranger = app.another_tenant().await;
    let (client, _) = app.client_of(stranger, Scope::ALL).await;
    let forge = Forge::of(&app).await;
    let attacks = attacks(&forge, &stranger.to_string(), &client);
    for row in ROWS {
        let absent = with(&app, row, &[]).await;
        absent.refused(401, UNAUTHORIZED);
        assert_eq!(absent.header("www-authenticate"), "Bearer", "{}", row.name());
        for (name, authorization, code) in &attacks {
            let answer = with(&app, row, &[authorization]).await;
            assert_eq!(answer.json["error"]["code"], *code, "{name} on {}", row.name());
            answer.refused(401, code);
        }
        let good = format!("Bearer {}", forge.token);
        let twice = with(&app, row, &[&good, "Bearer nonsense"]).await;
        twice.refused(401, INVALID);
        assert_ne!(with(&app, row, &[&good]).await.status, 401, "{}", row.name());
    }
}

#[tokio::test]
async fn no_route_takes_a_token_from_anywhere_but_the_header() {
    let app = TestApp::new().await;
    let token = app.token(Scope::ALL).await;
    for row in ROWS {
        for name in ["access_token", "token", "authorization"] {
            let path = format!("{}?{name}={token}", row.nowhere());
            app.request(row.method.clone(), &path, "", None).await.refused(401, UNAUTHORIZED);
        }
        let mut request = api_request(row.method.clone(), &row.nowhere(), "", None, None);
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert("content-type", form);
        request.headers_mut().insert("cookie", HeaderValue::from_str(&format!("access_token={token}")).unwrap());
        *request.body_mut() = Body::from(format!("access_token={token}"));
        app.send(request).await.refused(401, UNAUTHORIZED);
    }
}

/// The answer of another process on the same database.
async fn elsewhere(router: &Router, row: &Row, token: &str) -> TestAnswer {
    let request = api_request(row.method.clone(), &row.nowhere(), token, None, None);
    TestAnswer::read(router.clone().oneshot(request).await.unwrap()).await
}

#[tokio::test]
async fn a_disabled_client_is_out_of_every_route_of_every_node_within_five_seconds() {
    let app = TestApp::new().await;
    let (token, (client, _)) = (app.token(Scope::ALL).await, app.client_of(app.tenant(), Scope::ALL).await);
    let clock = Arc::clone(&app.clock);
    let node = Service::new(app.store.clone(), clock, app.entropy.clone(), app.service.settings().clone());
    let node = postrider_api::router(node);
    for row in ROWS {
        assert_ne!(elsewhere(&node, row, &token).await.status, 401, "{}", row.name());
    }
    app.service.disable_client(app.tenant(), client.parse().unwrap()).await.unwrap();
    app.clock.advance(5_000);
    for row in ROWS {
        elsewhere(&node, row, &token).await.refused(401, INVALID);
        app.request(row.method.clone(), &row.nowhere(), &token, None).await.refused(401, INVALID);
    }
}
