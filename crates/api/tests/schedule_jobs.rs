//! Schedule jobs and send jobs: every example of the seed page, every code of its table, and our decisions.

#![cfg(test)]

mod support;

use axum::http::Method;
use postrider_core::channel::ChannelKind;
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::TestApp;
use support::ready::{Ready, ready};

const PREFIX: &str = "JOURNEY_API.";

async fn refused(app: &TestApp, path: &str, body: Value, status: u16, code: &str) {
    app.as_admin().post(path, body).await.refused(status, &format!("{PREFIX}{code}"));
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn is_uuid(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<uuid::Uuid>().is_ok())
}

async fn status(app: &TestApp, ready: &Ready) -> (Value, Value) {
    let status = app.as_admin().get(&ready.path("/status")).await.data().clone();
    (status["authoringStatus"].clone(), status["executionStatus"].clone())
}

#[tokio::test]
async fn a_digital_job_answers_as_the_seed_page_shows() {
    let app = TestApp::new().await;
    let ready = ready(&app, ChannelKind::Email).await;
    let body = json!({ "sendAt": "2026-05-01T09:00:00.000Z", "timezone": "America/New_York" });
    let answer = app.as_admin().post(&ready.path("/schedule-jobs"), body).await;
    assert_eq!(answer.status, 201);
    let data = answer.data();
    let expected = [
        "bindings",
        "journeyId",
        "manifestId",
        "scheduleId",
        "sendAt",
        "status",
        "timezone",
        "touchpointId",
        "versionId",
        "warnings",
    ];
    assert_eq!(keys(data), expected);
    assert_eq!(data["journeyId"], ready.campaign.as_str());
    assert_eq!((&data["status"], &data["sendAt"]), (&json!("published"), &json!("2026-05-01T09:00:00.000Z")));
    assert_eq!((&data["timezone"], &data["touchpointId"]), (&json!("America/New_York"), &json!(1)));
    let binding = &data["bindings"][0];
    let expected =
        ["channel", "journey_version_id", "manifest_id", "node_key", "placeholder_manifest_id", "touchpoint_id"];
    assert_eq!(keys(binding), expected);
    assert_eq!((&binding["node_key"], &binding["channel"]), (&json!("send_1"), &json!("email")));
    assert_eq!((&binding["journey_version_id"], &binding["manifest_id"]), (&data["versionId"], &data["manifestId"]));
    assert_eq!((&binding["placeholder_manifest_id"], &binding["touchpoint_id"]), (&Value::Null, &json!(1)));
    assert!(is_uuid(&data["scheduleId"]) && is_uuid(&data["manifestId"]) && is_uuid(&data["versionId"]));
    // 09:00Z is 05:00 in New York: both readings are told.
    assert_eq!(data["warnings"][0]["code"], "OFFSET_DIFFERS_FROM_TIMEZONE");
    assert_eq!(status(&app, &ready).await, (json!("published"), json!("scheduled")));
}

#[tokio::test]
async fn a_direct_mail_job_answers_as_the_seed_page_shows() {
    let app = TestApp::new().await;
    let ready = ready(&app, ChannelKind::DirectMail).await;
    let body = json!({ "batchDate": "2026-05-01", "timezone": "America/New_York" });
    let answer = app.as_admin().post(&ready.path("/schedule-jobs"), body).await;
    assert_eq!(answer.status, 201);
    let data = answer.data();
    let expected = [
        "batchDate",
        "bindings",
        "journeyId",
        "manifestId",
        "scheduleId",
        "status",
        "timezone",
        "touchpointId",
        "versionId",
        "warnings",
    ];
    assert_eq!(keys(data), expected);
    assert_eq!((&data["batchDate"], &data["timezone"]), (&json!("2026-05-01"), &json!("America/New_York")));
    assert_eq!(data["bindings"][0]["channel"], "direct_mail");
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_its_plan_can_be_committed() {
    let app = TestApp::new().await;
    let ready = ready(&app, ChannelKind::Email).await;
    let body = json!({ "sendAt": "2026-05-01T09:00:00.000Z", "dryRun": true });
    let answer = app.as_admin().post(&ready.path("/schedule-jobs"), body.clone()).await;
    assert_eq!(answer.status, 200);
    let data = answer.data();
    assert_eq!(keys(data), ["bindings", "dryRun", "journeyId", "plan", "status", "versionId", "warnings"]);
    assert_eq!((&data["dryRun"], &data["status"]), (&json!(true), &json!("published")));
    assert!(is_uuid(&data["bindings"][0]["manifest_id"]));
    let plan = &data["plan"];
    assert_eq!(keys(plan), ["audience", "digest", "predictedFinishAt", "resolution", "samples"]);
    let audience = json!({ "matched": 2, "excluded": 0, "suppressed": 0, "unreachable": 0, "targeted": 2 });
    assert_eq!(plan["audience"], audience);
    assert_eq!(status(&app, &ready).await, (json!("draft"), json!("not_scheduled")));
    let jobs = app.as_admin().get(&ready.path("/schedule-jobs")).await;
    assert_eq!(jobs.data()["items"], json!([]));

    let digest = plan["digest"].clone();
    let other = json!({ "sendAt": "2026-05-01T10:00:00.000Z", "expectPlan": digest });
    let refusal = app.as_admin().post(&ready.path("/schedule-jobs"), other).await;
    let details = &refusal.refused(409, "JOURNEY_API.SCHEDULE.PLAN_CHANGED")["details"];
    assert_eq!(details["changes"][0]["part"], "resolution");
    let same = json!({ "sendAt": "2026-05-01T09:00:00.000Z", "expectPlan": digest });
    assert_eq!(app.as_admin().post(&ready.path("/schedule-jobs"), same).await.status, 201);
}

#[tokio::test]
async fn a_dry_run_counts_whom_the_suppression_list_spares_by_address_and_by_domain() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let ready = ready(&app, ChannelKind::Email).await;
        for (address, suppressed) in [("reader1@example.test", 1), ("example.test", 2)] {
            let entry = json!({ "channel": "email", "address": address, "reason": "manual" });
            app.as_admin().post("/suppressions", entry).await.data();
            let dry = app.as_admin().post(&ready.path("/send-jobs"), json!({ "dryRun": true })).await;
            let audience = dry.data()["plan"]["audience"].clone();
            assert_eq!((&audience["suppressed"], &audience["targeted"]), (&json!(suppressed), &json!(2 - suppressed)));
        }
    }
}

#[tokio::test]
async fn a_send_job_is_due_now_and_its_dry_run_commits_nothing() {
    let app = TestApp::new().await;
    for channel in [ChannelKind::Email, ChannelKind::Sms, ChannelKind::Push] {
        let ready = ready(&app, channel).await;
        let dry = app.as_admin().post(&ready.path("/send-jobs"), json!({ "dryRun": true })).await;
        assert_eq!((dry.status, &dry.data()["dryRun"]), (200, &json!(true)));
        let answer = app.as_admin().post(&ready.path("/send-jobs"), json!({})).await;
        assert_eq!(answer.status, 201);
        assert_eq!(answer.data()["sendAt"], "2026-03-01T12:00:00.000Z");
        assert_eq!(answer.data()["timezone"], "UTC");
    }
    let mail = ready(&app, ChannelKind::DirectMail).await;
    refused(&app, &mail.path("/send-jobs"), json!({}), 400, "SCHEDULE.INVALID_FOR_CHANNEL").await;
}

#[tokio::test]
async fn every_code_of_the_execution_table_can_be_met() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let nowhere = format!("/campaigns/{}/schedule-jobs", uuid::Uuid::nil());
    refused(&app, &nowhere, json!({}), 404, "PUBLIC.CAMPAIGNS.NOT_FOUND").await;
    refused(&app, "/campaigns/nonsense/send-jobs", json!({}), 404, "PUBLIC.CAMPAIGNS.NOT_FOUND").await;
    let bare = json!({ "campaignType": "broadcast", "name": "Bare", "channel": "email" });
    let bare = admin.post("/campaigns", bare).await.data()["id"].as_str().unwrap().to_owned();
    let path = format!("/campaigns/{bare}/schedule-jobs");
    refused(&app, &path, json!({}), 409, "PUBLIC.CAMPAIGNS.CONTENT.REQUIRED").await;

    let email = ready(&app, ChannelKind::Email).await;
    let template = json!({ "templateId": email.template });
    admin.put(&format!("/campaigns/{bare}/content"), template).await.data();
    refused(&app, &path, json!({}), 409, "PUBLIC.CAMPAIGNS.AUDIENCE.REQUIRED").await;

    let path = email.path("/schedule-jobs");
    let cases = [
        (json!({}), "SCHEDULE.SEND_AT_REQUIRED"),
        (json!({ "sendAt": null, "timezone": null }), "SCHEDULE.SEND_AT_REQUIRED"),
        (json!({ "sendAt": "soon" }), "SCHEDULE.SEND_AT_INVALID"),
        (json!({ "sendAt": "2026-02-01T09:00:00Z" }), "SCHEDULE.SEND_AT_INVALID"),
        (json!({ "sendAt": "2026-12-31T23:59:60Z" }), "SCHEDULE.SEND_AT_INVALID"),
        (json!({ "batchDate": "2026-05-01" }), "SCHEDULE.UNSUPPORTED_CHANNEL"),
        (json!({ "sendAt": "2026-05-01T09:00", "timezone": "Mars/Olympus" }), "SCHEDULE.TIMEZONE_INVALID"),
        (json!({ "sendAt": 5 }), "VALIDATION.REQUEST_INVALID"),
        (json!({ "sendAtt": "2026-05-01T09:00:00Z" }), "VALIDATION.REQUEST_INVALID"),
        (json!({ "policy": { "onMissed": "perhaps" } }), "VALIDATION.REQUEST_INVALID"),
    ];
    for (body, code) in cases {
        refused(&app, &path, body, 400, code).await;
    }
    let mail = ready(&app, ChannelKind::DirectMail).await;
    let path = mail.path("/schedule-jobs");
    let cases = [
        (json!({}), "SCHEDULE.BATCH_DATE_REQUIRED"),
        (json!({ "batchDate": "2026-13-01" }), "SCHEDULE.BATCH_DATE_INVALID"),
        (json!({ "batchDate": "2026-02-28" }), "SCHEDULE.BATCH_DATE_INVALID"),
        (json!({ "sendAt": "2026-05-01T09:00:00Z" }), "SCHEDULE.UNSUPPORTED_CHANNEL"),
    ];
    for (body, code) in cases {
        refused(&app, &path, body, 400, code).await;
    }
    let body = json!({ "sendAt": "2026-05-01T09:00:00Z" });
    admin.post(&email.path("/schedule-jobs"), body.clone()).await.data();
    refused(&app, &email.path("/schedule-jobs"), body, 409, "PUBLIC.CAMPAIGNS.NOT_DRAFT").await;
    refused(&app, &email.path("/send-jobs"), json!({}), 409, "PUBLIC.CAMPAIGNS.NOT_DRAFT").await;
}

#[tokio::test]
async fn preflight_blockers_stop_a_job_and_are_told() {
    let app = TestApp::with_channels(&[ChannelKind::Sms]).await;
    let email = ready(&app, ChannelKind::Email).await;
    let answer = app.as_admin().post(&email.path("/send-jobs"), json!({})).await;
    let error = answer.refused(400, "JOURNEY_API.BROADCASTS.SCHEDULE.PREFLIGHT_BLOCKERS");
    let issues = error["details"]["issues"].as_array().unwrap();
    assert!(issues.iter().any(|issue| issue["code"] == "CHANNEL_NOT_CONFIGURED"), "{issues:?}");
    assert!(issues.iter().all(|issue| issue["severity"] == "blocker"), "{issues:?}");
    assert_eq!(status(&app, &email).await, (json!("draft"), json!("not_scheduled")));
}

#[tokio::test]
async fn scopes_are_told_apart() {
    let app = TestApp::new().await;
    let ready = ready(&app, ChannelKind::Email).await;
    for (rest, needed, other) in [
        ("/schedule-jobs", Scope::CampaignsSchedule, Scope::CampaignsSend),
        ("/send-jobs", Scope::CampaignsSend, Scope::CampaignsSchedule),
    ] {
        let token = app.token(&[other]).await;
        // Scope comes before shape: the body is nonsense and is not looked at.
        let answer = app.request(Method::POST, &ready.path(rest), &token, Some(json!({ "x": 1 }))).await;
        let error = answer.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
        assert_eq!(error["details"], json!({ "required": needed.as_str(), "granted": [other.as_str()] }));
    }
}

#[tokio::test]
async fn a_job_without_a_time_takes_the_saved_intent() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let email = ready(&app, ChannelKind::Email).await;
    let intent = json!({ "mode": "at", "sendAt": "2026-03-29T02:30", "timezone": "Europe/Berlin" });
    admin.put(&email.path("/schedule"), intent).await.data();
    let data = admin.post(&email.path("/schedule-jobs"), json!({})).await.data().clone();
    // 02:30 does not exist on that day: it moves forward by the gap.
    assert_eq!((&data["sendAt"], &data["timezone"]), (&json!("2026-03-29T01:30:00.000Z"), &json!("Europe/Berlin")));
    assert_eq!(data["warnings"][0]["code"], "TIMEZONE_GAP_SHIFTED");

    let now = ready(&app, ChannelKind::Email).await;
    admin.put(&now.path("/schedule"), json!({ "mode": "now" })).await.data();
    refused(&app, &now.path("/schedule-jobs"), json!({}), 400, "SCHEDULE.SEND_AT_REQUIRED").await;

    let past = ready(&app, ChannelKind::Email).await;
    let intent = json!({ "mode": "at", "sendAt": "2026-03-01T12:00:10Z" });
    admin.put(&past.path("/schedule"), intent).await.data();
    app.clock.advance(11_000);
    refused(&app, &past.path("/schedule-jobs"), json!({}), 400, "SCHEDULE.SEND_AT_INVALID").await;
}

#[tokio::test]
async fn a_job_is_listed_shown_and_taken_back_to_a_draft_that_keeps_its_intent() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let email = ready(&app, ChannelKind::Email).await;
    let intent = json!({ "mode": "at", "sendAt": "2026-05-01T09:00:00Z" });
    admin.put(&email.path("/schedule"), intent).await.data();
    let first = admin.post(&email.path("/schedule-jobs"), json!({})).await.data().clone();
    let job = email.path(&format!("/schedule-jobs/{}", first["scheduleId"].as_str().unwrap()));
    let shown = admin.get(&job).await.data().clone();
    assert_eq!((&shown["state"], &shown["scheduledFor"]), (&json!("scheduled"), &json!("2026-05-01T09:00:00.000Z")));
    let policy = json!({ "latestStart": "2026-05-02T09:00:00.000Z", "onMissed": "hold", "latestFinish": null,
        "onUncertain": "hold", "ratePerMinute": null });
    assert_eq!(shown["policy"], policy, "a stored job shows explicit values");
    assert_eq!(admin.get(&email.path("/schedule-jobs")).await.data()["items"], json!([shown]));

    let canceled = admin.delete(&job).await;
    assert_eq!((canceled.status, &canceled.data()["receipt"]), (200, &Value::Null));
    admin.delete(&job).await.refused(409, "JOURNEY_API.SCHEDULE.ALREADY_FINISHED");
    assert_eq!(status(&app, &email).await, (json!("draft"), json!("not_scheduled")));
    let campaign = admin.get(&email.path("")).await.data().clone();
    assert_eq!(campaign["schedule"]["sendAt"], "2026-05-01T09:00:00.000Z");
    let second = admin.post(&email.path("/schedule-jobs"), json!({})).await.data().clone();
    assert_ne!(second["versionId"], first["versionId"], "one version holds one job");
    assert_eq!(second["touchpointId"], 2);
}

#[tokio::test]
async fn nothing_of_another_tenant_is_there() {
    let app = TestApp::new().await;
    let email = ready(&app, ChannelKind::Email).await;
    let job = app.as_admin().post(&email.path("/send-jobs"), json!({})).await.data()["scheduleId"].clone();
    let stranger = app.admin_of(app.another_tenant().await);
    let job = email.path(&format!("/schedule-jobs/{}", job.as_str().unwrap()));
    let campaign_not_found = "JOURNEY_API.PUBLIC.CAMPAIGNS.NOT_FOUND";
    for rest in ["/status", "/metrics", "/deliveries", "/reconciliation", "/schedule-jobs"] {
        stranger.get(&email.path(rest)).await.refused(404, campaign_not_found);
    }
    stranger.get(&job).await.refused(404, campaign_not_found);
    stranger.delete(&job).await.refused(404, campaign_not_found);
    stranger.post(&email.path("/send-jobs"), json!({})).await.refused(404, campaign_not_found);
    stranger.post(&email.path("/schedule-jobs"), json!({})).await.refused(404, campaign_not_found);
}
