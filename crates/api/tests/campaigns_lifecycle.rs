//! Renaming, cloning, archiving and deleting campaigns.

#![cfg(test)]

mod support;

use axum::http::Method;
use postrider_core::channel::ChannelKind::Email;
use postrider_core::id::CampaignId;
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::TestApp;

const NOT_FOUND: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.NOT_FOUND";
const NOT_DRAFT: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.NOT_DRAFT";
const IN_FLIGHT: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.IN_FLIGHT";
const ARCHIVED: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.ARCHIVED";
const EXTERNAL_ID_TAKEN: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.EXTERNAL_ID_TAKEN";
const REQUEST_INVALID: &str = "JOURNEY_API.VALIDATION.REQUEST_INVALID";

async fn make(app: &TestApp, body: Value) -> Value {
    let mut whole = json!({ "campaignType": "broadcast", "name": "Spring", "channel": "email" });
    whole.as_object_mut().expect("an object").extend(body.as_object().expect("an object").clone());
    app.as_admin().post("/campaigns", whole).await.data().clone()
}

fn path(campaign: &Value) -> String {
    format!("/campaigns/{}", campaign["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn a_change_leaves_what_it_does_not_name() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let seed = json!({
            "description": "why", "category": "event", "tags": ["a"], "externalId": "crm-1", "metadata": { "a": 1 },
        });
        let campaign = make(&app, seed).await;
        let other = make(&app, json!({ "externalId": "crm-2" })).await;
        app.clock.advance(1_000);
        let same = app.as_admin().patch(&path(&campaign), json!({ "externalId": "crm-1" })).await;
        let mut expected = campaign.clone();
        expected["updatedAt"] = json!("2026-03-01T12:00:01.000Z");
        assert_eq!(same.data(), &expected);

        let changes = json!({ "name": "Summer", "description": null, "category": "seasonal", "metadata": null });
        let changed = app.as_admin().patch(&path(&campaign), changes).await;
        expected["name"] = json!("Summer");
        expected["description"] = Value::Null;
        expected["category"] = json!("seasonal");
        expected["tags"] = json!(["a", "seasonal"]);
        expected["metadata"] = Value::Null;
        assert_eq!(changed.data(), &expected);

        let taken = app.as_admin().patch(&path(&other), json!({ "externalId": "crm-1" })).await;
        assert_eq!(taken.refused(409, EXTERNAL_ID_TAKEN)["details"]["path"], "externalId");
        for (body, field) in [
            (json!({ "name": "" }), "name"),
            (json!({ "tags": ["x".repeat(101)] }), "tags[0]"),
            (json!({ "metadata": 7 }), "metadata"),
            (json!({ "channel": "sms" }), "channel"),
        ] {
            let refused = app.as_admin().patch(&path(&other), body).await;
            assert_eq!(refused.refused(400, REQUEST_INVALID)["details"]["path"], field);
        }
        let read = app.as_admin().get(&path(&other)).await;
        assert_eq!(read.data(), &other, "a refusal changes nothing");
    }
}

#[tokio::test]
async fn a_clone_is_a_draft_without_schedule_and_external_id() {
    let app = TestApp::new().await;
    let list = app.list(app.tenant(), "Customers").await;
    let seed = json!({
        "externalId": "crm-1", "tags": ["a"], "metadata": { "a": 1 }, "schedule": { "sendAt": "2026-05-01T09:00Z" },
        "audience": { "include": [{ "audienceId": list, "type": "audience" }] },
        "content": { "templateId": app.template(Email).await, "subjectLine": "Hi" },
    });
    let original = make(&app, seed).await;
    let made = app.as_admin().post(&format!("{}/clone", path(&original)), json!({})).await;
    assert_eq!(made.status, 201);
    let copy = made.data();
    assert_ne!(copy["id"], original["id"]);
    assert_ne!(copy["currentVersionId"], original["currentVersionId"]);
    assert_eq!(
        (&copy["name"], &copy["externalId"], &copy["schedule"]),
        (&json!("Spring (copy)"), &Value::Null, &Value::Null)
    );
    for same in ["audience", "content", "tags", "category", "metadata", "channel", "authoringStatus"] {
        assert_eq!(copy[same], original[same], "{same}");
    }
    let named = app.as_admin().post(&format!("{}/clone", path(&original)), json!({ "name": "Again" })).await;
    assert_eq!(named.data()["name"], "Again");
    let blank = app.as_admin().post(&format!("{}/clone", path(&original)), json!({ "name": " " })).await;
    blank.refused(400, REQUEST_INVALID);
}

#[tokio::test]
async fn an_archived_campaign_can_only_be_read_cloned_and_deleted() {
    let app = TestApp::new().await;
    let campaign = make(&app, json!({ "externalId": "crm-1" })).await;
    let archive = format!("{}/archive", path(&campaign));
    let away = app.as_admin().post(&archive, json!({})).await;
    assert_eq!((away.status, &away.data()["authoringStatus"]), (200, &json!("archived")));
    assert_eq!(away.data()["archivedAt"], "2026-03-01T12:00:00.000Z");
    app.clock.advance(1_000);
    let again = app.as_admin().post(&archive, json!({})).await;
    assert_eq!(again.data(), away.data());
    app.as_admin().patch(&path(&campaign), json!({ "name": "x" })).await.refused(409, ARCHIVED);
    let put = app.as_admin().put(&format!("{}/schedule", path(&campaign)), json!({ "mode": "now" })).await;
    put.refused(409, NOT_DRAFT);
    let copy = app.as_admin().post(&format!("{}/clone", path(&campaign)), json!({})).await;
    assert_eq!(copy.data()["authoringStatus"], "draft");
    assert_eq!(copy.data()["archivedAt"], Value::Null);

    let gone = app.as_admin().delete(&path(&campaign)).await;
    assert_eq!((gone.status, gone.data()), (200, &json!({ "id": campaign["id"], "deleted": true })));
    app.as_admin().get(&path(&campaign)).await.refused(404, NOT_FOUND);
    app.as_admin().delete(&path(&campaign)).await.refused(404, NOT_FOUND);
    make(&app, json!({ "externalId": "crm-1" })).await;
}

#[tokio::test]
async fn a_campaign_in_flight_stays_and_strangers_find_nothing() {
    let app = TestApp::new().await;
    let campaign = make(&app, json!({})).await;
    let stranger = app.another_tenant().await;
    let (own, archive) = (path(&campaign), format!("{}/archive", path(&campaign)));
    app.admin_of(stranger).patch(&own, json!({ "name": "x" })).await.refused(404, NOT_FOUND);
    app.admin_of(stranger).delete(&own).await.refused(404, NOT_FOUND);
    app.admin_of(stranger).post(&archive, json!({})).await.refused(404, NOT_FOUND);
    app.admin_of(stranger).post(&format!("{own}/clone"), json!({})).await.refused(404, NOT_FOUND);
    let token = app.token(&[Scope::CampaignsUpdate]).await;
    let refused = app.request(Method::DELETE, &own, &token, None).await;
    let error = refused.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
    assert_eq!(error["details"]["required"], "campaigns:delete");

    let id: CampaignId = campaign["id"].as_str().unwrap().parse().unwrap();
    let (tenant, at) = (app.tenant(), Timestamp::from_millis(0));
    app.store.write("test.publish", move |tx| tx.campaign_publish(tenant, id, at)).await.unwrap();
    app.as_admin().delete(&own).await.refused(409, IN_FLIGHT);
    app.as_admin().post(&archive, json!({})).await.refused(409, IN_FLIGHT);
    let renamed = app.as_admin().patch(&own, json!({ "name": "Renamed" })).await;
    assert_eq!((&renamed.data()["name"], &renamed.data()["authoringStatus"]), (&json!("Renamed"), &json!("published")));
}
