//! What can be asked about fields.

#![cfg(test)]

mod support;

use postrider_store::testkit::Database;
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
        json!({ "name": "shoe_size", "type": "number", "source": "attribute", "people": 1, "kinds": { "number": 1 } }),
        json!({ "name": "city_of_birth", "type": "text", "source": "attribute", "people": 1, "kinds": { "text": 1 } }),
    ] {
        assert_eq!(field(expected["name"].as_str().unwrap()), expected);
    }
    assert_eq!(field("secret_plan"), Value::Null, "another tenant's attributes are its own");
}

#[tokio::test]
async fn an_attribute_keeps_its_kind_until_somebody_changes_it() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        let upsert = async |name: &str, points: Value| {
            let record = json!({ "email": format!("{name}@example.test"), "points": points });
            admin.post("/profiles/upsert", json!({ "record": record })).await
        };
        let points = async || {
            let fields = admin.get("/metadata/fields").await;
            let items = fields.data()["items"].as_array().unwrap().clone();
            items.into_iter().find(|item| item["name"] == "points").unwrap()
        };
        upsert("ada", json!(50)).await.data();
        upsert("bob", json!("60")).await.data();
        assert_eq!(points().await["kinds"], json!({ "number": 2 }), "text that is a number becomes one");
        let refused = upsert("cy", json!("many")).await;
        refused.refused(409, "JOURNEY_API.PUBLIC.PROFILES.ATTRIBUTE_KIND");
        let records =
            json!([{ "email": "cy@example.test", "points": [] }, { "email": "di@example.test", "points": 7 }]);
        let batch = admin.post("/records/profiles/upsert-batch", json!({ "records": records })).await;
        assert_eq!(batch.data()["results"][0]["error"]["code"], "JOURNEY_API.PUBLIC.PROFILES.ATTRIBUTE_KIND");
        assert_eq!((&points().await["people"], &points().await["type"]), (&json!(3), &json!("number")));

        let changed = admin.patch("/metadata/fields", json!({ "name": "points", "type": "text" })).await;
        assert_eq!(
            changed.data(),
            &json!({ "name": "points", "type": "text", "source": "attribute", "people": 3,
            "kinds": { "number": 3 } }),
            "values that are stored stay"
        );
        upsert("cy", json!("many")).await.data();
        upsert("ada", json!(51)).await.data();
        assert_eq!(points().await["kinds"], json!({ "number": 2, "text": 2 }));
        upsert("bob", Value::Null).await.data();
        assert_eq!(points().await["kinds"], json!({ "number": 1, "text": 2 }));
        assert_eq!(points().await["people"], 3);
        for (name, kind) in [("email", "text"), ("points", "colour"), ("two words", "text"), ("address", "text")] {
            let answer = admin.patch("/metadata/fields", json!({ "name": name, "type": kind })).await;
            answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        }
    }
}
