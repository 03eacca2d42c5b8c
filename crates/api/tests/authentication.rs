//! Which tokens are believed, on which keys, and for how long.
#![cfg(test)]

mod support;

use axum::body::Body;
use axum::http::{Method, Request};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use postrider_core::scope::Scope;
use postrider_service::Service;
use postrider_service::auth::KeyState;
use postrider_store::secrets::{Secret, SecretPurpose};
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::{ISSUER, TestApp};

const INVALID: &str = "JOURNEY_API.AUTH.TOKEN_INVALID";
const EXPIRED: &str = "JOURNEY_API.AUTH.TOKEN_EXPIRED";

/// The key in use, which only the server should have.
async fn signing_key(app: &TestApp) -> Secret {
    let key = app.store.read("test.key", |tx| tx.secret_get(SecretPurpose::TokenSigning));
    key.await.unwrap().unwrap()
}

/// The middle of a token.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn signed(algorithm: Algorithm, kid: Option<&str>, claims: &Value, key: &EncodingKey) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(header), part(claims))
}

#[tokio::test]
async fn claims_are_checked_one_by_one() {
    let app = TestApp::new().await;
    let good = claims(&app.token(&[Scope::TenantRead]).await);
    let stranger = app.another_tenant().await.to_string();
    let key = signing_key(&app).await;
    let rsa = EncodingKey::from_rsa_pem(&key.value).unwrap();
    assert_eq!((&good["iss"], &good["aud"], &good["scope"]), (&json!(ISSUER), &json!(ISSUER), &json!("tenant:read")));
    let now = good["iat"].as_i64().unwrap();
    for (name, claims, code) in [
        ("unchanged", good.clone(), ""),
        ("another issuer", with(good.clone(), "iss", json!("https://evil.example")), INVALID),
        ("another audience", with(good.clone(), "aud", json!("https://evil.example")), INVALID),
        ("one of two audiences", with(good.clone(), "aud", json!(["https://evil.example"])), INVALID),
        ("no issuer", without(good.clone(), "iss"), INVALID),
        ("no audience", without(good.clone(), "aud"), INVALID),
        ("no expiry", without(good.clone(), "exp"), INVALID),
        ("expiry as text", with(good.clone(), "exp", json!("9999999999")), INVALID),
        ("just expired", with(good.clone(), "exp", json!(now)), EXPIRED),
        ("expired in 1970", with(good.clone(), "exp", json!(0)), EXPIRED),
        ("an hour", with(good.clone(), "exp", json!(now + 3_600)), ""),
        ("a second more", with(good.clone(), "exp", json!(now + 3_601)), INVALID),
        ("far expiry", with(good.clone(), "exp", json!(i64::MAX)), INVALID),
        ("far expiry of an old one", with(with(good.clone(), "iat", json!(i64::MIN)), "exp", json!(now + 60)), INVALID),
        ("issued a minute ahead", with(good.clone(), "iat", json!(now + 60)), ""),
        ("issued two minutes ahead", with(good.clone(), "iat", json!(now + 120)), INVALID),
        ("expired and another issuer", with(with(good.clone(), "exp", json!(0)), "iss", json!("x")), INVALID),
        ("another tenant", with(good.clone(), "tid", json!(stranger)), INVALID),
        ("no tenant", without(good.clone(), "tid"), INVALID),
        ("no client", with(good.clone(), "sub", json!(stranger)), INVALID),
        ("a client that is no UUID", with(good.clone(), "sub", json!("me")), INVALID),
    ] {
        let token = signed(Algorithm::RS256, Some(&key.id), &claims, &rsa);
        let answer = app.request(Method::GET, "/tenant", &token, None).await;
        assert_eq!(answer.json["error"]["code"].as_str().unwrap_or_default(), code, "{name}");
        let challenge = if code.is_empty() { "" } else { "Bearer error=\"invalid_token\"" };
        assert_eq!(answer.header("www-authenticate"), challenge, "{name}");
    }
}

#[tokio::test]
async fn only_rs256_by_a_known_key_is_believed() {
    let app = TestApp::new().await;
    let token = app.token(&[Scope::TenantRead]).await;
    let good = claims(&token);
    let key = signing_key(&app).await;
    let rsa = EncodingKey::from_rsa_pem(&key.value).unwrap();
    let jwks = app.send(Request::get("/.well-known/jwks.json").body(Body::empty()).unwrap()).await;
    let modulus = jwks.json["keys"][0]["n"].as_str().unwrap().to_owned();
    let public = EncodingKey::from_secret(modulus.as_bytes());
    let kid = Some(key.id.as_str());
    let none = json!({ "alg": "none", "typ": "JWT", "kid": key.id });
    let (head, signature) = token.rsplit_once('.').unwrap();
    let flipped = signature.replacen(&signature[..1], if signature.starts_with('A') { "B" } else { "A" }, 1);
    for (name, forged) in [
        ("alg none", unsigned(&none, &good)),
        ("alg none with a signature", format!("{}{signature}", unsigned(&none, &good))),
        ("alg None", unsigned(&json!({ "alg": "None", "kid": key.id }), &good)),
        ("HS256 with the public key", signed(Algorithm::HS256, kid, &good, &public)),
        ("RS384", signed(Algorithm::RS384, kid, &good, &rsa)),
        ("PS256", signed(Algorithm::PS256, kid, &good, &rsa)),
        ("no kid", signed(Algorithm::RS256, None, &good, &rsa)),
        ("unknown kid", signed(Algorithm::RS256, Some("other"), &good, &rsa)),
        ("another signature", format!("{head}.{flipped}")),
        ("no signature", format!("{head}.")),
        ("two parts", head.to_owned()),
        ("not a token", "nonsense".to_owned()),
        ("very long", format!("{token}{}", "A".repeat(10_000))),
    ] {
        let answer = app.request(Method::GET, "/tenant", &forged, None).await;
        assert_eq!(answer.json["error"]["code"], INVALID, "{name}");
    }
    app.request(Method::GET, "/tenant", &token, None).await.data();
}

#[tokio::test]
async fn a_disabled_client_stops_within_two_seconds_on_every_node() {
    let app = TestApp::new().await;
    let token = app.token(&[Scope::TenantRead]).await;
    let (id, secret) = app.client_of(app.tenant(), &[Scope::TenantRead]).await;
    let other = another_node(&app);
    other.authenticate(&token).await.unwrap();
    app.service.authenticate(&token).await.unwrap();

    app.service.disable_client(app.tenant(), id.parse().unwrap()).await.unwrap();
    app.request(Method::GET, "/tenant", &token, None).await.refused(401, INVALID);
    app.clock.advance(1_999);
    assert!(other.authenticate(&token).await.is_ok());
    app.clock.advance(1);
    assert!(other.authenticate(&token).await.is_err());

    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let refused = app.send(support::token_request(&form)).await;
    assert_eq!((refused.status, refused.json["error"].as_str()), (401, Some("invalid_client")));
    let stranger = app.another_tenant().await;
    assert!(app.service.disable_client(stranger, id.parse().unwrap()).await.is_err());
}

#[tokio::test]
async fn a_rotated_key_still_verifies_until_its_tokens_have_expired() {
    let app = TestApp::new().await;
    let other = another_node(&app);
    other.prepare_keys().await.unwrap();
    let before = app.token(&[Scope::TenantRead]).await;
    let kid = app.service.rotate_signing_key(false).await.unwrap();
    let after = app.token(&[Scope::TenantRead]).await;
    assert_eq!(jsonwebtoken::decode_header(&after).unwrap().kid, Some(kid.clone()));
    assert_ne!(jsonwebtoken::decode_header(&before).unwrap().kid, Some(kid.clone()));
    app.service.authenticate(&before).await.unwrap();
    app.service.authenticate(&after).await.unwrap();
    // The other node asks the store for a key that it does not know, at most once a second.
    app.clock.advance(1_000);
    other.authenticate(&after).await.unwrap();
    other.authenticate(&before).await.unwrap();
    assert_eq!(app.service.public_keys().await.unwrap().len(), 2);
    app.clock.advance(25 * 3_600_000);
    let kids: Vec<String> = app.service.public_keys().await.unwrap().into_iter().map(|key| key.kid).collect();
    assert_eq!(kids, [kid]);
}

#[tokio::test]
async fn a_revoked_key_verifies_nothing_within_two_seconds_on_every_node() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let other = another_node(&app);
        let stolen = signing_key(&app).await;
        app.service.rotate_signing_key(false).await.unwrap();
        let before = app.token(&[Scope::TenantRead]).await;
        let key = EncodingKey::from_rsa_pem(&stolen.value).unwrap();
        let forged = signed(Algorithm::RS256, Some(&stolen.id), &claims(&before), &key);
        for token in [&before, &forged] {
            other.authenticate(token).await.unwrap();
            app.service.authenticate(token).await.unwrap();
        }
        let kid = app.service.rotate_signing_key(true).await.unwrap();
        let listed = app.service.signing_keys_listed().await.unwrap();
        assert_eq!(listed.iter().map(|key| (&*key.kid, key.state)).collect::<Vec<_>>(), [(&*kid, KeyState::Signs)]);
        app.clock.advance(2_000);
        for token in [&before, &forged] {
            assert!(other.authenticate(token).await.is_err());
            app.request(Method::GET, "/tenant", token, None).await.refused(401, INVALID);
        }
        let after = app.token(&[Scope::TenantRead]).await;
        other.authenticate(&after).await.unwrap();
    }
}

#[tokio::test]
async fn a_new_secret_ends_the_old_one_and_the_tokens_it_got() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let other = another_node(&app);
        let before = app.token(&[Scope::TenantRead]).await;
        let (id, old) = app.client_of(app.tenant(), &[Scope::TenantRead]).await;
        other.authenticate(&before).await.unwrap();
        app.clock.advance(1_000);
        let stranger = app.another_tenant().await;
        assert!(app.service.rotate_client_secret(stranger, id.parse().unwrap()).await.is_err());
        let new = app.service.rotate_client_secret(app.tenant(), id.parse().unwrap()).await.unwrap();
        assert_eq!(new.scopes, [Scope::TenantRead].into());
        app.clock.advance(2_000);
        assert!(other.authenticate(&before).await.is_err());
        app.request(Method::GET, "/tenant", &before, None).await.refused(401, INVALID);
        let ask = |secret: &str| {
            let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
            app.send(support::token_request(&form))
        };
        assert_eq!(ask(&old).await.status, 401);
        let token = ask(&new.secret).await;
        assert_eq!(token.status, 200);
        let token = token.json["access_token"].as_str().unwrap();
        app.request(Method::GET, "/tenant", token, None).await.data();
    }
}

#[tokio::test]
async fn a_token_carries_no_more_than_its_client_has_now() {
    let app = TestApp::new().await;
    let good = claims(&app.token(&[Scope::TenantRead, Scope::CampaignsRead]).await);
    let key = signing_key(&app).await;
    let rsa = EncodingKey::from_rsa_pem(&key.value).unwrap();
    let every: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let forged = signed(Algorithm::RS256, Some(&key.id), &with(good.clone(), "scope", json!(every.join(" "))), &rsa);
    let actor = app.service.authenticate(&forged).await.unwrap().actor;
    assert_eq!(actor.scopes, [Scope::TenantRead, Scope::CampaignsRead].into());
    let answer = app.request(Method::POST, "/lists", &forged, Some(json!({ "name": "A" }))).await;
    let error = answer.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
    let granted: Vec<&str> = error["details"]["granted"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(granted.len() == 2 && granted.contains(&"tenant:read"), "{granted:?}");
    let narrow = signed(Algorithm::RS256, Some(&key.id), &with(good, "scope", json!("campaigns:read")), &rsa);
    app.request(Method::GET, "/tenant", &narrow, None).await.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
}

/// Another process on the same database.
fn another_node(app: &TestApp) -> Service {
    Service::new(app.store.clone(), app.clock.clone(), app.entropy.clone(), app.service.settings().clone())
}

async fn nodes_that_start_together_agree(database: Database) {
    let app = TestApp::on(database).await;
    app.store
        .write("test.empty", |tx| {
            tx.secret_retire(SecretPurpose::TokenSigning, app_start())?;
            tx.secret_forget(SecretPurpose::TokenSigning, app_start())
        })
        .await
        .unwrap();
    let (one, two) = (another_node(&app), another_node(&app));
    let (first, second) = tokio::join!(one.prepare_keys(), two.prepare_keys());
    first.unwrap();
    second.unwrap();
    assert_eq!(one.public_keys().await.unwrap(), two.public_keys().await.unwrap());
    assert_eq!(one.public_keys().await.unwrap().len(), 1);
    assert_eq!(one.unsubscribe_key().await.unwrap(), two.unsubscribe_key().await.unwrap());
}

fn app_start() -> postrider_core::time::Timestamp {
    postrider_core::time::Timestamp::parse(support::START).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_together_agree_on_sqlite() {
    nodes_that_start_together_agree(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_together_agree_on_postgres() {
    nodes_that_start_together_agree(Database::Postgres).await;
}
