//! The way out of every message.

#![cfg(test)]

mod support;

use axum::body::Body;
use axum::http::{Method, Request};
use postrider_content::{UnsubscribeKey, token};
use postrider_core::id::{DeliveryId, ManifestId, ProfileId, ScheduleId, TenantId};
use postrider_store::statement::Statement;
use postrider_store::testkit::Database;
use postrider_store::value::id;
use serde_json::{Value, json};
use support::{TestAnswer, TestApp};

const MANIFEST: &str = "INSERT INTO manifests (number, id, tenant_id, schedule_id, cursor_audience, last_seq, last_chunk, \
    matched, excluded, duplicates, audience_hash, fence, created_at) VALUES ($1, $2, $3, $4, 0, 2, 1, 2, 0, 0, $5, 1, 0)";
const DELIVERY: &str = "INSERT INTO deliveries (manifest_number, seq, profile_id, address, state, attempt) \
    VALUES ($1, $2, $3, $4, 'sent', 1)";
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// What is sent on one channel, and to which addresses of Ada and Bob.
struct Channel {
    /// Number of its ledger.
    ledger: i64,
    name: &'static str,
    content: Value,
    sender: Value,
    addresses: [&'static str; 2],
}

fn email() -> Channel {
    Channel {
        ledger: 1,
        name: "email",
        content: json!({ "subject": "Hi", "html": "<p>Hello <a href=\"{{ unsubscribe_url }}\">out</a></p>" }),
        sender: json!({ "fromEmail": "news@shop.example", "fromName": "Shop" }),
        addresses: ["ada@example.com", "bob@example.com"],
    }
}

fn sms() -> Channel {
    Channel {
        ledger: 2,
        name: "sms",
        content: json!({ "text": "Hello" }),
        sender: json!({ "senderId": "SHOP" }),
        addresses: ["+4930111111", "+4930222222"],
    }
}

fn direct_mail() -> Channel {
    let address = json!({ "company": "Shop", "line1": "Weg 1", "city": "Ulm", "postalCode": "89073" });
    Channel {
        ledger: 3,
        name: "direct_mail",
        content: json!({ "format": "letter_a4", "source": "Hello" }),
        sender: json!({ "returnAddress": address }),
        addresses: ["Ada\nWeg 2\n89073 Ulm", "Bob\nWeg 3\n89073 Ulm"],
    }
}

/// A job that has sent to Ada and Bob, and the tokens of their messages.
struct Sent<'a> {
    app: &'a TestApp,
    profiles: [String; 2],
    tokens: [String; 2],
}

impl<'a> Sent<'a> {
    async fn on(app: &'a TestApp, channel: Channel) -> Self {
        let admin = app.as_admin();
        let profiles =
            [person(app, "ada", "+4930111111", "Weg 2").await, person(app, "bob", "+4930222222", "Weg 3").await];
        let list = admin.post("/lists", json!({ "name": channel.name })).await.data()["id"].clone();
        let keys = json!({ "contactKeys": ["ada@example.com", "bob@example.com"] });
        let members = format!("/lists/{}/members:upsert", list.as_str().unwrap());
        admin.post(&members, keys).await.data();
        let body = json!({ "name": "t", "channel": channel.name, "content": channel.content });
        let template = admin.post("/templates", body).await.data()["id"].clone();
        admin.post(&format!("/templates/{}/publish", template.as_str().unwrap()), json!({})).await.data();
        let mut sender = channel.sender.clone();
        sender["name"] = "s".into();
        sender["channel"] = channel.name.into();
        let sender = admin.post("/sender-profiles", sender).await.data()["id"].clone();
        let campaign = json!({ "campaignType": "broadcast", "name": channel.name, "channel": channel.name,
            "audience": { "include": [{ "audienceId": list, "type": "audience" }] },
            "content": { "templateId": template, "senderProfileId": sender } });
        let campaign = admin.post("/campaigns", campaign).await.data()["id"].clone();
        let when = if channel.name == "direct_mail" {
            json!({ "batchDate": "2026-05-01" })
        } else {
            json!({ "sendAt": "2026-05-01T09:00:00Z" })
        };
        let job = admin.post(&format!("/campaigns/{}/schedule-jobs", campaign.as_str().unwrap()), when).await;
        let manifest: ManifestId = job.data()["manifestId"].as_str().unwrap().parse().unwrap();
        let schedule: ScheduleId = job.data()["scheduleId"].as_str().unwrap().parse().unwrap();
        freeze(app, manifest, schedule, &profiles, &channel).await;
        let key = UnsubscribeKey::new(app.service.unsubscribe_key().await.unwrap());
        let tokens = [1, 2].map(|seq| token(DeliveryId::of(manifest, seq), &key));
        Self { app, profiles, tokens }
    }

    async fn request(&self, method: Method, token: &str, body: &'static str) -> TestAnswer {
        let request = Request::builder().method(method).uri(format!("/u/{token}"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.app.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn consent(&self, person: usize) -> Value {
        let path = format!("/profiles/{}", self.profiles[person]);
        self.app.as_admin().get(&path).await.data()["record"]["consent"].clone()
    }

    async fn suppressions(&self) -> Vec<(String, String, String)> {
        let answer = self.app.as_admin().get("/suppressions").await;
        let text = |entry: &Value, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        let entries = answer.data()["items"].as_array().unwrap().clone();
        entries.iter().map(|entry| (text(entry, "channel"), text(entry, "address"), text(entry, "reason"))).collect()
    }
}

async fn person(app: &TestApp, name: &str, phone: &str, street: &str) -> String {
    let address = json!({ "name": name, "line1": street, "city": "Ulm", "postal_code": "89073" });
    let record = json!({ "email": format!("{name}@example.com"), "phone": phone, "address": address });
    let upserted = app.as_admin().post("/profiles/upsert", json!({ "record": record })).await;
    upserted.data()["id"].as_str().unwrap().to_owned()
}

/// Writes the ledger of a job as if both had been sent to.
async fn freeze(app: &TestApp, manifest: ManifestId, job: ScheduleId, people: &[String; 2], channel: &Channel) {
    let statement = |name, sql| Statement { name, sqlite: sql, postgres: sql };
    let (tenant, people): (TenantId, Vec<ProfileId>) =
        (app.tenant(), people.iter().map(|id| id.parse().unwrap()).collect());
    let (number, addresses) = (channel.ledger, channel.addresses);
    let written = app.store.write("test.freeze", move |tx| {
        let values = [number.into(), id(manifest), id(tenant), id(job), vec![0_u8; 32].into()];
        tx.execute(&statement("test.MANIFEST", MANIFEST), &values)?;
        for (seq, (profile, address)) in (1_i64..).zip(people.iter().zip(addresses)) {
            let values = [number.into(), seq.into(), id(*profile), address.into()];
            tx.execute(&statement("test.DELIVERY", DELIVERY), &values)?;
        }
        Ok::<_, postrider_store::StoreError>(())
    });
    written.await.unwrap();
}

#[tokio::test]
async fn looking_changes_nothing_and_posting_suppresses() {
    looking_and_posting(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_changes_nothing_and_posting_suppresses_on_postgres() {
    looking_and_posting(Database::Postgres).await;
}

async fn looking_and_posting(database: Database) {
    let app = TestApp::on(database).await;
    let sent = Sent::on(&app, email()).await;
    let [ada, bob] = &sent.tokens;
    let unknown = json!({ "email": "unknown", "sms": "unknown", "push": "unknown", "direct_mail": "unknown" });
    let page = sent.request(Method::GET, ada, "").await;
    let html = String::from_utf8(page.bytes.clone()).unwrap();
    assert_eq!(page.status, 200);
    assert!(html.contains("email to <strong>a***@example.com</strong>"), "{html}");
    assert!(html.contains("<form method=\"post\">") && html.contains("<button type=\"submit\">Unsubscribe</button>"));
    for scanner in [Method::GET, Method::HEAD] {
        assert_eq!(sent.request(scanner, ada, "").await.status, 200);
    }
    assert_eq!(sent.request(Method::HEAD, ada, "").await.bytes, b"");
    assert_eq!((sent.suppressions().await, sent.consent(0).await), (vec![], unknown.clone()));

    let wanted = json!({ "url": "https://hooks.example.com/", "events": ["recipient.unsubscribed"] });
    let webhook = app.as_admin().post("/webhooks", wanted).await.data()["id"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let done = sent.request(Method::POST, ada, ONE_CLICK).await;
        let html = String::from_utf8(done.bytes.clone()).unwrap();
        assert_eq!((done.status, done.header("location"), done.header("set-cookie")), (200, "", ""));
        assert!(html.contains("You are unsubscribed") && html.contains("a***@example.com"), "{html}");
        let entry = ("email".to_owned(), "ada@example.com".to_owned(), "unsubscribed".to_owned());
        assert_eq!(sent.suppressions().await, [entry]);
        let mut denied = unknown.clone();
        denied["email"] = "denied".into();
        assert_eq!(sent.consent(0).await, denied, "no other channel is touched");
        assert_eq!(sent.consent(1).await, unknown, "nobody else is touched");
        app.clock.advance(60_000);
    }
    let log = app.as_admin().get(&format!("/webhooks/{webhook}/deliveries")).await.data()["items"].clone();
    assert_eq!(log.as_array().unwrap().len(), 1, "unsubscribing twice is unsubscribing once");
    let delivery = format!("/webhooks/{webhook}/deliveries/{}", log[0]["id"].as_str().unwrap());
    let told = app.as_admin().get(&delivery).await.data()["payload"]["data"].clone();
    assert_eq!((&told["profileId"], &told["channel"]), (&json!(sent.profiles[0]), &json!("email")));
    assert_eq!(sent.request(Method::GET, bob, "").await.status, 200);
    assert_eq!(sent.suppressions().await.len(), 1);
}

#[tokio::test]
async fn each_channel_is_left_by_itself_under_the_key_that_sending_asks_for() {
    let app = TestApp::new().await;
    let mut entries = Vec::new();
    for (channel, key, shown) in [
        (sms(), "+4930111111", "text messages to <strong>+49***11</strong>"),
        (direct_mail(), "ADA|WEG 2|89073 ULM", "mail to your postal address"),
    ] {
        let name = channel.name.to_owned();
        let sent = Sent::on(&app, channel).await;
        // A mail program may send the form as multipart, or no body at all.
        let done = sent.request(Method::POST, &sent.tokens[0], "").await;
        let html = String::from_utf8(done.bytes.clone()).unwrap();
        assert!(done.status == 200 && html.contains(shown), "{html}");
        entries.insert(0, (name.clone(), key.to_owned(), "unsubscribed".to_owned()));
        assert_eq!(sent.suppressions().await, entries);
        assert_eq!(sent.consent(0).await[&name], "denied");
        assert_eq!(sent.consent(0).await["email"], "unknown");
        app.clock.advance(1);
    }
}

#[tokio::test]
async fn the_link_is_kept_as_evidence_with_its_campaign_once() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let sent = Sent::on(&app, email()).await;
        for _ in 0..2 {
            sent.request(Method::POST, &sent.tokens[0], ONE_CLICK).await;
            app.clock.advance(60_000);
        }
        let profile = app.as_admin().get(&format!("/profiles/{}", sent.profiles[0])).await.data().clone();
        let said = &profile["consentEvidence"]["email"];
        assert_eq!((&said["consent"], &said["source"]["kind"]), (&json!("denied"), &json!("unsubscribe_link")));
        assert_eq!((&said["source"]["name"], &said["words"]), (&json!("email"), &Value::Null), "{said}");
        let (tenant, id) = (app.tenant(), sent.profiles[0].parse().unwrap());
        let history = app.store.read("test", move |tx| tx.consent_evidence(tenant, id)).await.unwrap();
        assert_eq!(history.len(), 1, "the same link again says nothing new");
    }
}

#[tokio::test]
async fn an_entry_that_would_run_out_is_made_permanent() {
    let app = TestApp::new().await;
    let sent = Sent::on(&app, email()).await;
    let body = json!({ "channel": "email", "address": "ada@example.com", "expiresAt": "2026-03-02T00:00:00Z" });
    app.as_admin().post("/suppressions", body).await.data();
    sent.request(Method::POST, &sent.tokens[0], ONE_CLICK).await;
    let entry = app.as_admin().get("/suppressions").await.data()["items"][0].clone();
    assert_eq!((&entry["reason"], &entry["expiresAt"]), (&json!("unsubscribed"), &Value::Null));
}

#[tokio::test]
async fn a_token_that_we_did_not_make_is_a_page_that_tells_nothing() {
    let app = TestApp::new().await;
    let sent = Sent::on(&app, email()).await;
    let good = &sent.tokens[0];
    let forged = UnsubscribeKey::new([7; 32]);
    let key = UnsubscribeKey::new(app.service.unsubscribe_key().await.unwrap());
    let stranger: ManifestId = "0190d0c0-0000-7000-8000-000000000000".parse().unwrap();
    let last = if good.ends_with('A') { "B" } else { "A" };
    let mut bodies = std::collections::BTreeSet::new();
    for bad in [
        format!("{}{last}", &good[..good.len() - 1]),
        format!("{}{}", if good.starts_with('A') { "B" } else { "A" }, &good[1..]),
        good[1..].to_owned(),
        format!("{good}A"),
        token(DeliveryId::of(stranger, 1), &forged),
        token(DeliveryId::of(stranger, 1), &key),
        "preview".to_owned(),
        "%FF".to_owned(),
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = sent.request(method, &bad, ONE_CLICK).await;
            assert_eq!((answer.status, answer.header("content-type")), (404, "text/html; charset=utf-8"), "{bad}");
            bodies.insert(answer.bytes);
        }
    }
    assert_eq!(bodies.len(), 1, "every wrong token gets the same page");
    assert_eq!(sent.suppressions().await, []);
    assert_eq!(sent.request(Method::PUT, good, "").await.status, 405);
    assert_eq!(sent.request(Method::GET, "", "").await.status, 404);
}

#[tokio::test]
async fn the_page_loads_nothing_and_is_kept_nowhere() {
    let app = TestApp::new().await;
    let sent = Sent::on(&app, email()).await;
    for (method, token) in [(Method::GET, &*sent.tokens[0]), (Method::POST, &*sent.tokens[0]), (Method::GET, "preview")]
    {
        let page = sent.request(method, token, "").await;
        let html = String::from_utf8(page.bytes.clone()).unwrap();
        for outside in ["http:", "https:", "src=", "href=", "url(", "<script", "@import"] {
            assert!(!html.contains(outside), "{outside} in {html}");
        }
        assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"));
        assert!(page.header("content-security-policy").starts_with("default-src 'none'; "));
        assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
    }
}
