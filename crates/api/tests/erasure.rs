//! People are erased: what goes, what stays, and who may ask.

#![cfg(test)]

mod support;

use postrider_store::DatabaseUrl;
use postrider_store::testkit::{Database, holders};
use serde_json::{Value, json};
use support::TestApp;

const EMAIL: &str = "forget.me@example.test";
const PHONE: &str = "+4915112345678";
const TOKEN: &str = "device-token-of-one-person";

/// A person with everything, on a list, suppressed by hand on one channel; and somebody else.
async fn with_a_person(app: &TestApp) -> String {
    let admin = app.as_admin();
    let record = json!({
        "email": EMAIL, "phone": PHONE, "customer_id": "C-4711", "first_name": "Forgotten", "push_tokens": [TOKEN],
        "address": { "name": "Forgotten Person", "line1": "Lost Street 1", "city": "Ulm", "postal_code": "89073" },
        "secret_note": "knows everything", "visits": 3, "member_since": "2020-02-29", "tags": ["vip"], "is_vip": true,
    });
    let once = app.as_admin().idempotent("11111111-1111-4111-8111-111111111111");
    let made = once.post("/profiles/upsert", json!({ "record": record })).await;
    let id = made.data()["id"].as_str().unwrap().to_owned();
    admin.post("/profiles/upsert", json!({ "record": { "email": "stays@example.test", "visits": 5 } })).await.data();
    let list = admin.post("/lists", json!({ "name": "All" })).await.data()["id"].as_str().unwrap().to_owned();
    let keys = json!({ "contactKeys": [EMAIL, "stays@example.test"] });
    admin.post(&format!("/lists/{list}/members:upsert"), keys).await.data();
    let entry = json!({ "channel": "sms", "address": PHONE, "reason": "unsubscribed" });
    app.as_admin().idempotent("22222222-2222-4222-8222-222222222222").post("/suppressions", entry).await.data();
    id
}

async fn nothing_is_left(app: &TestApp) {
    for text in [EMAIL, PHONE, TOKEN, "C-4711", "Forgotten", "Lost Street", "LOST STREET", "knows everything"] {
        assert_eq!(holders(&app.store, text).await, Vec::<String>::new(), "{text}");
    }
}

async fn a_person_is_erased(database: Database) {
    let app = TestApp::on(database).await;
    let admin = app.as_admin();
    let id = with_a_person(&app).await;
    let erased = admin.delete(&format!("/profiles/{id}")).await;
    assert_eq!((erased.status, &erased.data()["erased"], &erased.data()["id"]), (200, &json!(true), &json!(id)));
    nothing_is_left(&app).await;
    let fields = admin.get("/metadata/fields").await;
    let attributes = fields.data()["items"].as_array().unwrap().iter().filter(|field| field["source"] == "attribute");
    let counted: Vec<(&Value, &Value, &Value)> =
        attributes.map(|field| (&field["name"], &field["people"], &field["kinds"])).collect();
    let expected = ["is_vip", "member_since", "secret_note", "tags", "visits"].map(|name| match name {
        "visits" => (json!(name), json!(1), json!({ "number": 1 })),
        name => (json!(name), json!(0), json!({})),
    });
    assert_eq!(counted, expected.iter().map(|(name, people, kinds)| (name, people, kinds)).collect::<Vec<_>>());
    let gone = "JOURNEY_API.PUBLIC.PROFILES.NOT_FOUND";
    admin.delete(&format!("/profiles/{id}")).await.refused(404, gone);
    admin.get(&format!("/profiles/{id}")).await.refused(404, gone);
    let lists = admin.get("/lists").await;
    assert_eq!(lists.data()["items"][0]["memberCount"], 1, "{}", lists.json);

    let entries = admin.get("/suppressions").await;
    let shown: Vec<&Value> = entries.data()["items"].as_array().unwrap().iter().collect();
    assert_eq!(shown.len(), 4, "one for each channel");
    assert!(shown.iter().all(|entry| entry["address"].is_null() && entry["erased"] == true), "{shown:?}");
    assert!(shown.iter().any(|entry| entry["channel"] == "sms" && entry["reason"] == "unsubscribed"));

    let listed = app.service.erasures(app.tenant()).await.unwrap();
    assert_eq!((listed.len(), listed[0].profile.to_string()), (1, id));
    assert!(listed[0].requested_by.starts_with("client:") && listed[0].finished_at.is_some());
}

#[tokio::test]
async fn a_person_is_erased_from_every_table_on_sqlite() {
    a_person_is_erased(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_erased_from_every_table_on_postgres() {
    a_person_is_erased(Database::Postgres).await;
}

#[tokio::test]
async fn an_erased_address_is_not_in_the_files_of_the_database_after_a_checkpoint() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let id = with_a_person(&app).await;
    for round in 0..20 {
        let records: Vec<Value> = (0..100).map(|n| json!({ "email": format!("f{n}.{round}@example.test") })).collect();
        admin.post("/records/profiles/upsert-batch", json!({ "records": records })).await.data();
    }
    admin
        .post("/profiles/upsert", json!({ "record": { "email": EMAIL, "note": "a longer row moves in its page" } }))
        .await
        .data();
    admin.delete(&format!("/profiles/{id}")).await.data();
    let DatabaseUrl::Sqlite(path) = app.store.url().clone() else { panic!("not a file") };
    assert!(app.store.close(std::time::Duration::from_secs(5)).await, "the file is closed");
    let folder = path.parent().unwrap();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let bytes = std::fs::read(&file).unwrap();
        for text in [EMAIL, PHONE, TOKEN, "C-4711", "Lost Street"] {
            let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found, "{text} is in {}", file.display());
        }
    }
}

#[tokio::test]
async fn an_erased_person_who_comes_back_is_let_in_by_deleting_the_suppression() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let id = with_a_person(&app).await;
    admin.delete(&format!("/profiles/{id}")).await.data();
    let find = format!("/suppressions?channel=email&address={}", EMAIL.replace('@', "%40"));
    let found = admin.get(&find).await;
    assert_eq!(found.data()["items"][0]["address"], Value::Null);
    let back = admin.post("/profiles/upsert", json!({ "record": { "email": EMAIL } })).await;
    assert_ne!(back.data()["id"], json!(id));
    let found = admin.get(&find).await;
    assert_eq!(
        (&found.data()["items"][0]["address"], &found.data()["items"][0]["erased"]),
        (&json!(EMAIL), &json!(false))
    );
    let entry = found.data()["items"][0]["id"].as_str().unwrap().to_owned();
    admin.delete(&format!("/suppressions/{entry}")).await.data();
    assert!(admin.get(&find).await.data()["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn nobody_erases_people_of_another_tenant() {
    let app = TestApp::new().await;
    let id = with_a_person(&app).await;
    let stranger = app.another_tenant().await;
    let gone = "JOURNEY_API.PUBLIC.PROFILES.NOT_FOUND";
    app.admin_of(stranger).delete(&format!("/profiles/{id}")).await.refused(404, gone);
    app.as_admin().get(&format!("/profiles/{id}")).await.data();
}
