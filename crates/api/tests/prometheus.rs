//! What `GET /metrics` tells, and what it does not.

#![cfg(test)]

mod support;

use axum::body::Body;
use axum::http::{Method, Request};
use postrider_core::channel::ChannelKind;
use postrider_core::env::BoxFuture;
use postrider_core::rate_limit::RateClass;
use postrider_core::scope::Scope;
use postrider_store::StoreError;
use postrider_store::probe::Probe;
use postrider_store::testkit::Database;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use support::TestApp;
use support::ready::ready;

/// The page, held against the text format 0.0.4: sample by name and labels.
async fn metrics(app: &TestApp) -> BTreeMap<String, f64> {
    let answer = app.send(Request::get("/metrics").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let text = String::from_utf8(answer.bytes).unwrap();
    assert!(text.ends_with('\n'));
    let (mut samples, mut family, mut families) = (BTreeMap::new(), String::new(), Vec::new());
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split_once(' ').unwrap().0.to_owned();
            assert!(!families.contains(&family), "{family} comes twice");
            families.push(family.clone());
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert!(name == family && ["counter", "gauge", "summary"].contains(&kind), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with(&family) && family.starts_with("postrider_"), "{line}");
            assert!(samples.insert(name.to_owned(), value.parse().unwrap()).is_none(), "{line} comes twice");
        }
    }
    samples
}

#[tokio::test]
async fn what_waits_and_what_was_done_is_told_without_a_name() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let email = ready(&app, ChannelKind::Email).await;
        let body = json!({ "sendAt": "2026-03-01T13:00:00Z" });
        app.as_admin().post(&email.path("/schedule-jobs"), body).await.data();
        app.as_admin().get("/nowhere").await;
        app.clock.advance(3_600_000 + 42_000);
        let told = metrics(&app).await;
        for (name, value) in [
            (r#"postrider_jobs{channel="email",state="scheduled"}"#, 1.0),
            ("postrider_job_start_lag_seconds", 42.0),
            ("postrider_store_up", 1.0),
            (r#"postrider_http_requests_total{method="GET",route="other",status="4xx"}"#, 1.0),
            (
                r#"postrider_http_requests_total{method="POST",route="/public/v1/campaigns/{id}/schedule-jobs",status="2xx"}"#,
                1.0,
            ),
            (r#"postrider_rate_limited_total{class="read"}"#, 0.0),
        ] {
            assert_eq!(told.get(name), Some(&value), "{name}: {told:#?}");
        }
        assert!(told[r#"postrider_db_op_seconds_count{op="client.find"}"#] > 1.0);
        let build = told.keys().find(|name| name.starts_with("postrider_build_info{version=\"")).unwrap();
        assert!(build.contains("tzdb=\"20"), "{build}");
        let all = format!("{told:?}");
        for name in ["Acme", "Spring", "Readers", "reader1", "example.test", &app.tenant().to_string()] {
            assert!(!all.contains(name), "{name}");
        }
    }
}

#[tokio::test]
async fn a_refused_request_is_counted() {
    let limit = |settings: &mut postrider_service::Settings| settings.rate_limits.set(RateClass::Read, Some(1));
    let app = TestApp::with_settings(Database::Sqlite, limit).await;
    let token = app.token(Scope::ALL).await;
    for _ in 0..4 {
        app.request(Method::GET, "/tenant", &token, None).await;
    }
    assert_eq!(metrics(&app).await[r#"postrider_rate_limited_total{class="read"}"#], 3.0);
}

#[tokio::test]
async fn an_operator_can_turn_it_off() {
    let app = TestApp::with_settings(Database::Sqlite, |settings| settings.metrics = false).await;
    let answer = app.send(Request::get("/metrics").body(Body::empty()).unwrap()).await;
    answer.refused(404, "JOURNEY_API.ROUTE.NOT_FOUND");
}

/// Reads nothing.
struct Down;

impl Probe for Down {
    fn before(&self, _: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Err(StoreError::Down("gone".into())) })
    }

    fn after(&self, _: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn without_a_store_the_process_still_tells_of_itself() {
    let app = TestApp::new().await;
    app.store.set_probe(Arc::new(Down));
    let told = metrics(&app).await;
    assert_eq!(told["postrider_store_up"], 0.0);
    assert!(!told.contains_key("postrider_job_start_lag_seconds"));
    assert!(told.keys().any(|name| name.starts_with("postrider_db_op_seconds_sum")));
}
