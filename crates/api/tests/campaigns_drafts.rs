//! Making, reading and editing drafts.

#![cfg(test)]

mod support;

use axum::http::Method;
use postrider_core::channel::ChannelKind::{Email, Sms};
use postrider_core::content::TemplateStatus;
use postrider_core::id::CampaignId;
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::drafts::content;
use support::{TestApp, random_uuid_v4};

const REQUEST_INVALID: &str = "JOURNEY_API.VALIDATION.REQUEST_INVALID";
const NOT_FOUND: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.NOT_FOUND";
const NOT_DRAFT: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.NOT_DRAFT";
const AUDIENCE_NOT_FOUND: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.AUDIENCE.NOT_FOUND";
const TEMPLATE_NOT_FOUND: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.CONTENT.TEMPLATE_NOT_FOUND";
const SENDER_NOT_FOUND: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.CONTENT.SENDER_PROFILE_NOT_FOUND";
const CHANNEL_MISMATCH: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.CONTENT.CHANNEL_MISMATCH";
const TEMPLATE_NOT_PUBLISHED: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.TEMPLATE_NOT_PUBLISHED";
const TYPE_UNSUPPORTED: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.TYPE_UNSUPPORTED";
const EXTERNAL_ID_TAKEN: &str = "JOURNEY_API.PUBLIC.CAMPAIGNS.EXTERNAL_ID_TAKEN";

fn minimal() -> Value {
    json!({ "campaignType": "broadcast", "name": "Spring", "channel": "email" })
}

fn with(field: &str, value: Value) -> Value {
    let mut body = minimal();
    body[field] = value;
    body
}

#[tokio::test]
async fn a_new_campaign_is_a_draft_with_every_field_there() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let made = app.as_admin().post("/campaigns", minimal()).await;
        assert_eq!(made.status, 201);
        let data = made.data();
        let id = data["id"].as_str().unwrap();
        let expected = json!({
            "id": id, "campaignType": "broadcast", "channel": "email", "name": "Spring", "description": null,
            "category": "general", "tags": ["general"], "externalId": null, "metadata": null,
            "authoringStatus": "draft", "executionStatus": "not_scheduled",
            "currentVersionId": data["currentVersionId"], "audience": { "include": [], "exclude": [] },
            "content": null, "schedule": null,
            "createdAt": "2026-03-01T12:00:00.000Z", "updatedAt": "2026-03-01T12:00:00.000Z", "archivedAt": null,
            "links": {
                "self": format!("/public/v1/campaigns/{id}"),
                "summary": format!("/public/v1/campaigns/{id}/summary"),
                "status": format!("/public/v1/campaigns/{id}/status"),
                "metrics": format!("/public/v1/campaigns/{id}/metrics"),
            },
        });
        assert_eq!(data, &expected);
        assert!(data["currentVersionId"].is_string());
        let read = app.as_admin().get(&format!("/campaigns/{id}")).await;
        assert_eq!(read.data(), data);
    }
}

#[tokio::test]
async fn seeds_are_set_at_once() {
    let app = TestApp::new().await;
    let (list, banned) = (app.list(app.tenant(), "Customers").await, app.list(app.tenant(), "Banned").await);
    let template = app.template(Email).await;
    let sender = app.sender(Email, &json!({ "fromEmail": "news@acme.test", "fromName": "Acme" })).await;
    let body = json!({
        "campaignType": "broadcast", "name": "Spring", "channel": "email", "description": "why",
        "category": "promotional", "tags": ["spring", "spring"], "externalId": "crm-1", "metadata": { "b": 1, "a": [null] },
        "audience": {
            "include": [{ "audienceId": list, "type": "audience" }],
            "exclude": [{ "audienceId": banned, "type": "audience" }],
        },
        "content": { "templateId": template, "senderProfileId": sender, "subjectLine": "Hello {{ first_name }}" },
        "schedule": { "sendAt": "2026-05-01T09:00:00Z" },
    });
    let made = app.as_admin().post("/campaigns", body).await;
    let data = made.data();
    assert_eq!(data["tags"], json!(["spring", "promotional"]));
    assert_eq!(data["metadata"], json!({ "a": [null], "b": 1 }));
    assert_eq!(
        data["audience"],
        json!({
            "include": [{ "audienceId": list, "type": "audience", "name": "Customers" }],
            "exclude": [{ "audienceId": banned, "type": "audience", "name": "Banned" }],
        })
    );
    assert_eq!(
        data["content"],
        json!({
            "templateId": template, "templateName": "email template", "senderProfileId": sender,
            "subjectLine": "Hello {{ first_name }}",
        })
    );
    assert_eq!(data["schedule"]["mode"], "at");
    assert_eq!(data["schedule"]["sendAt"], "2026-05-01T09:00:00.000Z");
    let taken = app.as_admin().post("/campaigns", with("externalId", json!("crm-1"))).await;
    assert_eq!(taken.refused(409, EXTERNAL_ID_TAKEN)["details"]["value"], "crm-1");
    let stranger = app.another_tenant().await;
    assert_eq!(app.admin_of(stranger).post("/campaigns", with("externalId", json!("crm-1"))).await.status, 201);
}

#[tokio::test]
async fn a_wrong_body_is_refused_with_its_path_and_makes_nothing() {
    let app = TestApp::new().await;
    let audience = |id: &str, kind: &str| json!({ "include": [{ "audienceId": id, "type": kind }] });
    let no_id = "4130bada-9264-465f-bc0c-a26bebcfcc81";
    let foreign = app.list(app.another_tenant().await, "Theirs").await;
    let cases = [
        (json!({}), 400, REQUEST_INVALID, "campaignType"),
        (with("campaignType", json!("newsletter")), 400, REQUEST_INVALID, "campaignType"),
        (with("channel", json!("fax")), 400, REQUEST_INVALID, "channel"),
        (with("name", json!("")), 400, REQUEST_INVALID, "name"),
        (with("name", json!("x".repeat(256))), 400, REQUEST_INVALID, "name"),
        (with("name", json!(7)), 400, REQUEST_INVALID, "name"),
        (with("tags", json!(vec!["t"; 26])), 400, REQUEST_INVALID, "tags"),
        (with("tags", json!(["ok", 3])), 400, REQUEST_INVALID, "tags[1]"),
        (with("tags", json!(["t".repeat(101)])), 400, REQUEST_INVALID, "tags[0]"),
        (with("metadata", json!([1])), 400, REQUEST_INVALID, "metadata"),
        (with("metadata", json!({ "a": "x".repeat(16 * 1024) })), 400, REQUEST_INVALID, "metadata"),
        (with("nmae", json!("x")), 400, REQUEST_INVALID, "nmae"),
        (with("audience", json!({ "include": [] })), 400, REQUEST_INVALID, "audience.include"),
        (with("audience", json!({})), 400, REQUEST_INVALID, "audience.include"),
        (with("audience", audience("x", "audience")), 400, REQUEST_INVALID, "audience.include[0].audienceId"),
        (with("audience", audience(no_id, "list")), 400, REQUEST_INVALID, "audience.include[0].type"),
        (with("audience", audience(no_id, "audience")), 404, AUDIENCE_NOT_FOUND, "audience.include[0].audienceId"),
        (with("audience", audience(no_id, "segment")), 404, AUDIENCE_NOT_FOUND, "audience.include[0].audienceId"),
        (with("audience", audience(&foreign, "audience")), 404, AUDIENCE_NOT_FOUND, "audience.include[0].audienceId"),
        (with("content", json!({})), 400, REQUEST_INVALID, "content.templateId"),
        (with("content", json!({ "templateId": no_id })), 404, TEMPLATE_NOT_FOUND, "content.templateId"),
        (with("schedule", json!({})), 400, REQUEST_INVALID, "schedule.mode"),
        (with("schedule", json!({ "mode": "at" })), 400, "JOURNEY_API.SCHEDULE.SEND_AT_REQUIRED", "schedule.sendAt"),
    ];
    for (body, status, code, path) in cases {
        let answer = app.as_admin().post("/campaigns", body.clone()).await;
        let error = answer.refused(status, code);
        assert_eq!(error["details"]["path"], path, "{body}");
        assert!(error["message"].as_str().unwrap().starts_with(&format!("{path}: ")), "{body}");
    }
    // A journey is known, and refused once everything else is right.
    app.as_admin().post("/campaigns", with("campaignType", json!("journey"))).await.refused(409, TYPE_UNSUPPORTED);
    let nameless = json!({ "campaignType": "journey", "name": "", "channel": "email" });
    app.as_admin().post("/campaigns", nameless).await.refused(400, REQUEST_INVALID);
    let listed = app.as_admin().get("/campaigns").await;
    assert_eq!(listed.data(), &json!({ "items": [], "nextCursor": null }));
}

#[tokio::test]
async fn a_key_makes_one_campaign() {
    let app = TestApp::new().await;
    let key = random_uuid_v4(&app.entropy);
    let first = app.as_admin().idempotent(&key).post("/campaigns", minimal()).await;
    let second = app.as_admin().idempotent(&key).post("/campaigns", minimal()).await;
    assert_eq!((first.status, &first.bytes), (201, &second.bytes));
    assert_eq!(second.header("idempotent-replayed"), "true");
    let reused = app.as_admin().idempotent(&key).post("/campaigns", with("name", json!("Other"))).await;
    reused.refused(422, "JOURNEY_API.IDEMPOTENCY.KEY_REUSED");
    let listed = app.as_admin().get("/campaigns").await;
    assert_eq!(listed.data()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn audiences_are_replaced_whole() {
    let app = TestApp::new().await;
    let campaign = app.draft(Email).await;
    let path = format!("/campaigns/{campaign}/audience");
    let one = json!({ "audienceId": app.list(app.tenant(), "One").await, "type": "audience" });
    let two = json!({ "audienceId": app.list(app.tenant(), "Two").await, "type": "audience" });
    app.as_admin().put(&path, json!({ "include": [one], "exclude": [two] })).await.data();
    app.clock.advance(1_000);
    let answer = app.as_admin().put(&path, json!({ "include": [two] })).await;
    assert_eq!(answer.data()["audience"]["include"][0]["name"], "Two");
    assert_eq!(answer.data()["audience"]["exclude"], json!([]));
    assert_eq!(answer.data()["updatedAt"], "2026-03-01T12:00:01.000Z");
    let twice = app.as_admin().put(&path, json!({ "include": [one], "exclude": [one] })).await;
    assert_eq!(twice.refused(400, REQUEST_INVALID)["details"]["path"], "exclude[0].audienceId");
    let unknown = json!({ "audienceId": "4130bada-9264-465f-bc0c-a26bebcfcc81", "type": "audience" });
    let refused = app.as_admin().put(&path, json!({ "include": [one], "exclude": [unknown] })).await;
    assert_eq!(refused.refused(404, AUDIENCE_NOT_FOUND)["details"]["path"], "exclude[0].audienceId");
    let read = app.as_admin().get(&format!("/campaigns/{campaign}")).await;
    assert_eq!(read.data(), answer.data());
}

#[tokio::test]
async fn content_must_exist_fit_the_channel_and_be_published() {
    let app = TestApp::new().await;
    let (tenant, stranger) = (app.tenant(), app.another_tenant().await);
    let email = app.draft(Email).await;
    let path = format!("/campaigns/{email}/content");
    let good = app.template(Email).await;
    let sms = app.template(Sms).await;
    let draft = app.template_of(tenant, Email, TemplateStatus::Draft, content(Email)).await;
    let archived = app.template_of(tenant, Email, TemplateStatus::Archived, content(Email)).await;
    let foreign = app.template_of(stranger, Email, TemplateStatus::Published, content(Email)).await;
    let sms_sender = app.sender(Sms, &json!({ "number": "+4915112345678" })).await;
    let no_id = "4130bada-9264-465f-bc0c-a26bebcfcc81";
    let cases = [
        (json!({}), 400, REQUEST_INVALID, "templateId"),
        (json!({ "templateId": "x" }), 400, REQUEST_INVALID, "templateId"),
        (json!({ "templateId": no_id }), 404, TEMPLATE_NOT_FOUND, "templateId"),
        (json!({ "templateId": foreign }), 404, TEMPLATE_NOT_FOUND, "templateId"),
        (json!({ "templateId": sms }), 409, CHANNEL_MISMATCH, "templateId"),
        (json!({ "templateId": draft }), 409, TEMPLATE_NOT_PUBLISHED, "templateId"),
        (json!({ "templateId": archived }), 409, TEMPLATE_NOT_PUBLISHED, "templateId"),
        (json!({ "templateId": good, "senderProfileId": no_id }), 404, SENDER_NOT_FOUND, "senderProfileId"),
        (json!({ "templateId": good, "senderProfileId": sms_sender }), 409, CHANNEL_MISMATCH, "senderProfileId"),
        (json!({ "templateId": good, "subjectLine": "a\nb" }), 400, REQUEST_INVALID, "subjectLine"),
        (json!({ "templateId": good, "subjectLine": "x".repeat(999) }), 400, REQUEST_INVALID, "subjectLine"),
        (json!({ "templateId": good, "subjectLine": "{{ first_name" }), 400, REQUEST_INVALID, "subjectLine"),
    ];
    for (body, status, code, field) in cases {
        let answer = app.as_admin().put(&path, body.clone()).await;
        assert_eq!(answer.refused(status, code)["details"]["path"], field, "{body}");
    }
    let bound = app.as_admin().put(&path, json!({ "templateId": good, "subjectLine": " " })).await;
    let expected = json!({
        "templateId": good, "templateName": "email template", "senderProfileId": null, "subjectLine": null
    });
    assert_eq!(bound.data()["content"], expected);
    let text = app.draft(Sms).await;
    let with_subject = json!({ "templateId": sms, "subjectLine": "Hi" });
    let refused = app.as_admin().put(&format!("/campaigns/{text}/content"), with_subject).await;
    assert_eq!(refused.refused(400, REQUEST_INVALID)["details"]["path"], "subjectLine");
}

#[tokio::test]
async fn strangers_find_nothing_and_committed_campaigns_stay() {
    let app = TestApp::new().await;
    let campaign = app.draft(Email).await;
    let list = json!({ "include": [{ "audienceId": app.list(app.tenant(), "One").await, "type": "audience" }] });
    let template = json!({ "templateId": app.template(Email).await });
    let stranger = app.another_tenant().await;
    let puts = [("audience", list), ("content", template), ("schedule", json!({ "mode": "now" }))];
    app.admin_of(stranger).get(&format!("/campaigns/{campaign}")).await.refused(404, NOT_FOUND);
    for (what, body) in &puts {
        let path = format!("/campaigns/{campaign}/{what}");
        app.admin_of(stranger).put(&path, body.clone()).await.refused(404, NOT_FOUND);
    }
    assert_eq!(app.admin_of(stranger).get("/campaigns").await.data()["items"], json!([]));
    let (tenant, id): (_, CampaignId) = (app.tenant(), campaign.parse().unwrap());
    let at = Timestamp::from_millis(0);
    app.store.write("test.publish", move |tx| tx.campaign_publish(tenant, id, at)).await.unwrap();
    for (what, body) in puts {
        app.as_admin().put(&format!("/campaigns/{campaign}/{what}"), body).await.refused(409, NOT_DRAFT);
    }
    let token = app.token(&[Scope::CampaignsRead]).await;
    let refused = app.request(Method::POST, "/campaigns", &token, Some(minimal())).await;
    assert_eq!(refused.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE")["details"]["required"], "campaigns:create");
}

#[tokio::test]
async fn pages_are_stable_and_filters_hold() {
    let app = TestApp::new().await;
    let mut made = Vec::new();
    for number in 0..5 {
        app.clock.advance(i64::from(number % 2));
        let channel = if number == 3 { "sms" } else { "email" };
        let body = json!({
            "campaignType": "broadcast", "name": format!("No {number}"), "channel": channel, "tags": ["seen"],
            "category": if number == 1 { "event" } else { "general" },
        });
        made.push(app.as_admin().post("/campaigns", body).await.data()["id"].clone());
    }
    let mut seen = Vec::new();
    let mut path = "/campaigns?limit=2".to_owned();
    loop {
        let page = app.as_admin().get(&path).await;
        seen.extend(page.data()["items"].as_array().unwrap().iter().map(|item| item["id"].clone()));
        app.draft(Email).await;
        match page.data()["nextCursor"].as_str() {
            Some(cursor) => path = format!("/campaigns?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    made.sort_by(|a, b| b.as_str().cmp(&a.as_str()));
    assert_eq!(seen, made);
    for (query, names) in [
        ("channel=sms", vec!["No 3"]),
        ("category=event&status=draft&executionStatus=not_scheduled", vec!["No 1"]),
        ("tag=seen&search=no%204", vec!["No 4"]),
        ("status=archived", vec![]),
    ] {
        let page = app.as_admin().get(&format!("/campaigns?{query}")).await;
        let found: Vec<&str> =
            page.data()["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{query}");
    }
    for (query, path) in
        [("limit=0", "limit"), ("limit=101", "limit"), ("status=done", "status"), ("x=1", "x"), ("cursor=!", "cursor")]
    {
        let refused = app.as_admin().get(&format!("/campaigns?{query}")).await;
        assert_eq!(refused.refused(400, REQUEST_INVALID)["details"]["path"], path);
    }
}
