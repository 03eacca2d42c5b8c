//! Kinds of columns over HTTP: from a file to the right people in an audience.

#![cfg(test)]

mod support;

use axum::http::{Method, header};
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::{TestApp, api_request};

/// An import job of a file.
struct Job<'a> {
    app: &'a TestApp,
    path: String,
}

impl<'a> Job<'a> {
    async fn new(app: &'a TestApp, name: &str) -> Self {
        let made = app.as_admin().post("/import-jobs", json!({ "fileName": name })).await;
        Self { app, path: format!("/import-jobs/{}", made.data()["id"].as_str().unwrap()) }
    }

    async fn file(&self, text: &str) -> Value {
        let token = self.app.token(Scope::ALL).await;
        let mut request = api_request(Method::PUT, &format!("{}/file", self.path), &token, None, None);
        request.headers_mut().insert(header::CONTENT_TYPE, "application/octet-stream".parse().unwrap());
        *request.body_mut() = text.to_owned().into();
        self.app.send(request).await.data().clone()
    }

    async fn types(&self, types: Value) -> Value {
        let path = format!("{}/mapping", self.path);
        self.app.as_admin().post(&path, json!({ "types": types })).await.data().clone()
    }

    async fn run(&self) -> Value {
        self.start(json!({})).await
    }

    async fn start(&self, body: Value) -> Value {
        self.app.as_admin().post(&format!("{}/start", self.path), body).await.data();
        while self.app.service.importer().step().await.unwrap() {}
        self.app.as_admin().get(&self.path).await.data().clone()
    }
}

async fn matches(app: &TestApp, field: &str, op: &str, value: Value) -> Value {
    let rule = json!({ "field": field, "op": op, "value": value });
    app.as_admin().post("/audiences/preview", json!({ "rule": rule })).await.data()["matchCount"].clone()
}

const SHOP: &str = "email;points;umsatz;birthday;vip;tags;plz_code\n\
    a@example.test;298;77,02;02.05.1954;ja;neu;01067\n\
    b@example.test;12;1.234,50;24.12.1990;nein;neu;20095\n\
    c@example.test;150;;;;neu;\n";

#[tokio::test]
async fn a_rule_finds_the_right_people_after_an_import_and_after_another() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        for round in 0..2 {
            let job = Job::new(&app, "shop.csv").await;
            let seen = job.file(SHOP).await;
            assert_eq!(seen["state"], "ready", "{seen}");
            let types: Vec<&Value> = seen["columns"].as_array().unwrap().iter().map(|column| &column["type"]).collect();
            assert_eq!(json!(types), json!([null, "number", "number:comma", "date:dmy", "boolean", "text", "text"]));
            let done = job.run().await;
            assert_eq!(done["counts"]["refused"], 0);
            assert_eq!(done["counts"]["fieldsLeftOut"], 0);
            assert_eq!(done["counts"]["unchanged"], if round == 0 { 0 } else { 3 });
            for (field, op, value, count) in [
                ("points", "gt", json!(100), 2),
                ("umsatz", "gt", json!(1_000), 1),
                ("umsatz", "equals", json!(77.02), 1),
                ("birthday", "before", json!("1980-01-01"), 1),
                ("vip", "equals", json!(true), 1),
                ("plz_code", "equals", json!("01067"), 1),
            ] {
                assert_eq!(matches(&app, field, op, value).await, count, "{field} in round {round}");
            }
        }
        let fields = app.as_admin().get("/metadata/fields").await;
        let points = fields.data()["items"].as_array().unwrap().iter().find(|item| item["name"] == "points").cloned();
        assert_eq!(
            points.unwrap(),
            json!({ "name": "points", "type": "number", "source": "attribute", "people": 3, "kinds": { "number": 3 } })
        );
    }
}

#[tokio::test]
async fn an_ambiguous_date_is_asked_before_the_import_starts() {
    let app = TestApp::new().await;
    let job = Job::new(&app, "people.csv").await;
    let seen = job.file("email,birthday\na@example.test,02/05/1954\nb@example.test,03/04/1990\n").await;
    assert_eq!(seen["state"], "pending");
    let problem = seen["problem"].as_str().unwrap();
    assert!(problem.contains("--type birthday=date:dmy") && problem.contains("date:mdy"), "{problem}");
    let start = app.as_admin().post(&format!("{}/start", job.path), json!({})).await;
    start.refused(409, "JOURNEY_API.PUBLIC.IMPORTS.MAPPING_REQUIRED");
    let mapped = job.types(json!({ "birthday": "date:mdy" })).await;
    assert_eq!((&mapped["state"], &mapped["problem"]), (&json!("ready"), &Value::Null));
    job.run().await;
    assert_eq!(matches(&app, "birthday", "before", json!("1954-03-01")).await, 1);
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_left_out_and_reported() {
    let app = TestApp::new().await;
    let job = Job::new(&app, "people.csv").await;
    let mut file = "email,points,tags\n".to_owned();
    for n in 0..400 {
        file += &format!("p{n}@example.test,{n},neu;kaffee\n");
    }
    file += "last@example.test,many,alt\n";
    let seen = job.file(&file).await;
    let points = &seen["columns"][1];
    assert_eq!((&points["kind"], &points["misfits"]), (&json!("text"), &json!(0)));
    assert!(points["suggestion"].as_str().unwrap().contains("400 of 401"), "{points}");
    let mapped = job.types(json!({ "points": "number", "tags": "list:;" })).await;
    assert_eq!((&mapped["columns"][1]["kind"], &mapped["columns"][1]["misfits"]), (&json!("number"), &json!(1)));
    let done = job.run().await;
    assert_eq!((&done["counts"]["created"], &done["counts"]["fieldsLeftOut"]), (&json!(401), &json!(1)));
    let errors = app.as_admin().get(&format!("{}/errors", job.path)).await;
    let error = &errors.data()["items"][0];
    assert_eq!(error["code"], "JOURNEY_API.PUBLIC.PROFILES.ATTRIBUTE_KIND");
    assert_eq!(
        (&error["line"], &error["severity"], &error["path"]),
        (&json!(402), &json!("warning"), &json!("points"))
    );
    assert_eq!(matches(&app, "points", "gte", json!(300)).await, 100);
    assert_eq!(matches(&app, "tags", "contains", json!("kaffee")).await, 400);

    let again = Job::new(&app, "more.csv").await;
    again.file("email,points\nx@example.test,abc\ny@example.test,7\n").await;
    let done = again.run().await;
    assert_eq!(done["counts"]["fieldsLeftOut"], 1, "a known attribute keeps its kind: {done}");
    assert_eq!(matches(&app, "points", "equals", json!(7)).await, 2);
}

#[tokio::test]
async fn texts_become_numbers_once_the_caller_says_so() {
    let app = TestApp::new().await;
    let record = json!({ "email": "a@example.test", "points": "298" });
    app.as_admin().post("/profiles/upsert", json!({ "record": record })).await.data();
    assert_eq!(matches(&app, "points", "gt", json!(100)).await, 0);
    for (name, file) in [
        ("people.csv", "email,points\na@example.test,298\n"),
        ("people.jsonl", "{\"email\":\"b@example.test\",\"points\":\"150\"}\n"),
    ] {
        let job = Job::new(&app, name).await;
        job.file(file).await;
        job.types(json!({ "points": "number" })).await;
        job.run().await;
    }
    assert_eq!(matches(&app, "points", "gt", json!(100)).await, 2);
}

#[tokio::test]
async fn a_city_is_of_the_address_and_does_not_delete_a_street() {
    let app = TestApp::new().await;
    for (file, left_out) in [
        ("email,street,city\na@example.test,Hauptstr. 1,Berlin\n", 0),
        ("email,city\na@example.test,Berlin\nb@example.test,Oslo\n", 0),
        ("email,city\na@example.test,Bonn\n", 1),
    ] {
        let job = Job::new(&app, "people.csv").await;
        let seen = job.file(file).await;
        let columns = seen["columns"].as_array().unwrap();
        assert_eq!(columns[columns.len() - 1]["field"], "address.city");
        assert_eq!(job.run().await["counts"]["fieldsLeftOut"], left_out, "{file}");
    }
    assert_eq!(matches(&app, "address.line1", "equals", json!("Hauptstr. 1")).await, 1);
    assert_eq!(matches(&app, "address.city", "in", json!(["Berlin", "Oslo"])).await, 2);
}

#[tokio::test]
async fn a_dry_run_keeps_the_kind_of_a_new_field_from_its_first_row_to_its_last() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        // Between the two values are more rows than one set has.
        let mut file = json!({ "email": "first@example.test", "points": 5 }).to_string() + "\n";
        for n in 0..3_000 {
            file += &format!("{{\"email\":\"p{n}@example.test\"}}\n");
        }
        file += &json!({ "email": "last@example.test", "points": "many" }).to_string();
        let job = Job::new(&app, "people.jsonl").await;
        job.file(&file).await;
        let tried = job.start(json!({ "dryRun": true })).await;
        let done = job.run().await;
        assert_eq!((&done["counts"]["created"], &done["counts"]["fieldsLeftOut"]), (&json!(3_002), &json!(1)));
        for count in ["created", "fieldsLeftOut", "refused"] {
            assert_eq!(tried["dryRun"]["counts"][count], done["counts"][count], "{count} in {tried}");
        }
    }
}
