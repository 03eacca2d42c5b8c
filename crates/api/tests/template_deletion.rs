//! Deleting a template: when it may go, and what stays of it.

#![cfg(test)]

mod support;

use postrider_core::channel::ChannelKind::Email;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::TestApp;
use support::ready::ready;

const IN_USE: &str = "JOURNEY_API.PUBLIC.TEMPLATES.IN_USE";
const NOT_FOUND: &str = "JOURNEY_API.PUBLIC.TEMPLATES.NOT_FOUND";

#[tokio::test]
async fn a_template_goes_when_no_draft_and_no_job_needs_it() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        let campaign = ready(&app, Email).await;
        let template = format!("/templates/{}", campaign.template);
        admin.delete(&template).await.refused(409, IN_USE);
        let when = json!({ "sendAt": "2026-05-01T09:00:00Z" });
        let job = admin.post(&campaign.path("/schedule-jobs"), when).await.data()["scheduleId"].clone();
        admin.delete(&template).await.refused(409, IN_USE);
        admin.post(&campaign.path("/pause"), json!({})).await.data();
        admin.delete(&template).await.refused(409, IN_USE);
        let job = campaign.path(&format!("/schedule-jobs/{}", job.as_str().unwrap()));
        admin.delete(&job).await.data();
        admin.delete(&template).await.refused(409, IN_USE);
        admin.delete(&campaign.path("")).await.data();

        let deleted = admin.delete(&template).await;
        assert_eq!(deleted.data(), &json!({ "id": campaign.template, "deleted": true }));
        admin.get(&template).await.refused(404, NOT_FOUND);
        admin.delete(&template).await.refused(404, NOT_FOUND);
        admin.patch(&template, json!({ "name": "Back" })).await.refused(404, NOT_FOUND);
        admin.post(&format!("{template}/publish"), json!({})).await.refused(404, NOT_FOUND);
        assert_eq!(admin.get("/templates").await.data()["items"], json!([]));
    }
}

#[tokio::test]
async fn a_deleted_template_cannot_be_bound_and_its_campaign_keeps_the_name() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let campaign = ready(&app, Email).await;
    admin.post(&campaign.path("/archive"), json!({})).await.data();
    admin.delete(&format!("/templates/{}", campaign.template)).await.data();
    assert_eq!(admin.get(&campaign.path("")).await.data()["content"]["templateName"], "Hello");

    let clone = admin.post(&campaign.path("/clone"), json!({})).await.data().clone();
    let clone = format!("/campaigns/{}", clone["id"].as_str().unwrap());
    let content = json!({ "templateId": campaign.template });
    let answer = admin.put(&format!("{clone}/content"), content).await;
    answer.refused(404, "JOURNEY_API.PUBLIC.CAMPAIGNS.CONTENT.TEMPLATE_NOT_FOUND");
    let found = admin.post(&format!("{clone}/preflight"), json!({})).await;
    let codes: Vec<&Value> = found.data()["issues"].as_array().unwrap().iter().map(|issue| &issue["code"]).collect();
    assert!(codes.contains(&&json!("TEMPLATE_NOT_ASSIGNED")), "{codes:?}");
    let answer = admin.post(&format!("{clone}/send-jobs"), json!({})).await;
    answer.refused(409, "JOURNEY_API.PUBLIC.CAMPAIGNS.CONTENT.REQUIRED");
}
