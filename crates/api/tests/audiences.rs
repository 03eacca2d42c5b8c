//! Audiences by rule over HTTP.

#![cfg(test)]

mod support;

use axum::body::Body;
use axum::http::{Method, Request};
use postrider_core::channel::ChannelKind::Email;
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::TestApp;
use support::ready::ready;

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

async fn people(app: &TestApp) {
    let records = json!([
        { "email": "ann@example.com", "first_name": "Ann", "plan": "gold", "age": 41, "since": "2026-02-20", "tags": ["a", "b"],
          "address": { "city": "Oslo", "country": "NO" }, "consent": { "email": "granted" } },
        { "email": "bo@example.org", "first_name": "Bo", "plan": "Gold", "age": 41.0, "since": "2025-12-31T23:30:00-01:00" },
        { "email": "cy@example.com", "first_name": "Cy", "plan": "it's \"free\"", "vip": true },
        { "email": "di@example.com", "last_name": "Ærø", "customer_id": "D-1", "consent": { "email": "denied" } },
    ]);
    app.as_admin().post("/records/profiles/upsert-batch", json!({ "records": records })).await.data();
    set_kind(app, "age", "text").await;
    let record = json!({ "email": "cy@example.com", "age": "41" });
    app.as_admin().post("/profiles/upsert", json!({ "record": record })).await.data();
}

async fn set_kind(app: &TestApp, name: &str, kind: &str) {
    app.as_admin().patch("/metadata/fields", json!({ "name": name, "type": kind })).await.data();
}

fn test(field: &str, op: &str, value: Value) -> Value {
    json!({ "field": field, "op": op, "value": value })
}

/// The local parts of those whom a rule finds, in a row.
async fn who(app: &TestApp, rule: &Value) -> String {
    let preview = app.as_admin().post("/audiences/preview", json!({ "rule": rule, "limit": 1_000 })).await;
    let data = preview.data();
    let records = data["sampleRecords"].as_array().unwrap();
    assert_eq!(data["matchCount"], records.len(), "{rule}");
    let mut names: Vec<&str> =
        records.iter().map(|record| record["record"]["email"].as_str().unwrap().split('@').next().unwrap()).collect();
    names.sort_unstable();
    names.join(" ")
}

async fn rules_find_people(database: Database) {
    let app = TestApp::on(database).await;
    people(&app).await;
    let list = app.as_admin().post("/lists", json!({ "name": "Friends" })).await.data()["id"].clone();
    let path = format!("/lists/{}/members:upsert", list.as_str().unwrap());
    app.as_admin().post(&path, json!({ "contactKeys": ["bo@example.org", "di@example.com"] })).await.data();
    let (gold, no_plan) = (test("plan", "equals", json!("gold")), json!({ "field": "plan", "op": "notExists" }));
    for (rule, expected) in [
        (gold.clone(), "ann"),
        (test("attributes.plan", "notEquals", json!("gold")), "bo cy"),
        (json!({ "not": gold }), "bo cy di"),
        (test("plan", "equals", json!("it's \"free\"")), "cy"),
        (no_plan.clone(), "di"),
        (json!({ "any": [gold, no_plan] }), "ann di"),
        (json!({ "all": [gold, no_plan] }), ""),
        (test("age", "equals", json!(41)), "ann bo"),
        (test("age", "in", json!(["41", 41.0])), "ann bo cy"),
        (test("age", "gte", json!(41.5)), ""),
        (test("age", "between", json!([40, 41])), "ann bo"),
        (test("vip", "equals", json!(true)), "cy"),
        (test("tags", "contains", json!("b")), "ann"),
        (test("first_name", "contains", json!("n")), "ann"),
        (test("email", "endsWith", json!("@Example.com")), "ann cy di"),
        (test("last_name", "equals", json!("Ærø")), "di"),
        (test("address.city", "in", json!(["Oslo", "Bergen"])), "ann"),
        (test("consent.email", "notEquals", json!("denied")), "ann bo cy"),
        (test("since", "after", json!({ "ago": "10d" })), "ann"),
        (test("since", "before", json!("2026-01-01T00:30:00Z")), ""),
        (test("since", "lte", json!("2026-01-01T00:30:00Z")), "bo"),
        (test("created_at", "gte", json!({ "ago": "0m" })), "ann bo cy di"),
        (test("created_at", "before", json!({ "ahead": "1w" })), "ann bo cy di"),
        (json!({ "inList": list }), "bo di"),
        (json!({ "all": [{ "inList": list }, { "not": { "field": "customer_id", "op": "exists" } }] }), "bo"),
    ] {
        assert_eq!(who(&app, &rule).await, expected, "{rule}");
    }
}

#[tokio::test]
async fn rules_find_people_on_sqlite() {
    rules_find_people(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_find_people_on_postgres() {
    rules_find_people(Database::Postgres).await;
}

#[tokio::test]
async fn an_audience_is_made_read_changed_and_deleted() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let rule =
        json!({ "all": [test("plan", "in", json!(["gold", 1.5])), { "not": { "field": "vip", "op": "exists" } }] });
    let made = admin.post("/audiences", json!({ "name": " Golden ", "description": "of age", "rule": rule })).await;
    assert_eq!(made.status, 201);
    let data = made.data();
    for (field, value) in [
        ("name", json!("Golden")),
        ("description", json!("of age")),
        ("rule", rule.clone()),
        ("type", json!("dynamic")),
        ("memberCount", Value::Null),
        ("createdAt", json!("2026-03-01T12:00:00.000Z")),
    ] {
        assert_eq!(data[field], value, "{field}");
    }
    let path = format!("/audiences/{}", data["id"].as_str().unwrap());
    assert_eq!(admin.get(&path).await.data(), data);
    let other = test("plan", "equals", json!("silver"));
    let changed = admin.patch(&path, json!({ "description": null, "rule": other })).await;
    assert_eq!((&changed.data()["description"], &changed.data()["rule"]), (&Value::Null, &other));
    assert_eq!(admin.patch(&path, json!({ "name": "Silver" })).await.data()["rule"], other);
    for body in [json!({ "name": null }), json!({ "rule": null }), json!({ "rule": {} }), json!({ "color": "red" })] {
        admin.patch(&path, body).await.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
    }
    let page = admin.get("/audiences?pageSize=1").await;
    assert_eq!((&page.data()["total"], &page.data()["items"][0]["name"]), (&json!(1), &json!("Silver")));
    assert_eq!(admin.delete(&path).await.data()["deleted"], true);
    for answer in [
        admin.get(&path).await,
        admin.delete(&path).await,
        admin.patch(&path, json!({})).await,
        admin.post(&format!("{path}/preview"), json!({})).await,
    ] {
        answer.refused(404, "JOURNEY_API.PUBLIC.AUDIENCES.NOT_FOUND");
    }
    assert_eq!(admin.get("/audiences").await.data()["total"], 0);
}

#[tokio::test]
async fn a_wrong_rule_is_told_by_its_place() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let fine = test("plan", "equals", json!("gold"));
    for (rule, path) in [
        (json!({}), "rule"),
        (json!([]), "rule"),
        (json!({ "all": [] }), "rule.all"),
        (json!({ "all": [fine, test("plan", "gt", json!("much"))] }), "rule.all[1].value"),
        (json!({ "all": [fine, test("email", "gt", json!(1))] }), "rule.all[1].op"),
        (json!({ "not": { "field": "shoe size", "op": "exists" } }), "rule.not.field"),
        (json!({ "field": "plan", "op": "equals", "value": "x", "values": [] }), "rule.values"),
        (test("created_at", "before", json!({ "ago": "1y" })), "rule.value.ago"),
        (test("plan", "equals", json!(18_446_744_073_709_551_615_u64)), "rule.value"),
    ] {
        for (target, body) in
            [("/audiences", json!({ "name": "x", "rule": rule })), ("/audiences/preview", json!({ "rule": rule }))]
        {
            let refused = admin.post(target, body).await;
            let error = refused.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
            assert_eq!(error["details"]["path"], path, "{rule}");
        }
    }
    let twice = r#"{ "name": "x", "rule": { "not": { "all": [{ "field": "a", "op": "exists" }], "all": [] } } }"#;
    let token = app.token(&[Scope::CdpAudiencesWrite]).await;
    let (parts, _) = support::api_request(Method::POST, "/audiences", &token, None, None).into_parts();
    let answer = app.send(Request::from_parts(parts, Body::from(twice))).await;
    let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
    assert_eq!(error["details"]["path"], "rule.not.all");
    let rule = json!({ "any": [fine, { "inList": NOBODY }] });
    let refused = admin.post("/audiences", json!({ "name": "x", "rule": rule })).await;
    assert_eq!(refused.refused(404, "JOURNEY_API.PUBLIC.LISTS.NOT_FOUND")["details"]["path"], "rule.any[1].inList");
}

#[tokio::test]
async fn a_preview_counts_all_and_shows_some() {
    let app = TestApp::new().await;
    people(&app).await;
    let rule = json!({ "any": [test("plan", "contains", json!("old")), { "field": "customer_id", "op": "exists" }] });
    let made = app.as_admin().post("/audiences", json!({ "name": "Some", "rule": rule })).await;
    let id = made.data()["id"].as_str().unwrap().to_owned();
    let path = format!("/audiences/{id}/preview");
    let token = app.token(&[Scope::CdpAudiencesPreview]).await;
    let preview = app.request(Method::POST, &path, &token, Some(json!({ "limit": 2 }))).await;
    let data = preview.data();
    assert_eq!((&data["audienceId"], &data["matchCount"], &data["isExact"]), (&json!(id), &json!(3), &json!(true)));
    assert_eq!(data["fieldsUsed"], json!(["attributes.plan", "customer_id"]));
    assert!(data["executionTimeMs"].as_i64().unwrap() >= 0);
    assert_eq!(data["sampleRecords"].as_array().unwrap().len(), 2);
    let again = app.request(Method::POST, &path, &token, Some(json!({ "limit": 2 }))).await;
    assert_eq!(again.data()["sampleRecords"], data["sampleRecords"]);
    for limit in [json!(0), json!(1_001), json!("2")] {
        let refused = app.as_admin().post(&path, json!({ "limit": limit })).await;
        assert_eq!(refused.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID")["details"]["path"], "limit");
    }
}

#[tokio::test]
async fn another_tenant_sees_neither_audience_nor_list() {
    let app = TestApp::new().await;
    people(&app).await;
    let list = app.as_admin().post("/lists", json!({ "name": "Friends" })).await.data()["id"].clone();
    let everybody = json!({ "field": "created_at", "op": "exists" });
    let made = app.as_admin().post("/audiences", json!({ "name": "All", "rule": everybody })).await;
    let path = format!("/audiences/{}", made.data()["id"].as_str().unwrap());
    let stranger = app.another_tenant().await;
    let them = app.admin_of(stranger);
    for answer in [
        them.get(&path).await,
        them.patch(&path, json!({})).await,
        them.delete(&path).await,
        them.post(&format!("{path}/preview"), json!({})).await,
    ] {
        answer.refused(404, "JOURNEY_API.PUBLIC.AUDIENCES.NOT_FOUND");
    }
    let rule = json!({ "inList": list });
    them.post("/audiences", json!({ "name": "x", "rule": rule }))
        .await
        .refused(404, "JOURNEY_API.PUBLIC.LISTS.NOT_FOUND");
    let nobody = them.post("/audiences/preview", json!({ "rule": everybody })).await;
    assert_eq!(nobody.data()["matchCount"], 0);
}

#[tokio::test]
async fn what_is_in_use_is_not_deleted() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let draft = ready(&app, Email).await;
    let list = format!("/lists/{}", draft.list);
    let job = admin.post(&draft.path("/schedule-jobs"), json!({ "sendAt": "2026-05-01T09:00:00Z" })).await;
    let job = draft.path(&format!("/schedule-jobs/{}", job.data()["scheduleId"].as_str().unwrap()));
    admin.delete(&list).await.refused(409, "JOURNEY_API.PUBLIC.LISTS.IN_USE");
    admin.delete(&job).await.data();
    let rule = json!({ "not": { "inList": draft.list } });
    let made = admin.post("/audiences", json!({ "name": "Rest", "rule": rule })).await;
    let audience = format!("/audiences/{}", made.data()["id"].as_str().unwrap());
    admin.delete(&list).await.refused(409, "JOURNEY_API.PUBLIC.LISTS.IN_USE");
    admin.delete(&audience).await.data();
    admin.delete(&list).await.data();
}

#[tokio::test]
async fn a_rule_that_compares_different_kinds_gets_a_warning_wherever_it_is_shown() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        let people = [("text", json!("298")), ("text", json!("x")), ("number", json!(150)), ("list", json!(["7"]))];
        for (n, (kind, points)) in people.into_iter().enumerate() {
            set_kind(&app, "points", kind).await;
            let record = json!({ "email": format!("p{n}@example.test"), "points": points });
            admin.post("/profiles/upsert", json!({ "record": record })).await.data();
        }
        let preview = async |rule: Value| {
            let answer = admin.post("/audiences/preview", json!({ "rule": rule })).await;
            (answer.data()["matchCount"].clone(), answer.data()["warnings"].clone())
        };
        for rule in [
            json!({ "field": "points", "op": "gt", "value": 100 }),
            json!({ "all": [{ "not": { "field": "points", "op": "lte", "value": 100 } }, { "field": "points", "op": "in", "value": [150] }] }),
        ] {
            let (count, warnings) = preview(rule).await;
            assert_eq!(count, 1);
            assert_eq!(warnings[0]["code"], "TYPE_MISMATCH");
            assert!(warnings[1]["message"].as_str().unwrap().starts_with("points is text for 2 people"), "{warnings}");
        }
        let warned = async |rule: Value| -> Vec<String> {
            let warnings = preview(rule.clone()).await.1;
            let made = admin.post("/audiences", json!({ "name": "Points", "rule": rule })).await;
            assert_eq!(made.data()["warnings"], warnings);
            let path = format!("/audiences/{}", made.data()["id"].as_str().unwrap());
            assert_eq!(admin.patch(&path, json!({ "name": "Named" })).await.data()["warnings"], warnings);
            assert_eq!(admin.patch(&path, json!({ "rule": rule })).await.data()["warnings"], warnings);
            let starts = warnings.as_array().unwrap().iter().map(|warning| warning["message"].as_str().unwrap());
            starts.map(|message| message.split(". ").next().unwrap().to_owned()).collect()
        };
        for (op, value, wanted, misfits) in [
            ("gt", json!(1), "a number", &["a list for 1 person", "text for 2 people"][..]),
            ("equals", json!("x"), "text", &["a list for 1 person", "a number for 1 person"]),
            (
                "equals",
                json!(true),
                "true or false",
                &["a list for 1 person", "a number for 1 person", "text for 2 people"],
            ),
            (
                "before",
                json!("2026-05-01"),
                "a date",
                &["a list for 1 person", "a number for 1 person", "text for 2 people"],
            ),
            ("contains", json!("7"), "text or a list", &["a number for 1 person"]),
            ("exists", Value::Null, "", &[]),
        ] {
            let mut rule = json!({ "field": "points", "op": op, "value": value });
            if value.is_null() {
                rule.as_object_mut().unwrap().remove("value");
            }
            let expected: Vec<String> = misfits
                .iter()
                .map(|misfit| format!("points is {misfit}; the rule compares it with {wanted}"))
                .collect();
            assert_eq!(warned(rule).await, expected, "{op}");
        }
        let city = preview(json!({ "field": "city", "op": "equals", "value": "Ulm" })).await.1;
        assert_eq!(city[0]["code"], "FIELD_IN_ADDRESS", "{city}");
        assert!(city[0]["message"].as_str().unwrap().contains("address.city"), "{city}");
        assert_eq!(preview(json!({ "field": "age", "op": "gt", "value": 1 })).await.1, json!([]));
    }
}
