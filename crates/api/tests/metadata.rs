//! What can be asked about fields.

#![cfg(test)]

mod support;

use serde_json::{Value, json};
use support::TestApp;

#[tokio::test]
async fn fields_are_the_well_known_ones_and_what_profiles_have_carried() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let record = json!({ "email": "ada@example.test", "shoe_size": 38, "city_of_birth": "Oslo" });
    admin.post("/profiles/upsert", json!({ "record": record })).await.data();
    let foreign = app.admin_of(app.another_tenant().await);
    let record = json!({ "email": "bob@example.test", "secret_plan": true });
    foreign.post("/profiles/upsert", json!({ "record": record })).await.data();

    let answer = admin.get("/metadata/fields").await;
    let items = answer.data()["items"].as_array().unwrap();
    let field = |name: &str| items.iter().find(|item| item["name"] == name).cloned().unwrap_or(Value::Null);
    let told = |name: &str, kind: &str, source: &str| json!({ "name": name, "type": kind, "source": source });
    for expected in [
        told("email", "text", "standard"),
        told("address", "object", "standard"),
        told("address.city", "text", "standard"),
        told("consent.direct_mail", "consent", "standard"),
        told("push_tokens", "list", "standard"),
        told("created_at", "date", "standard"),
        told("shoe_size", "any", "attribute"),
        told("city_of_birth", "any", "attribute"),
    ] {
        assert_eq!(field(expected["name"].as_str().unwrap()), expected);
    }
    assert_eq!(field("secret_plan"), Value::Null, "another tenant's attributes are its own");
}
