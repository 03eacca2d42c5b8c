//! Consent in files over HTTP: what is asked before a job is ready, and who stays denied.
#![cfg(test)]

mod support;

use axum::http::{Method, header};
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::{TestApp, api_request};

const DATABASES: [Database; 2] = [Database::Sqlite, Database::Postgres];

/// Makes a job with a file.
async fn upload(app: &TestApp, name: &str, file: &str) -> Value {
    let made = app.as_admin().post("/import-jobs", json!({ "fileName": name })).await;
    let path = format!("/import-jobs/{}/file", made.data()["id"].as_str().unwrap());
    let token = app.token(Scope::ALL).await;
    let mut request = api_request(Method::PUT, &path, &token, None, None);
    request.headers_mut().insert(header::CONTENT_TYPE, "application/octet-stream".parse().unwrap());
    *request.body_mut() = file.to_owned().into();
    app.send(request).await.data().clone()
}

async fn map(app: &TestApp, job: &Value, body: Value) -> Value {
    let path = format!("/import-jobs/{}/mapping", job["id"].as_str().unwrap());
    app.as_admin().post(&path, body).await.data().clone()
}

async fn run(app: &TestApp, job: &Value) -> Value {
    let path = format!("/import-jobs/{}", job["id"].as_str().unwrap());
    app.as_admin().post(&format!("{path}/start"), json!({})).await.data();
    while app.service.importer().step().await.unwrap() {}
    app.as_admin().get(&path).await.data().clone()
}

/// The consent of email that a person has.
async fn consent(app: &TestApp, email: &str) -> String {
    let found = app.as_admin().post("/profiles/upsert", json!({ "record": { "email": email } })).await;
    let person = app.as_admin().get(&format!("/profiles/{}", found.data()["id"].as_str().unwrap())).await;
    let consent = &person.data()["record"]["consent"]["email"];
    consent.as_str().unwrap_or("unknown").to_owned()
}

#[tokio::test]
async fn a_column_that_may_be_about_consent_is_asked_about() {
    for database in DATABASES {
        let app = TestApp::on(database).await;
        let file = "email,email_disabled\nin@e.test,false\nout@e.test,true\n";
        let job = upload(&app, "people.csv", file).await;
        assert_eq!((&job["state"], &job["columns"][0]["question"]), (&json!("pending"), &Value::Null));
        let question = job["columns"][1]["question"].as_str().unwrap();
        assert_eq!(job["problem"], question);
        for part in ["\"email_disabled\"", "\"true\"", "--map \"email_disabled=!consent.email\""] {
            assert!(question.contains(part), "{question}");
        }
        let path = format!("/import-jobs/{}/start", job["id"].as_str().unwrap());
        app.as_admin().post(&path, json!({})).await.refused(409, "JOURNEY_API.PUBLIC.IMPORTS.MAPPING_REQUIRED");
        let still = map(&app, &job, json!({ "matchKey": "email" })).await;
        assert_eq!(still["state"], "pending", "a mapping that does not answer changes nothing");
        let ready = map(&app, &job, json!({ "columns": { "email_disabled": "!consent.email" } })).await;
        assert_eq!((&ready["state"], &ready["problem"]), (&json!("ready"), &Value::Null));
        run(&app, &job).await;
        assert_eq!([consent(&app, "in@e.test").await, consent(&app, "out@e.test").await], ["granted", "denied"]);
    }
}

#[tokio::test]
async fn words_that_nobody_knows_are_asked_about_and_can_be_explained() {
    let app = TestApp::on(Database::Sqlite).await;
    let job = upload(&app, "ludzie.csv", "Adres e-mail;Zgoda\na@e.test;tak\nb@e.test;może\n").await;
    assert_eq!(job["state"], "pending");
    assert!(job["problem"].as_str().unwrap().contains("--no \"może\""), "{job}");
    assert_eq!(map(&app, &job, json!({ "no": ["może"] })).await["state"], "ready");
    run(&app, &job).await;
    assert_eq!([consent(&app, "a@e.test").await, consent(&app, "b@e.test").await], ["granted", "denied"]);
}

#[tokio::test]
async fn a_preset_is_shown_and_can_be_changed() {
    let app = TestApp::on(Database::Sqlite).await;
    let file = "Email Address,OPTIN_TIME,LEID,EUID\na@e.test,2019-04-11 09:22:33,1,x\n";
    let job = upload(&app, "unsubscribed_members_export_1.csv", file).await;
    assert_eq!((&job["state"], &job["preset"]), (&json!("ready"), &json!("mailchimp_unsubscribed")));
    assert_eq!(map(&app, &job, json!({ "preset": "none" })).await["preset"], Value::Null);
    let path = format!("/import-jobs/{}/mapping", job["id"].as_str().unwrap());
    let refused = app.as_admin().post(&path, json!({ "preset": "nosuch" })).await;
    refused.refused(400, "JOURNEY_API.PUBLIC.IMPORTS.MAPPING_INVALID");
    map(&app, &job, json!({})).await;
    run(&app, &job).await;
    assert_eq!(consent(&app, "a@e.test").await, "denied");
}

#[tokio::test]
async fn a_file_revives_nobody_who_said_no_unless_it_is_told_to() {
    for database in DATABASES {
        let app = TestApp::on(database).await;
        let record = json!({ "record": { "email": "out@e.test", "consent": { "email": "denied" } } });
        app.as_admin().post("/profiles/upsert", record).await.data();
        for file in ["email,newsletter\nout@e.test,yes\n", "{\"email\":\"out@e.test\",\"consent\":null}\n"] {
            let job = upload(&app, "people", file).await;
            let done = run(&app, &job).await;
            assert_eq!(done["counts"]["fieldsLeftOut"].as_i64().map(|left| left > 0), Some(true), "{done}");
            assert_eq!(consent(&app, "out@e.test").await, "denied", "{file}");
        }
        let job = upload(&app, "people.csv", "email,newsletter\nout@e.test,yes\n").await;
        map(&app, &job, json!({ "reviveConsent": true })).await;
        run(&app, &job).await;
        assert_eq!(consent(&app, "out@e.test").await, "granted");
    }
}

#[tokio::test]
async fn a_file_without_consent_says_what_follows() {
    let app = TestApp::on(Database::Sqlite).await;
    let job = upload(&app, "people.csv", "email,Súhlasím\na@e.test,áno\n").await;
    let job = if job["state"] == "pending" {
        map(&app, &job, json!({ "columns": { "Súhlasím": "agrees" } })).await
    } else {
        job
    };
    let note = job["consentNote"].as_str().unwrap();
    assert!(note.contains("consent stays unknown for everyone; this tenant mails"), "{note}");
    let tenant = app.as_admin().patch("/tenant", json!({ "mailUnknown": false })).await;
    tenant.data();
    let path = format!("/import-jobs/{}", job["id"].as_str().unwrap());
    let note = app.as_admin().get(&path).await.data()["consentNote"].clone();
    assert!(note.as_str().unwrap().contains("this tenant does not mail"), "{note}");
    let job = upload(&app, "people.csv", "email,Newsletter\na@e.test,yes\n").await;
    assert_eq!(job["consentNote"], Value::Null);
}
