//! What `POST /campaigns/{id}/preflight` says about the content of a draft, and what a job does about it.

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

/// Binds content of the draft's channel and gives the draft a category.
async fn with_content(app: &TestApp, draft: &Ready, channel: ChannelKind, category: &str, content: Value) {
    let admin = app.as_admin();
    let template = json!({ "name": "Under test", "channel": channel.as_str(), "content": content });
    let made = admin.post("/templates", template).await;
    let template = made.data()["id"].as_str().unwrap();
    admin.post(&format!("/templates/{template}/publish"), json!({})).await.data();
    let bound = json!({ "templateId": template, "senderProfileId": &draft.sender });
    admin.put(&draft.path("/content"), bound).await.data();
    let patched = admin.patch(&draft.path(""), json!({ "category": category })).await;
    assert_eq!(patched.data()["category"], category);
}

/// The issue of that code, if a preflight finds it.
async fn issue(app: &TestApp, draft: &Ready, code: &str) -> Option<Value> {
    let found = app.as_admin().post(&draft.path("/preflight"), json!({})).await;
    let issues = found.data()["issues"].as_array().unwrap();
    issues.iter().find(|issue| issue["code"] == code).cloned()
}

async fn severity(app: &TestApp, draft: &Ready, code: &str) -> Option<String> {
    issue(app, draft, code).await.map(|issue| issue["severity"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_marketing_email_without_a_link_to_unsubscribe_is_refused_unless_the_tenant_says_otherwise() {
    both(async |app| {
        let admin = app.as_admin();
        let draft = ready(&app, ChannelKind::Email).await;
        let bare = || json!({ "subject": "Sale", "html": "<p>Come and see</p>" });
        with_content(&app, &draft, ChannelKind::Email, "marketing", bare()).await;
        let found = issue(&app, &draft, "UNSUBSCRIBE_LINK_MISSING").await.unwrap();
        assert_eq!((&found["severity"], &found["step"]), (&json!("blocker"), &json!("content")));
        assert!(found["message"].as_str().unwrap().contains("{{ unsubscribe_url }}"), "{found}");
        assert!(found["remediation"][0]["href"].as_str().unwrap().starts_with("/public/v1/templates/"), "{found}");
        let job = json!({ "sendAt": "2026-05-01T09:00:00Z", "dryRun": true });
        let refused = admin.post(&draft.path("/schedule-jobs"), job.clone()).await;
        let error = refused.refused(400, "JOURNEY_API.BROADCASTS.SCHEDULE.PREFLIGHT_BLOCKERS");
        assert_eq!(error["details"]["issues"][0]["code"], "UNSUBSCRIBE_LINK_MISSING");
        let test = admin.post(&draft.path("/test-sends"), json!({ "addresses": ["me@example.test"] })).await;
        assert_eq!(test.status, 201, "a test shows what is missing: {}", test.json);

        assert_eq!(admin.get("/tenant").await.data()["requireUnsubscribeLink"], true);
        let set = admin.patch("/tenant", json!({ "requireUnsubscribeLink": false })).await;
        assert_eq!(set.data()["requireUnsubscribeLink"], false);
        assert_eq!(severity(&app, &draft, "UNSUBSCRIBE_LINK_MISSING").await.as_deref(), Some("warning"));
        let planned = admin.post(&draft.path("/schedule-jobs"), job).await;
        assert_eq!(planned.data()["warnings"][0]["code"], "UNSUBSCRIBE_LINK_MISSING");
        let set = admin.patch("/tenant", json!({ "requireUnsubscribeLink": null })).await;
        assert_eq!(set.data()["requireUnsubscribeLink"], true);
        let stranger = app.another_tenant().await;
        assert_eq!(app.admin_of(stranger).get("/tenant").await.data()["requireUnsubscribeLink"], true);
    })
    .await;
}

#[tokio::test]
async fn a_link_counts_where_the_reader_sees_it() {
    let app = TestApp::new().await;
    let draft = ready(&app, ChannelKind::Email).await;
    for (category, html, text, expected) in [
        ("marketing", r#"<a href="{{ unsubscribe_url }}">Out</a>"#, None, None),
        ("marketing", r#"<a href="{{ unsubscribe_url }}"><img src="https://a.test/x.png"></a>"#, Some("Hi"), None),
        ("marketing", "<p>Hi</p>", Some("Out: {{ unsubscribe_url }}"), None),
        ("marketing", "<p>Hi</p><!-- {{ unsubscribe_url }} -->", None, Some("blocker")),
        ("marketing", r#"<p style="display:none">{{ unsubscribe_url }}</p>Hi"#, None, Some("blocker")),
        ("marketing", "{% if nobody %}{{ unsubscribe_url }}{% endif %}Hi", None, Some("blocker")),
        ("marketing", "{# {{ unsubscribe_url }} #}Hi", None, Some("blocker")),
        ("newsletter", "<p>Hi</p>", None, Some("warning")),
        ("general", "<p>Hi</p>", None, Some("warning")),
        ("transactional", "<p>Hi</p>", None, None),
    ] {
        let content = json!({ "subject": "{{ unsubscribe_url }}", "html": html, "text": text });
        with_content(&app, &draft, ChannelKind::Email, category, content).await;
        assert_eq!(severity(&app, &draft, "UNSUBSCRIBE_LINK_MISSING").await.as_deref(), expected, "{category} {html}");
    }
}

#[tokio::test]
async fn other_channels_have_no_link_to_miss() {
    let app = TestApp::new().await;
    for channel in [ChannelKind::Sms, ChannelKind::Push, ChannelKind::DirectMail] {
        let draft = ready(&app, channel).await;
        app.as_admin().patch(&draft.path(""), json!({ "category": "marketing" })).await.data();
        assert_eq!(severity(&app, &draft, "UNSUBSCRIBE_LINK_MISSING").await, None, "{}", channel.as_str());
    }
}

#[tokio::test]
async fn a_time_without_a_zone_is_told_wherever_it_is_read() {
    both(async |app| {
        let admin = app.as_admin();
        admin.patch("/tenant", json!({ "defaultTimezone": "Europe/Berlin" })).await.data();
        for channel in [ChannelKind::Email, ChannelKind::Sms, ChannelKind::Push] {
            let draft = ready(&app, channel).await;
            let intent = json!({ "mode": "at", "sendAt": "2026-07-01T09:00" });
            let saved = admin.put(&draft.path("/schedule"), intent).await;
            assert_eq!(saved.data()["schedule"]["sendAt"], "2026-07-01T09:00:00.000Z", "the rule of the page stays");
            assert_eq!(severity(&app, &draft, "TIMEZONE_DEFAULTED").await.as_deref(), Some("warning"));
            let warned = |data: &Value| {
                let warnings = data["warnings"].as_array().unwrap();
                let found = warnings.iter().find(|warning| warning["code"] == "TIMEZONE_DEFAULTED");
                let message = found.unwrap_or_else(|| panic!("{data}"))["message"].as_str().unwrap();
                assert!(message.contains("+02:00 in Europe/Berlin"), "{message}");
            };
            warned(admin.post(&draft.path("/schedule-jobs"), json!({ "dryRun": true })).await.data());
            let job = admin.post(&draft.path("/schedule-jobs"), json!({ "sendAt": "2026-07-02T09:00" })).await;
            warned(job.data());
            let path = draft.path(&format!("/schedule-jobs/{}", job.data()["scheduleId"].as_str().unwrap()));
            let moved = admin.patch(&path, json!({ "sendAt": "2026-07-03T09:00" })).await;
            warned(moved.data());
        }
    })
    .await;
}

/// Content of a channel that says these words where its message is read.
fn saying(channel: ChannelKind, words: &str) -> Value {
    match channel {
        ChannelKind::Email => json!({ "subject": "Hi", "html": format!("<p>{words}</p>{{{{ unsubscribe_url }}}}") }),
        ChannelKind::Sms => json!({ "text": words }),
        ChannelKind::Push => json!({ "title": "Hi", "body": words }),
        ChannelKind::DirectMail => json!({ "format": "letter_a4", "source": words }),
    }
}

#[tokio::test]
async fn merge_tags_of_other_systems_are_named_with_their_place() {
    both(async |app| {
        for channel in ChannelKind::ALL {
            let draft = ready(&app, channel).await;
            with_content(&app, &draft, channel, "general", saying(channel, "Hello *|FNAME|*, %%city%%")).await;
            let found = issue(&app, &draft, "FOREIGN_TAG").await.unwrap_or_else(|| panic!("{}", channel.as_str()));
            assert_eq!((&found["severity"], &found["step"]), (&json!("warning"), &json!("content")));
            let message = found["message"].as_str().unwrap();
            assert!(message.contains("*|FNAME|* (content.") && message.contains("line 1, column "), "{message}");
            with_content(&app, &draft, channel, "general", saying(channel, "Hello {{ first_name }}, 100% *new*")).await;
            assert_eq!(issue(&app, &draft, "FOREIGN_TAG").await, None);
        }
    })
    .await;
}

#[tokio::test]
async fn a_field_without_a_default_is_counted_over_those_who_would_get_the_message() {
    both(async |app| {
        let admin = app.as_admin();
        for channel in ChannelKind::ALL {
            let draft = ready(&app, channel).await;
            // Of three, one has no nickname and one a blank one; a fourth has said no and does not count.
            let mut people: Vec<Value> =
                (1..=2).map(|n| json!({ "email": format!("reader{n}@example.test") })).collect();
            people[0]["nick"] = json!(" ");
            people[1]["nick"] = json!("Bo");
            let no = json!({ "email": "denied", "sms": "denied", "push": "denied", "direct_mail": "denied" });
            for (number, consent) in [(3, json!({})), (4, no)] {
                people.push(json!({
                    "email": format!("reader{number}@example.test"), "phone": format!("+4930123456{number}"),
                    "push_tokens": ["t"], "consent": consent, "address": { "name": "R", "line1": "Main St 1",
                    "city": "Berlin", "postal_code": "10115", "country": "DE" },
                }));
            }
            let upserted = admin.post("/records/profiles/upsert-batch", json!({ "records": people })).await;
            assert_eq!(upserted.status, 200, "{}", upserted.json);
            let keys: Vec<&Value> = people.iter().map(|person| &person["email"]).collect();
            let path = format!("/lists/{}/members:upsert", draft.list);
            admin.post(&path, json!({ "contactKeys": keys })).await.data();

            with_content(&app, &draft, channel, "general", saying(channel, "Hello {{ nick }}")).await;
            let found = issue(&app, &draft, "FIELD_EMPTY").await.unwrap_or_else(|| panic!("{}", channel.as_str()));
            assert_eq!(found["severity"], "warning");
            let expected = "nick is empty for 2 of 3 recipients and has no default in the template.";
            assert_eq!(found["message"], expected, "{}", channel.as_str());
            for words in ["Hello {{ nick | default('friend') }}", "Hello {{ email }}"] {
                with_content(&app, &draft, channel, "general", saying(channel, words)).await;
                assert_eq!(issue(&app, &draft, "FIELD_EMPTY").await, None, "{words}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_large_audience_is_counted_over_its_first_recipients() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let draft = ready(&app, ChannelKind::Email).await;
    let people: Vec<Value> = (0..2_300).map(|n| json!({ "email": format!("p{n}@example.test") })).collect();
    let keys: Vec<&Value> = people.iter().map(|person| &person["email"]).collect();
    admin.post("/records/profiles/upsert-batch", json!({ "records": people })).await.data();
    let path = format!("/lists/{}/members:upsert", draft.list);
    admin.post(&path, json!({ "contactKeys": keys })).await.data();
    let found = issue(&app, &draft, "FIELD_EMPTY").await.unwrap();
    let message = found["message"].as_str().unwrap();
    assert!(message.starts_with("first_name is empty for ") && message.contains(" of the first 2,"), "{message}");
}

#[tokio::test]
async fn a_failed_rendering_is_told_with_part_line_and_column() {
    let app = TestApp::new().await;
    for channel in ChannelKind::ALL {
        let draft = ready(&app, channel).await;
        let words = "Hello\n  {{ 7 // (first_name | length - 8) }}";
        with_content(&app, &draft, channel, "general", saying(channel, words)).await;
        let found =
            issue(&app, &draft, "TEMPLATE_RENDER_FAILED").await.unwrap_or_else(|| panic!("{}", channel.as_str()));
        let message = found["message"].as_str().unwrap();
        assert!(message.contains("content.") && message.contains(", line 2, column "), "{message}");
    }
}

#[tokio::test]
async fn text_that_is_no_number_is_counted_where_a_template_compares_it_with_one() {
    both(async |app| {
        let admin = app.as_admin();
        let draft = ready(&app, ChannelKind::Email).await;
        let condition = "{% if points > 100 %}rich{% else %}poor{% endif %}";
        let say = async |points: [&str; 2]| {
            for (n, points) in (1..).zip(points) {
                let record = json!({ "email": format!("reader{n}@example.test"), "points": points });
                admin.post("/profiles/upsert", json!({ "record": record })).await.data();
            }
            with_content(&app, &draft, ChannelKind::Email, "general", saying(ChannelKind::Email, condition)).await;
            issue(&app, &draft, "TYPE_MISMATCH").await
        };
        assert_eq!(say(["250.5", "20"]).await, None);
        assert_eq!(issue(&app, &draft, "TEMPLATE_RENDER_FAILED").await, None);
        let found = say(["250.5", "many"]).await.unwrap();
        assert_eq!((&found["severity"], &found["step"]), (&json!("warning"), &json!("content")));
        let expected =
            "points is text that is no number for 1 of 2 recipients, and the template compares it with a number.";
        assert_eq!(found["message"], expected);
        assert!(found["remediation"][0]["href"].as_str().unwrap().starts_with("/public/v1/templates/"), "{found}");
        let failed = issue(&app, &draft, "TEMPLATE_RENDER_FAILED").await.unwrap();
        assert!(failed["message"].as_str().unwrap().contains("points is text"), "{failed}");
    })
    .await;
}
