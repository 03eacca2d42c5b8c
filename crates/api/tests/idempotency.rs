//! One key, one effect, one answer: on both databases.

#![cfg(test)]

mod support;

use axum::http::Method;
use postrider_api::{document, protected_routes};
use postrider_core::channel::ChannelKind;
use postrider_core::env::BoxFuture;
use postrider_core::scope::Scope;
use postrider_service::Service;
use postrider_store::StoreError;
use postrider_store::probe::Probe;
use postrider_store::testkit::Database;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use support::ready::ready;
use support::{BASE, TestAnswer, TestApp, api_request};
use tower::ServiceExt as _;

const KEY: &str = "6f1c2f4e-7d0b-4c1e-9a53-2b8f6f0f9a11";

async fn both(test: impl AsyncFn(TestApp)) {
    for database in [Database::Sqlite, Database::Postgres] {
        test(TestApp::on(database).await).await;
    }
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_to_the_byte() {
    both(async |app| {
        let email = ready(&app, ChannelKind::Email).await;
        let path = email.path("/schedule-jobs");
        let body = json!({ "sendAt": "2026-05-01T09:00:00Z", "timezone": "UTC" });
        let first = app.as_admin().idempotent(KEY).post(&path, body).await;
        assert_eq!((first.status, first.header("idempotent-replayed")), (201, ""));
        app.clock.advance(60_000);
        // The same body, written in another order.
        let body = serde_json::from_str(r#"{"timezone":"UTC","sendAt":"2026-05-01T09:00:00Z"}"#).unwrap();
        let again = app.as_admin().idempotent(KEY).post(&path, body).await;
        assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"));
        assert_eq!(again.bytes, first.bytes);
        let other = json!({ "sendAt": "2026-05-01T10:00:00Z" });
        let other = app.as_admin().idempotent(KEY).post(&path, other).await;
        other.refused(422, "JOURNEY_API.IDEMPOTENCY.KEY_REUSED");
        let jobs = app.as_admin().get(&path).await;
        assert_eq!(jobs.data()["items"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_a_uuid_v4_and_an_error_does_not_use_it_up() {
    let app = TestApp::new().await;
    let email = ready(&app, ChannelKind::Email).await;
    let path = email.path("/schedule-jobs");
    for key in ["nonsense", "", "018f0000-0000-7000-8000-000000000000"] {
        let answer = app.as_admin().idempotent(key).post(&path, json!({})).await;
        answer.refused(400, "JOURNEY_API.IDEMPOTENCY.KEY_INVALID");
    }
    let empty = app.as_admin().idempotent(KEY).post(&path, json!({})).await;
    empty.refused(400, "JOURNEY_API.SCHEDULE.SEND_AT_REQUIRED");
    let body = json!({ "sendAt": "2026-05-01T09:00:00Z" });
    assert_eq!(app.as_admin().idempotent(KEY).post(&path, body).await.status, 201);
}

#[tokio::test]
async fn two_keys_on_one_request_are_refused() {
    let app = TestApp::new().await;
    let token = app.token(Scope::ALL).await;
    let body = json!({ "campaignType": "broadcast", "channel": "email", "name": "Spring" });
    for second in [KEY, "0b7c9a52-51c3-4a8e-8d1f-2f6f5d7f2c11"] {
        let mut request = api_request(Method::POST, "/campaigns", &token, Some(body.clone()), Some(KEY));
        request.headers_mut().append("idempotency-key", second.parse().unwrap());
        app.send(request).await.refused(400, "JOURNEY_API.IDEMPOTENCY.KEY_INVALID");
    }
    assert_eq!(app.as_admin().get("/campaigns").await.data()["items"], json!([]));
}

#[tokio::test]
async fn a_dry_run_is_remembered_too_and_a_day_later_forgotten() {
    both(async |app| {
        let email = ready(&app, ChannelKind::Email).await;
        let path = email.path("/schedule-jobs");
        let body = json!({ "sendAt": "2026-05-01T09:00:00Z", "dryRun": true });
        let first = app.as_admin().idempotent(KEY).post(&path, body.clone()).await;
        let again = app.as_admin().idempotent(KEY).post(&path, body.clone()).await;
        assert_eq!((first.status, &first.bytes), (200, &again.bytes));
        assert_eq!(again.header("idempotent-replayed"), "true");
        app.clock.advance(24 * 60 * 60 * 1000);
        let later = app.as_admin().idempotent(KEY).post(&path, body).await;
        assert_eq!((later.status, later.header("idempotent-replayed")), (200, ""));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_with_one_key_have_one_effect() {
    both(async |app| {
        let email = ready(&app, ChannelKind::Email).await;
        let path = email.path("/schedule-jobs");
        let ask = || async {
            let body = json!({ "sendAt": "2026-05-01T09:00:00Z" });
            app.as_admin().idempotent(KEY).post(&path, body).await
        };
        let answers = futures_util::future::join_all((0..50).map(|_| ask())).await;
        let mut bodies: Vec<&[u8]> = Vec::new();
        for answer in &answers {
            match answer.status {
                201 => bodies.push(&answer.bytes),
                _ => drop(answer.refused(409, "JOURNEY_API.IDEMPOTENCY.IN_PROGRESS")),
            }
        }
        assert!(!bodies.is_empty());
        assert!(bodies.iter().all(|body| *body == bodies[0]));
        let jobs = app.as_admin().get(&path).await;
        assert_eq!(jobs.data()["items"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_with_a_key_each_commit_one_job() {
    both(async |app| {
        let email = ready(&app, ChannelKind::Email).await;
        let path = email.path("/send-jobs");
        let ask = |number: u64| {
            let (app, path) = (&app, &path);
            async move {
                let key = format!("00000000-0000-4000-8000-{number:012}");
                app.as_admin().idempotent(&key).post(path, json!({})).await
            }
        };
        let answers = futures_util::future::join_all((0..50).map(ask)).await;
        let committed = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(committed, 1);
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            answer.refused(409, "JOURNEY_API.PUBLIC.CAMPAIGNS.NOT_DRAFT");
        }
    })
    .await;
}

/// Lets a commit happen and nobody hear of it, as long as it is set.
struct Deaf(AtomicBool);

impl Probe for Deaf {
    fn before(&self, _: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }

    fn after(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        let is_lost = self.0.load(Ordering::Relaxed) && op.starts_with("schedule.");
        Box::pin(async move { if is_lost { Err(StoreError::Ambiguous("the process died".into())) } else { Ok(()) } })
    }
}

#[tokio::test]
async fn an_effect_whose_answer_was_lost_is_told_by_another_process() {
    both(async |app| {
        let email = ready(&app, ChannelKind::Email).await;
        let (path, token) = (email.path("/schedule-jobs"), app.token(Scope::ALL).await);
        let body = json!({ "sendAt": "2026-05-01T09:00:00Z" });
        let request = || api_request(Method::POST, &path, &token, Some(body.clone()), Some(KEY));
        let deaf = Arc::new(Deaf(AtomicBool::new(true)));
        app.store.set_probe(deaf.clone());
        app.send(request()).await.refused(503, "JOURNEY_API.DATABASE.UNREACHABLE");
        deaf.0.store(false, Ordering::Relaxed);
        // Nothing of the first process is left.
        let settings = app.service.settings().clone();
        let service = Service::new(app.store.clone(), app.clock.clone(), app.entropy.clone(), settings);
        let other = postrider_api::router(service);
        let told = TestAnswer::read(other.clone().oneshot(request()).await.unwrap()).await;
        assert_eq!((told.status, told.header("idempotent-replayed")), (201, "true"), "{}", told.json);
        let again = TestAnswer::read(other.oneshot(request()).await.unwrap()).await;
        assert_eq!(again.bytes, told.bytes);
        let jobs = app.as_admin().get(&path).await;
        assert_eq!(jobs.data()["items"][0]["scheduleId"], told.data()["scheduleId"]);
        assert_eq!(jobs.data()["items"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_key_belongs_to_a_tenant_a_client_a_method_and_a_path() {
    both(async |app| {
        let body = || json!({ "name": "Friends" });
        let first = app.as_admin().idempotent(KEY).post("/lists", body()).await;
        let list = first.data()["id"].as_str().unwrap().to_owned();
        let stranger = app.another_tenant().await;
        let theirs = app.admin_of(stranger).idempotent(KEY).post("/lists", body()).await;
        let narrow = app.token(&[Scope::CdpListsWrite]).await;
        let client = app.send(api_request(Method::POST, "/lists", &narrow, Some(body()), Some(KEY))).await;
        for other in [&theirs, &client] {
            assert_eq!((other.status, other.header("idempotent-replayed")), (201, ""));
            assert_ne!(other.data()["id"], first.data()["id"]);
        }
        let method = app.as_admin().idempotent(KEY).patch(&format!("/lists/{list}"), body()).await;
        assert_eq!((method.status, method.header("idempotent-replayed")), (200, ""));
        let path = app.as_admin().idempotent(KEY).post("/campaigns", body()).await;
        path.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        let again = app.as_admin().idempotent(KEY).post("/lists", body()).await;
        assert_eq!((again.header("idempotent-replayed"), &again.bytes), ("true", &first.bytes));
    })
    .await;
}

/// Ends of the paths whose POST only looks.
const ONLY_LOOK: &[&str] = &["/preflight", "/preview"];

#[tokio::test]
async fn every_post_that_writes_takes_a_key() {
    let app = TestApp::new().await;
    let token = app.token(Scope::ALL).await;
    for (method, path, _) in protected_routes().into_iter().filter(|(method, ..)| method == "POST") {
        let operation = &document()["paths"][&path]["post"];
        let parameters = operation["parameters"].as_array().unwrap();
        let is_told = parameters.iter().any(|p| p["$ref"] == "#/components/parameters/IdempotencyKey");
        let looks = ONLY_LOOK.iter().any(|end| path.ends_with(end));
        assert_eq!(is_told, !looks, "{method} {path}");
        if !looks {
            let mut path = path.trim_start_matches(BASE).to_owned();
            while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
                path.replace_range(from..=to, KEY);
            }
            let request = api_request(Method::POST, &path, &token, Some(json!({})), Some("nonsense"));
            app.send(request).await.refused(400, "JOURNEY_API.IDEMPOTENCY.KEY_INVALID");
        }
    }
}
