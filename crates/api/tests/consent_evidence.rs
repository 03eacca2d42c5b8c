//! Consent evidence: where the consent of a person came from, kept by every way in and shown with the profile.

#![cfg(test)]

mod support;

use axum::body::Body;
use axum::http::{Method, header};
use postrider_core::audience::evidence::Evidence;
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::{TestApp, api_request};

async fn both(test: impl AsyncFn(TestApp)) {
    for database in [Database::Sqlite, Database::Postgres] {
        test(TestApp::on(database).await).await;
    }
}

/// Imports a file by a job; returns the job's id.
async fn import(app: &TestApp, name: &str, media_type: &str, file: &'static str) -> String {
    let admin = app.as_admin();
    let job = admin.post("/import-jobs", json!({ "fileName": name, "listName": "Readers" })).await;
    let job = job.data()["id"].as_str().unwrap().to_owned();
    let token = app.token(Scope::ALL).await;
    let mut request = api_request(Method::PUT, &format!("/import-jobs/{job}/file"), &token, None, None);
    request.headers_mut().insert(header::CONTENT_TYPE, media_type.parse().unwrap());
    *request.body_mut() = Body::from(file);
    app.send(request).await.data();
    admin.post(&format!("/import-jobs/{job}/start"), json!({})).await.data();
    while app.service.importer().step().await.unwrap() {}
    let done = admin.get(&format!("/import-jobs/{job}")).await.data().clone();
    assert_eq!(done["state"], "completed", "{done}");
    job
}

/// The id of the person with the address; it changes nothing.
async fn id_of(app: &TestApp, email: &str) -> String {
    let upserted = app.as_admin().post("/profiles/upsert", json!({ "record": { "email": email } })).await;
    assert_eq!(upserted.data()["operation"], "unchanged");
    upserted.data()["id"].as_str().unwrap().to_owned()
}

async fn shown(app: &TestApp, email: &str) -> Value {
    let id = id_of(app, email).await;
    app.as_admin().get(&format!("/profiles/{id}")).await.data()["consentEvidence"].clone()
}

async fn history(app: &TestApp, email: &str) -> Vec<Evidence> {
    let (tenant, profile) = (app.tenant(), id_of(app, email).await.parse().unwrap());
    app.store.read("test", move |tx| tx.consent_evidence(tenant, profile)).await.unwrap()
}

fn consents(history: &[Evidence]) -> Vec<&str> {
    history.iter().map(|said| said.consent.as_str()).collect()
}

#[tokio::test]
async fn an_import_keeps_file_line_words_and_date_of_each_consent() {
    both(async |app| {
        let file = "email;Zgoda;sms_opt_out\nada@example.test;tak;\nbob@example.test;nie;yes\ncid@example.test;;\n";
        let job = import(&app, "people.csv", "text/csv", file).await;
        let ada = shown(&app, "ada@example.test").await;
        let source = json!({ "kind": "import", "id": job, "name": "people.csv", "line": 2 });
        assert_eq!(
            (&ada["email"]["consent"], &ada["email"]["words"]),
            (&json!("granted"), &json!("Zgoda: tak")),
            "{ada}"
        );
        assert_eq!((&ada["email"]["source"], &ada["email"]["saidAt"]), (&source, &Value::Null));
        assert!(ada["email"]["recordedAt"].as_str().unwrap().starts_with("2026-"));
        let bob = shown(&app, "bob@example.test").await;
        assert_eq!(
            (&bob["email"]["consent"], &bob["email"]["words"]),
            (&json!("denied"), &json!("Zgoda: nie")),
            "{bob}"
        );
        assert_eq!((&bob["sms"]["consent"], &bob["sms"]["source"]["line"]), (&json!("denied"), &json!(3)), "{bob}");
        let nothing = json!({ "email": null, "sms": null, "push": null, "direct_mail": null });
        assert_eq!(shown(&app, "cid@example.test").await, nothing, "an empty cell says nothing");
    })
    .await;
}

#[tokio::test]
async fn a_date_in_a_column_of_consent_is_when_the_person_said_so() {
    both(async |app| {
        let file = "email;email_consent\nada@example.test;2026-01-05T10:00:00Z\n";
        import(&app, "dated.csv", "text/csv", file).await;
        let ada = shown(&app, "ada@example.test").await;
        assert_eq!(ada["email"]["saidAt"], "2026-01-05T10:00:00.000Z", "{ada}");
        assert_eq!(ada["email"]["words"], "email_consent: 2026-01-05T10:00:00Z");
    })
    .await;
}

#[tokio::test]
async fn the_same_file_again_adds_nothing_and_another_file_or_another_answer_does() {
    both(async |app| {
        let yes = "email,consent.email\nada@example.test,yes\nada@example.test,yes\n";
        for _ in 0..2 {
            import(&app, "a.csv", "text/csv", yes).await;
            assert_eq!(history(&app, "ada@example.test").await.len(), 1);
        }
        import(&app, "b.csv", "text/csv", yes).await;
        assert_eq!(history(&app, "ada@example.test").await.len(), 2, "another file confirms it");
        import(&app, "a.csv", "text/csv", yes).await;
        assert_eq!(history(&app, "ada@example.test").await.len(), 2);
        import(&app, "a.csv", "text/csv", "email,consent.email\nada@example.test,no\n").await;
        import(&app, "a.csv", "text/csv", yes).await;
        assert_eq!(history(&app, "ada@example.test").await.len(), 3, "a denial stays, so nothing has changed");
        let record = json!({ "email": "ada@example.test", "consent": { "email": "granted" } });
        app.as_admin().post("/profiles/upsert", json!({ "record": record })).await.data();
        let history = history(&app, "ada@example.test").await;
        assert_eq!(consents(&history), ["granted", "granted", "denied", "granted"], "oldest first, at one instant");
        assert_eq!(shown(&app, "ada@example.test").await["email"]["consent"], "granted", "the last one is shown");
    })
    .await;
}

#[tokio::test]
async fn lines_of_json_keep_the_name_of_their_field() {
    both(async |app| {
        let file = "{\"email\":\"ada@example.test\",\"consent\":{\"email\":\"granted\",\"push\":\"denied\"}}\n";
        import(&app, "people.jsonl", "application/x-ndjson", file).await;
        let ada = shown(&app, "ada@example.test").await;
        assert_eq!(ada["email"]["words"], "consent.email: granted", "{ada}");
        assert_eq!((&ada["push"]["consent"], &ada["push"]["source"]["line"]), (&json!("denied"), &json!(1)));
    })
    .await;
}

#[tokio::test]
async fn an_upsert_keeps_its_client_and_only_what_changes() {
    both(async |app| {
        let admin = app.as_admin();
        let ada = |consent: Value| json!({ "email": "ada@example.test", "consent": consent });
        let upsert = async |consent: Value| {
            admin.post("/profiles/upsert", json!({ "record": ada(consent) })).await.data();
        };
        upsert(json!({ "email": "unknown" })).await;
        assert_eq!(history(&app, "ada@example.test").await.len(), 0, "it was unknown before");
        for _ in 0..2 {
            upsert(json!({ "email": "granted", "sms": "granted", "push": "denied" })).await;
            assert_eq!(history(&app, "ada@example.test").await.len(), 2, "one for yes, one for no");
        }
        let latest = shown(&app, "ada@example.test").await;
        assert_eq!(latest["sms"]["source"]["kind"], "api_client");
        assert_eq!((&latest["sms"]["words"], &latest["sms"]["source"]["line"]), (&Value::Null, &Value::Null));
        let records = [json!({ "email": "denied" }), json!({ "email": "granted" }), Value::Null].map(ada);
        admin.post("/records/profiles/upsert-batch", json!({ "records": records })).await.data();
        let history = history(&app, "ada@example.test").await;
        assert_eq!(consents(&history[2..]), ["denied", "granted", "unknown"], "each change of the batch in its order");
        assert_eq!(shown(&app, "ada@example.test").await["push"]["consent"], "unknown", "null clears every channel");
    })
    .await;
}

#[tokio::test]
async fn a_client_is_shown_with_its_name() {
    both(async |app| {
        let (client, secret) = app.client_of(app.tenant(), Scope::ALL).await;
        let form = format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
        let token = app.send(support::token_request(&form)).await.json["access_token"].as_str().unwrap().to_owned();
        let body = json!({ "record": { "email": "ada@example.test", "consent": { "email": "granted" } } });
        app.request(Method::POST, "/profiles/upsert", &token, Some(body)).await.data();
        let source = shown(&app, "ada@example.test").await["email"]["source"].clone();
        assert_eq!((&source["kind"], &source["id"]), (&json!("api_client"), &json!(client)));
        assert!(source["name"].as_str().is_some_and(|name| !name.is_empty()), "{source}");
    })
    .await;
}

#[tokio::test]
async fn evidence_is_erased_for_its_own_tenant_alone() {
    both(async |app| {
        let record = json!({ "email": "ada@example.test", "consent": { "email": "granted" } });
        app.as_admin().post("/profiles/upsert", json!({ "record": record })).await.data();
        let profile = id_of(&app, "ada@example.test").await.parse().unwrap();
        let (tenant, stranger) = (app.tenant(), app.another_tenant().await);
        let erase = async |tenant| {
            app.store.write("test", move |tx| tx.consent_evidence_erase(tenant, profile)).await.unwrap();
        };
        erase(stranger).await;
        let seen = app.store.read("test", move |tx| tx.consent_evidence(stranger, profile)).await.unwrap();
        assert_eq!((seen.len(), history(&app, "ada@example.test").await.len()), (0, 1));
        erase(tenant).await;
        assert_eq!(history(&app, "ada@example.test").await.len(), 0);
    })
    .await;
}
