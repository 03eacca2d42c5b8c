//! Which time a campaign shows: that of its job once there is one, wherever it is looked at.

#![cfg(test)]

mod support;

use postrider_core::channel::ChannelKind::{self, DirectMail, Email, Push, Sms};
use postrider_core::time::Timestamp;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::TestApp;
use support::ready::{Ready, ready};

async fn both(test: impl AsyncFn(TestApp)) {
    for database in [Database::Sqlite, Database::Postgres] {
        test(TestApp::on(database).await).await;
    }
}

/// The schedule of a campaign; every answer that shows it must agree.
async fn shown(app: &TestApp, draft: &Ready) -> Value {
    let admin = app.as_admin();
    let schedule = admin.get(&draft.path("")).await.data()["schedule"].clone();
    for part in ["/summary", "/status"] {
        assert_eq!(admin.get(&draft.path(part)).await.data()["schedule"], schedule, "{part}");
    }
    let patched = admin.patch(&draft.path(""), json!({ "description": "Looked at" })).await;
    assert_eq!(patched.data()["schedule"], schedule, "PATCH");
    let list = admin.get("/campaigns?limit=100").await;
    let listed = list.data()["items"].as_array().unwrap().iter().find(|it| it["id"] == draft.campaign.as_str());
    assert_eq!(listed.unwrap()["schedule"], schedule, "list");
    schedule
}

async fn scheduled_for(app: &TestApp, draft: &Ready) -> Value {
    let summary = app.as_admin().get(&draft.path("/summary")).await.data()["scheduledFor"].clone();
    let status = app.as_admin().get(&draft.path("/status")).await;
    assert_eq!(status.data()["execution"]["scheduledFor"], summary);
    summary
}

async fn committed(app: &TestApp, draft: &Ready, body: Value) -> String {
    let job = app.as_admin().post(&draft.path("/schedule-jobs"), body).await;
    assert_eq!(job.status, 201, "{}", job.json);
    draft.path(&format!("/schedule-jobs/{}", job.data()["scheduleId"].as_str().unwrap()))
}

fn digital(send_at: &str, timezone: &str) -> Value {
    json!({ "kind": "digital_send", "mode": "at", "sendAt": send_at, "timezone": timezone, "scheduled": true })
}

fn without_resolution(mut schedule: Value) -> Value {
    schedule.as_object_mut().unwrap().remove("resolution").expect("a resolution");
    schedule
}

#[tokio::test]
async fn a_committed_campaign_shows_the_time_of_its_job_and_a_draft_its_intent() {
    both(async |app| {
        let admin = app.as_admin();
        for channel in [Email, Sms, Push] {
            let draft = ready(&app, channel).await;
            assert_eq!(shown(&app, &draft).await, Value::Null);
            let other = ready(&app, channel).await;
            let request = json!({ "sendAt": "2026-05-01T09:00", "timezone": "Europe/Berlin" });
            let job = committed(&app, &draft, request).await;
            let berlin = shown(&app, &draft).await;
            assert_eq!(berlin["resolution"]["localTime"], "2026-05-01T09:00:00");
            assert_eq!(without_resolution(berlin), digital("2026-05-01T07:00:00.000Z", "Europe/Berlin"));
            assert_eq!(scheduled_for(&app, &draft).await, "2026-05-01T07:00:00.000Z");
            assert_eq!(shown(&app, &other).await, Value::Null, "another campaign's job is not this one's");

            admin.patch(&job, json!({ "sendAt": "2026-05-02T10:30" })).await.data();
            let moved = without_resolution(shown(&app, &draft).await);
            assert_eq!(moved, digital("2026-05-02T08:30:00.000Z", "Europe/Berlin"));
            assert_eq!(scheduled_for(&app, &draft).await, "2026-05-02T08:30:00.000Z");

            admin.delete(&job).await.data();
            assert_eq!(shown(&app, &draft).await, Value::Null, "taken back, nothing was ever saved");
            let intent = json!({ "mode": "at", "sendAt": "2026-06-01T09:00Z" });
            let saved = admin.put(&draft.path("/schedule"), intent).await.data()["schedule"].clone();
            let job = committed(&app, &draft, json!({ "sendAt": "2026-07-01T09:00Z" })).await;
            let other_time = digital("2026-07-01T09:00:00.000Z", "UTC");
            assert_eq!(without_resolution(shown(&app, &draft).await), other_time, "not the saved one");
            admin.delete(&job).await.data();
            assert_eq!(shown(&app, &draft).await, saved, "the intent again");
        }
    })
    .await;
}

#[tokio::test]
async fn a_batch_shows_the_date_of_its_job() {
    both(async |app| {
        let draft = ready(&app, DirectMail).await;
        let intent = json!({ "mode": "batch_on_date", "batchDate": "2026-05-01", "timezone": "America/New_York" });
        app.as_admin().put(&draft.path("/schedule"), intent).await.data();
        let job = committed(&app, &draft, json!({ "batchDate": "2026-05-04" })).await;
        let batch = |date: &str| {
            json!({ "kind": "direct_mail_batch", "mode": "batch_on_date", "batchDate": date,
                "timezone": "America/New_York", "timezoneSource": "request", "scheduled": true })
        };
        assert_eq!(without_resolution(shown(&app, &draft).await), batch("2026-05-04"));
        app.as_admin().patch(&job, json!({ "batchDate": "2026-05-05" })).await.data();
        assert_eq!(without_resolution(shown(&app, &draft).await), batch("2026-05-05"));
        app.as_admin().delete(&job).await.data();
        assert_eq!(without_resolution(shown(&app, &draft).await), batch("2026-05-01"));
    })
    .await;
}

#[tokio::test]
async fn a_send_job_shows_the_instant_at_which_it_was_asked_for() {
    let app = TestApp::new().await;
    let draft = ready(&app, Email).await;
    let intent = json!({ "mode": "at", "sendAt": "2026-05-01T09:00Z" });
    app.as_admin().put(&draft.path("/schedule"), intent).await.data();
    app.as_admin().post(&draft.path("/send-jobs"), json!({})).await.data();
    let expected = json!({ "kind": "digital_send", "mode": "now", "sendAt": "2026-03-01T12:00:00.000Z",
        "timezone": "UTC", "scheduled": true });
    assert_eq!(without_resolution(shown(&app, &draft).await), expected);
    assert_eq!(scheduled_for(&app, &draft).await, "2026-03-01T12:00:00.000Z");
}

#[tokio::test]
async fn what_is_committed_is_not_judged_again() {
    for channel in ChannelKind::ALL {
        let app = TestApp::new().await;
        let draft = ready(&app, channel).await;
        let request = if channel == DirectMail {
            json!({ "batchDate": "2026-05-01" })
        } else {
            json!({ "sendAt": "2026-05-01T09:00Z" })
        };
        committed(&app, &draft, request).await;
        app.clock.set(Timestamp::parse("2026-06-01T00:00:00Z").unwrap());
        let summary = app.as_admin().get(&draft.path("/summary")).await;
        assert_eq!(summary.data()["preflight"], json!({ "status": "not_applicable", "checks": [] }));
        let found = app.as_admin().post(&draft.path("/preflight"), json!({})).await;
        assert_eq!(found.status, 200);
        assert_eq!(found.data()["canPublish"], false);
        assert_eq!(found.data()["summary"], json!({ "blockers": 0, "warnings": 0, "info": 1 }));
        assert_eq!(found.data()["issues"][0]["code"], "NOT_DRAFT");
    }
}
