//! `mailUnknown`: whether people whose consent is unknown get messages, and how many they are.

#![cfg(test)]

mod support;

use postrider_core::channel::ChannelKind;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::TestApp;
use support::ready::{Ready, ready};

async fn both(test: impl AsyncFn(TestApp)) {
    for database in [Database::Sqlite, Database::Postgres] {
        test(TestApp::on(database).await).await;
    }
}

/// A draft to seven people: two granted consent, one denied it, three never said anything, and one of these has no
/// address on any channel.
async fn draft(app: &TestApp, channel: ChannelKind) -> Ready {
    let admin = app.as_admin();
    let draft = ready(app, channel).await;
    let mut keys = Vec::new();
    for (number, consent) in [(3, "unknown"), (4, "unknown"), (5, "denied"), (6, "unknown")] {
        let key = format!("c{number}");
        let mut record = json!({ "customer_id": key, "consent": { channel.as_str(): consent } });
        if number != 6 {
            record["email"] = format!("reader{number}@example.test").into();
            record["phone"] = format!("+4930123456{number}").into();
            record["push_tokens"] = json!([format!("token-{number}")]);
            record["address"] =
                json!({ "name": key, "line1": "Main St 1", "city": "Berlin", "postal_code": "10115", "country": "DE" });
        }
        admin.post("/profiles/upsert", json!({ "record": record, "matchKey": "customer_id" })).await.data();
        keys.push(key);
    }
    let members = json!({ "contactKeys": keys, "matchKey": "customer_id" });
    admin.post(&format!("/lists/{}/members:upsert", draft.list), members).await.data();
    draft
}

async fn consent_issue(app: &TestApp, draft: &Ready) -> Option<(String, String)> {
    let found = app.as_admin().post(&draft.path("/preflight"), json!({})).await;
    let issues = found.data()["issues"].as_array().unwrap();
    let issue = issues.iter().find(|issue| issue["code"] == "CONSENT_UNKNOWN")?;
    assert_eq!(issue["step"], "audience");
    let text = |name: &str| issue[name].as_str().unwrap().to_owned();
    Some((text("severity"), text("message")))
}

async fn dry_run(app: &TestApp, draft: &Ready, channel: ChannelKind) -> Value {
    let body = match channel {
        ChannelKind::DirectMail => json!({ "batchDate": "2026-05-01", "dryRun": true }),
        _ => json!({ "sendAt": "2026-05-01T09:00:00Z", "dryRun": true }),
    };
    app.as_admin().post(&draft.path("/schedule-jobs"), body).await.data().clone()
}

#[tokio::test]
async fn a_dry_run_counts_and_shows_whom_the_tenant_mails_on_every_channel() {
    both(async |app| {
        let admin = app.as_admin();
        for channel in ChannelKind::ALL {
            admin.patch("/tenant", json!({ "mailUnknown": null })).await.data();
            let draft = draft(&app, channel).await;
            let mailed = dry_run(&app, &draft, channel).await;
            let audience = &mailed["plan"]["audience"];
            assert_eq!(
                (&audience["matched"], &audience["suppressed"]),
                (&json!(6), &json!(1)),
                "{channel:?} {audience}"
            );
            assert_eq!((&audience["unreachable"], &audience["targeted"]), (&json!(1), &json!(4)), "{audience}");
            assert_eq!(mailed["plan"]["samples"].as_array().unwrap().len(), 3, "{mailed}");

            admin.patch("/tenant", json!({ "mailUnknown": false })).await.data();
            let left_out = dry_run(&app, &draft, channel).await;
            let audience = &left_out["plan"]["audience"];
            assert_eq!(
                (&audience["matched"], &audience["suppressed"]),
                (&json!(6), &json!(4)),
                "{channel:?} {audience}"
            );
            assert_eq!((&audience["unreachable"], &audience["targeted"]), (&json!(0), &json!(2)), "{audience}");
            assert_eq!(left_out["plan"]["samples"].as_array().unwrap().len(), 2, "{left_out}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_preflight_says_how_many_have_unknown_consent_and_what_happens_to_them() {
    both(async |app| {
        let admin = app.as_admin();
        for channel in ChannelKind::ALL {
            admin.patch("/tenant", json!({ "mailUnknown": true })).await.data();
            let draft = draft(&app, channel).await;
            let mailed = "The consent of 2 of 4 people is unknown; they get the message, because mailUnknown of the \
                          tenant is true.";
            assert_eq!(consent_issue(&app, &draft).await, Some(("info".into(), mailed.into())), "{channel:?}");
            admin.patch(&draft.path(""), json!({ "category": "marketing" })).await.data();
            assert_eq!(consent_issue(&app, &draft).await, Some(("warning".into(), mailed.into())), "{channel:?}");
            let warnings = dry_run(&app, &draft, channel).await["warnings"].clone();
            assert!(warnings.to_string().contains("CONSENT_UNKNOWN"), "{warnings}");
            admin.patch("/tenant", json!({ "mailUnknown": false })).await.data();
            let (severity, message) = consent_issue(&app, &draft).await.unwrap();
            assert_eq!(severity, "warning");
            assert!(message.ends_with("they are left out, because mailUnknown of the tenant is false."), "{message}");
        }
        let certain = ready(&app, ChannelKind::Email).await;
        assert_eq!(consent_issue(&app, &certain).await, None, "everybody said yes");
    })
    .await;
}

#[tokio::test]
async fn an_audience_of_unknown_consent_is_empty_if_the_tenant_mails_only_who_said_yes() {
    both(async |app| {
        let admin = app.as_admin();
        let draft = ready(&app, ChannelKind::Email).await;
        for number in 1..=2 {
            let record = json!({ "email": format!("reader{number}@example.test"), "consent": { "email": null } });
            admin.post("/profiles/upsert", json!({ "record": record })).await.data();
        }
        admin.patch("/tenant", json!({ "mailUnknown": false })).await.data();
        let found = admin.post(&draft.path("/preflight"), json!({})).await.data().to_string();
        assert!(found.contains("AUDIENCE_EMPTY") && found.contains("CONSENT_UNKNOWN"), "{found}");
    })
    .await;
}

#[tokio::test]
async fn the_setting_is_the_tenants_own_and_true_unless_it_says_otherwise() {
    both(async |app| {
        let admin = app.as_admin();
        assert_eq!(admin.get("/tenant").await.data()["mailUnknown"], true);
        assert_eq!(admin.patch("/tenant", json!({ "mailUnknown": false })).await.data()["mailUnknown"], false);
        assert_eq!(admin.patch("/tenant", json!({ "name": "Acme" })).await.data()["mailUnknown"], false, "it stays");
        let stranger = app.another_tenant().await;
        assert_eq!(app.admin_of(stranger).get("/tenant").await.data()["mailUnknown"], true);
        assert_eq!(admin.patch("/tenant", json!({ "mailUnknown": null })).await.data()["mailUnknown"], true);
        let wrong = admin.patch("/tenant", json!({ "mailUnknown": "no" })).await;
        wrong.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
    })
    .await;
}

#[tokio::test]
async fn a_test_to_a_named_address_does_not_ask_for_consent_that_is_unknown() {
    both(async |app| {
        let admin = app.as_admin();
        let draft = draft(&app, ChannelKind::Email).await;
        admin.patch("/tenant", json!({ "mailUnknown": false })).await.data();
        let addresses = json!({ "addresses": ["reader3@example.test", "reader5@example.test", "new@example.test"] });
        let test = admin.post(&draft.path("/test-sends"), addresses).await;
        let recipients = test.data()["recipients"].as_array().unwrap().clone();
        let states: Vec<_> = recipients.iter().map(|one| (one["state"].clone(), one["reason"].clone())).collect();
        let (pending, denied) = ((json!("pending"), Value::Null), (json!("suppressed"), json!("consent_denied")));
        assert_eq!(states, [pending.clone(), denied, pending]);
    })
    .await;
}
