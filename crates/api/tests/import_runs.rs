//! Import jobs over HTTP: dry runs, and what is shown of refused rows and of warnings.
#![cfg(test)]

mod support;

use axum::body::Body;
use axum::http::{Method, header};
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::{TestApp, api_request};

const DATABASES: [Database; 2] = [Database::Sqlite, Database::Postgres];

/// Makes a job of a file; returns its path.
async fn uploaded(app: &TestApp, file: impl Into<Body>) -> String {
    let made = app.as_admin().post("/import-jobs", json!({ "listName": "Leads" })).await;
    let path = format!("/import-jobs/{}", made.data()["id"].as_str().unwrap());
    let token = app.token(Scope::ALL).await;
    let mut request = api_request(Method::PUT, &format!("{path}/file"), &token, None, None);
    request.headers_mut().insert(header::CONTENT_TYPE, "text/csv".parse().unwrap());
    *request.body_mut() = file.into();
    assert_eq!(app.send(request).await.data()["state"], "ready");
    path
}

/// Starts a job and works until it is over.
async fn run(app: &TestApp, path: &str, body: Value) -> Value {
    let started = app.as_admin().post(&format!("{path}/start"), body).await;
    assert_eq!((started.status, &started.data()["state"]), (202, &json!("running")));
    while app.service.importer().step().await.unwrap() {}
    app.as_admin().get(path).await.data().clone()
}

async fn errors(app: &TestApp, path: &str, query: &str) -> Vec<Value> {
    let page = app.as_admin().get(&format!("{path}/errors?{query}")).await;
    page.data()["items"].as_array().unwrap().clone()
}

async fn errors_file(app: &TestApp, path: &str, query: &str) -> String {
    let token = app.token(Scope::ALL).await;
    let mut request = api_request(Method::GET, &format!("{path}/errors?{query}"), &token, None, None);
    request.headers_mut().insert(header::ACCEPT, "text/csv".parse().unwrap());
    let answer = app.send(request).await;
    assert_eq!(answer.status, 200);
    String::from_utf8(answer.bytes).unwrap()
}

/// People come again with the same and with other values, with customer ids of others, and with bad phone numbers.
fn repeated() -> String {
    let row = |n: usize| {
        let owner = if n.is_multiple_of(11) { n % 290 } else { n % 350 };
        let phone = if n.is_multiple_of(13) { "030 1" } else { "" };
        let address = if n.is_multiple_of(17) { format!("nobody {n}") } else { format!("P{}@example.test", n % 350) };
        format!("{address},{owner},Name {},{phone}\n", n % 350 % 9 + n / 1_200)
    };
    (0..1_500).map(row).fold("email,customer_id,first_name,phone\n".to_owned(), |text, row| text + &row)
}

#[tokio::test]
async fn a_dry_run_counts_what_the_run_after_it_does_and_writes_nothing() {
    for database in DATABASES {
        let app = TestApp::on(database).await;
        let path = uploaded(&app, repeated()).await;
        let dry = run(&app, &path, json!({ "dryRun": true })).await;
        assert_eq!(dry["state"], "ready", "{database:?}: {dry}");
        assert_eq!((&dry["isDryRun"], &dry["listId"]), (&json!(false), &Value::Null));
        let found = app.as_admin().get("/profiles?search=P1@example.test").await;
        assert_eq!(found.data()["items"], json!([]), "nobody is made");
        assert_eq!(app.as_admin().get("/lists").await.data()["items"], json!([]), "no list is made");
        assert!(errors(&app, &path, "").await.len() > 1, "its refused rows can be read");

        let real = run(&app, &path, json!({})).await;
        assert_eq!((&real["state"], &real["isDryRun"]), (&json!("completed"), &json!(false)));
        for field in ["read", "created", "updated", "unchanged", "refused", "fieldsLeftOut"] {
            assert_eq!(real["counts"][field], dry["dryRun"]["counts"][field], "{field} on {database:?}: {real}");
            assert_ne!(real["counts"][field], 0, "{field} is put to the test");
        }
        assert_eq!(real["counts"]["read"], 1_500, "the run begins anew");
        let refused = errors(&app, &path, "severity=error&limit=100").await;
        let lines: std::collections::BTreeSet<i64> = refused.iter().map(|row| row["line"].as_i64().unwrap()).collect();
        assert_eq!(lines.len(), refused.len(), "the rows of the dry run are gone");
    }
}

#[tokio::test]
async fn a_job_can_run_dry_again_with_another_mapping() {
    for database in DATABASES {
        let app = TestApp::on(database).await;
        let path = uploaded(&app, "email,phone\na@example.test,030 1\nb@example.test,\n").await;
        let first = run(&app, &path, json!({ "dryRun": true })).await;
        assert_eq!(first["dryRun"]["counts"]["fieldsLeftOut"], 1, "{first}");
        app.as_admin().post(&format!("{path}/mapping"), json!({ "columns": { "phone": "-" } })).await.data();
        let second = run(&app, &path, json!({ "dryRun": true })).await;
        assert_eq!(second["dryRun"]["counts"]["fieldsLeftOut"], 0, "{second}");
        assert_eq!(second["dryRun"]["counts"]["read"], 2);
        assert!(errors(&app, &path, "").await.is_empty());
    }
}

#[tokio::test]
async fn refused_rows_and_warnings_are_read_apart_and_corrected_warnings_are_imported_again() {
    for database in DATABASES {
        let app = TestApp::on(database).await;
        let file =
            "email,phone,note\nnobody,,x\na@example.test,030 1,=1+1\nb@example.test,030 2,\"one\ntwo\"\nno one,,y\n";
        let path = uploaded(&app, file).await;
        let done = run(&app, &path, json!({})).await;
        assert_eq!((&done["counts"]["refused"], &done["counts"]["fieldsLeftOut"]), (&json!(2), &json!(2)));
        let lines = |rows: Vec<Value>| -> Vec<i64> { rows.iter().map(|row| row["line"].as_i64().unwrap()).collect() };
        for (query, expected) in [
            ("severity=error", vec![2, 6]),
            ("severity=warning", vec![3, 4]),
            ("", vec![2, 6, 3, 4]),
            ("severity=error&limit=1", vec![2]),
            ("severity=warning&limit=1", vec![3]),
        ] {
            assert_eq!(lines(errors(&app, &path, query).await), expected, "{query} on {database:?}");
        }
        let page = app.as_admin().get(&format!("{path}/errors?severity=warning&limit=1")).await;
        let cursor = page.data()["nextCursor"].as_str().unwrap().to_owned();
        assert_eq!(lines(errors(&app, &path, &format!("severity=warning&limit=1&cursor={cursor}")).await), [4]);
        let wrong = app.as_admin().get(&format!("{path}/errors?severity=fatal")).await;
        wrong.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");

        let warnings = errors_file(&app, &path, "severity=warning").await;
        assert!(!warnings.contains("nobody"), "{warnings}");
        let corrected = warnings.replace("030 1", "+49 30 1234").replace("030 2", "+49 30 5678");
        let again = run(&app, &uploaded(&app, corrected).await, json!({})).await;
        let counts = &again["counts"];
        assert_eq!(
            (&counts["read"], &counts["updated"], &counts["fieldsLeftOut"], &counts["addedToList"]),
            (&json!(2), &json!(2), &json!(0), &json!(0)),
            "{again}"
        );
        let found = app.as_admin().get("/profiles?search=b@example.test").await;
        let person = &found.data()["items"][0]["record"];
        assert_eq!(person["phone"], "+49305678", "{person}");
    }
}
