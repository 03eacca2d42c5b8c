//! The token endpoint, and what makes a token believed.
#![cfg(test)]

mod support;

use axum::body::Body;
use axum::http::{Method, Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postrider_core::env::BoxFuture;
use postrider_core::scope::Scope;
use postrider_service::{ServiceError, StoreError};
use postrider_store::probe::Probe;
use postrider_store::testkit::Database;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use support::{TestApp, token_request};

#[tokio::test]
async fn the_token_endpoint_answers_as_rfc_6749_says() {
    let app = TestApp::new().await;
    let (id, secret) = app.client_of(app.tenant(), &[Scope::CampaignsRead, Scope::CampaignsSend]).await;
    let client = format!("client_id={id}&client_secret={secret}");
    let stranger = "client_id=018f0000-0000-7000-8000-000000000000&client_secret=x";
    for (form, status, error) in [
        (format!("grant_type=client_credentials&{client}"), 200, ""),
        (format!("grant_type=client_credentials&{client}&scope=campaigns:read"), 200, ""),
        (format!("grant_type=client_credentials&{client}&scope="), 200, ""),
        (format!("grant_type=client_credentials&{client}&unknown=ignored"), 200, ""),
        (client.clone(), 400, "invalid_request"),
        (format!("grant_type=client_credentials&{client}&scope=a&scope=b"), 400, "invalid_request"),
        (format!("grant_type=password&{client}"), 400, "unsupported_grant_type"),
        ("grant_type=client_credentials".to_owned(), 401, "invalid_client"),
        (format!("grant_type=client_credentials&client_id={id}"), 401, "invalid_client"),
        (format!("grant_type=client_credentials&client_id={id}&client_secret=wrong"), 401, "invalid_client"),
        (format!("grant_type=client_credentials&{stranger}"), 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=x&client_secret=x".to_owned(), 401, "invalid_client"),
        (format!("grant_type=client_credentials&{client}&scope=campaigns:delete"), 400, "invalid_scope"),
        (format!("grant_type=client_credentials&{client}&scope=nonsense"), 400, "invalid_scope"),
        (format!("grant_type=client_credentials&{client}&x={}", "x".repeat(20_000)), 400, "invalid_request"),
    ] {
        let answer = app.send(token_request(&form)).await;
        assert_eq!((answer.status, answer.json["error"].as_str().unwrap_or_default()), (status, error), "{form}");
        assert_eq!(answer.header("cache-control"), "no-store", "{form}");
        assert_eq!(!answer.header("www-authenticate").is_empty(), status == 401, "{form}");
        assert!(answer.json.get("success").is_none(), "{form}");
    }
}

#[tokio::test]
async fn scope_narrows_and_the_answer_says_what_was_granted() {
    let app = TestApp::new().await;
    let (id, secret) = app.client_of(app.tenant(), &[Scope::CampaignsSend, Scope::CampaignsRead]).await;
    for (scope, granted) in [("", "campaigns:read campaigns:send"), ("&scope=campaigns:send", "campaigns:send")] {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}{scope}");
        let answer = app.send(token_request(&form)).await;
        assert_eq!(answer.json["scope"], granted);
        assert_eq!(answer.json["token_type"], "Bearer");
        assert_eq!(answer.json["expires_in"], 3_600);
    }
}

#[tokio::test]
async fn a_client_may_use_http_basic_but_not_both_ways() {
    let app = TestApp::new().await;
    let (id, secret) = app.client_of(app.tenant(), &[Scope::CampaignsRead]).await;
    let basic = format!("Basic {}", STANDARD.encode(format!("{}:{secret}", id.replace('-', "%2D"))));
    for (authorization, form, status) in [
        (basic.as_str(), "grant_type=client_credentials", 200),
        (basic.as_str(), "grant_type=client_credentials&client_secret=x", 400),
        (basic.as_str(), "grant_type=client_credentials&client_id=other", 400),
        (&format!("Basic {}", STANDARD.encode(format!("{id}:wrong"))), "grant_type=client_credentials", 401),
        ("Basic nonsense", "grant_type=client_credentials", 401),
        ("Bearer x", "grant_type=client_credentials", 401),
    ] {
        let mut request = token_request(form);
        request.headers_mut().insert(header::AUTHORIZATION, authorization.parse().unwrap());
        assert_eq!(app.send(request).await.status, status, "{authorization} {form}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_is_an_invalid_request() {
    let app = TestApp::new().await;
    let request = Request::post("/oauth/token")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(r#"{"grant_type":"client_credentials"}"#))
        .unwrap();
    let answer = app.send(request).await;
    assert_eq!((answer.status, answer.json["error"].as_str()), (400, Some("invalid_request")));
    let answer = app.send(Request::get("/oauth/token").body(Body::empty()).unwrap()).await;
    answer.refused(405, "JOURNEY_API.ROUTE.METHOD_NOT_ALLOWED");
    assert_eq!(answer.header("allow"), "POST");
}

#[tokio::test]
async fn a_token_ends_at_its_second_and_not_before() {
    let app = TestApp::new().await;
    let token = app.token(&[Scope::TenantRead]).await;
    app.clock.advance(3_599_999);
    assert!(app.service.authenticate(&token).await.is_ok());
    app.clock.advance(1);
    let answer = app.request(Method::GET, "/tenant", &token, None).await;
    answer.refused(401, "JOURNEY_API.AUTH.TOKEN_EXPIRED");
}

/// Counts units of work by name.
#[derive(Default)]
struct Counted(Mutex<BTreeMap<&'static str, u32>>);

impl Probe for Counted {
    fn before(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        *self.0.lock().unwrap().entry(op).or_default() += 1;
        Box::pin(async { Ok(()) })
    }

    fn after(&self, _: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn who_has_no_secret_costs_one_small_read_whether_the_client_exists_or_not() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let (known, _) = app.client_of(app.tenant(), &[Scope::CampaignsRead]).await;
        let counted = Arc::new(Counted::default());
        app.store.set_probe(counted.clone());
        for id in [known.as_str(), "018f0000-0000-7000-8000-000000000000", "x", "00000000-0000-0000-0000-000000000000"]
        {
            let form = format!("grant_type=client_credentials&client_id={id}&client_secret=wrong");
            assert_eq!(app.send(token_request(&form)).await.status, 401, "{id}");
            assert_eq!(std::mem::take(&mut *counted.0.lock().unwrap()), [("client.find", 1)].into(), "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_hundred_strangers_keep_no_client_from_its_token() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let (id, secret) = app.client_of(app.tenant(), &[Scope::CampaignsRead]).await;
        let ask = |id: &str, secret: &str| {
            let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
            app.send(token_request(&form))
        };
        let honest = std::sync::atomic::AtomicBool::new(true);
        let strangers = (0..400_u128).map(|number| {
            let (id, honest, ask) = (uuid::Uuid::from_u128(number).to_string(), &honest, &ask);
            async move {
                while honest.load(Ordering::Relaxed) {
                    assert_eq!(ask(&id, "made-up").await.status, 401);
                }
            }
        });
        let client = async {
            for _ in 0..10 {
                assert_eq!(ask(&id, &secret).await.status, 200);
            }
            honest.store(false, Ordering::Relaxed);
        };
        tokio::join!(futures_util::future::join_all(strangers), client);
    }
}

#[tokio::test]
async fn a_secret_of_an_earlier_version_is_refused_until_the_client_gets_a_new_one() {
    let app = TestApp::new().await;
    let (id, secret) = app.client_of(app.tenant(), &[Scope::CampaignsRead]).await;
    let (tenant, client) = (app.tenant(), id.parse().unwrap());
    let earlier = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA";
    let set = app
        .store
        .write("test.client", move |tx| tx.client_set_secret(tenant, client, earlier).map_err(ServiceError::from));
    assert!(set.await.unwrap());
    let ask = |secret: &str| {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        app.send(token_request(&form))
    };
    assert_eq!(ask(&secret).await.json["error"], "invalid_client");
    assert!(app.service.list_clients(tenant).await.unwrap()[0].needs_new_secret);
    let new = app.service.rotate_client_secret(tenant, client).await.unwrap();
    assert_eq!(ask(&new.secret).await.status, 200);
    assert!(!app.service.list_clients(tenant).await.unwrap()[0].needs_new_secret);
}
