//! Templates: written, previewed, published, put away.

#![cfg(test)]

mod support;

use axum::http::Method;
use postrider_core::scope::Scope;
use serde_json::{Value, json};
use support::{Caller, TestApp};

fn email(html: &str) -> Value {
    json!({ "name": "Welcome", "channel": "email", "content": { "subject": "Hi {{ first_name }}", "html": html } })
}

async fn create(caller: &Caller<'_>, body: Value) -> Value {
    let made = caller.post("/templates", body).await;
    assert_eq!(made.status, 201, "{}", made.json);
    made.data().clone()
}

fn path(template: &Value, rest: &str) -> String {
    format!("/templates/{}{rest}", template["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_template_is_written_previewed_published_edited_and_published_again() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let template = create(&admin, email("<p>Hello {{ first_name }} of {{ address.city }}</p>")).await;
    assert_eq!(template["status"], "draft");
    assert_eq!(template["channel"], "email");
    assert_eq!(template["publishedVersionId"], Value::Null);
    assert_eq!(template["fields"], json!(["address.city", "first_name"]));
    assert_eq!(template["createdAt"], "2026-03-01T12:00:00.000Z");
    assert_eq!(template["content"]["subject"], "Hi {{ first_name }}");

    let record = json!({ "first_name": "Ada <3", "address": { "city": "Ulm" } });
    let preview = admin.post(&path(&template, "/preview"), json!({ "record": record })).await;
    let preview = preview.data();
    assert_eq!(preview["channel"], "email");
    assert_eq!(preview["subject"], "Hi Ada <3");
    assert_eq!(preview["html"], "<p>Hello Ada &lt;3 of Ulm</p>");
    assert_eq!(preview["text"].as_str().unwrap().trim(), "Hello Ada <3 of Ulm");
    assert_eq!(preview["unknownFields"], json!([]));

    app.clock.advance(1_000);
    let first = admin.post(&path(&template, "/publish"), json!({})).await.data().clone();
    assert_eq!((first["status"].as_str(), first["publishedVersionId"].is_string()), (Some("published"), true));
    assert_eq!(first["updatedAt"], "2026-03-01T12:00:01.000Z");
    let again = admin.post(&path(&template, "/publish"), json!({})).await;
    assert_eq!(again.data(), &first, "content that is published already makes no version");

    let edit = json!({ "name": "Welcome back", "content": { "subject": "Again", "html": "<p>2</p>" } });
    let edited = admin.patch(&path(&template, ""), edit).await.data().clone();
    assert_eq!(edited["name"], "Welcome back");
    assert_eq!(edited["publishedVersionId"], first["publishedVersionId"], "an edit is not a publish");
    assert_eq!(edited["fields"], json!([]));
    let second = admin.post(&path(&template, "/publish"), json!({})).await.data().clone();
    assert_ne!(second["publishedVersionId"], first["publishedVersionId"]);
    assert_eq!(admin.get(&path(&template, "")).await.data(), &second);
    assert_eq!(contents(&app, &first, &second).await, ["Hi {{ first_name }}", "Again"], "versions are immutable");
}

/// The subjects that the published versions of two answers hold.
async fn contents(app: &TestApp, first: &Value, second: &Value) -> Vec<String> {
    let tenant = app.tenant();
    let ids = [first, second].map(|template| template["publishedVersionId"].as_str().unwrap().parse().unwrap());
    let contents = app.store.read("test.versions", move |tx| {
        ids.into_iter().map(|id| Ok(tx.template_version_content(tenant, id)?.unwrap())).collect()
    });
    let contents: Result<Vec<String>, postrider_store::StoreError> = contents.await;
    let subject = |json: &String| serde_json::from_str::<Value>(json).unwrap()["subject"].as_str().unwrap().to_owned();
    contents.unwrap().iter().map(subject).collect()
}

#[tokio::test]
async fn what_does_not_compile_is_refused_with_its_place() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let template = create(&admin, email("<p>fine</p>")).await;
    let content = |html: &str| json!({ "subject": "x", "html": html });
    for (bad, place) in [
        (content("<p>\n  {{ first_name </p>"), "content.html: line 2, column "),
        (content("<p>\n{% if x %}"), "content.html: line 2"),
        (content("a {{ x|nosuch }}"), "content.html: line 1, column "),
        (json!({ "subject": "{{ }}", "html": "x" }), "content.subject: line 1, column "),
    ] {
        let body = json!({ "name": "Bad", "channel": "email", "content": bad });
        for answer in
            [admin.post("/templates", body).await, admin.patch(&path(&template, ""), json!({ "content": bad })).await]
        {
            let error = answer.refused(400, "JOURNEY_API.PUBLIC.TEMPLATES.INVALID");
            let message = error["message"].as_str().unwrap();
            assert!(message.starts_with(place), "{message}");
            assert_eq!(error["details"]["path"], place.split(':').next().unwrap());
        }
    }
    assert_eq!(admin.get(&path(&template, "")).await.data(), &template, "a refusal changes nothing");
    assert_eq!(admin.get("/templates").await.data()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_shape_of_content_is_that_of_its_channel() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    for (body, path) in [
        (json!({ "channel": "sms", "content": { "text": "x" } }), "name"),
        (json!({ "name": "", "channel": "sms", "content": { "text": "x" } }), "name"),
        (json!({ "name": "x".repeat(256), "channel": "sms", "content": { "text": "x" } }), "name"),
        (json!({ "name": "n", "channel": "fax", "content": { "text": "x" } }), "channel"),
        (json!({ "name": "n", "channel": "sms" }), "content"),
        (json!({ "name": "n", "channel": "sms", "content": ["x"] }), "content"),
        (json!({ "name": "n", "channel": "sms", "content": {} }), "content.text"),
        (json!({ "name": "n", "channel": "sms", "content": { "text": "x", "html": "y" } }), "content.html"),
        (json!({ "name": "n", "channel": "email", "content": { "subject": "x", "html": 7 } }), "content.html"),
        (json!({ "name": "n", "channel": "push", "content": { "title": "x", "body": "" } }), "content.body"),
        (
            json!({ "name": "n", "channel": "direct_mail", "content": { "format": "a5", "source": "x" } }),
            "content.format",
        ),
        (json!({ "name": "n", "channel": "sms", "content": { "text": "x" }, "status": "published" }), "status"),
    ] {
        let answer = admin.post("/templates", body).await;
        let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(error["details"]["path"], path, "{error}");
    }
}

#[tokio::test]
async fn every_channel_can_be_previewed() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let record = json!({ "first_name": "Ada", "plan": "gold" });
    for (channel, content, expected) in [
        (
            "sms",
            json!({ "text": "Hi {{ first_name }} {{ pan }}" }),
            json!({ "text": "Hi Ada ", "unknownFields": ["pan"] }),
        ),
        (
            "push",
            json!({ "title": "{{ plan }}", "body": "b", "url": "https://x.test/{{ plan }}", "data": { "k": "{{ plan }}" } }),
            json!({ "title": "gold", "body": "b", "url": "https://x.test/gold", "data": { "k": "gold" } }),
        ),
        (
            "direct_mail",
            json!({ "format": "letter_a4", "source": "Dear {{ first_name }}" }),
            json!({ "format": "letter_a4", "source": "Dear Ada" }),
        ),
    ] {
        let template = create(&admin, json!({ "name": "n", "channel": channel, "content": content })).await;
        let answer = admin.post(&path(&template, "/preview"), json!({ "record": record })).await;
        assert_eq!(answer.data()["channel"], channel);
        for (part, value) in expected.as_object().unwrap() {
            assert_eq!(&answer.data()[part], value, "{channel}.{part}");
        }
        let answer = admin.post(&path(&template, "/preview"), json!({ "subjectLine": "x" })).await;
        assert_eq!(answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID")["details"]["path"], "subjectLine");
    }
}

#[tokio::test]
async fn a_preview_takes_a_stored_profile_a_sender_and_another_subject() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let template =
        create(&admin, email("{{ first_name }} {{ last_name }} {{ sender.from_name }} {{ unsubscribe_url }}")).await;
    let profile = stored_profile(&app).await;
    let sender = json!({ "name": "News", "channel": "email", "fromEmail": "news@shop.example", "fromName": "Shop" });
    let sender = admin.post("/sender-profiles", sender).await.data()["id"].clone();
    let body = json!({ "profileId": profile, "record": { "last_name": "King" }, "senderProfileId": sender,
        "subjectLine": "Only {{ last_name }}" });
    let answer = admin.post(&path(&template, "/preview"), body).await;
    assert_eq!(answer.data()["subject"], "Only King");
    assert_eq!(answer.data()["html"], "Ada King Shop https://mail.example.test/u/preview");

    let answer = admin.post(&path(&template, "/preview"), json!({ "subjectLine": "a {{ x" })).await;
    let error = answer.refused(400, "JOURNEY_API.PUBLIC.TEMPLATES.INVALID");
    assert!(error["message"].as_str().unwrap().starts_with("subjectLine: line 1, column "), "{error}");
    let answer = admin.post(&path(&template, "/preview"), json!({ "record": { "email": "nobody" } })).await;
    assert_eq!(answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID")["details"]["path"], "record.email");
    let stranger = "0190d0c0-0000-7000-8000-000000000000";
    let answer = admin.post(&path(&template, "/preview"), json!({ "profileId": stranger })).await;
    answer.refused(404, "JOURNEY_API.PUBLIC.PROFILES.NOT_FOUND");
    let answer = admin.post(&path(&template, "/preview"), json!({ "senderProfileId": stranger })).await;
    answer.refused(404, "JOURNEY_API.PUBLIC.SENDER_PROFILES.NOT_FOUND");
}

/// A profile whose first name is Ada.
async fn stored_profile(app: &TestApp) -> String {
    use postrider_core::env::Clock as _;
    use postrider_core::id::ProfileId;
    use postrider_store::profiles::ProfileRow;
    let (tenant, now) = (app.tenant(), app.clock.now());
    let mut row = ProfileRow::empty(ProfileId::new(now, &*app.entropy), now);
    row.first_name = Some("Ada".to_owned());
    let id = row.id.to_string();
    let insert = app.store.write("test.profile", move |tx| tx.profiles_insert(tenant, std::slice::from_ref(&row)));
    let inserted: Result<(), postrider_store::StoreError> = insert.await;
    inserted.unwrap();
    id
}

#[tokio::test]
async fn what_fails_only_when_rendered_tells_its_place_in_the_preview() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let html = "<p>\n{% for a in range(n) %}{% for b in range(n) %}x{% endfor %}{% endfor %}";
    let template = create(&admin, email(html)).await;
    let answer = admin.post(&path(&template, "/preview"), json!({ "record": { "n": 9999 } })).await;
    let error = answer.refused(400, "JOURNEY_API.PUBLIC.TEMPLATES.INVALID");
    assert!(error["message"].as_str().unwrap().starts_with("content.html: line 2"), "{error}");
    assert_eq!(
        admin.post(&path(&template, "/preview"), json!({ "record": { "n": 2 } })).await.data()["html"],
        "<p>\nxxxx"
    );
}

#[tokio::test]
async fn a_template_that_can_never_render_is_refused_wherever_it_is_given() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let template = create(&admin, email("<p>fine</p>")).await;
    let invalid = "JOURNEY_API.PUBLIC.TEMPLATES.INVALID";
    for bomb in [
        "{{ [1]|tojson(indent=10000000000000) }}",
        "{{ [1,2]|tojson(indent=999999999) }}",
        "{{ [['x']*9999999,['x']*9999999]|sort|length }}",
        "{{ range(99999)|join('xxxxxxxxxxxxxxxxxxxxxxxxxxxxx') }}",
        "{% for a in range(9999) %}{% for b in range(9999) %}{{ a ~ b }}{% endfor %}{% endfor %}",
        "{% set x = 'xxxxxxxxxxxxxxxx' %}{{ (x ~ x ~ x ~ x)|replace('x', x ~ x)|replace('x', x ~ x)|replace('x', x ~ x) }}",
        "{{ '%99999999999d'|format(1) }}",
    ] {
        for content in [json!({ "subject": "x", "html": bomb }), json!({ "subject": bomb, "html": "x" })] {
            let body = json!({ "name": "n", "channel": "email", "content": content });
            admin.post("/templates", body).await.refused(400, invalid);
            admin.patch(&path(&template, ""), json!({ "content": content })).await.refused(400, invalid);
        }
        let text = json!({ "name": "n", "channel": "sms", "content": { "text": bomb } });
        admin.post("/templates", text).await.refused(400, invalid);
        let answer = admin.post(&path(&template, "/preview"), json!({ "subjectLine": bomb })).await;
        let error = answer.refused(400, invalid);
        assert!(error["message"].as_str().unwrap().starts_with("subjectLine: line 1, column "), "{error}");
    }
}

#[tokio::test]
async fn an_archived_template_cannot_be_edited_or_published() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let template = create(&admin, email("<p>x</p>")).await;
    admin.post(&path(&template, "/publish"), json!({})).await.data();
    let archived = admin.post(&path(&template, "/archive"), json!({})).await.data().clone();
    assert_eq!(archived["status"], "archived");
    app.clock.advance(1_000);
    assert_eq!(admin.post(&path(&template, "/archive"), json!({})).await.data(), &archived, "twice is once");
    let code = "JOURNEY_API.PUBLIC.TEMPLATES.ARCHIVED";
    admin.post(&path(&template, "/publish"), json!({})).await.refused(409, code);
    admin.patch(&path(&template, ""), json!({ "name": "New" })).await.refused(409, code);
    assert_eq!(admin.post(&path(&template, "/preview"), json!({})).await.status, 200);
}

#[tokio::test]
async fn pages_are_newest_first_and_filtered() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let mut names = Vec::new();
    for n in 0..5 {
        let channel = if n % 2 == 0 { "sms" } else { "push" };
        let content = if n % 2 == 0 { json!({ "text": "x" }) } else { json!({ "title": "x", "body": "y" }) };
        let name = format!("t{n}");
        create(&admin, json!({ "name": name, "channel": channel, "content": content })).await;
        names.insert(0, name);
        // Entries of one millisecond are ordered by their ids.
        app.clock.advance(1);
    }
    let (mut seen, mut query) = (Vec::new(), String::from("?limit=2"));
    loop {
        let page = admin.get(&format!("/templates{query}")).await;
        let items = page.data()["items"].as_array().unwrap().clone();
        seen.extend(items.iter().map(|item| item["name"].as_str().unwrap().to_owned()));
        assert!(items.iter().all(|item| item.get("content").is_none()));
        let Some(next) = page.data()["nextCursor"].as_str() else { break };
        query = format!("?limit=2&cursor={next}");
    }
    assert_eq!(seen, names);
    let of = |query: &str| {
        let (admin, query) = (admin.clone(), query.to_owned());
        async move { admin.get(&format!("/templates?{query}")).await.data()["items"].as_array().unwrap().len() }
    };
    assert_eq!(of("channel=push").await, 2);
    assert_eq!(of("channel=sms&status=draft").await, 3);
    assert_eq!(of("status=published").await, 0);
    for bad in ["limit=0", "cursor=x", "channel=fax", "status=gone", "offset=3"] {
        admin.get(&format!("/templates?{bad}")).await.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
    }
}

#[tokio::test]
async fn a_key_creates_and_publishes_once() {
    let app = TestApp::new().await;
    let once = app.as_admin().idempotent("7d444840-9dc0-41d1-b245-5ffdce74fad2");
    let first = once.post("/templates", email("<p>x</p>")).await;
    let replay = once.post("/templates", email("<p>x</p>")).await;
    assert_eq!((replay.status, &replay.bytes), (201, &first.bytes));
    assert_eq!(replay.header("idempotent-replayed"), "true");
    once.post("/templates", email("<p>y</p>")).await.refused(422, "JOURNEY_API.IDEMPOTENCY.KEY_REUSED");
    let publish = path(first.data(), "/publish");
    let published = once.post(&publish, json!({})).await;
    app.as_admin().patch(&path(first.data(), ""), json!({ "content": { "subject": "s", "html": "h" } })).await.data();
    assert_eq!(once.post(&publish, json!({})).await.bytes, published.bytes);
}

#[tokio::test]
async fn scopes_are_asked_for_and_other_tenants_see_nothing() {
    let app = TestApp::new().await;
    let template = create(&app.as_admin(), email("<p>x</p>")).await;
    let stranger = app.admin_of(app.another_tenant().await);
    let code = "JOURNEY_API.PUBLIC.TEMPLATES.NOT_FOUND";
    stranger.get(&path(&template, "")).await.refused(404, code);
    stranger.patch(&path(&template, ""), json!({ "name": "Mine" })).await.refused(404, code);
    for verb in ["/publish", "/archive", "/preview"] {
        stranger.post(&path(&template, verb), json!({})).await.refused(404, code);
    }
    assert_eq!(stranger.get("/templates").await.data()["items"], json!([]));
    app.as_admin().get("/templates/nonsense").await.refused(404, code);

    let reader = app.token(&[Scope::ContentRead]).await;
    let preview = app.request(Method::POST, &path(&template, "/preview"), &reader, Some(json!({}))).await;
    assert_eq!(preview.status, 200, "{}", preview.json);
    let refused = app.request(Method::POST, &path(&template, "/publish"), &reader, None).await;
    refused.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
}

#[tokio::test]
async fn a_campaign_sends_the_version_that_is_newest_when_it_is_committed() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    admin.post("/profiles/upsert", json!({ "record": { "email": "ada@example.com" } })).await.data();
    let list = admin.post("/lists", json!({ "name": "Friends" })).await.data()["id"].clone();
    let members = format!("/lists/{}/members:upsert", list.as_str().unwrap());
    admin.post(&members, json!({ "contactKeys": ["ada@example.com"] })).await.data();
    let sender = json!({ "name": "News", "channel": "email", "fromEmail": "news@shop.example", "fromName": "Shop" });
    let sender = admin.post("/sender-profiles", sender).await.data()["id"].clone();
    let publish = async |template: &Value, html: &str| {
        let content = json!({ "subject": "s", "html": format!("{html} <a href='{{{{ unsubscribe_url }}}}'>out</a>") });
        admin.patch(&path(template, ""), json!({ "content": content })).await.data();
        admin.post(&path(template, "/publish"), json!({})).await.data()["publishedVersionId"].clone()
    };
    let template = create(&admin, email("<p>x</p>")).await;
    let first = publish(&template, "first").await;
    let campaign = json!({ "campaignType": "broadcast", "name": "c", "channel": "email",
        "audience": { "include": [{ "audienceId": list, "type": "audience" }] },
        "content": { "templateId": template["id"], "senderProfileId": sender } });
    let campaign = admin.post("/campaigns", campaign).await.data()["id"].clone();
    let second = publish(&template, "second").await;
    let jobs = format!("/campaigns/{}/schedule-jobs", campaign.as_str().unwrap());
    admin.post(&jobs, json!({ "sendAt": "2026-05-01T09:00:00Z" })).await.data();
    let third = publish(&template, "third").await;

    let (tenant, campaign) = (app.tenant(), campaign.as_str().unwrap().parse().unwrap());
    let jobs = app.store.read("test.jobs", move |tx| tx.schedules_of(tenant, campaign)).await.unwrap();
    let sent = json!(jobs[0].template_version.to_string());
    assert!(sent == second && sent != first && sent != third, "{sent}");
}
