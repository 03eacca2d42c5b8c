//! What every answer has in common: envelope, correlation id, and the refusals that belong to no endpoint.
#![cfg(test)]

mod support;

use axum::body::Body;
use axum::http::{Method, Request, header};
use postrider_core::channel::ChannelKind;
use postrider_core::env::{BoxFuture, Clock};
use postrider_core::id::NodeId;
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use postrider_service::Service;
use postrider_store::conditions::{Condition, Part, Stops};
use postrider_store::nodes::Node;
use postrider_store::statement::Statement;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use std::sync::Arc;
use support::{TestAnswer, TestApp, api_request};
use tower::ServiceExt as _;

const ID: &str = "7f3d6a52-0c1e-4a52-9b59-0f5b0f3a8c11";

fn bare(method: Method, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).header(header::HOST, "x").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_uuid_that_the_client_sends_is_its_correlation_id() {
    let app = TestApp::new().await;
    for (sent, adopted) in [(Some(ID), true), (Some("not a uuid"), false), (Some(""), false), (None, false)] {
        let mut request = bare(Method::GET, "/public/v1/nowhere");
        if let Some(sent) = sent {
            request.headers_mut().insert("x-correlation-id", sent.parse().unwrap());
        }
        let answer = app.send(request).await;
        let id = answer.header("x-correlation-id").to_owned();
        assert_eq!(id == ID, adopted, "{sent:?}");
        assert!(id.parse::<uuid::Uuid>().is_ok(), "{id}");
        assert_eq!(answer.json["correlationId"], id);
    }
    let tenant = app.as_admin().get("/tenant").await;
    assert_eq!(tenant.json["correlationId"], tenant.header("x-correlation-id"));
}

#[tokio::test]
async fn refusals_that_belong_to_no_endpoint_have_the_envelope() {
    let app = TestApp::new().await;
    for (method, path, status, code, allow) in [
        (Method::GET, "/nowhere", 404, "ROUTE.NOT_FOUND", ""),
        (Method::GET, "/public/v1", 404, "ROUTE.NOT_FOUND", ""),
        (Method::POST, "/public/v2/tenant", 404, "ROUTE.NOT_FOUND", ""),
        (Method::POST, "/public/v1/tenant", 405, "ROUTE.METHOD_NOT_ALLOWED", "GET,HEAD,PATCH"),
        (Method::DELETE, "/healthz", 405, "ROUTE.METHOD_NOT_ALLOWED", "GET,HEAD"),
        (Method::GET, "/public/v1/tenant", 401, "AUTH.UNAUTHORIZED", ""),
    ] {
        let answer = app.send(bare(method.clone(), path)).await;
        let error = answer.refused(status, &format!("JOURNEY_API.{code}"));
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
        assert_eq!(answer.header("content-type"), "application/json", "{method} {path}");
        assert!(error["message"].as_str().unwrap().ends_with('.'), "{error}");
        assert!(error["remediation"].as_str().unwrap().ends_with('.'), "{error}");
        assert!(error["details"].is_object(), "{error}");
    }
}

#[tokio::test]
async fn a_token_comes_before_a_scope_and_a_scope_before_the_body() {
    let app = TestApp::new().await;
    let reader = app.token(&[Scope::TenantRead]).await;
    let broken = || Some(json!({ "nonsense": true }));
    let absent = app.request(Method::PATCH, "/tenant", "", broken()).await;
    absent.refused(401, "JOURNEY_API.AUTH.UNAUTHORIZED");
    assert_eq!(absent.header("www-authenticate"), "Bearer");
    let narrow = app.request(Method::PATCH, "/tenant", &reader, broken()).await;
    let error = narrow.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
    assert_eq!(error["details"], json!({ "required": "tenant:update", "granted": ["tenant:read"] }));
    assert_eq!(narrow.header("www-authenticate"), "Bearer error=\"insufficient_scope\"");
    let shape = app.as_admin().patch("/tenant", broken().unwrap()).await;
    shape.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
}

#[tokio::test]
async fn other_ways_to_send_a_token_are_none() {
    let app = TestApp::new().await;
    let token = app.token(&[Scope::TenantRead]).await;
    for (authorization, status) in [
        (format!("Bearer {token}"), 200),
        (format!("bearer {token}"), 200),
        (format!("BEARER  {token}"), 200),
        (format!("Basic {token}"), 401),
        (format!("Bearer{token}"), 401),
        (token.clone(), 401),
        ("Bearer ".to_owned(), 401),
        ("Bearer".to_owned(), 401),
    ] {
        let mut request = bare(Method::GET, "/public/v1/tenant");
        request.headers_mut().insert(header::AUTHORIZATION, authorization.parse().unwrap());
        assert_eq!(app.send(request).await.status, status, "{authorization}");
    }
    let query = bare(Method::GET, &format!("/public/v1/tenant?access_token={token}"));
    assert_eq!(app.send(query).await.status, 401);
}

#[tokio::test]
async fn a_body_over_the_limit_of_its_path_is_refused() {
    const BATCH: &str = r#"{"records":[{"email":"a@example.test"}]}"#;
    let app = TestApp::new().await;
    let token = app.token(Scope::ALL).await;
    for (method, path, body, limit) in [
        (Method::PATCH, "/tenant", "{}", 64 * 1024),
        (Method::POST, "/audiences/preview", r#"{"rule":{"field":"email","op":"exists"}}"#, 64 * 1024),
        (Method::POST, "/profiles/upsert", r#"{"record":{"email":"a@example.test"}}"#, 512 * 1024),
        (Method::POST, "/records/profiles/upsert-batch", BATCH, 10 * 1024 * 1024),
    ] {
        for excess in [0, 1] {
            let mut request = api_request(method.clone(), path, &token, Some(json!({})), None);
            *request.body_mut() = Body::from(format!("{body}{}", " ".repeat(limit - body.len() + excess)));
            let answer = app.send(request).await;
            if excess == 0 {
                answer.data();
                continue;
            }
            let error = answer.refused(413, "JOURNEY_API.VALIDATION.BODY_TOO_LARGE");
            let problem = format!("body: is larger than {limit} bytes, the limit of this path");
            assert_eq!(error["message"], problem, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_tenant_reads_and_changes_its_own_settings() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let before = admin.get("/tenant").await;
    assert_eq!(before.data()["mailCutoff"], "17:00");
    assert_eq!(before.data()["defaultTimezone"], Value::Null);
    app.clock.advance(1_000);
    for (body, zone, cutoff) in [
        (json!({ "defaultTimezone": "europe/berlin" }), json!("Europe/Berlin"), "17:00"),
        (json!({ "mailCutoff": "09:30" }), json!("Europe/Berlin"), "09:30"),
        (json!({ "defaultTimezone": null }), Value::Null, "09:30"),
        (json!({ "name": " New name " }), Value::Null, "09:30"),
    ] {
        let after = admin.patch("/tenant", body).await;
        assert_eq!((&after.data()["defaultTimezone"], &after.data()["mailCutoff"]), (&zone, &json!(cutoff)));
        assert_eq!(after.data()["updatedAt"], "2026-03-01T12:00:01.000Z");
    }
    assert_eq!(admin.get("/tenant").await.data()["name"], "New name");
    let stranger = app.another_tenant().await;
    assert_eq!(app.admin_of(stranger).get("/tenant").await.data()["name"], "Stranger");
    for (body, code, path) in [
        (json!({ "defaultTimezone": "Mars/Olympus" }), "SCHEDULE.TIMEZONE_INVALID", "defaultTimezone"),
        (json!({ "mailCutoff": "25:00" }), "VALIDATION.REQUEST_INVALID", "mailCutoff"),
        (json!({ "name": "" }), "VALIDATION.REQUEST_INVALID", "name"),
        (json!({ "name": 1 }), "VALIDATION.REQUEST_INVALID", "name"),
    ] {
        let answer = admin.patch("/tenant", body).await;
        let error = answer.refused(400, &format!("JOURNEY_API.{code}"));
        assert_eq!(error["details"]["path"], path);
        assert!(error["message"].as_str().unwrap().starts_with(&format!("{path}: ")), "{error}");
    }
}

#[tokio::test]
async fn health_and_discovery_need_no_token() {
    let app = TestApp::new().await;
    let health = app.send(bare(Method::GET, "/healthz")).await;
    assert_eq!((health.status, &health.json["status"]), (200, &json!("ok")));
    let ready = app.send(bare(Method::GET, "/readyz")).await;
    assert_eq!((ready.status, &ready.json["checks"]), (200, &json!({ "store": "ready" })));
    let metadata = app.send(bare(Method::GET, "/.well-known/oauth-authorization-server")).await;
    assert_eq!(metadata.json["issuer"], support::ISSUER);
    assert_eq!(metadata.json["token_endpoint"], format!("{}/oauth/token", support::ISSUER));
    assert_eq!(metadata.json["grant_types_supported"], json!(["client_credentials"]));
    let jwks = app.send(bare(Method::GET, "/.well-known/jwks.json")).await;
    assert_eq!(jwks.json["keys"].as_array().unwrap().len(), 1);
    let mut names: Vec<&String> = jwks.json["keys"][0].as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"], "no private part may be shown");
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_not_ready_and_says_why() {
    const REFUSE: Statement = Statement { name: "test", sqlite: "PRAGMA query_only = 1", postgres: "" };
    let app = TestApp::on(Database::Sqlite).await;
    app.store.write("test", |tx| tx.query(&REFUSE, &[]).map(drop)).await.unwrap();
    assert!(app.store.write("test", |tx| tx.touch()).await.is_err());
    let ready = app.send(bare(Method::GET, "/readyz")).await;
    assert_eq!((ready.status, &ready.json["checks"]), (503, &json!({ "store": "not_ready", "reason": "read_only" })));
}

#[tokio::test]
async fn a_process_that_sends_is_ready_while_its_engine_lives() {
    let app = TestApp::with_settings(Database::Sqlite, |settings| settings.sends = true).await;
    let ready = async || {
        let answer = app.send(bare(Method::GET, "/readyz")).await;
        assert_eq!(answer.header("retry-after").is_empty(), answer.status == 200);
        (answer.status, answer.json["checks"]["engine"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(ready().await, (503, "not_ready".to_owned()));
    let now = app.clock.now();
    let node = Node { id: NodeId::new(now, &*app.entropy), role: "engine", started_at: now, wall_ahead_ms: None };
    app.store.write("test.beat", move |tx| tx.node_beat(&node, now)).await.unwrap();
    assert_eq!(ready().await, (200, "ready".to_owned()));
    let words = |json: &Value| ["route", "clock", "jobs"].map(|part| json["checks"][part].as_str().unwrap().to_owned());
    for (part, stops, status, named, expected) in [
        (Part::Route(ChannelKind::Email), Stops::Nothing, 503, "route.email", ["not_ready", "ready", "ready"]),
        (Part::Clock, Stops::Starts, 503, "clock", ["ready", "not_ready", "ready"]),
        (Part::Clock, Stops::Nothing, 200, "clock", ["ready", "ready", "ready"]),
        (Part::Jobs, Stops::Sending, 200, "jobs", ["ready", "ready", "held"]),
    ] {
        let condition = Condition { reason: "test", sentence: "It is a test.".into(), stops };
        app.store.conditions().begin(part, condition);
        let answer = app.send(bare(Method::GET, "/readyz")).await;
        assert_eq!((answer.status, words(&answer.json)), (status, expected.map(str::to_owned)), "{named}");
        let shown = json!([{ "part": named, "reason": "test", "message": "It is a test." }]);
        assert_eq!(answer.json["checks"]["conditions"], shown);
        app.store.conditions().end(part);
    }
    assert_eq!(ready().await, (200, "ready".to_owned()));
    app.clock.advance(app.service.settings().node_timeout_ms);
    assert_eq!(ready().await, (503, "not_ready".to_owned()));
}

/// A clock that has stopped for good.
struct BrokenClock;

impl Clock for BrokenClock {
    fn now(&self) -> Timestamp {
        panic!("the clock is broken, as this test wants it")
    }

    fn sleep_until(&self, _: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn a_panic_is_an_internal_error_that_says_nothing_of_itself() {
    let app = TestApp::new().await;
    let settings = app.service.settings().clone();
    let broken = Service::new(app.store.clone(), Arc::new(BrokenClock), app.entropy.clone(), settings);
    let mut request = bare(Method::GET, "/.well-known/jwks.json");
    request.headers_mut().insert("x-correlation-id", ID.parse().unwrap());
    let answer = TestAnswer::read(postrider_api::router(broken).oneshot(request).await.unwrap()).await;
    answer.refused(500, "JOURNEY_API.INTERNAL");
    assert_eq!(answer.json["correlationId"], ID);
    assert!(!String::from_utf8_lossy(&answer.bytes).contains("clock"));
}
