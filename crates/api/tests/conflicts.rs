//! Requests that write the same rows at the same time.

#![cfg(test)]

mod support;

use axum::http::Method;
use futures_util::future::join_all;
use postrider_core::channel::ChannelKind::Email;
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::ready::ready;
use support::{TestAnswer, TestApp};

const WRITERS: usize = 32;

/// One request from each writer, all at once.
async fn all_at_once(app: &TestApp, method: Method, path: &str, body: impl Fn(usize) -> Value) -> Vec<TestAnswer> {
    let token = app.token(Scope::ALL).await;
    let sent = (0..WRITERS).map(|n| app.request(method.clone(), path, &token, Some(body(n))));
    join_all(sent).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conflicting_writers_all_get_an_answer_and_every_effect_happens_once() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        app.store.set_entropy(app.entropy.clone());
        let draft = ready(&app, Email).await;

        let record = |n: usize| json!({ "record": { "email": "same@example.test", format!("n{n}"): n } });
        let upserts = all_at_once(&app, Method::POST, "/profiles/upsert", record).await;
        let created = upserts.iter().filter(|answer| answer.data()["operation"] == "created").count();
        assert_eq!(created, 1);
        let person = format!("/profiles/{}", upserts[0].data()["id"].as_str().unwrap());
        let person = app.as_admin().get(&person).await;
        for n in 0..WRITERS {
            assert_eq!(person.data()["record"][format!("n{n}")], n, "no update is lost: {}", person.json);
        }

        let name = |n: usize| json!({ "name": format!("Name {n}") });
        for answer in all_at_once(&app, Method::PATCH, &draft.path(""), name).await {
            answer.data();
        }

        let jobs = draft.path("/schedule-jobs");
        let at = |_| json!({ "sendAt": "2026-05-01T09:00:00Z", "timezone": "UTC" });
        let commits = all_at_once(&app, Method::POST, &jobs, at).await;
        let mut statuses: Vec<u16> = commits.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!((statuses[0], statuses[1], statuses[WRITERS - 1]), (201, 409, 409), "{statuses:?}");
        assert_eq!(app.as_admin().get(&jobs).await.data()["items"].as_array().unwrap().len(), 1);
    }
}
