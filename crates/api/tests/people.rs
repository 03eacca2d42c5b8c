//! People found, shown and exported over HTTP.

#![cfg(test)]

mod support;

use axum::http::Method;
use postrider_core::channel::ChannelKind;
use postrider_core::delivery::DeliveryState;
use postrider_core::env::Clock as _;
use postrider_core::id::{ManifestId, NodeId, ProfileId, ScheduleId};
use postrider_core::scope::Scope;
use postrider_store::ledger::{AttemptRow, FrozenRow};
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::ready::{Ready, ready};
use support::{TestApp, api_request};

/// The first 16 bytes of the SHA-256 of `reader1@example.test`.
const KEY: [u8; 16] = [55, 174, 233, 24, 220, 140, 132, 251, 125, 39, 171, 34, 83, 205, 34, 193];

/// The first names of a page.
fn names(answer: &Value) -> Vec<String> {
    let items = answer["items"].as_array().unwrap().iter();
    items.map(|item| item["record"]["first_name"].as_str().unwrap().to_owned()).collect()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn a_person_is_found_by_address_phone_customer_id_and_name() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        for record in [
            json!({ "email": "j.mueller@example.com", "phone": "+4915112345678", "customer_id": "C-1",
                "first_name": "Jürgen", "last_name": "Müller" }),
            json!({ "email": "jurga@example.com", "customer_id": "C-10", "first_name": "Jurga", "last_name": "Petraitė" }),
        ] {
            admin.post("/profiles/upsert", json!({ "record": record })).await.data();
        }
        for (search, found) in [
            ("jürg", vec!["Jurga", "Jürgen"]),
            ("JURG", vec!["Jurga", "Jürgen"]),
            ("Müller, Jürgen", vec!["Jürgen"]),
            ("J.Mueller@Example.com", vec!["Jürgen"]),
            ("j.mue", vec!["Jürgen"]),
            ("0151 123 45678", vec!["Jürgen"]),
            ("C-1", vec!["Jürgen", "Jurga"]),
            ("%", vec![]),
            ("_", vec![]),
            ("🎉", vec![]),
            ("\u{202E}\u{5D0}", vec![]),
        ] {
            let path = format!("/profiles?search={}", encoded(search));
            assert_eq!(names(admin.get(&path).await.data()), found, "{search:?} on {database:?}");
        }
        let first = admin.get("/profiles?search=jurg&limit=1").await;
        let cursor = first.data()["nextCursor"].as_str().unwrap().to_owned();
        let second = admin.get(&format!("/profiles?search=jurg&limit=1&cursor={cursor}")).await;
        assert_eq!((names(first.data()), names(second.data())), (vec!["Jurga".to_owned()], vec!["Jürgen".to_owned()]));
        let other = app.another_tenant().await;
        assert_eq!(names(app.admin_of(other).get("/profiles?search=jurg").await.data()), Vec::<String>::new());
        for wrong in
            [format!("search={}", "a".repeat(10_000)), "search=a%00".into(), "search=a&cursor=!".into(), "q=a".into()]
        {
            admin.get(&format!("/profiles?{wrong}")).await.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        }
    }
}

/// Freezes `reader1@example.test` for a job of the draft, with one attempt that a provider refused; her id.
async fn begun(app: &TestApp, ready: &Ready) -> String {
    let admin = app.as_admin();
    let reader = admin.get("/profiles?search=reader1@example.test").await.data()["items"][0]["id"].clone();
    let profile: ProfileId = reader.as_str().unwrap().parse().unwrap();
    let job = admin.post(&ready.path("/send-jobs"), json!({})).await.data().clone();
    let manifest: ManifestId = job["manifestId"].as_str().unwrap().parse().unwrap();
    let job: ScheduleId = job["scheduleId"].as_str().unwrap().parse().unwrap();
    let (tenant, now) = (app.tenant(), app.clock.now());
    let node = NodeId::new(now, &*app.entropy);
    let frozen = app.store.write("test.begin", move |tx| {
        tx.manifests_open(&[(tenant, job, manifest)], now)?;
        let freezing = tx.manifest_claim(node, now, now.plus_millis(60_000))?.expect("it was just opened");
        let row = FrozenRow {
            profile,
            address: Some("reader1@example.test".to_owned()),
            address_key: Some(KEY),
            state: DeliveryState::Suppressed,
            reason: Some("consent_denied"),
        };
        tx.ledger_freeze(freezing.manifest, 0, &[row], now)?;
        let attempt = AttemptRow {
            seq: 1,
            attempt: 1,
            outcome: "rejected",
            reason: Some("mailbox_unknown"),
            provider_text: Some("550 no such user".into()),
            at: now,
        };
        tx.ledger_attempts(freezing.manifest, &[attempt])
    });
    frozen.await.unwrap();
    reader.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_person_is_shown_and_exported_with_everything_that_was_sent() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        let ready = ready(&app, ChannelKind::Email).await;
        let reader = begun(&app, &ready).await;
        let entry = json!({ "channel": "email", "address": "reader1@example.test", "reason": "manual" });
        admin.post("/suppressions", entry).await.data();

        let shown = admin.get(&format!("/profiles/{reader}")).await;
        assert_eq!(shown.data()["lists"][0]["name"], "Readers");
        let sent = admin.get(&format!("/profiles/{reader}/deliveries?limit=1")).await;
        let one = &sent.data()["items"][0];
        assert_eq!(
            (&one["campaignName"], &one["channel"], &one["test"]),
            (&json!("Spring"), &json!("email"), &json!(false))
        );
        assert_eq!((&one["state"], &one["reason"]), (&json!("suppressed"), &json!("consent_denied")));
        assert_eq!(one["attemptLog"][0]["providerText"], "550 no such user");
        assert_eq!(sent.data()["nextCursor"], Value::Null);

        let export = admin.get(&format!("/profiles/{reader}/export")).await;
        assert_eq!(export.header("content-disposition"), "attachment; filename=\"person.json\"");
        let held = export.data();
        assert_eq!(held["profile"]["record"]["email"], "reader1@example.test");
        assert_eq!(held["lists"][0]["name"], "Readers");
        assert_eq!(held["suppressions"][0]["reason"], "manual");
        assert_eq!(held["deliveries"][0], *one);
        assert_eq!(held["deliveries"].as_array().unwrap().len(), 1);

        let other = app.another_tenant().await;
        for path in ["", "/deliveries", "/export"] {
            let answer = app.admin_of(other).get(&format!("/profiles/{reader}{path}")).await;
            answer.refused(404, "JOURNEY_API.PUBLIC.PROFILES.NOT_FOUND");
        }
    }
}

#[tokio::test]
async fn a_ledger_is_narrowed_to_an_address_and_to_a_reason() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        let ready = ready(&app, ChannelKind::Email).await;
        begun(&app, &ready).await;
        for (query, found) in [
            ("address=%20Reader1@Example.test", 1),
            ("address=reader2@example.test", 0),
            ("reason=consent_denied", 1),
            ("reason=suppressed", 0),
            ("reason=consent_denied&state=suppressed", 1),
            ("reason=consent_denied&state=sent", 0),
            ("address=reader1@example.test&reason=consent_denied&state=suppressed", 1),
            ("address=reader1@example.test&state=sent", 0),
        ] {
            let page = admin.get(&ready.path(&format!("/deliveries?{query}"))).await;
            assert_eq!(page.data()["items"].as_array().unwrap().len(), found, "{query} on {database:?}");
        }
        for wrong in ["address=nobody", "address=", "reason=No%20reason", "reason="] {
            admin
                .get(&ready.path(&format!("/deliveries?{wrong}")))
                .await
                .refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        }
    }
}

/// A request for everybody in a group as a file; the answer as text.
async fn file(app: &TestApp, path: &str, accept: &'static str) -> String {
    let token = app.token_of(app.tenant(), Scope::ALL).await;
    let mut request = api_request(Method::GET, path, &token, None, None);
    request.headers_mut().insert("accept", accept.parse().unwrap());
    let answer = app.send(request).await;
    assert_eq!((answer.status, answer.header("content-type").split(';').next()), (200, Some(accept)), "{path}");
    String::from_utf8(answer.bytes).unwrap()
}

#[tokio::test]
async fn everybody_on_a_list_or_in_an_audience_is_exported_as_a_file() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        let ready = ready(&app, ChannelKind::Email).await;
        let records: Vec<Value> = (0..450)
            .map(|number| json!({ "email": format!("p{number}@example.com"), "first_name": "=1+1", "points": -5 }))
            .collect();
        admin.post("/records/profiles/upsert-batch", json!({ "records": records })).await.data();
        let rule = json!({ "field": "first_name", "op": "exists" });
        let audience = admin.post("/audiences", json!({ "name": "All", "rule": rule })).await.data()["id"].clone();
        let audience = format!("/audiences/{}/members", audience.as_str().unwrap());
        let list = format!("/lists/{}/members", ready.list);

        let csv = file(&app, &audience, "text/csv").await;
        let header = csv.lines().next().unwrap();
        assert!(
            header.starts_with("email,phone,customer_id,")
                && header.ends_with(",consent.direct_mail,attributes.points:number"),
            "{header}"
        );
        assert_eq!(csv.lines().count(), 1 + 452);
        assert!(csv.contains("p7@example.com,,,'=1+1,"), "no cell is a formula");
        let lines = file(&app, &audience, "application/x-ndjson").await;
        assert_eq!(lines.lines().count(), 452);
        let readers = file(&app, &list, "application/x-ndjson").await;
        assert_eq!(readers.lines().count(), 2);

        // What was exported is read back as it was.
        let records: Vec<Value> = readers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let again = admin.post("/records/profiles/upsert-batch", json!({ "records": records })).await;
        let done = again.data()["results"].as_array().unwrap().iter().map(|one| one["operation"].clone());
        assert_eq!(done.collect::<Vec<_>>(), ["unchanged", "unchanged"]);

        let page = admin.get(&audience).await;
        assert_eq!(page.data()["items"].as_array().unwrap().len(), 200);
        let cursor = page.data()["nextCursor"].as_str().unwrap();
        assert_eq!(
            admin.get(&format!("{audience}?cursor={cursor}")).await.data()["items"].as_array().unwrap().len(),
            200
        );
        let token = app.token_of(app.tenant(), &[Scope::CdpListsRead]).await;
        let mut request = api_request(Method::GET, &list, &token, None, None);
        request.headers_mut().insert("accept", "text/csv".parse().unwrap());
        assert_eq!(app.send(request).await.status, 403, "whole records need the scope of profiles");
    }
}
