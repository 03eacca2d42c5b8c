//! Files of a list or of an audience, imported again: by the tenant that exported them, and by another one.
#![cfg(test)]

mod support;

use axum::body::Body;
use axum::http::{Method, header};
use postrider_core::id::TenantId;
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::{TestApp, api_request};

/// Everybody in a group as a file.
async fn exported(app: &TestApp, tenant: TenantId, path: &str, accept: &'static str) -> String {
    let token = app.token_of(tenant, Scope::ALL).await;
    let mut request = api_request(Method::GET, path, &token, None, None);
    request.headers_mut().insert(header::ACCEPT, accept.parse().unwrap());
    let answer = app.send(request).await;
    assert_eq!(answer.status, 200, "{path}");
    String::from_utf8(answer.bytes).unwrap()
}

/// Imports a file, a table without another word; returns the job at its end.
async fn imported(app: &TestApp, tenant: TenantId, media_type: &'static str, file: String) -> Value {
    let admin = app.admin_of(tenant);
    let made = admin.post("/import-jobs", json!({ "listName": "Imported" })).await.data().clone();
    let path = format!("/import-jobs/{}", made["id"].as_str().unwrap());
    let token = app.token_of(tenant, Scope::ALL).await;
    let mut request = api_request(Method::PUT, &format!("{path}/file"), &token, None, None);
    request.headers_mut().insert(header::CONTENT_TYPE, media_type.parse().unwrap());
    *request.body_mut() = Body::from(file);
    let uploaded = app.send(request).await;
    if media_type == "text/csv" {
        assert_eq!(uploaded.data()["state"], "ready", "nothing is asked: {}", uploaded.json);
    } else {
        // A field of JSON has no place to say that it is an attribute, so what looks like consent is asked about.
        let columns = ["newsletter", "status", "opt_in"].map(|name| (name.to_owned(), format!("attributes.{name}")));
        let columns = std::collections::BTreeMap::from(columns);
        let mapped = admin.post(&format!("{path}/mapping"), json!({ "columns": columns })).await;
        assert_eq!(mapped.data()["state"], "ready", "{}", mapped.json);
    }
    admin.post(&format!("{path}/start"), json!({})).await.data();
    while app.service.importer().step().await.unwrap() {}
    let done = admin.get(&path).await.data().clone();
    assert_eq!((&done["state"], &done["counts"]["fieldsLeftOut"]), (&json!("completed"), &json!(0)), "{done}");
    done
}

fn people() -> Vec<Value> {
    let mut people = vec![
        json!({ "email": "ada@example.test", "phone": "+4930123456", "customer_id": "=1+1", "first_name": "=1+1",
            "last_name": "O'Hara, \"Ada\"", "timezone": "Europe/Berlin", "locale": "de-DE",
            "push_tokens": ["token-1", { "service": "apns", "token": "ab".repeat(32) }],
            "address": { "name": "Ada\u{301} O'Hara", "company": "Acme; Sons", "line1": "Hauptstr. 1", "line2": "c/o \"Bob\"",
                "city": "'s-Hertogenbosch", "region": "BE", "postal_code": "01067", "country": "DE" },
            "consent": { "email": "granted", "sms": "denied", "push": "granted", "direct_mail": "denied" },
            "newsletter": "no", "points": -5, "ratio": 0.25, "vip": true, "since": "2019-04-11", "zip": "00123",
            "said": "ja", "note": "one\r\ntwo; \"three\", four", "tags": ["a", "b c"], "Email": "shadow",
            "status": "unsubscribed", "opt_in": "maybe" }),
        json!({ "email": "-bob@example.test", "last_name": "'t Hart", "consent": { "email": "denied" },
            "newsletter": "yes", "points": 7, "vip": false, "said": "nein", "note": "'=1+1", "tags": ["x;y", "[z]"],
            "zip": "42", "since": "2026-05-01T10:00:00Z", "ratio": 3 }),
        json!({ "email": "carl@example.test", "note": "@SUM(A1)", "zip": "1.50", "said": "-", "tags": ["=1+1"] }),
    ];
    people.extend(
        (0..600).map(|n| json!({ "email": format!("p{n}@example.test"), "points": n, "plan": format!("{n}") })),
    );
    people
}

#[tokio::test]
async fn an_exported_file_imported_again_changes_nobody_and_makes_the_same_people_elsewhere() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let (tenant, admin) = (app.tenant(), app.as_admin());
        let people = people();
        for some in people.chunks(500) {
            let done = admin.post("/records/profiles/upsert-batch", json!({ "records": some })).await;
            assert_eq!(done.data()["refusedRecords"], 0, "{}", done.json);
        }
        let list = admin.post("/lists", json!({ "name": "All" })).await.data()["id"].as_str().unwrap().to_owned();
        let keys: Vec<&Value> = people.iter().map(|person| &person["email"]).collect();
        admin.post(&format!("/lists/{list}/members:upsert"), json!({ "contactKeys": keys })).await.data();
        let rule = json!({ "field": "email", "op": "exists" });
        let audience = admin.post("/audiences", json!({ "name": "All", "rule": rule })).await.data()["id"].clone();
        let count = i64::try_from(people.len()).unwrap();

        let groups = [format!("/lists/{list}/members"), format!("/audiences/{}/members", audience.as_str().unwrap())];
        for group in &groups {
            for form in ["text/csv", "application/x-ndjson"] {
                let file = exported(&app, tenant, group, form).await;
                let again = imported(&app, tenant, form, file).await;
                let counts = &again["counts"];
                assert_eq!((&counts["read"], &counts["unchanged"]), (&json!(count), &json!(count)), "{form}: {again}");
            }
        }

        let other = app.another_tenant().await;
        let file = exported(&app, tenant, &groups[0], "text/csv").await;
        let made = imported(&app, other, "text/csv", file.clone()).await;
        assert_eq!(made["counts"]["created"], count, "{made}");
        let copy = format!("/lists/{}/members", made["listId"].as_str().unwrap());
        let records = |lines: String| {
            let mut records: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            records.sort_by_key(|record| record["email"].as_str().unwrap().to_owned());
            records
        };
        let original = records(exported(&app, tenant, &groups[0], "application/x-ndjson").await);
        let copied = records(exported(&app, other, &copy, "application/x-ndjson").await);
        for (original, copied) in original.iter().zip(&copied) {
            assert_eq!(copied, original);
        }
        assert_eq!(copied.len(), original.len());
        let header = file.lines().next().unwrap();
        for part in ["attributes.newsletter:text", "attributes.points:number", "attributes.tags:list"] {
            assert!(header.contains(part), "{header}");
        }
    }
}

#[tokio::test]
async fn a_file_of_a_tenant_with_more_attributes_than_a_person_can_have_is_imported() {
    let app = TestApp::new().await;
    let (tenant, admin) = (app.tenant(), app.as_admin());
    let person = |n: usize| json!({ "email": format!("p{n}@example.test"), format!("a{n}"): n });
    let people: Vec<Value> = (0..250).map(person).collect();
    admin.post("/records/profiles/upsert-batch", json!({ "records": people })).await.data();
    let rule = json!({ "field": "email", "op": "exists" });
    let audience = admin.post("/audiences", json!({ "name": "All", "rule": rule })).await.data()["id"].clone();
    let group = format!("/audiences/{}/members", audience.as_str().unwrap());
    let file = exported(&app, tenant, &group, "text/csv").await;
    assert_eq!(imported(&app, tenant, "text/csv", file).await["counts"]["unchanged"], 250);
}
