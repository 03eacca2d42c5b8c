//! How files are read over HTTP: encodings, titles above the table, quotation marks.
#![cfg(test)]

mod support;

use axum::http::{Method, header};
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::{TestAnswer, TestApp, api_request};

async fn sent(app: &TestApp, file: &[u8]) -> TestAnswer {
    let made = app.as_admin().post("/import-jobs", json!({ "fileName": "people.csv" })).await;
    let path = format!("/import-jobs/{}/file", made.data()["id"].as_str().unwrap());
    let token = app.token(Scope::ALL).await;
    let mut request = api_request(Method::PUT, &path, &token, None, None);
    request.headers_mut().insert(header::CONTENT_TYPE, "application/octet-stream".parse().unwrap());
    *request.body_mut() = file.to_vec().into();
    app.send(request).await
}

async fn run(app: &TestApp, job: &Value) -> Value {
    let path = format!("/import-jobs/{}", job["id"].as_str().unwrap());
    app.as_admin().post(&format!("{path}/start"), json!({})).await.data();
    while app.service.importer().step().await.unwrap() {}
    app.as_admin().get(&path).await.data().clone()
}

/// The first name of the only person whose address begins like this.
async fn first_name(app: &TestApp, search: &str) -> String {
    let found = app.as_admin().get(&format!("/profiles?search={search}")).await;
    found.data()["items"][0]["record"]["first_name"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_encoding_that_is_not_sure_is_asked_for() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        // "email;Имя" and "Иван" in Windows-1251.
        let file = b"email;\xc8\xec\xff\na@e.test;\xc8\xe2\xe0\xed\n";
        let job = sent(&app, file).await.data().clone();
        assert_eq!(job["state"], "pending");
        assert!(job["problem"].as_str().unwrap().contains("--encoding"), "{job}");
        let path = format!("/import-jobs/{}/mapping", job["id"].as_str().unwrap());
        let wrong = app.as_admin().post(&path, json!({ "encoding": "klingon" })).await;
        wrong.refused(400, "JOURNEY_API.PUBLIC.IMPORTS.MAPPING_INVALID");
        let ready = app.as_admin().post(&path, json!({ "encoding": "windows-1251" })).await.data().clone();
        assert_eq!((&ready["state"], &ready["columns"][1]["column"]), (&json!("ready"), &json!("Имя")));
        assert!(ready["readingNote"].as_str().unwrap().contains("\"Иван\""), "{ready}");
        assert_eq!(run(&app, &ready).await["counts"]["created"], 1);
        assert_eq!(first_name(&app, "a@e.test").await, "Иван");
    }
}

#[tokio::test]
async fn a_table_in_utf_16_is_read() {
    let app = TestApp::on(Database::Sqlite).await;
    let text = "Email\tFirst name\r\na@e.test\tŁucja\r\n";
    let file: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let job = sent(&app, &[&[0xff, 0xfe][..], &file].concat()).await.data().clone();
    assert_eq!((&job["state"], &job["readingNote"]), (&json!("ready"), &Value::Null));
    assert_eq!(run(&app, &job).await["state"], "completed");
    assert_eq!(first_name(&app, "a@e.test").await, "Łucja");
}

#[tokio::test]
async fn titles_are_left_out_and_said() {
    let app = TestApp::on(Database::Sqlite).await;
    let file = b"Report of November\n\nemail,first_name\na@e.test,Ann\nb@e.test,Bob\n";
    let job = sent(&app, file).await.data().clone();
    assert!(job["readingNote"].as_str().unwrap().contains("the header is in line 3"), "{job}");
    assert_eq!(run(&app, &job).await["counts"]["created"], 2);
}

#[tokio::test]
async fn quotation_marks_hide_no_one() {
    let app = TestApp::on(Database::Sqlite).await;
    let open = sent(&app, b"email,name\na@e.test,\"Ann\nb@e.test,Bob\n").await;
    assert!(open.json.to_string().contains("the quotation mark is never closed; it is in line 2"), "{}", open.json);
    open.refused(422, "JOURNEY_API.PUBLIC.IMPORTS.FILE_INVALID");
    let late = b"email,name\na@e.test,\"Ann\nb@e.test,Bob\"\nc@e.test,\"Cid\"x\nd@e.test,Dan\n";
    let job = sent(&app, late).await.data().clone();
    let done = run(&app, &job).await;
    assert_eq!(done["counts"]["read"], 4, "Ann, Bob, Cid and Dan");
    assert_eq!((&done["counts"]["created"], &done["counts"]["refused"]), (&json!(1), &json!(3)), "{done}");
}
