//! Sender profiles: one set of fields for each channel.

#![cfg(test)]

mod support;

use axum::http::Method;
use postrider_core::channel::ChannelKind;
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::TestApp;
use support::ready::ready;

const IN_USE: &str = "JOURNEY_API.PUBLIC.SENDER_PROFILES.IN_USE";

fn news() -> Value {
    json!({ "name": "News", "channel": "email", "fromEmail": "news@shop.example", "fromName": "Shop" })
}

#[tokio::test]
async fn each_channel_has_its_own_fields_flat_in_both_directions() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let address = json!({ "company": "Shop", "line1": "Weg 1", "city": "Ulm", "postalCode": "89073", "country": "DE" });
    for body in [
        json!({ "name": "a", "channel": "email", "fromEmail": "a@b.cd", "fromName": "A", "replyTo": "r@b.cd" }),
        json!({ "name": "b", "channel": "sms", "number": "+4930123456" }),
        json!({ "name": "c", "channel": "sms", "senderId": "SHOP" }),
        json!({ "name": "d", "channel": "push", "app": "com.example.shop" }),
        json!({ "name": "e", "channel": "direct_mail", "returnAddress": address }),
    ] {
        let made = admin.post("/sender-profiles", body.clone()).await;
        assert_eq!(made.status, 201, "{}", made.json);
        for (field, value) in body.as_object().unwrap() {
            assert_eq!(&made.data()[field], value, "{field}");
        }
        let id = made.data()["id"].as_str().unwrap();
        assert_eq!(admin.get(&format!("/sender-profiles/{id}")).await.data(), made.data());
    }
    let listed = admin.get("/sender-profiles?limit=3").await;
    assert_eq!(listed.data()["items"].as_array().unwrap().len(), 3);
    let next = listed.data()["nextCursor"].as_str().unwrap();
    let rest = admin.get(&format!("/sender-profiles?cursor={next}")).await;
    assert_eq!(rest.data()["items"].as_array().unwrap().len(), 2);
    assert_eq!(rest.data()["nextCursor"], Value::Null);
    assert_eq!(admin.get("/sender-profiles?channel=sms").await.data()["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_wrong_field_is_refused_by_its_path() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    for (body, path) in [
        (json!({ "channel": "push", "app": "x" }), "name"),
        (json!({ "name": "n", "app": "x" }), "channel"),
        (json!({ "name": "n", "channel": "fax" }), "channel"),
        (json!({ "name": " ", "channel": "push", "app": "x" }), "name"),
        (json!({ "name": "n", "channel": "push", "app": "x", "fromEmail": "a@b.cd" }), "fromEmail"),
        (json!({ "name": "n", "channel": "email", "fromEmail": "nobody", "fromName": "N" }), "fromEmail"),
        (json!({ "name": "n", "channel": "email", "fromEmail": "a@b.cd" }), "fromName"),
        (json!({ "name": "n", "channel": "email", "fromEmail": ["a@b.cd"], "fromName": "N" }), "fromEmail"),
        (json!({ "name": "n", "channel": "sms" }), "number"),
        (json!({ "name": "n", "channel": "sms", "number": "+4930123456", "senderId": "SHOP" }), "senderId"),
        (json!({ "name": "n", "channel": "direct_mail", "returnAddress": { "name": "N" } }), "returnAddress.line1"),
        (json!({ "name": "n", "channel": "push", "app": "x", "id": "mine" }), "id"),
    ] {
        let answer = admin.post("/sender-profiles", body).await;
        let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(error["details"]["path"], path, "{error}");
    }
    assert_eq!(admin.get("/sender-profiles").await.data()["items"], json!([]));
}

#[tokio::test]
async fn a_patch_keeps_what_it_does_not_name_and_null_clears() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let made = admin.post("/sender-profiles", news()).await.data().clone();
    let path = format!("/sender-profiles/{}", made["id"].as_str().unwrap());
    app.clock.advance(1_000);
    let patched = admin.patch(&path, json!({ "replyTo": "help@shop.example" })).await.data().clone();
    assert_eq!((&patched["replyTo"], &patched["fromName"]), (&json!("help@shop.example"), &json!("Shop")));
    assert_eq!(patched["updatedAt"], "2026-03-01T12:00:01.000Z");
    let cleared = admin.patch(&path, json!({ "replyTo": null, "name": "News 2" })).await.data().clone();
    assert_eq!((cleared.get("replyTo"), &cleared["name"]), (None, &json!("News 2")));
    for (body, field) in [
        (json!({ "fromEmail": null }), "fromEmail"),
        (json!({ "number": "+4930123456" }), "number"),
        (json!({ "channel": "sms" }), "channel"),
        (json!({ "name": "" }), "name"),
    ] {
        let answer = admin.patch(&path, body).await;
        let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(error["details"]["path"], field, "{error}");
    }
    assert_eq!(admin.get(&path).await.data(), &cleared);
}

#[tokio::test]
async fn a_deleted_one_is_gone() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let made = admin.post("/sender-profiles", news()).await.data().clone();
    let path = format!("/sender-profiles/{}", made["id"].as_str().unwrap());
    assert_eq!(admin.delete(&path).await.data(), &json!({ "id": made["id"], "deleted": true }));
    let code = "JOURNEY_API.PUBLIC.SENDER_PROFILES.NOT_FOUND";
    admin.get(&path).await.refused(404, code);
    admin.patch(&path, json!({ "name": "x" })).await.refused(404, code);
    admin.delete(&path).await.refused(404, code);
    assert_eq!(admin.get("/sender-profiles").await.data()["items"], json!([]));
}

#[tokio::test]
async fn one_that_a_draft_or_a_job_sends_with_stays() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        for channel in ChannelKind::ALL {
            let campaign = ready(&app, channel).await;
            let sender = format!("/sender-profiles/{}", campaign.sender);
            admin.delete(&sender).await.refused(409, IN_USE);
            let when = match channel {
                ChannelKind::DirectMail => json!({ "batchDate": "2026-05-01" }),
                ChannelKind::Email | ChannelKind::Sms | ChannelKind::Push => json!({ "sendAt": "2026-05-01T09:00Z" }),
            };
            let job = admin.post(&campaign.path("/schedule-jobs"), when).await.data()["scheduleId"].clone();
            admin.delete(&sender).await.refused(409, IN_USE);
            admin.post(&campaign.path("/pause"), json!({})).await.data();
            admin.delete(&sender).await.refused(409, IN_USE);
            let job = campaign.path(&format!("/schedule-jobs/{}", job.as_str().unwrap()));
            admin.delete(&job).await.data();
            admin.delete(&sender).await.refused(409, IN_USE);
            admin.delete(&campaign.path("")).await.data();
            admin.delete(&sender).await.data();
        }
    }
}

#[tokio::test]
async fn a_draft_that_names_none_sends_with_the_oldest_which_stays() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        let campaign = ready(&app, ChannelKind::Email).await;
        app.clock.advance(1_000);
        let younger = admin.post("/sender-profiles", news()).await.data()["id"].as_str().unwrap().to_owned();
        let unnamed = json!({ "templateId": campaign.template });
        admin.put(&campaign.path("/content"), unnamed).await.data();
        admin.delete(&format!("/sender-profiles/{}", campaign.sender)).await.refused(409, IN_USE);
        let bound = json!({ "templateId": campaign.template, "senderProfileId": younger });
        admin.put(&campaign.path("/content"), bound).await.data();
        admin.delete(&format!("/sender-profiles/{younger}")).await.refused(409, IN_USE);
        admin.delete(&format!("/sender-profiles/{}", campaign.sender)).await.data();
    }
}

#[tokio::test]
async fn keys_scopes_and_tenants_hold() {
    let app = TestApp::new().await;
    let once = app.as_admin().idempotent("7d444840-9dc0-41d1-b245-5ffdce74fad2");
    let made = once.post("/sender-profiles", news()).await;
    assert_eq!(once.post("/sender-profiles", news()).await.bytes, made.bytes);
    let path = format!("/sender-profiles/{}", made.data()["id"].as_str().unwrap());
    let stranger = app.admin_of(app.another_tenant().await);
    let code = "JOURNEY_API.PUBLIC.SENDER_PROFILES.NOT_FOUND";
    stranger.get(&path).await.refused(404, code);
    stranger.patch(&path, json!({ "name": "Mine" })).await.refused(404, code);
    stranger.delete(&path).await.refused(404, code);
    let reader = app.token(&[Scope::SendersRead]).await;
    assert_eq!(app.request(Method::GET, &path, &reader, None).await.status, 200);
    let refused = app.request(Method::DELETE, &path, &reader, None).await;
    refused.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
}
