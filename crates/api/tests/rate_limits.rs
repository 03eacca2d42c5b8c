//! How often a client may call: by class, over all processes, and when it may again.

#![cfg(test)]

mod support;

use axum::http::Method;
use postrider_core::env::BoxFuture;
use postrider_core::rate_limit::RateClass;
use postrider_core::scope::Scope;
use postrider_service::{Service, Settings};
use postrider_store::StoreError;
use postrider_store::probe::Probe;
use postrider_store::testkit::Database;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use support::{TestAnswer, TestApp, api_request, token_request};
use tower::ServiceExt as _;

const LIMITED: &str = "JOURNEY_API.RATE.LIMITED";

fn limits(limits: &[(RateClass, u32)]) -> impl FnOnce(&mut Settings) {
    let limits = limits.to_vec();
    move |settings| limits.into_iter().for_each(|(class, limit)| settings.rate_limits.set(class, Some(limit)))
}

async fn limited(database: Database, classes: &[(RateClass, u32)]) -> TestApp {
    TestApp::with_settings(database, limits(classes)).await
}

async fn read(app: &TestApp, token: &str) -> TestAnswer {
    app.request(Method::GET, "/lists", token, None).await
}

async fn write(app: &TestApp, token: &str, name: &str) -> TestAnswer {
    app.request(Method::POST, "/lists", token, Some(json!({ "name": name }))).await
}

#[tokio::test]
async fn one_more_is_told_to_wait_and_passes_after_the_wait() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = limited(database, &[(RateClass::Read, 3)]).await;
        let token = app.token(Scope::ALL).await;
        for left in ["2", "1", "0"] {
            let answer = read(&app, &token).await;
            assert_eq!((answer.status, answer.header("ratelimit")), (200, &*format!("\"read\";r={left}")));
            assert_eq!(answer.header("ratelimit-policy"), "\"read\";q=3;w=60");
            app.clock.advance(1_500);
        }
        let answer = read(&app, &token).await;
        let error = answer.refused(429, LIMITED);
        let details = json!({ "class": "read", "limit": 3, "windowSeconds": 60, "retryAfterSeconds": 57 });
        assert_eq!(error["details"], details);
        assert_eq!(answer.header("retry-after"), "57");
        assert_eq!(answer.header("ratelimit"), "\"read\";r=0;t=57");
        // The first was counted in the second that began at noon, and leaves the window 61 seconds after that.
        app.clock.advance(55_000);
        assert_eq!(read(&app, &token).await.header("retry-after"), "2");
        app.clock.advance(2_000);
        assert_eq!(read(&app, &token).await.status, 200);
        read(&app, &token).await.refused(429, LIMITED);
    }
}

#[tokio::test]
async fn classes_and_clients_do_not_touch_each_other() {
    let app = limited(Database::Sqlite, &[(RateClass::Read, 1), (RateClass::Write, 2), (RateClass::Execute, 1)]).await;
    let stranger = app.another_tenant().await;
    let (one, two) = (app.token(Scope::ALL).await, app.token_of(stranger, Scope::ALL).await);
    for token in [&one, &two] {
        assert_eq!(read(&app, token).await.status, 200);
        read(&app, token).await.refused(429, LIMITED);
        assert_eq!(write(&app, token, "a").await.status, 201);
        assert_eq!(write(&app, token, "b").await.status, 201);
        assert_eq!(write(&app, token, "c").await.refused(429, LIMITED)["details"]["class"], "write");
        let send = || app.request(Method::POST, "/campaigns/x/send-jobs", token, Some(json!({})));
        assert_eq!(send().await.status, 404);
        assert_eq!(send().await.refused(429, LIMITED)["details"]["class"], "execute");
        let upsert = json!({ "records": [{ "email": "a@example.com" }] });
        let batch = app.request(Method::POST, "/records/profiles/upsert-batch", token, Some(upsert)).await;
        assert_eq!((batch.status, batch.header("ratelimit-policy")), (200, ""), "no limit, no header");
    }
}

#[tokio::test]
async fn a_new_token_gives_a_client_no_more_requests() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = limited(database, &[(RateClass::Read, 5)]).await;
        for left in (0..5).rev() {
            let token = app.token(Scope::ALL).await;
            assert_eq!(read(&app, &token).await.header("ratelimit"), format!("\"read\";r={left}"));
        }
        let token = app.token(Scope::ALL).await;
        read(&app, &token).await.refused(429, LIMITED);
        let another_client = app.token(&[Scope::CdpListsRead]).await;
        assert_eq!(read(&app, &another_client).await.status, 200);
    }
}

#[tokio::test]
async fn strangers_use_nothing_up_and_a_missing_scope_counts() {
    let app = limited(Database::Sqlite, &[(RateClass::Read, 2)]).await;
    let token = app.token(&[Scope::CampaignsRead]).await;
    let mut forged = token.clone();
    forged.truncate(token.len() - 4);
    for _ in 0..5 {
        read(&app, "").await.refused(401, "JOURNEY_API.AUTH.UNAUTHORIZED");
        read(&app, &forged).await.refused(401, "JOURNEY_API.AUTH.TOKEN_INVALID");
    }
    for left in ["\"read\";r=1", "\"read\";r=0"] {
        let answer = read(&app, &token).await;
        answer.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
        assert_eq!(answer.header("ratelimit"), left);
    }
    read(&app, &token).await.refused(429, LIMITED);
}

#[tokio::test]
async fn an_operator_gives_a_tenant_other_limits() {
    let app = limited(Database::Sqlite, &[(RateClass::Read, 1), (RateClass::Write, 1)]).await;
    let token = app.token(Scope::ALL).await;
    read(&app, &token).await;
    read(&app, &token).await.refused(429, LIMITED);
    let own = vec![(RateClass::Read, Some(3)), (RateClass::Write, Some(0))];
    app.service.set_rate_limits(app.tenant(), own).await.unwrap();
    app.clock.advance(2_000);
    assert_eq!(read(&app, &token).await.header("ratelimit"), "\"read\";r=1");
    for name in ["a", "b", "c"] {
        assert_eq!(write(&app, &token, name).await.status, 201);
    }
    app.service.set_rate_limits(app.tenant(), vec![(RateClass::Write, None)]).await.unwrap();
    app.clock.advance(2_000);
    assert_eq!(write(&app, &token, "d").await.status, 201);
    write(&app, &token, "e").await.refused(429, LIMITED);
    let stranger = app.another_tenant().await;
    let theirs = app.token_of(stranger, Scope::ALL).await;
    assert_eq!(read(&app, &theirs).await.header("ratelimit-policy"), "\"read\";q=1;w=60");
}

#[tokio::test]
async fn a_client_gets_so_many_tokens_and_a_stranger_takes_none_of_them() {
    let app = limited(Database::Sqlite, &[(RateClass::Token, 2)]).await;
    let (id, secret) = app.client_of(app.tenant(), Scope::ALL).await;
    let ask = |secret: &str| {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        app.send(token_request(&form))
    };
    for _ in 0..3 {
        assert_eq!(ask("wrong").await.status, 401);
    }
    assert_eq!(ask(&secret).await.status, 200);
    assert_eq!(ask(&secret).await.status, 200);
    let answer = ask(&secret).await;
    assert_eq!((answer.status, answer.json["error"].as_str()), (429, Some("slow_down")));
    assert!(answer.json["error_description"].is_string());
    assert_eq!(answer.header("cache-control"), "no-store");
    let wait: i64 = answer.header("retry-after").parse().unwrap();
    app.clock.advance(wait * 1_000);
    assert_eq!(ask(&secret).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_share_a_database_share_the_limits() {
    const LIMIT: usize = 400;
    for database in [Database::Sqlite, Database::Postgres] {
        let app = limited(database, &[(RateClass::Read, LIMIT as u32)]).await;
        let stranger = app.another_tenant().await;
        let (one, two) = (app.token(Scope::ALL).await, app.token_of(stranger, Scope::ALL).await);
        let services = (0..3).map(|_| {
            let settings = app.service.settings().clone();
            postrider_api::router(Service::new(app.store.clone(), app.clock.clone(), app.entropy.clone(), settings))
        });
        let routers: Vec<_> = services.collect();
        let ask = |number: usize| {
            let router = routers[number % routers.len()].clone();
            let request = api_request(Method::GET, "/tenant", &one, None, None);
            async move { router.oneshot(request).await.unwrap().status().as_u16() }
        };
        let statuses = futures_util::future::join_all((0..LIMIT * 2).map(ask)).await;
        let passed = statuses.iter().filter(|status| **status == 200).count();
        assert!((LIMIT..=LIMIT * 108 / 100).contains(&passed), "{database:?}: {passed} of {LIMIT} passed");
        assert!(statuses.iter().all(|status| [200, 429].contains(status)));
        assert_eq!(read(&app, &two).await.status, 200);
    }
}

/// Lets no requests be counted.
struct Uncounted(AtomicU64);

impl Probe for Uncounted {
    fn before(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        let is_count = op == "rate.count";
        self.0.fetch_add(is_count.into(), Ordering::Relaxed);
        Box::pin(async move { if is_count { Err(StoreError::Full) } else { Ok(()) } })
    }

    fn after(&self, _: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn a_store_that_cannot_count_keeps_nobody_waiting() {
    let app = limited(Database::Sqlite, &[(RateClass::Read, 100)]).await;
    let token = app.token(Scope::ALL).await;
    let probe = Arc::new(Uncounted(AtomicU64::new(0)));
    app.store.set_probe(probe.clone());
    for _ in 0..100 {
        assert_eq!(read(&app, &token).await.status, 200);
    }
    // The process counts for itself, and a spent window costs the store nothing.
    for _ in 0..100 {
        read(&app, &token).await.refused(429, LIMITED);
    }
    assert_eq!(probe.0.load(Ordering::Relaxed), 50);
}
