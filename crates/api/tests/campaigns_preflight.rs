//! `POST /campaigns/{id}/preflight` and `GET /campaigns/{id}/summary`: one situation for each finding.

#![cfg(test)]

mod support;

use axum::http::Method;
use postrider_core::channel::ChannelKind::{self, DirectMail, Email, Push, Sms};
use postrider_core::content::TemplateStatus;
use postrider_core::env::Clock as _;
use postrider_core::id::NodeId;
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use postrider_store::nodes::Node;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::TestApp;
use support::drafts::content;

/// A campaign that lacks nothing, except what a test takes away.
struct Ready {
    campaign: String,
    list: String,
    template: String,
}

fn person(number: usize) -> Value {
    json!({
        "email": format!("p{number}@example.com"), "phone": format!("+491511234567{number}"),
        "customer_id": format!("c{number}"), "first_name": "Ada", "push_tokens": ["token"], "points": number,
        "consent": { "email": "granted", "sms": "granted", "push": "granted", "direct_mail": "granted" },
        "address": { "name": "Ada", "line1": "Street 1", "city": "Ulm", "postal_code": "89073", "country": "DE" },
    })
}

fn details(channel: ChannelKind) -> Value {
    match channel {
        Email => json!({ "fromEmail": "news@acme.test", "fromName": "Acme" }),
        Sms => json!({ "number": "+4915112345678" }),
        Push => json!({ "app": "acme" }),
        DirectMail => json!({ "returnAddress": {
            "name": "Acme", "line1": "Road 1", "city": "Ulm", "postalCode": "89073", "country": "DE" } }),
    }
}

async fn people(app: &TestApp, list: &str, people: &[Value]) {
    let admin = app.as_admin();
    admin.post("/records/profiles/upsert-batch", json!({ "records": people, "matchKey": "customer_id" })).await.data();
    let keys: Vec<&Value> = people.iter().map(|person| &person["email"]).collect();
    let added = admin.post(&format!("/lists/{list}/members:upsert"), json!({ "contactKeys": keys })).await;
    added.data();
}

async fn heartbeat(app: &TestApp) {
    let now = app.clock.now();
    let node = Node { id: NodeId::new(now, &*app.entropy), role: "engine", started_at: now, wall_ahead_ms: None };
    app.store.write("test.beat", move |tx| tx.node_beat(&node, now)).await.unwrap();
}

async fn ready(app: &TestApp, channel: ChannelKind, template_content: &str) -> Ready {
    heartbeat(app).await;
    app.sender(channel, &details(channel)).await;
    let list = app.list(app.tenant(), "Customers").await;
    people(app, &list, &[person(1), person(2)]).await;
    let template = app.template_of(app.tenant(), channel, TemplateStatus::Published, template_content).await;
    let schedule = match channel {
        DirectMail => json!({ "batchDate": "2026-05-01" }),
        Email | Sms | Push => json!({ "sendAt": "2026-05-01T09:00:00.000Z" }),
    };
    let body = json!({
        "campaignType": "broadcast", "name": "Spring", "channel": channel.as_str(), "schedule": schedule,
        "audience": { "include": [{ "audienceId": list, "type": "audience" }] },
        "content": { "templateId": template },
    });
    let made = app.as_admin().post("/campaigns", body).await;
    let campaign = made.data()["id"].as_str().unwrap().to_owned();
    Ready { campaign, list, template }
}

async fn preflight(app: &TestApp, campaign: &str) -> Value {
    let answer = app.as_admin().post(&format!("/campaigns/{campaign}/preflight"), json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.json);
    answer.data().clone()
}

/// The findings as `severity CODE`.
fn findings(preflight: &Value) -> Vec<String> {
    let issues = preflight["issues"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    issues.map(|issue| format!("{} {}", text(&issue["severity"]), text(&issue["code"]))).collect()
}

#[tokio::test]
async fn a_bare_draft_is_blocked_and_told_where_to_go() {
    let app = TestApp::new().await;
    let campaign = app.draft(Email).await;
    let found = preflight(&app, &campaign).await;
    let read = app.as_admin().get(&format!("/campaigns/{campaign}")).await;
    let version = &read.data()["currentVersionId"];
    assert_eq!(found["journeyId"], campaign);
    assert_eq!(&found["versionId"], version);
    assert_eq!(found["canPublish"], false);
    assert_eq!(found["evaluatedAt"], "2026-03-01T12:00:00.000Z");
    assert_eq!(found["summary"], json!({ "blockers": 3, "warnings": 1, "info": 1 }));
    assert_eq!(
        found["bindingsPreview"],
        json!([{
            "journey_version_id": version, "node_key": "send_1", "manifest_id": null,
            "placeholder_manifest_id": null, "touchpoint_id": 1, "channel": "email",
        }])
    );
    let expected = [
        "blocker AUDIENCE_NOT_ASSIGNED",
        "blocker TEMPLATE_NOT_ASSIGNED",
        "blocker SENDER_PROFILE_MISSING",
        "warning DELIVERY_STOPPED",
        "info SCHEDULE_NOT_SET",
    ];
    assert_eq!(findings(&found), expected);
    let link = json!([{
        "type": "link", "label": "Choose the audience", "href": format!("/public/v1/campaigns/{campaign}/audience"),
    }]);
    assert_eq!(found["issues"][0]["remediation"], link);
    assert_eq!(found["issues"][0]["step"], "audience");
    let stranger = app.another_tenant().await;
    let hidden = app.admin_of(stranger).post(&format!("/campaigns/{campaign}/preflight"), json!({})).await;
    hidden.refused(404, "JOURNEY_API.PUBLIC.CAMPAIGNS.NOT_FOUND");
    let token = app.token(&[Scope::CampaignsUpdate]).await;
    let refused = app.request(Method::POST, &format!("/campaigns/{campaign}/preflight"), &token, None).await;
    refused.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
}

#[tokio::test]
async fn a_whole_draft_of_every_channel_can_be_published_on_both_databases() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        for channel in ChannelKind::ALL {
            let ready = ready(&app, channel, content(channel)).await;
            let found = preflight(&app, &ready.campaign).await;
            assert_eq!(findings(&found), [""; 0], "{}: {found}", channel.as_str());
            assert_eq!(found["canPublish"], true);
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_template_is_found_on_real_people() {
    let clipped = format!(r#"{{"subject":"S","html":"<p>{}</p>{{{{ unsubscribe_url }}}}"}}"#, "x".repeat(102 * 1024));
    let long = format!(r#"{{"text":"{}"}}"#, "x".repeat(161));
    let cases = [
        (
            Email,
            r#"{"subject":"S","html":"{{ 7 // (points - 2) }} {{ unsubscribe_url }}"}"#,
            "blocker TEMPLATE_RENDER_FAILED",
        ),
        (
            Email,
            r#"{"subject":"S","html":"{{ shoe_size }} {{ points }} {{ unsubscribe_url }}"}"#,
            "warning TEMPLATE_FIELD_UNKNOWN",
        ),
        (Email, r#"{"subject":" ","html":"<p>{{ unsubscribe_url }}</p>"}"#, "blocker SUBJECT_MISSING"),
        (Email, &clipped, "warning EMAIL_CLIPPED"),
        (Sms, &long, "warning SMS_MULTIPART"),
    ];
    for (channel, content, expected) in cases {
        let app = TestApp::new().await;
        let ready = ready(&app, channel, content).await;
        let found = preflight(&app, &ready.campaign).await;
        assert_eq!(findings(&found), [expected], "{found}");
        assert_eq!(found["canPublish"], expected.starts_with("warning"));
        assert!(!found.to_string().contains("example.com"), "no contact data: {found}");
    }
}

#[tokio::test]
async fn what_changed_after_it_was_bound_is_found() {
    let app = TestApp::new().await;
    let Ready { campaign, list, template } = ready(&app, Email, content(Email)).await;
    let admin = app.as_admin();
    admin.post(&format!("/templates/{template}/archive"), json!({})).await.data();
    admin.delete(&format!("/lists/{list}")).await.data();
    app.clock.set(Timestamp::parse("2026-05-01T09:00:00.001Z").unwrap());
    let found = preflight(&app, &campaign).await;
    let expected = [
        "blocker AUDIENCE_NOT_FOUND",
        "blocker TEMPLATE_NOT_PUBLISHED",
        "blocker SCHEDULE_IN_PAST",
        "warning DELIVERY_STOPPED",
    ];
    assert_eq!(findings(&found), expected, "{found}");
    assert_eq!(found["issues"][0]["refs"], json!([list]));
    assert_eq!(found["issues"][1]["remediation"][0]["href"], format!("/public/v1/templates/{template}/publish"));
}

#[tokio::test]
async fn an_audience_in_which_nobody_is_left_is_empty() {
    let app = TestApp::new().await;
    let Ready { campaign, list, .. } = ready(&app, Email, content(Email)).await;
    let path = format!("/campaigns/{campaign}/audience");
    let named = |id: &str| json!([{ "audienceId": id, "type": "audience" }]);
    let empty = app.list(app.tenant(), "Nobody").await;
    app.as_admin().put(&path, json!({ "include": named(&empty) })).await.data();
    assert_eq!(findings(&preflight(&app, &campaign).await), ["warning AUDIENCE_EMPTY"]);

    let everybody = app.list(app.tenant(), "Everybody").await;
    people(&app, &everybody, &[person(1), person(2)]).await;
    app.as_admin().put(&path, json!({ "include": named(&list), "exclude": named(&everybody) })).await.data();
    assert_eq!(findings(&preflight(&app, &campaign).await), ["warning AUDIENCE_EMPTY"], "excluded");

    app.as_admin().put(&path, json!({ "include": named(&list) })).await.data();
    assert_eq!(findings(&preflight(&app, &campaign).await), [""; 0]);
    let denied = json!({ "customer_id": "c1", "consent": { "email": "denied" } });
    app.as_admin().post("/profiles/upsert", json!({ "record": denied, "matchKey": "customer_id" })).await.data();
    let banned = json!({ "channel": "email", "address": "example.com", "reason": "manual" });
    app.as_admin().post("/suppressions", banned).await.data();
    assert_eq!(findings(&preflight(&app, &campaign).await), ["warning AUDIENCE_EMPTY"], "denied and suppressed");
}

#[tokio::test]
async fn direct_mail_needs_a_return_address_and_tells_of_incomplete_ones() {
    let app = TestApp::new().await;
    let Ready { campaign, list, template } = ready(&app, DirectMail, content(DirectMail)).await;
    let mut homeless = person(3);
    homeless["address"] = Value::Null;
    people(&app, &list, &[homeless]).await;
    let found = preflight(&app, &campaign).await;
    assert_eq!(findings(&found), ["warning ADDRESS_INCOMPLETE"]);
    assert!(found["issues"][0]["message"].as_str().unwrap().starts_with("1 pieces"), "{found}");

    let nowhere = app.sender(DirectMail, &json!({ "returnAddress": { "name": "Acme" } })).await;
    let bound = json!({ "templateId": template, "senderProfileId": nowhere });
    app.as_admin().put(&format!("/campaigns/{campaign}/content"), bound).await.data();
    let found = preflight(&app, &campaign).await;
    assert_eq!(findings(&found), ["blocker RETURN_ADDRESS_MISSING", "warning ADDRESS_INCOMPLETE"]);
    assert_eq!(found["issues"][0]["remediation"][0]["href"], format!("/public/v1/sender-profiles/{nowhere}"));
}

#[tokio::test]
async fn the_operators_part_is_looked_at_too() {
    let app = TestApp::with_settings(Database::Sqlite, |settings| {
        settings.channels.remove(&Email);
        settings.public_url = String::new();
    });
    let app = app.await;
    let Ready { campaign, template, .. } = ready(&app, Email, content(Email)).await;
    let found = preflight(&app, &campaign).await;
    assert_eq!(findings(&found), ["blocker UNSUBSCRIBE_MISSING", "blocker CHANNEL_NOT_CONFIGURED"]);
    let body = json!({
        "campaignType": "broadcast", "name": "Receipt", "channel": "email", "category": "transactional",
        "content": { "templateId": template },
    });
    let made = app.as_admin().post("/campaigns", body).await;
    let found = preflight(&app, made.data()["id"].as_str().unwrap()).await;
    assert!(!findings(&found).contains(&"blocker UNSUBSCRIBE_MISSING".to_owned()), "{found}");
    app.clock.advance(10_001);
    let found = preflight(&app, &campaign).await;
    assert!(findings(&found).contains(&"warning DELIVERY_STOPPED".to_owned()), "{found}");
}

#[tokio::test]
async fn a_time_that_reads_two_ways_is_a_warning() {
    let app = TestApp::new().await;
    let Ready { campaign, .. } = ready(&app, Email, content(Email)).await;
    let path = format!("/campaigns/{campaign}/schedule");
    for (time, expected) in [
        ("2026-05-01T09:00:00.000Z", vec!["warning OFFSET_DIFFERS_FROM_TIMEZONE"]),
        ("2026-03-08T02:30", vec!["warning TIMEZONE_GAP_SHIFTED"]),
        ("2026-05-01T05:00:00-04:00", vec![]),
    ] {
        let body = json!({ "mode": "at", "sendAt": time, "timezone": "America/New_York" });
        app.as_admin().put(&path, body).await.data();
        assert_eq!(findings(&preflight(&app, &campaign).await), expected, "{time}");
    }
}

#[tokio::test]
async fn the_summary_is_one_page_without_contact_data() {
    let app = TestApp::new().await;
    let Ready { campaign, list, template } = ready(&app, Email, content(Email)).await;
    let answer = app.as_admin().get(&format!("/campaigns/{campaign}/summary")).await;
    let data = answer.data();
    let passed = |name: &str| json!({ "name": name, "status": "passed", "codes": [] });
    let expected = json!({
        "campaignId": campaign, "name": "Spring", "campaignType": "broadcast", "channel": "email",
        "authoringStatus": "draft", "createdAt": "2026-03-01T12:00:00.000Z", "updatedAt": "2026-03-01T12:00:00.000Z",
        "schedule": data["schedule"], "scheduledFor": null,
        "audience": {
            "included": [{ "id": list, "name": "Customers", "type": "audience", "memberCount": 2 }],
            "excluded": [],
            "reach": { "status": "pending", "evaluatedCount": null, "evaluatedAt": null, "isStale": false },
        },
        "content": {
            "template": { "id": template, "name": "email template", "status": "published", "channel": "email" },
            "proofStatus": "not_started",
        },
        "preflight": {
            "status": "passed",
            "checks": [passed("audience"), passed("content"), passed("schedule"), passed("channel")],
        },
        "latestExecution": null,
        "links": { "self": format!("/public/v1/campaigns/{campaign}/summary") },
    });
    assert_eq!(data, &expected);
    assert_eq!(data["schedule"]["kind"], "digital_send");

    let bare = app.draft(Email).await;
    let bare = app.as_admin().get(&format!("/campaigns/{bare}/summary")).await;
    assert_eq!(bare.data()["preflight"]["status"], "blocked");
    assert_eq!(bare.data()["content"]["template"], Value::Null);

    let job = app.as_admin().post(&format!("/campaigns/{campaign}/schedule-jobs"), json!({})).await;
    assert_eq!(job.status, 201, "{}", job.json);
    let answer = app.as_admin().get(&format!("/campaigns/{campaign}/summary")).await;
    assert_eq!(answer.data()["authoringStatus"], "published");
    assert_eq!(answer.data()["latestExecution"]["status"], "scheduled");
    assert_eq!(answer.data()["latestExecution"]["lastExecutionAt"], Value::Null);
    assert_eq!(answer.data()["latestExecution"]["counts"]["frozen"], 0);
    let stranger = app.another_tenant().await;
    let hidden = app.admin_of(stranger).get(&format!("/campaigns/{campaign}/summary")).await;
    hidden.refused(404, "JOURNEY_API.PUBLIC.CAMPAIGNS.NOT_FOUND");
}

#[tokio::test]
async fn a_job_hears_the_blockers_and_a_dry_run_shows_real_messages() {
    let app = TestApp::new().await;
    let Ready { campaign, list, .. } = ready(&app, Email, content(Email)).await;
    let path = format!("/campaigns/{campaign}/schedule-jobs");
    let dry = app.as_admin().post(&path, json!({ "dryRun": true })).await;
    let samples = dry.data()["plan"]["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 2, "{}", dry.json);
    assert_eq!(samples[0]["subject"], "Hi Ada");
    app.as_admin().delete(&format!("/lists/{list}")).await.data();
    for dry_run in [true, false] {
        let refused = app.as_admin().post(&path, json!({ "dryRun": dry_run })).await;
        let error = refused.refused(400, "JOURNEY_API.BROADCASTS.SCHEDULE.PREFLIGHT_BLOCKERS");
        assert_eq!(error["details"]["issues"][0]["code"], "AUDIENCE_NOT_FOUND", "{error}");
    }
}
