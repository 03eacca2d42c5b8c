//! Webhooks over HTTP: endpoints, their secrets, and the log of what was sent to them.

#![cfg(test)]

mod support;

use postrider_core::channel::ChannelKind;
use postrider_core::webhook::TargetPolicy;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::ready::ready;
use support::{Caller, TestApp};

const PATH: &str = "/webhooks";
const KEY: &str = "6f1c2f4e-7d0b-4c1e-9a53-2b8f6f0f9a11";

async fn make(admin: &Caller<'_>, events: &[&str]) -> (String, Value) {
    let body = json!({ "url": "https://hooks.example.com/acme?a=b", "events": events });
    let made = admin.post(PATH, body).await;
    assert_eq!(made.status, 201, "{}", made.json);
    (format!("{PATH}/{}", made.data()["id"].as_str().unwrap()), made.data().clone())
}

async fn kinds(admin: &Caller<'_>, webhook: &str) -> Vec<String> {
    let log = admin.get(&format!("{webhook}/deliveries")).await;
    let items = log.data()["items"].as_array().unwrap().clone();
    items.iter().rev().map(|item| item["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_secret_is_shown_once_and_signs_on_for_a_day_after_its_rotation() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let (path, made) = make(&admin, &["schedule.finished", "delivery.failed"]).await;
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44, "32 bytes in base64");
    assert_eq!((&made["enabled"], &made["disabledReason"]), (&json!(true), &Value::Null));
    for read in [admin.get(&path).await, admin.get(PATH).await, admin.patch(&path, json!({})).await] {
        assert!(!read.json.to_string().contains("whsec_") && !read.json.to_string().contains(secret));
    }
    let rotated = admin.post(&format!("{path}/rotate-secret"), json!({})).await.data().clone();
    assert_ne!(rotated["secret"], made["secret"]);
    assert_eq!(rotated["previousSecretUntil"], "2026-03-02T12:00:00.000Z", "{rotated}");
    // The same request again is the same answer, and makes no other secret.
    let once = app.as_admin().idempotent(KEY);
    let body = json!({ "url": "https://hooks.example.com/", "events": ["schedule.held"] });
    let (first, again) = (once.post(PATH, body.clone()).await, once.post(PATH, body).await);
    assert_eq!((&first.bytes, again.header("idempotent-replayed")), (&again.bytes, "true"));
    assert_eq!(admin.get(PATH).await.data()["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_endpoint_is_changed_disabled_and_deleted() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let (path, _) = make(&admin, &["delivery.bounced"]).await;
    let body =
        json!({ "url": "https://b.example.com/", "description": " Ours ", "events": ["recipient.unsubscribed"] });
    let changed = admin.patch(&path, body).await.data().clone();
    assert_eq!((&changed["url"], &changed["description"]), (&json!("https://b.example.com/"), &json!("Ours")));
    assert_eq!(changed["events"], json!(["recipient.unsubscribed"]));
    assert_eq!(admin.patch(&path, json!({ "description": null })).await.data()["description"], Value::Null);

    admin.post(&format!("{path}/test"), json!({})).await.data();
    let off = admin.patch(&path, json!({ "enabled": false })).await.data().clone();
    assert_eq!((&off["enabled"], &off["disabledReason"]), (&json!(false), &json!("manual")));
    let log = admin.get(&format!("{path}/deliveries")).await.data()["items"][0].clone();
    assert_eq!((&log["state"], &log["reason"]), (&json!("failed"), &json!("endpoint_disabled")));
    let replay = format!("{path}/deliveries/{}/replay", log["id"].as_str().unwrap());
    for post in [format!("{path}/test"), replay.clone()] {
        admin.post(&post, json!({})).await.refused(409, "JOURNEY_API.PUBLIC.WEBHOOKS.DISABLED");
    }
    admin.patch(&path, json!({ "enabled": true })).await.data();
    let again = admin.post(&replay, json!({})).await;
    assert_eq!((again.status, &again.data()["state"], &again.data()["id"]), (202, &json!("pending"), &log["id"]));

    assert_eq!(admin.delete(&path).await.data()["deleted"], true);
    for gone in [admin.get(&path).await, admin.delete(&path).await, admin.get(&format!("{path}/deliveries")).await] {
        gone.refused(404, "JOURNEY_API.PUBLIC.WEBHOOKS.NOT_FOUND");
    }
}

#[tokio::test]
async fn urls_and_events_are_judged_when_they_are_given() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let (path, _) = make(&admin, &["schedule.held"]).await;
    for url in [
        "http://hooks.example.com/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://metadata.google.internal/",
    ] {
        let made = admin.post(PATH, json!({ "url": url, "events": ["schedule.held"] })).await;
        let error = made.refused(400, "JOURNEY_API.PUBLIC.WEBHOOKS.TARGET_REFUSED");
        assert_eq!((&error["details"]["path"], &error["details"]["value"]), (&json!("url"), &json!(url)));
        admin.patch(&path, json!({ "url": url })).await.refused(400, "JOURNEY_API.PUBLIC.WEBHOOKS.TARGET_REFUSED");
    }
    let fine = "https://hooks.example.com/";
    for (body, at) in [
        (json!({ "url": "https://user:pass@example.com/", "events": ["schedule.held"] }), "url"),
        (json!({ "url": "https://2130706433/", "events": ["schedule.held"] }), "url"),
        (json!({ "url": "nonsense", "events": ["schedule.held"] }), "url"),
        (json!({ "url": fine, "events": [] }), "events"),
        (json!({ "url": fine, "events": ["schedule.held", "schedule.done"] }), "events[1]"),
        (json!({ "url": fine, "events": ["schedule.held", "schedule.held"] }), "events[1]"),
        (json!({ "url": fine, "events": ["webhook.test"] }), "events[0]"),
        (json!({ "url": fine, "events": ["schedule.held"], "description": "x".repeat(501) }), "description"),
        (json!({ "url": fine, "events": ["schedule.held"], "secret": "mine" }), "secret"),
    ] {
        let made = admin.post(PATH, body).await;
        let error = made.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(error["details"]["path"], at, "{error}");
    }
    let allow = TargetPolicy { allow_private: true, ..TargetPolicy::default() };
    let app = TestApp::with_settings(Database::Sqlite, |settings| settings.webhook_targets = allow).await;
    let body = json!({ "url": "http://127.0.0.1:9000/", "events": ["schedule.held"] });
    assert_eq!(app.as_admin().post(PATH, body).await.status, 201);
}

#[tokio::test]
async fn events_go_to_whom_they_concern_and_to_nobody_else() {
    events_are_stored_with_their_effect(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_go_to_whom_they_concern_and_to_nobody_else_on_postgres() {
    events_are_stored_with_their_effect(Database::Postgres).await;
}

async fn events_are_stored_with_their_effect(database: Database) {
    let app = TestApp::on(database).await;
    let (admin, stranger) = (app.as_admin(), app.another_tenant().await);
    let (all, _) = make(&admin, &["schedule.moved", "schedule.paused", "schedule.canceled", "delivery.bounced"]).await;
    let (some, _) = make(&admin, &["schedule.canceled"]).await;
    let strange = app.admin_of(stranger);
    let (theirs, _) = make(&strange, &["schedule.moved", "schedule.canceled", "delivery.bounced"]).await;

    let ready = ready(&app, ChannelKind::Email).await;
    let job = admin.post(&ready.path("/schedule-jobs"), json!({ "sendAt": "2026-05-01T09:00:00Z" })).await;
    let path = ready.path(&format!("/schedule-jobs/{}", job.data()["scheduleId"].as_str().unwrap()));
    app.clock.advance(1_000);
    admin.patch(&path, json!({ "sendAt": "2026-05-02T09:00:00Z" })).await.data();
    app.clock.advance(1_000);
    admin.delete(&path).await.data();
    admin.delete(&path).await.refused(409, "JOURNEY_API.SCHEDULE.ALREADY_FINISHED");
    app.clock.advance(1_000);
    for reason in ["bounced", "manual"] {
        let address = format!("{reason}@example.com");
        let body = json!({ "channel": "email", "address": address, "reason": reason });
        admin.post("/suppressions", body).await.data();
    }
    assert_eq!(kinds(&admin, &all).await, ["schedule.moved", "schedule.canceled", "delivery.bounced"]);
    assert_eq!(kinds(&admin, &some).await, ["schedule.canceled"]);
    assert!(kinds(&strange, &theirs).await.is_empty());

    let log = admin.get(&format!("{all}/deliveries?limit=1")).await.data().clone();
    let cursor = log["nextCursor"].as_str().unwrap();
    let next = admin.get(&format!("{all}/deliveries?limit=2&cursor={cursor}")).await.data().clone();
    assert_eq!((next["items"].as_array().unwrap().len(), &next["nextCursor"]), (2, &Value::Null));
    let moved = format!("{all}/deliveries/{}", next["items"][1]["id"].as_str().unwrap());
    let detail = admin.get(&moved).await.data().clone();
    assert_eq!(
        (&detail["state"], &detail["attempts"], &detail["attemptLog"]),
        (&json!("pending"), &json!(0), &json!([]))
    );
    let payload = &detail["payload"];
    assert_eq!((&payload["type"], &payload["timestamp"]), (&json!("schedule.moved"), &detail["createdAt"]));
    assert_eq!(payload["data"]["campaignId"], ready.campaign);
    assert_eq!(payload["data"]["scheduledFor"], "2026-05-02T09:00:00.000Z");
    assert_eq!(payload["data"]["previouslyScheduledFor"], "2026-05-01T09:00:00.000Z");
    strange.get(&moved).await.refused(404, "JOURNEY_API.PUBLIC.WEBHOOKS.NOT_FOUND");
    let bounced = format!("{all}/deliveries/{}", log["items"][0]["id"].as_str().unwrap());
    assert!(!admin.get(&bounced).await.json.to_string().contains("bounced@example.com"), "ids alone are told");

    let failed = admin.get(&format!("{all}/deliveries?state=failed")).await;
    assert_eq!(failed.data()["items"], json!([]));
    admin.patch(&all, json!({ "enabled": false })).await.data();
    admin.patch(&all, json!({ "enabled": true })).await.data();
    assert_eq!(admin.get(&format!("{all}/deliveries?state=failed")).await.data()["items"].as_array().unwrap().len(), 3);
    let since = json!({ "since": payload["timestamp"].as_str().unwrap().replace("01.000Z", "01.001Z") });
    let replayed = admin.post(&format!("{all}/replay"), since).await;
    assert_eq!((replayed.status, &replayed.data()["replayed"]), (202, &json!(2)), "those since then");
    admin.get(&format!("{all}/deliveries?state=lost")).await.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
}
