//! Times over HTTP: what is read, how it is told, and what new zone data change.

#![cfg(test)]

mod support;

use postrider_core::channel::ChannelKind;
use postrider_core::id::{CampaignId, ScheduleId};
use postrider_core::schedule::{JobState, TIMEZONE_CHANGED};
use postrider_core::time::{HOUR_MS, Timestamp};
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::ready::ready;
use support::{START, TestApp};

const SEND_AT_INVALID: &str = "JOURNEY_API.SCHEDULE.SEND_AT_INVALID";
const BATCH_DATE_INVALID: &str = "JOURNEY_API.SCHEDULE.BATCH_DATE_INVALID";
const TIMEZONE_INVALID: &str = "JOURNEY_API.SCHEDULE.TIMEZONE_INVALID";

fn warned(data: &Value) -> Vec<&str> {
    let codes = data["warnings"].as_array().unwrap().iter().map(|warning| warning["code"].as_str().unwrap());
    codes.filter(|code| code.contains("TIMEZONE")).collect()
}

/// PUT schedule, a dry run and the real call read a time alike, and tell it alike.
#[tokio::test]
async fn every_call_reads_a_time_alike() {
    let app = TestApp::new().await;
    let email = ready(&app, ChannelKind::Email).await;
    let new_york = "America/New_York";
    let cases = [
        ("2026-05-01T09:00", new_york, "2026-05-01T13:00:00.000Z", "2026-05-01T09:00:00", "-04:00", "exact", None),
        (
            "2026-05-01T09:00Z",
            "us/eastern",
            "2026-05-01T09:00:00.000Z",
            "2026-05-01T05:00:00",
            "-04:00",
            "exact",
            Some("OFFSET_DIFFERS_FROM_TIMEZONE"),
        ),
        ("2026-05-01T09:00-0400", new_york, "2026-05-01T13:00:00.000Z", "2026-05-01T09:00:00", "-04:00", "exact", None),
        (
            "2026-03-08T02:30",
            new_york,
            "2026-03-08T07:30:00.000Z",
            "2026-03-08T03:30:00",
            "-04:00",
            "gap_shifted",
            Some("TIMEZONE_GAP_SHIFTED"),
        ),
        (
            "2026-11-01t01:30:00,5",
            "america/NEW_YORK",
            "2026-11-01T05:30:00.500Z",
            "2026-11-01T01:30:00.500",
            "-04:00",
            "fold_first",
            Some("TIMEZONE_FOLD_FIRST"),
        ),
        (
            "2026-11-01 01:30:00-05",
            new_york,
            "2026-11-01T06:30:00.000Z",
            "2026-11-01T01:30:00",
            "-05:00",
            "exact",
            None,
        ),
        (
            "2026-10-04T02:15",
            "Australia/Lord_Howe",
            "2026-10-03T15:45:00.000Z",
            "2026-10-04T02:45:00",
            "+11:00",
            "gap_shifted",
            Some("TIMEZONE_GAP_SHIFTED"),
        ),
        (
            "2028-02-29T12:00",
            "Asia/Kathmandu",
            "2028-02-29T06:15:00.000Z",
            "2028-02-29T12:00:00",
            "+05:45",
            "exact",
            None,
        ),
        ("2026-05-01T09:00", "utc", "2026-05-01T09:00:00.000Z", "2026-05-01T09:00:00", "Z", "exact", None),
    ];
    for (text, zone, instant, local, offset, rule, warning) in cases {
        let body = json!({ "mode": "at", "sendAt": text, "timezone": zone });
        let put = app.as_admin().put(&email.path("/schedule"), body).await;
        let intent = &put.data()["schedule"];
        let dry = json!({ "sendAt": text, "timezone": zone, "dryRun": true });
        let dry = app.as_admin().post(&email.path("/schedule-jobs"), dry).await;
        let from_intent = app.as_admin().post(&email.path("/schedule-jobs"), json!({ "dryRun": true })).await;
        for resolution in
            [&intent["resolution"], &dry.data()["plan"]["resolution"], &from_intent.data()["plan"]["resolution"]]
        {
            assert_eq!(resolution["instant"], instant, "{text} in {zone}");
            assert_eq!(resolution["localTime"], local, "{text} in {zone}");
            assert_eq!(resolution["offset"], offset, "{text} in {zone}");
            assert_eq!(resolution["rule"], rule, "{text} in {zone}");
            assert!(resolution["tzdbVersion"].as_str().unwrap().starts_with("20"));
        }
        assert_eq!(intent["sendAt"], instant);
        assert!(intent["timezone"].as_str().unwrap().eq_ignore_ascii_case(zone));
        assert_eq!(warned(dry.data()), Vec::from_iter(warning), "{text} in {zone}");
        assert_eq!(warned(from_intent.data()), Vec::from_iter(warning), "{text} in {zone}");
    }
    let body = json!({ "sendAt": "2026-05-01T09:00:00.000Z", "timezone": new_york });
    let job = app.as_admin().post(&email.path("/schedule-jobs"), body).await;
    assert_eq!(warned(job.data()), ["OFFSET_DIFFERS_FROM_TIMEZONE"]);
    let message = job.data()["warnings"][0]["message"].as_str().unwrap();
    assert!(message.contains("2026-05-01T09:00:00.000Z") && message.contains("2026-05-01T05:00:00-04:00"), "{message}");
    let shown = app
        .as_admin()
        .get(&email.path(&format!("/schedule-jobs/{}", job.data()["scheduleId"].as_str().unwrap())))
        .await;
    assert_eq!(shown.data()["resolution"]["localTime"], "2026-05-01T05:00:00");
}

#[tokio::test]
async fn what_is_no_time_date_or_zone_is_refused_by_every_call() {
    let app = TestApp::new().await;
    let email = ready(&app, ChannelKind::Email).await;
    for text in [
        "2026-05-01T24:00Z",
        "2026-06-30T23:59:60Z",
        "2026-W18-5T09:00Z",
        "2026-121T09:00Z",
        "+002026-05-01T09:00Z",
        "-0001-05-01T09:00Z",
        "10000-01-01T00:00Z",
        "0000-01-01T00:00Z",
        "9999-12-31T00:00Z",
        "2026-05-01T09:00+25:00",
        "2026-05-01T09:00Z[Europe/Berlin]",
        "2026-05-01T09:00:00.1234567890Z",
        " 2026-05-01T09:00Z",
        "2026-05-01T09:00Z\n",
        "2026-05-01T０９:00Z",
        "2026-02-28T12:00Z",
        "2026-03-01T11:59:59.999Z",
        "2027-02-29T12:00",
        "",
    ] {
        let put = json!({ "mode": "at", "sendAt": text });
        let put = app.as_admin().put(&email.path("/schedule"), put).await;
        let job = app.as_admin().post(&email.path("/schedule-jobs"), json!({ "sendAt": text })).await;
        for answer in [put, job] {
            let error = answer.refused(400, SEND_AT_INVALID);
            assert_eq!((&error["details"]["path"], &error["details"]["value"]), (&json!("sendAt"), &json!(text)));
        }
    }
    for zone in
        ["", "EST6", "+02:00", "posixrules", "right/UTC", "localtime", "../etc/passwd", "Europe/Berlin ", "Etc/Unknown"]
    {
        let job = json!({ "sendAt": "2026-05-01T09:00", "timezone": zone });
        let answer = app.as_admin().post(&email.path("/schedule-jobs"), job).await;
        assert_eq!(answer.refused(400, TIMEZONE_INVALID)["details"]["value"], zone);
    }
    let mail = ready(&app, ChannelKind::DirectMail).await;
    for date in ["2026-02-28", "2026-02-29", "2026-W18-5", "2026-121", "2026-05-01T00:00", "20260501", "9999-12-31", ""]
    {
        let job = json!({ "batchDate": date, "timezone": "Europe/Berlin" });
        let answer = app.as_admin().post(&mail.path("/schedule-jobs"), job).await;
        assert_eq!(answer.refused(400, BATCH_DATE_INVALID)["details"]["value"], date);
    }
}

/// It is noon of the first of March in UTC: the second already in Kiritimati, and the first in Pago Pago.
#[tokio::test]
async fn a_day_without_midnight_is_told_and_today_is_the_zones() {
    let app = TestApp::new().await;
    let mail = ready(&app, ChannelKind::DirectMail).await;
    let dry = json!({ "batchDate": "2026-09-06", "timezone": "America/Santiago", "dryRun": true });
    let dry = app.as_admin().post(&mail.path("/schedule-jobs"), dry).await;
    assert_eq!(dry.data()["plan"]["resolution"]["localTime"], "2026-09-06T01:00:00");
    assert_eq!(dry.data()["plan"]["resolution"]["rule"], "gap_shifted");
    assert_eq!(warned(dry.data()), ["TIMEZONE_GAP_SHIFTED"]);
    for (zone, date, status) in [
        ("Pacific/Kiritimati", "2026-03-01", 400),
        ("Pacific/Kiritimati", "2026-03-02", 200),
        ("Pacific/Pago_Pago", "2026-03-01", 200),
        ("Pacific/Pago_Pago", "2026-02-28", 400),
        ("Asia/Tokyo", "2026-03-01", 400),
        ("Asia/Karachi", "2026-03-01", 400),
        ("Europe/London", "2026-03-01", 200),
    ] {
        let dry = json!({ "batchDate": date, "timezone": zone, "dryRun": true });
        let answer = app.as_admin().post(&mail.path("/schedule-jobs"), dry).await;
        assert_eq!(answer.status, status, "{date} in {zone}: {}", answer.json);
    }
}

/// The draft was saved when the zone data still said something else.
#[tokio::test]
async fn a_draft_shows_its_intent_by_the_zone_data_in_use() {
    let app = TestApp::new().await;
    let email = ready(&app, ChannelKind::Email).await;
    let body = json!({ "mode": "at", "sendAt": "2026-05-01T09:00", "timezone": "Europe/Berlin" });
    let put = app.as_admin().put(&email.path("/schedule"), body).await;
    let (tenant, campaign): (_, CampaignId) = (app.tenant(), email.campaign.parse().unwrap());
    let age = app.store.write("test", move |tx| {
        let mut intent = tx.campaign_get(tenant, campaign)?.unwrap().intent.unwrap();
        let resolution = intent.resolution.as_mut().unwrap();
        resolution.tzdb_version = "2020a".to_owned();
        resolution.instant = resolution.instant.plus_millis(HOUR_MS);
        intent.send_at = Some(resolution.instant);
        tx.campaign_set_intent(tenant, campaign, &intent, Timestamp::parse(START).unwrap())
    });
    assert!(age.await.unwrap());
    let read = app.as_admin().get(&email.path("")).await;
    assert_eq!(read.data()["schedule"], put.data()["schedule"]);
    let list = app.as_admin().get("/campaigns").await;
    assert_eq!(list.data()["items"][0]["schedule"], put.data()["schedule"]);
    for path in ["/summary", "/status"] {
        let shown = app.as_admin().get(&email.path(path)).await;
        assert_eq!(shown.data()["schedule"], put.data()["schedule"], "{path}");
    }
    let dry = app.as_admin().post(&email.path("/schedule-jobs"), json!({ "dryRun": true })).await;
    assert_eq!(dry.data()["plan"]["resolution"], put.data()["schedule"]["resolution"]);
}

/// A job that new zone data would move too far is held; the person reads why, and lets it go on or moves it.
#[tokio::test]
async fn a_person_decides_about_a_job_held_for_its_zone() {
    for database in [Database::Sqlite, Database::Postgres] {
        for moves in [false, true] {
            let app = TestApp::on(database).await;
            let email = ready(&app, ChannelKind::Email).await;
            let body = json!({ "sendAt": "2026-05-01T09:00", "timezone": "Europe/Berlin" });
            let made = app.as_admin().post(&email.path("/schedule-jobs"), body).await;
            let job = made.data()["scheduleId"].as_str().unwrap().to_owned();
            let (tenant, id): (_, ScheduleId) = (app.tenant(), job.parse().unwrap());
            let reason = format!("{TIMEZONE_CHANGED}: a sentence");
            let told = reason.clone();
            let hold = app.store.write("test", move |tx| {
                let found = tx.rezone_get(tenant, id)?.unwrap();
                let now = Timestamp::parse(START).unwrap();
                tx.campaign_set_execution_status(tenant, found.campaign, JobState::Held.execution_status(false), now)?;
                tx.rezone_put(&found, &found.time, JobState::Held, Some(&told))
            });
            assert!(hold.await.unwrap());
            let status = app.as_admin().get(&email.path("/status")).await;
            assert_eq!(status.data()["executionStatus"], "held");
            assert_eq!(status.data()["execution"]["blockedReason"], reason.as_str());
            if moves {
                let other = json!({ "sendAt": "2026-05-01T10:00" });
                app.as_admin().patch(&email.path(&format!("/schedule-jobs/{job}")), other).await.data();
            } else {
                app.as_admin().post(&email.path("/resume"), json!({})).await.data();
            }
            let status = app.as_admin().get(&email.path("/status")).await;
            assert_eq!(status.data()["executionStatus"], "scheduled", "it waits for its time");
            assert_eq!(status.data()["execution"]["blockedReason"], Value::Null);
            let due = if moves { "2026-05-01T08:00:00.000Z" } else { "2026-05-01T07:00:00.000Z" };
            assert_eq!(status.data()["execution"]["scheduledFor"], due);
        }
    }
}
