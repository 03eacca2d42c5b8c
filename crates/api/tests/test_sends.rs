//! Test sends over HTTP: what is asked for, refused and shown. How they leave is the engine's to test.

#![cfg(test)]

mod support;

use axum::http::Method;
use postrider_core::channel::ChannelKind::{DirectMail, Email, Push, Sms};
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::TestApp;
use support::ready::{Ready, ready};

/// A draft with content and a sender, without audience and schedule.
async fn bare(app: &TestApp) -> (Ready, String) {
    let ready = ready(app, Email).await;
    let admin = app.as_admin();
    let body = json!({ "campaignType": "broadcast", "name": "Bare", "channel": "email" });
    let bare = admin.post("/campaigns", body).await.data()["id"].as_str().unwrap().to_owned();
    let content = json!({ "templateId": ready.template, "senderProfileId": ready.sender });
    admin.put(&format!("/campaigns/{bare}/content"), content).await.data();
    (ready, format!("/campaigns/{bare}"))
}

fn states(test: &Value) -> Vec<(String, String, Value)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let people = test["recipients"].as_array().unwrap().iter();
    people.map(|one| (text(&one["address"]), text(&one["state"]), one["reason"].clone())).collect()
}

#[tokio::test]
async fn a_draft_is_tested_and_stays_what_it_is() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        let (_, campaign) = bare(&app).await;
        let before = admin.get(&campaign).await.data().clone();
        let body = json!({ "addresses": [" Me@Example.test ", "you@example.test"] });
        let made = admin.post(&format!("{campaign}/test-sends"), body).await;
        assert_eq!((made.status, &made.data()["state"]), (201, &json!("scheduled")));
        let test = made.data()["testSendId"].as_str().unwrap();
        let shown = admin.get(&format!("{campaign}/test-sends/{test}")).await;
        assert_eq!(shown.data(), made.data());
        let pending = |address: &str| (address.to_owned(), "pending".to_owned(), Value::Null);
        assert_eq!(states(shown.data()), [pending("me@example.test"), pending("you@example.test")]);

        // The campaign knows nothing of it.
        assert_eq!(admin.get(&campaign).await.data(), &before);
        assert_eq!(admin.get(&format!("{campaign}/schedule-jobs")).await.data()["items"], json!([]));
        assert_eq!(admin.get(&format!("{campaign}/status")).await.data()["execution"], Value::Null);
        assert_eq!(admin.get(&format!("{campaign}/summary")).await.data()["latestExecution"], Value::Null);
        assert_eq!(admin.get(&format!("{campaign}/deliveries")).await.data()["items"], json!([]));
        let job_not_found = "JOURNEY_API.PUBLIC.SCHEDULE_JOBS.NOT_FOUND";
        let job = format!("{campaign}/schedule-jobs/{test}");
        admin.get(&job).await.refused(404, job_not_found);
        admin.delete(&job).await.refused(404, job_not_found);
        admin.patch(&job, json!({ "sendAt": "2026-05-01T09:00:00Z" })).await.refused(404, job_not_found);
        admin.get(&format!("{campaign}/deliveries?scheduleId={test}")).await.refused(404, job_not_found);
        let not_running = "JOURNEY_API.SCHEDULE.NOT_RUNNING";
        admin.post(&format!("{campaign}/pause"), json!({})).await.refused(409, not_running);
        assert_eq!(admin.delete(&campaign).await.status, 200, "a test does not hold it");
    }
}

#[tokio::test]
async fn who_must_not_be_sent_to_is_told_apart() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        let (_, campaign) = bare(&app).await;
        for address in ["gone@example.test", "other.example"] {
            let entry = json!({ "channel": "email", "address": address, "reason": "manual" });
            admin.post("/suppressions", entry).await.data();
        }
        let denied = json!({ "record": { "email": "no@example.test", "consent": { "email": "denied" } } });
        admin.post("/profiles/upsert", denied).await.data();
        let addresses = ["gone@example.test", "any@other.example", "no@example.test", "yes@example.test"];
        let made = admin.post(&format!("{campaign}/test-sends"), json!({ "addresses": addresses })).await;
        let suppressed = |address: &str, reason: &str| (address.to_owned(), "suppressed".to_owned(), json!(reason));
        let expected = [
            suppressed("gone@example.test", "suppressed"),
            suppressed("any@other.example", "suppressed"),
            suppressed("no@example.test", "consent_denied"),
            ("yes@example.test".to_owned(), "pending".to_owned(), Value::Null),
        ];
        assert_eq!(states(made.data()), expected);
    }
}

#[tokio::test]
async fn a_repeated_key_sends_no_second_test() {
    let app = TestApp::new().await;
    let (_, campaign) = bare(&app).await;
    let path = format!("{campaign}/test-sends");
    let key = "7f3b2a52-6a0f-4f3c-9a93-0a4a4f2d1c11";
    let body = json!({ "addresses": ["me@example.test"] });
    let first = app.as_admin().idempotent(key).post(&path, body.clone()).await;
    let second = app.as_admin().idempotent(key).post(&path, body).await;
    assert_eq!(first.bytes, second.bytes);
    assert_eq!(second.header("idempotent-replayed"), "true");
}

#[tokio::test]
async fn what_cannot_be_tested_is_refused() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let (email, campaign) = bare(&app).await;
    let path = format!("{campaign}/test-sends");
    let many: Vec<String> = (0..11).map(|n| format!("p{n}@example.test")).collect();
    for (body, place) in [
        (json!({}), "addresses"),
        (json!({ "addresses": [] }), "addresses"),
        (json!({ "addresses": many }), "addresses"),
        (json!({ "addresses": ["me@example.test", "nobody"] }), "addresses[1]"),
        (json!({ "addresses": ["me@example.test", "ME@example.test"] }), "addresses[1]"),
        (json!({ "addresses": ["me@example.test"], "profileId": "x" }), "profileId"),
    ] {
        let answer = admin.post(&path, body).await;
        assert_eq!(answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID")["details"]["path"], place);
    }
    let nobody = json!({ "addresses": ["me@example.test"], "profileId": "00000000-0000-4000-8000-000000000000" });
    admin.post(&path, nobody).await.refused(404, "JOURNEY_API.PUBLIC.PROFILES.NOT_FOUND");

    let mine = json!({ "addresses": ["me@example.test"] });
    let mail = ready(&app, DirectMail).await;
    let answer = admin.post(&mail.path("/test-sends"), mine.clone()).await;
    answer.refused(400, "JOURNEY_API.SCHEDULE.INVALID_FOR_CHANNEL");
    let empty = json!({ "campaignType": "broadcast", "name": "E", "channel": "email" });
    let empty = admin.post("/campaigns", empty).await.data()["id"].as_str().unwrap().to_owned();
    let answer = admin.post(&format!("/campaigns/{empty}/test-sends"), mine.clone()).await;
    answer.refused(409, "JOURNEY_API.PUBLIC.CAMPAIGNS.CONTENT.REQUIRED");
    admin.post(&format!("{campaign}/archive"), json!({})).await.data();
    admin.post(&path, mine.clone()).await.refused(409, "JOURNEY_API.PUBLIC.CAMPAIGNS.ARCHIVED");

    // Another campaign's test is not this one's.
    let test = admin.post(&email.path("/test-sends"), mine).await.data()["testSendId"].clone();
    let elsewhere = format!("{campaign}/test-sends/{}", test.as_str().unwrap());
    admin.get(&elsewhere).await.refused(404, "JOURNEY_API.PUBLIC.TEST_SENDS.NOT_FOUND");
}

#[tokio::test]
async fn an_address_that_nobody_has_shows_a_sample_only_to_those_who_may_read_people() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        for (channel, own, unknown) in [
            (Email, "reader2@example.test", "me@example.test"),
            (Sms, "+49301234562", "+4930999999"),
            (Push, "token-8", "token-9"),
        ] {
            let draft = ready(&app, channel).await;
            let path = draft.path("/test-sends");
            let fields = |test: &Value| {
                let people = test["recipients"].as_array().unwrap().iter();
                people.map(|one| one["fields"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            };
            // A device token is never looked up.
            let known = if channel == Push { "sample" } else { "recipient" };
            let body = json!({ "addresses": [own, unknown] });
            let test = app.as_admin().post(&path, body.clone()).await.data().clone();
            assert_eq!(fields(&test), [known, "sample"]);
            assert_eq!((&test["profileId"], &test["warnings"]), (&Value::Null, &json!([])), "who it is, is not told");
            let shown = app.as_admin().get(&format!("{path}/{}", test["testSendId"].as_str().unwrap())).await;
            assert_eq!(shown.data(), &test);

            let sender = app.token(&[Scope::CampaignsSend]).await;
            let test = app.request(Method::POST, &path, &sender, Some(body)).await;
            let known = if channel == Push { "none" } else { "recipient" };
            assert_eq!(fields(test.data()), [known, "none"], "campaigns:send alone reads nobody");
            assert_eq!(test.data()["warnings"][0]["code"], "TEST_FIELDS_EMPTY");
            let message = test.data()["warnings"][0]["message"].as_str().unwrap();
            assert!(message.contains("profileId") && message.contains("cdp:profiles:read"), "{message}");
        }
        let (_, campaign) = bare(&app).await;
        let mine = json!({ "addresses": ["me@example.test"] });
        let alone = app.as_admin().post(&format!("{campaign}/test-sends"), mine).await;
        assert_eq!(alone.data()["recipients"][0]["fields"], "none", "no audience, no sample");
        assert_eq!(alone.data()["warnings"][0]["code"], "TEST_FIELDS_EMPTY");
    }
}

#[tokio::test]
async fn a_channel_without_a_way_out_blocks_a_test_too() {
    let app = TestApp::with_channels(&[Sms]).await;
    let (_, campaign) = bare(&app).await;
    let body = json!({ "addresses": ["me@example.test"] });
    let answer = app.as_admin().post(&format!("{campaign}/test-sends"), body).await;
    let error = answer.refused(400, "JOURNEY_API.BROADCASTS.SCHEDULE.PREFLIGHT_BLOCKERS");
    let codes: Vec<&Value> = error["details"]["issues"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, [&json!("CHANNEL_NOT_CONFIGURED")], "audience and schedule are not asked for");
}

#[tokio::test]
async fn every_digital_channel_can_be_tested() {
    let app = TestApp::new().await;
    for (channel, address, normal) in [(Sms, "0049 30 1234567", "+49301234567"), (Push, "token-9", "token-9")] {
        let ready = ready(&app, channel).await;
        let made = app.as_admin().post(&ready.path("/test-sends"), json!({ "addresses": [address] })).await;
        assert_eq!(made.data()["recipients"][0]["address"], normal);
    }
}

#[tokio::test]
async fn whoever_may_not_read_people_shows_nobodys_fields_to_an_address_that_nobody_has() {
    let app = TestApp::new().await;
    let ready = ready(&app, Email).await;
    let token = app.token(&[Scope::CampaignsSend]).await;
    let body = json!({ "addresses": ["stranger@elsewhere.test"] });
    let made = app.request(Method::POST, &ready.path("/test-sends"), &token, Some(body)).await;
    assert_eq!((made.status, &made.data()["profileId"]), (201, &Value::Null), "{}", made.json);
}
