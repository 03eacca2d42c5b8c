//! `PUT /campaigns/{id}/schedule`: the seed page's part "Set Schedule Intent" and "Schedule Object Variants".

#![cfg(test)]

mod support;

use axum::http::Method;
use postrider_core::channel::ChannelKind::{DirectMail, Email, Push, Sms};
use postrider_core::id::CampaignId;
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use serde_json::{Value, json};
use support::{TestAnswer, TestApp};

const NOT_FOUND: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.NOT_FOUND";
const NOT_DRAFT: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.NOT_DRAFT";
const SEND_AT_REQUIRED: &str = "JOURNEY_API.SCHEDULE.SEND_AT_REQUIRED";
const SEND_AT_INVALID: &str = "JOURNEY_API.SCHEDULE.SEND_AT_INVALID";
const BATCH_DATE_REQUIRED: &str = "JOURNEY_API.SCHEDULE.BATCH_DATE_REQUIRED";
const BATCH_DATE_INVALID: &str = "JOURNEY_API.SCHEDULE.BATCH_DATE_INVALID";
const UNSUPPORTED_CHANNEL: &str = "JOURNEY_API.SCHEDULE.UNSUPPORTED_CHANNEL";
const TIMEZONE_INVALID: &str = "JOURNEY_API.SCHEDULE.TIMEZONE_INVALID";
const REQUEST_INVALID: &str = "JOURNEY_API.VALIDATION.REQUEST_INVALID";

/// The page's example of email.
fn email_example() -> Value {
    json!({ "mode": "at", "sendAt": "2026-05-01T09:00:00.000Z", "timezone": "America/New_York" })
}

/// The page's example of direct mail.
fn mail_example() -> Value {
    json!({ "mode": "batch_on_date", "batchDate": "2026-05-01", "timezone": "America/New_York" })
}

async fn put(app: &TestApp, campaign: &str, body: Value) -> TestAnswer {
    app.as_admin().put(&format!("/campaigns/{campaign}/schedule"), body).await
}

/// The schedule object without what the page does not have.
fn page_part(answer: &TestAnswer) -> Value {
    let mut schedule = answer.data()["schedule"].clone();
    schedule.as_object_mut().unwrap().remove("resolution");
    schedule
}

#[tokio::test]
async fn the_examples_of_the_page_answer_its_variants() {
    let app = TestApp::new().await;
    let email = app.draft(Email).await;
    let put_email = put(&app, &email, email_example()).await;
    assert_eq!(put_email.status, 200);
    assert_eq!(
        page_part(&put_email),
        json!({
            "kind": "digital_send",
            "mode": "at",
            "sendAt": "2026-05-01T09:00:00.000Z",
            "timezone": "America/New_York",
            "scheduled": true
        })
    );
    let resolution = &put_email.data()["schedule"]["resolution"];
    assert_eq!(resolution["instant"], "2026-05-01T09:00:00.000Z");
    assert_eq!(resolution["localTime"], "2026-05-01T05:00:00");
    assert_eq!(resolution["offset"], "-04:00");
    assert_eq!(resolution["rule"], "exact");
    assert!(resolution["tzdbVersion"].as_str().unwrap().starts_with("20"));

    let mail = app.draft(DirectMail).await;
    let put_mail = put(&app, &mail, mail_example()).await;
    assert_eq!(put_mail.status, 200);
    assert_eq!(
        page_part(&put_mail),
        json!({
            "kind": "direct_mail_batch",
            "mode": "batch_on_date",
            "batchDate": "2026-05-01",
            "timezone": "America/New_York",
            "timezoneSource": "request",
            "scheduled": true
        })
    );

    // The same shape as Get Campaign, and nothing but the intent has changed.
    for (campaign, answer) in [(&email, &put_email), (&mail, &put_mail)] {
        let read = app.as_admin().get(&format!("/campaigns/{campaign}")).await;
        assert_eq!(read.data(), answer.data());
        assert_eq!(read.data()["authoringStatus"], "draft");
        assert_eq!(read.data()["executionStatus"], "not_scheduled");
    }
}

#[tokio::test]
async fn zones_come_from_request_tenant_or_utc() {
    let app = TestApp::new().await;
    let mail = app.draft(DirectMail).await;
    let without = json!({ "mode": "batch_on_date", "batchDate": "2026-05-01", "timezone": null });
    let fallback = put(&app, &mail, without.clone()).await;
    assert_eq!(page_part(&fallback)["timezone"], "UTC");
    assert_eq!(page_part(&fallback)["timezoneSource"], "utc_fallback");
    app.as_admin().patch("/tenant", json!({ "defaultTimezone": "Europe/Berlin" })).await.data();
    let tenants = put(&app, &mail, without).await;
    assert_eq!(page_part(&tenants)["timezone"], "Europe/Berlin");
    assert_eq!(page_part(&tenants)["timezoneSource"], "tenant_default");
    // Digital channels default to UTC whatever the tenant says, and wall-clock time is time in the zone.
    let email = app.draft(Email).await;
    let utc = put(&app, &email, json!({ "mode": "at", "sendAt": "2026-05-01T09:00" })).await;
    assert_eq!(page_part(&utc)["timezone"], "UTC");
    assert_eq!(page_part(&utc)["sendAt"], "2026-05-01T09:00:00.000Z");
    let local = json!({ "mode": "at", "sendAt": "2026-05-01T09:00", "timezone": "america/new_york" });
    let local = put(&app, &email, local).await;
    assert_eq!(page_part(&local)["timezone"], "America/New_York");
    assert_eq!(page_part(&local)["sendAt"], "2026-05-01T13:00:00.000Z");
    let gap = json!({ "mode": "at", "sendAt": "2026-03-29T02:30", "timezone": "Europe/Berlin" });
    let gap = put(&app, &email, gap).await;
    assert_eq!(gap.data()["schedule"]["resolution"]["rule"], "gap_shifted");
    assert_eq!(gap.data()["schedule"]["resolution"]["localTime"], "2026-03-29T03:30:00");
}

#[tokio::test]
async fn mode_now_is_stored_without_a_time_on_every_digital_channel() {
    let app = TestApp::new().await;
    for channel in [Email, Sms, Push] {
        let campaign = app.draft(channel).await;
        let answer = put(&app, &campaign, json!({ "mode": "now", "sendAt": null, "batchDate": null })).await;
        let expected = json!({
            "kind": "digital_send", "mode": "now", "sendAt": null, "timezone": "UTC", "scheduled": true
        });
        assert_eq!(answer.data()["schedule"], expected);
    }
}

#[tokio::test]
async fn every_error_of_the_table_comes_with_its_path() {
    let app = TestApp::new().await;
    let email = app.draft(Email).await;
    let mail = app.draft(DirectMail).await;
    let at = |time: &str| json!({ "mode": "at", "sendAt": time });
    let on = |date: &str| json!({ "mode": "batch_on_date", "batchDate": date });
    let cases = [
        (&email, json!({ "mode": "at" }), SEND_AT_REQUIRED, "sendAt"),
        (&email, json!({ "mode": "at", "sendAt": null }), SEND_AT_REQUIRED, "sendAt"),
        (&email, at("tomorrow"), SEND_AT_INVALID, "sendAt"),
        (&email, at(""), SEND_AT_INVALID, "sendAt"),
        (&email, at("2026-05-01"), SEND_AT_INVALID, "sendAt"),
        (&email, at("2026-06-30T23:59:60Z"), SEND_AT_INVALID, "sendAt"),
        (&email, at("2026-02-28T12:00:00Z"), SEND_AT_INVALID, "sendAt"),
        (&mail, json!({ "mode": "batch_on_date" }), BATCH_DATE_REQUIRED, "batchDate"),
        (&mail, on("01.05.2026"), BATCH_DATE_INVALID, "batchDate"),
        (&mail, on("2026-02-30"), BATCH_DATE_INVALID, "batchDate"),
        (&mail, on("2026-02-28"), BATCH_DATE_INVALID, "batchDate"),
        (&email, on("2026-05-01"), UNSUPPORTED_CHANNEL, "mode"),
        (&mail, at("2026-05-01T09:00:00Z"), UNSUPPORTED_CHANNEL, "mode"),
        (&mail, json!({ "mode": "now" }), UNSUPPORTED_CHANNEL, "mode"),
        (&email, json!({ "mode": "at", "batchDate": "2026-05-01" }), UNSUPPORTED_CHANNEL, "batchDate"),
        (&mail, json!({ "mode": "batch_on_date", "sendAt": "x" }), UNSUPPORTED_CHANNEL, "sendAt"),
        (
            &email,
            json!({ "mode": "at", "sendAt": "2026-05-01T09:00:00Z", "timezone": "Mars/Olympus" }),
            TIMEZONE_INVALID,
            "timezone",
        ),
        (&email, json!({}), REQUEST_INVALID, "mode"),
        (&email, json!({ "mode": "later" }), REQUEST_INVALID, "mode"),
        (&email, json!({ "mode": "at", "sendAt": 7 }), REQUEST_INVALID, "sendAt"),
        (&email, json!({ "mode": "now", "sendat": "x" }), REQUEST_INVALID, "sendat"),
    ];
    for (campaign, body, code, path) in cases {
        let answer = put(&app, campaign, body.clone()).await;
        let error = answer.refused(400, code);
        assert_eq!(error["details"]["path"], path, "{body}");
        assert!(error["message"].as_str().unwrap().starts_with(&format!("{path}: ")), "{body}");
        assert!(!error["remediation"].as_str().unwrap().is_empty());
        if let Some(value) = body.get(path) {
            assert!(&error["details"]["value"] == value || code == REQUEST_INVALID, "{body}: {error}");
        }
    }
    for campaign in [email, mail] {
        let read = app.as_admin().get(&format!("/campaigns/{campaign}")).await;
        assert_eq!(read.data()["schedule"], Value::Null, "a refusal changes nothing");
    }
}

#[tokio::test]
async fn today_is_a_batch_date_until_the_cutoff() {
    let app = TestApp::new().await;
    let mail = app.draft(DirectMail).await;
    let today = json!({ "mode": "batch_on_date", "batchDate": "2026-03-01" });
    assert_eq!(put(&app, &mail, today.clone()).await.status, 200);
    app.clock.set(Timestamp::parse("2026-03-01T17:00:00Z").unwrap());
    put(&app, &mail, today).await.refused(400, BATCH_DATE_INVALID);
}

#[tokio::test]
async fn only_drafts_of_the_own_tenant_can_be_scheduled() {
    let app = TestApp::new().await;
    let campaign = app.draft(Email).await;
    let path = format!("/campaigns/{campaign}/schedule");
    let stranger = app.another_tenant().await;
    app.admin_of(stranger).put(&path, email_example()).await.refused(404, NOT_FOUND);
    app.as_admin()
        .put("/campaigns/4130bada-9264-465f-bc0c-a26bebcfcc81/schedule", email_example())
        .await
        .refused(404, NOT_FOUND);
    app.as_admin().put("/campaigns/no-uuid/schedule", email_example()).await.refused(404, NOT_FOUND);
    let token = app.token(&[Scope::CampaignsRead, Scope::CampaignsSchedule]).await;
    let refused = app.request(Method::PUT, &path, &token, Some(email_example())).await;
    let error = refused.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
    assert_eq!(error["details"]["required"], "campaigns:update");

    let (tenant, id): (_, CampaignId) = (app.tenant(), campaign.parse().unwrap());
    let at = Timestamp::from_millis(0);
    app.store.write("test.publish", move |tx| tx.campaign_publish(tenant, id, at)).await.unwrap();
    // Draft comes before mode, field and value: a body guilty of more hears of the draft.
    for body in [email_example(), json!({ "mode": "batch_on_date" }), json!({ "mode": "at", "sendAt": "x" })] {
        put(&app, &campaign, body).await.refused(409, NOT_DRAFT);
    }
    put(&app, &campaign, json!({ "mode": "x" })).await.refused(400, REQUEST_INVALID);
}
