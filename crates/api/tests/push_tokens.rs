//! Devices of people over HTTP: each form is taken, shown, found, suppressed and erased.

#![cfg(test)]

mod support;

use postrider_store::testkit::{Database, holders};
use serde_json::{Value, json};
use support::TestApp;

const UPSERT: &str = "/profiles/upsert";
const ENDPOINT: &str = "https://push.example.test/send/of-one-browser";

fn subscription() -> Value {
    let point = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    json!({ "endpoint": ENDPOINT, "keys": { "p256dh": point, "auth": "BTBZMqHH6r4Tts7J_aSIgg" } })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_form_of_a_device_is_shown_as_it_was_given_and_found_suppressed_and_erased() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        let apns = json!({ "service": "apns", "token": "apple-token", "app": "com.example.shop" });
        let tokens =
            json!(["plain-token", "plain-token", apns, { "service": "fcm", "token": "plain-token" }, subscription()]);
        let record = json!({ "email": "ada@example.test", "push_tokens": tokens });
        let id = admin.post(UPSERT, json!({ "record": record })).await.data()["id"].as_str().unwrap().to_owned();
        let shown = admin.get(&format!("/profiles/{id}")).await;
        assert_eq!(shown.data()["record"]["push_tokens"], json!(["plain-token", apns, subscription()]));
        for address in ["plain-token", "apple-token", ENDPOINT] {
            let rule = json!({ "field": "push_tokens", "op": "contains", "value": address });
            let found = admin.post("/audiences/preview", json!({ "rule": rule })).await;
            assert_eq!(found.data()["matchCount"], 1, "{address} on {database:?}");
        }
        admin.delete(&format!("/profiles/{id}")).await.data();
        for address in ["plain-token", "apple-token", ENDPOINT] {
            assert_eq!(holders(&app.store, address).await, Vec::<String>::new(), "{address} on {database:?}");
        }
        let entries = admin.get("/suppressions?channel=push").await;
        assert_eq!(entries.data()["items"].as_array().unwrap().len(), 3, "{}", entries.json);
    }
}

#[tokio::test]
async fn a_device_that_cannot_be_one_is_refused_with_its_path() {
    let app = TestApp::new().await;
    let mut http = subscription();
    http["endpoint"] = "http://push.example.test/1".into();
    let mut short = subscription();
    short["keys"]["auth"] = "c2hvcnQ".into();
    for (token, path) in [
        (json!({ "service": "pigeon", "token": "t" }), "service"),
        (json!({ "service": "apns" }), "token"),
        (json!({ "service": "apns", "token": "t", "colour": "red" }), "colour"),
        (json!({ "service": "webpush", "token": "t" }), "endpoint"),
        (http, "endpoint"),
        (short, "keys.auth"),
    ] {
        let record = json!({ "email": "ada@example.test", "push_tokens": [token] });
        let answer = app.as_admin().post(UPSERT, json!({ "record": record })).await;
        assert_eq!(answer.status, 400, "{}", answer.json);
        assert!(answer.json.to_string().contains(&format!("push_tokens[0].{path}")), "{path}: {}", answer.json);
    }
}
