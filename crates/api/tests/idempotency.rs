//! One key, one effect, one answer: on both databases.

#![cfg(test)]

mod support;

use axum::http::Method;
use postrider_core::channel::ChannelKind;
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::json;
use support::ready::ready;
use support::{TestApp, api_request};

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
