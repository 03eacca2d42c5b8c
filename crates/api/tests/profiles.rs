//! Profiles over HTTP.

#![cfg(test)]

mod support;

use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::TestApp;

const UPSERT: &str = "/profiles/upsert";
const BATCH: &str = "/records/profiles/upsert-batch";

#[tokio::test]
async fn a_record_makes_then_changes_then_leaves_a_profile() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let record = json!({
        "email": " Ada@Example.COM ", "phone": "+49 30 123456", "first_name": "Ada", "locale": "de_DE",
        "timezone": "europe/berlin", "push_tokens": ["t1", "t1", "t2"], "plan": "gold", "age": 36, "tags": ["a", "b"],
        "address": { "line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE" },
        "consent": { "email": "granted", "sms": "denied" },
    });
    let made = admin.post(UPSERT, json!({ "record": record })).await;
    let data = made.data();
    assert_eq!(made.status, 200);
    assert_eq!(data["operation"], "created");
    assert_eq!(data["objectName"], "profiles");
    assert_eq!(data["accepted"], true);
    assert_eq!(data["acceptedRecords"], 1);
    assert_eq!(data["acceptedAt"], "2026-03-01T12:00:00.000Z");
    assert_eq!(data["matchKey"], "email");

    let id = data["id"].as_str().unwrap();
    let read = admin.get(&format!("/profiles/{id}")).await;
    assert_eq!(
        read.data()["record"],
        json!({
            "email": "ada@example.com", "phone": "+4930123456", "first_name": "Ada", "locale": "de-DE",
            "timezone": "Europe/Berlin", "push_tokens": ["t1", "t2"], "plan": "gold", "age": 36, "tags": ["a", "b"],
            "address": { "line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE" },
            "consent": { "email": "granted", "sms": "denied", "push": "unknown", "direct_mail": "unknown" },
        })
    );

    let same = admin.post(UPSERT, json!({ "record": record })).await;
    assert_eq!(same.data()["operation"], "unchanged");
    let change = json!({ "email": "ada@example.com", "phone": null, "plan": null, "consent": { "sms": null } });
    let changed = admin.post(UPSERT, json!({ "record": change })).await;
    assert_eq!(changed.data()["operation"], "updated");
    assert_eq!(changed.data()["id"], id);
    let read = admin.get(&format!("/profiles/{id}")).await;
    let record = &read.data()["record"];
    assert_eq!((&record["phone"], &record["plan"]), (&Value::Null, &Value::Null), "null clears");
    assert_eq!(record["consent"]["sms"], "unknown");
    assert_eq!(record["first_name"], "Ada", "what is left out stays");
}

#[tokio::test]
async fn a_wrong_field_is_named_by_its_path() {
    let app = TestApp::new().await;
    for (record, path) in [
        (json!({ "first_name": "Ada" }), "record.email"),
        (json!({ "email": null }), "record.email"),
        (json!({ "email": "no address" }), "record.email"),
        (json!({ "email": 7 }), "record.email"),
        (json!({ "email": "a@example.com", "phone": "030 123456" }), "record.phone"),
        (json!({ "email": "a@example.com", "timezone": "Mars/Olympus" }), "record.timezone"),
        (json!({ "email": "a@example.com", "consent": { "email": "yes" } }), "record.consent.email"),
        (json!({ "email": "a@example.com", "consent": { "fax": "denied" } }), "record.consent.fax"),
        (json!({ "email": "a@example.com", "address": { "street": "x" } }), "record.address.street"),
        (json!({ "email": "a@example.com", "extra": { "deep": 1 } }), "record.extra"),
        (json!({ "email": "a@example.com", "tags": ["a", 7] }), "record.tags[1]"),
        (json!({ "email": "a@example.com", "first name": "x" }), "record.first name"),
        (json!({ "email": "a@example.com", "campaign": "x" }), "record.campaign"),
        (json!({ "email": "a@example.com", "note": "nul\u{0}" }), "record.note"),
        (json!({ "email": "a@example.com", "first_name": "x".repeat(256) }), "record.first_name"),
    ] {
        let answer = app.as_admin().post(UPSERT, json!({ "record": record })).await;
        let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(error["details"]["path"], path, "{record}");
        assert!(error["message"].as_str().unwrap().starts_with(path), "{error}");
    }
    let unknown =
        app.as_admin().post(UPSERT, json!({ "record": { "email": "a@example.com" }, "matchKey": "id" })).await;
    assert_eq!(unknown.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID")["details"]["path"], "matchKey");
}

#[tokio::test]
async fn a_record_never_takes_the_key_of_another_profile() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let record = |record: Value| admin.post(UPSERT, json!({ "record": record }));
    record(json!({ "email": "a@example.com", "customer_id": "1", "phone": "+4930111111" })).await.data();
    record(json!({ "email": "b@example.com", "customer_id": 2, "phone": "+4930111111" })).await.data();
    let taken = record(json!({ "email": "b@example.com", "customer_id": "1" })).await;
    let error = taken.refused(409, "JOURNEY_API.PUBLIC.PROFILES.KEY_TAKEN");
    assert_eq!(error["details"]["path"], "record.customer_id");
    let by_id = json!({ "record": { "customer_id": "2", "email": "a@example.com" }, "matchKey": "customer_id" });
    admin.post(UPSERT, by_id).await.refused(409, "JOURNEY_API.PUBLIC.PROFILES.KEY_TAKEN");
    let by_phone = json!({ "record": { "phone": "+4930111111", "plan": "x" }, "matchKey": "phone" });
    admin.post(UPSERT, by_phone).await.refused(409, "JOURNEY_API.PUBLIC.PROFILES.MATCH_AMBIGUOUS");
    let moved = json!({ "record": { "customer_id": "2", "email": "c@example.com" }, "matchKey": "customer_id" });
    assert_eq!(admin.post(UPSERT, moved).await.data()["operation"], "updated");
}

async fn batch_on(database: Database) {
    let app = TestApp::on(database).await;
    let mut records: Vec<Value> = (0..1_200).map(|n| json!({ "email": format!("p{n}@example.com"), "n": n })).collect();
    records[3] = json!({ "email": "nobody" });
    records[700] = json!("not an object");
    records[1_100] = json!({ "email": "p0@example.com", "n": 1 });
    records[1_199] = json!({ "email": "p1100@example.com", "n": 2 });
    let answer = app.as_admin().post(BATCH, json!({ "records": records })).await;
    let data = answer.data();
    assert_eq!((&data["acceptedRecords"], &data["refusedRecords"]), (&json!(1_198), &json!(2)));
    let results = data["results"].as_array().unwrap();
    assert_eq!(results.len(), 1_200);
    for (index, result) in results.iter().enumerate() {
        assert_eq!(result["index"], index);
        let expected = match index {
            3 | 700 => "refused",
            1_100 => "updated",
            _ => "created",
        };
        assert_eq!(result["operation"], expected, "{result}");
    }
    assert_eq!(results[3]["error"]["details"]["path"], "records[3].email");
    assert_eq!(results[1_100]["id"], results[0]["id"], "two records of one batch with one key are one profile");
}

#[tokio::test]
async fn a_bad_record_never_sinks_the_others_on_sqlite() {
    batch_on(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_record_never_sinks_the_others_on_postgres() {
    batch_on(Database::Postgres).await;
}

#[tokio::test]
async fn a_batch_has_one_to_ten_thousand_records() {
    let app = TestApp::new().await;
    for records in [json!([]), json!(vec![json!({}); 10_001])] {
        let answer = app.as_admin().post(BATCH, json!({ "records": records })).await;
        assert_eq!(answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID")["details"]["path"], "records");
    }
}

#[tokio::test]
async fn a_batch_with_a_key_is_answered_once() {
    let app = TestApp::new().await;
    let key = support::random_uuid_v4(&app.entropy);
    let batch = |plan: &str| {
        let records: Vec<Value> =
            (0..600).map(|n| json!({ "email": format!("p{n}@example.com"), "plan": plan })).collect();
        json!({ "records": records })
    };
    let first = app.as_admin().idempotent(&key).post(BATCH, batch("gold")).await;
    assert_eq!(first.data()["results"][599]["operation"], "created");
    app.as_admin().post(BATCH, batch("silver")).await.data();
    let again = app.as_admin().idempotent(&key).post(BATCH, batch("gold")).await;
    assert_eq!(again.bytes, first.bytes);
    assert_eq!(again.header("idempotent-replayed"), "true");
    let id = first.data()["results"][0]["id"].as_str().unwrap();
    let profile = app.as_admin().get(&format!("/profiles/{id}")).await;
    assert_eq!(profile.data()["record"]["plan"], "silver", "a repeated request changes nothing again");
    let other = app.as_admin().idempotent(&key).post(BATCH, batch("bronze")).await;
    other.refused(422, "JOURNEY_API.IDEMPOTENCY.KEY_REUSED");
}

#[tokio::test]
async fn a_profile_is_seen_by_its_own_tenant_with_the_scope_only() {
    let app = TestApp::new().await;
    let made = app.as_admin().post(UPSERT, json!({ "record": { "email": "a@example.com" } })).await;
    let path = format!("/profiles/{}", made.data()["id"].as_str().unwrap());
    let stranger = app.another_tenant().await;
    app.admin_of(stranger).get(&path).await.refused(404, "JOURNEY_API.PUBLIC.PROFILES.NOT_FOUND");
    app.as_admin().get("/profiles/7").await.refused(404, "JOURNEY_API.PUBLIC.PROFILES.NOT_FOUND");
    let token = app.token(&[Scope::CdpProfilesRead]).await;
    let body = Some(json!({ "record": { "email": "a@example.com" } }));
    let refused = app.request(axum::http::Method::POST, UPSERT, &token, body).await;
    refused.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
}

#[tokio::test]
async fn a_number_is_kept_to_its_last_digit() {
    let app = TestApp::new().await;
    // Bits all over the range; the step is odd, so that no two are alike.
    let numbers: Vec<f64> = (1..200_u64).map(|n| f64::from_bits(n.wrapping_mul(0x001f_3a5b_9d4c_6e71) >> 1)).collect();
    for chunk in numbers.chunks(40) {
        let mut record = json!({ "email": "a@example.com" });
        for (index, number) in chunk.iter().filter(|number| number.is_finite()).enumerate() {
            record[format!("n{index}")] = json!(number);
        }
        let made = app.as_admin().post(UPSERT, json!({ "record": record })).await;
        let read = app.as_admin().get(&format!("/profiles/{}", made.data()["id"].as_str().unwrap())).await;
        for (name, number) in record.as_object().unwrap() {
            assert_eq!(read.data()["record"][name].to_string(), number.to_string());
        }
    }
}
