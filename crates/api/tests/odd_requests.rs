//! Requests that no honest client sends: each is a refusal that names the field, never a failure of ours.
#![cfg(test)]

mod support;

use axum::body::Body;
use axum::http::Method;
use postrider_core::channel::ChannelKind;
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::ready::{ready, ready_for};
use support::{TestApp, api_request};

#[tokio::test]
async fn a_zero_byte_in_a_query_is_refused_on_both_databases() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        for (name, query) in [
            ("search", "/campaigns?search=a%00b"),
            ("category", "/campaigns?category=%00"),
            ("tag", "/campaigns?tag=%00"),
            ("address", "/suppressions?address=%00"),
            ("page", "/lists?page=%00"),
        ] {
            let answer = app.as_admin().get(query).await;
            let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
            assert_eq!(error["details"]["path"], name, "{query}");
        }
    }
}

#[tokio::test]
async fn a_body_of_the_wrong_shape_is_told_by_path_and_value() {
    let app = TestApp::new().await;
    let token = app.token(Scope::ALL).await;
    for (body, path, value) in [
        (r#"{"campaignType":"broadcast","name":"a","name":"b"}"#, "name", Value::Null),
        (r#"{"campaignType":"broadcast","nam":"b"}"#, "nam", json!("b")),
        (r#"{"audience":{"include":[],"includes":7}}"#, "audience.includes", json!(7)),
        (r#"{"audience":{"include":[{"audienceId":1}]}}"#, "audience.include[0].audienceId", json!(1)),
        ("{\"name\":\"\\ud800\"}", "body", Value::Null),
        ("[[[", "body", Value::Null),
        ("[\"broadcast\"]", "body", Value::Null),
        ("null", "body", Value::Null),
    ] {
        let mut request = api_request(Method::POST, "/campaigns", &token, None, None);
        *request.body_mut() = Body::from(body);
        let answer = app.send(request).await;
        let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(error["details"], json!({ "path": path, "value": value }), "{body}");
        assert!(error["message"].as_str().unwrap().starts_with(&format!("{path}: ")), "{error}");
    }
}

#[tokio::test]
async fn a_number_that_is_refused_is_told_as_a_number() {
    let app = TestApp::new().await;
    let email = ready(&app, ChannelKind::Email).await;
    for rate in [json!(0), json!(-1), json!(1.5), json!(99_999_999_999_i64)] {
        let body = json!({ "sendAt": "2026-05-01T09:00:00Z", "policy": { "ratePerMinute": rate } });
        let answer = app.as_admin().post(&email.path("/schedule-jobs"), body).await;
        let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(error["details"], json!({ "path": "policy.ratePerMinute", "value": rate }));
    }
}

#[tokio::test]
async fn a_job_of_another_campaign_or_tenant_has_no_ledger_here() {
    let app = TestApp::new().await;
    let here = ready(&app, ChannelKind::Email).await;
    let stranger = app.another_tenant().await;
    let stranger = app.admin_of(stranger);
    let there = ready_for(&stranger, ChannelKind::Email).await;
    let body = json!({ "sendAt": "2026-05-01T09:00:00Z" });
    let own = app.as_admin().post(&here.path("/schedule-jobs"), body.clone()).await.data()["scheduleId"].clone();
    let foreign = stranger.post(&there.path("/schedule-jobs"), body).await.data()["scheduleId"].clone();
    let draft = json!({ "campaignType": "broadcast", "channel": "email", "name": "Another" });
    let another = app.as_admin().post("/campaigns", draft).await.data()["id"].clone();
    let (own, foreign, another) = (own.as_str().unwrap(), foreign.as_str().unwrap(), another.as_str().unwrap());
    for path in [
        here.path(&format!("/deliveries?scheduleId={foreign}")),
        format!("/campaigns/{another}/deliveries?scheduleId={own}"),
        here.path(&format!("/deliveries?cursor={foreign}.0")),
        here.path("/deliveries?scheduleId=nonsense"),
    ] {
        app.as_admin().get(&path).await.refused(404, "JOURNEY_API.PUBLIC.SCHEDULE_JOBS.NOT_FOUND");
    }
    let read = app.as_admin().get(&here.path(&format!("/deliveries?scheduleId={own}"))).await;
    assert_eq!(read.data()["scheduleId"], own);
}

#[tokio::test]
async fn where_nothing_can_be_said_a_field_is_refused() {
    let app = TestApp::new().await;
    let email = ready(&app, ChannelKind::Email).await;
    let template = format!("/templates/{}", email.template);
    for path in
        [email.path("/preflight"), email.path("/archive"), format!("{template}/publish"), format!("{template}/archive")]
    {
        let answer = app.as_admin().post(&path, json!({ "dryRun": true })).await;
        let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(error["details"], json!({ "path": "dryRun", "value": true }), "{path}");
        app.as_admin().send(Method::POST, &path, None).await.data();
    }
}
