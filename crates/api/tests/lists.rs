//! Lists and their members over HTTP.

#![cfg(test)]

mod support;

use axum::http::Method;
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::TestApp;

async fn people(app: &TestApp, count: usize) {
    let records: Vec<Value> = (0..count)
        .map(
            |n| json!({ "email": format!("p{n}@example.com"), "customer_id": format!("C{n}"), "phone": "+4930111111" }),
        )
        .collect();
    app.as_admin().post("/records/profiles/upsert-batch", json!({ "records": records })).await.data();
}

async fn list(app: &TestApp, name: &str) -> String {
    let made = app.as_admin().post("/lists", json!({ "name": name })).await;
    assert_eq!(made.status, 201);
    made.data()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_list_is_made_read_changed_and_deleted() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let made = admin.post("/lists", json!({ "name": " Friends ", "description": "of the house" })).await;
    let data = made.data();
    assert_eq!(made.status, 201);
    for (field, value) in [
        ("name", json!("Friends")),
        ("description", json!("of the house")),
        ("type", json!("static")),
        ("containerType", json!("list")),
        ("membershipBehavior", json!("snapshot")),
        ("populationSource", json!("manual")),
        ("status", json!("active")),
        ("memberCount", json!(0)),
        ("createdAt", json!("2026-03-01T12:00:00.000Z")),
    ] {
        assert_eq!(data[field], value, "{field}");
    }
    let path = format!("/lists/{}", data["id"].as_str().unwrap());
    assert_eq!(admin.get(&path).await.data(), data);
    let changed = admin.patch(&path, json!({ "name": "Foes", "description": null })).await;
    assert_eq!((&changed.data()["name"], &changed.data()["description"]), (&json!("Foes"), &Value::Null));
    let kept = admin.patch(&path, json!({})).await;
    assert_eq!(kept.data()["name"], "Foes");
    admin.patch(&path, json!({ "name": null })).await.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
    assert_eq!(admin.delete(&path).await.data()["deleted"], true);
    for answer in [admin.get(&path).await, admin.delete(&path).await, admin.patch(&path, json!({})).await] {
        answer.refused(404, "JOURNEY_API.PUBLIC.LISTS.NOT_FOUND");
    }
}

#[tokio::test]
async fn names_and_pages_have_limits() {
    let app = TestApp::new().await;
    let long = |n: usize| "n".repeat(n);
    for body in [
        json!({}),
        json!({ "name": "  " }),
        json!({ "name": long(201) }),
        json!({ "name": "x", "description": long(2_001) }),
        json!({ "name": "x", "color": "red" }),
    ] {
        let answer = app.as_admin().post("/lists", body).await;
        answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
    }
    app.as_admin().post("/lists", json!({ "name": long(200), "description": long(2_000) })).await.data();
    for query in ["page=0", "pageSize=501", "pageSize=x", "limit=3"] {
        let answer = app.as_admin().get(&format!("/lists?{query}")).await;
        answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
    }
}

#[tokio::test]
async fn lists_come_page_by_page_newest_first() {
    let app = TestApp::new().await;
    for name in ["one", "two", "three"] {
        app.clock.advance(1);
        list(&app, name).await;
    }
    let names = |data: &Value| -> Vec<String> {
        data["items"].as_array().unwrap().iter().map(|list| list["name"].as_str().unwrap().to_owned()).collect()
    };
    let first = app.as_admin().get("/lists?pageSize=2").await;
    assert_eq!(names(first.data()), ["three", "two"]);
    assert_eq!(
        (&first.data()["total"], &first.data()["page"], &first.data()["pageSize"]),
        (&json!(3), &json!(1), &json!(2))
    );
    let second = app.as_admin().get("/lists?pageSize=2&page=2").await;
    assert_eq!(names(second.data()), ["one"]);
}

async fn members_on(database: Database) {
    let app = TestApp::on(database).await;
    people(&app, 3).await;
    let id = list(&app, "Everybody").await;
    let path = format!("/lists/{id}/members:upsert");
    let keys = json!([" P0@Example.com", "p1@example.com", "p1@example.com", "stranger@example.com", "nonsense"]);
    let body = json!({ "contactKeys": keys, "normalizationMode": "email_lower_trim" });
    let added = app.as_admin().post(&path, body.clone()).await;
    assert_eq!(
        *added.data(),
        json!({
            "listId": id, "added": 2, "alreadyMembers": 0, "notFound": ["stranger@example.com"],
            "invalid": [{ "key": "nonsense", "problem": "has no @" }], "memberCount": 2,
        })
    );
    let again = app.as_admin().post(&path, body).await;
    assert_eq!((&again.data()["added"], &again.data()["alreadyMembers"]), (&json!(0), &json!(2)));
    let by_id = json!({ "contactKeys": ["C2"], "matchKey": "customer_id" });
    assert_eq!(app.as_admin().post(&path, by_id).await.data()["memberCount"], 3);
    let by_phone = json!({ "contactKeys": ["+4930111111"], "matchKey": "phone" });
    let shared = app.as_admin().post(&path, by_phone).await;
    assert_eq!(shared.data()["invalid"][0]["problem"], "belongs to several profiles");

    let page = app.as_admin().get(&format!("/lists/{id}/members?pageSize=2&page=2")).await;
    assert_eq!((&page.data()["total"], page.data()["items"].as_array().unwrap().len()), (&json!(3), 1));
    let remove = json!({ "contactKeys": ["p0@example.com", "stranger@example.com"] });
    let removed = app.as_admin().post(&format!("/lists/{id}/members:remove"), remove).await;
    assert_eq!((&removed.data()["removed"], &removed.data()["memberCount"]), (&json!(1), &json!(2)));
    assert_eq!(app.as_admin().get(&format!("/lists/{id}")).await.data()["memberCount"], 2);
}

#[tokio::test]
async fn every_contact_key_is_accounted_for_on_sqlite() {
    members_on(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_contact_key_is_accounted_for_on_postgres() {
    members_on(Database::Postgres).await;
}

#[tokio::test]
async fn members_need_keys_a_list_and_the_scope() {
    let app = TestApp::new().await;
    let id = list(&app, "Mine").await;
    let path = format!("/lists/{id}/members:upsert");
    for body in [
        json!({ "contactKeys": [] }),
        json!({ "contactKeys": ["a@example.com"], "normalizationMode": "none" }),
        json!({ "contactKeys": ["a@example.com"], "matchKey": "name" }),
    ] {
        app.as_admin().post(&path, body).await.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
    }
    let body = json!({ "contactKeys": ["a@example.com"] });
    let stranger = app.another_tenant().await;
    let hidden = app.admin_of(stranger).post(&path, body.clone()).await;
    hidden.refused(404, "JOURNEY_API.PUBLIC.LISTS.NOT_FOUND");
    let token = app.token(&[Scope::CdpListsRead]).await;
    let refused = app.request(Method::POST, &path, &token, Some(body)).await;
    refused.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
}
