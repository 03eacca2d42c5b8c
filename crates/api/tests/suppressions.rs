//! The suppression list over HTTP.

#![cfg(test)]

mod support;

use serde_json::{Value, json};
use support::TestApp;

const PATH: &str = "/suppressions";

#[tokio::test]
async fn an_address_is_suppressed_read_and_lifted() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let made = admin.post(PATH, json!({ "channel": "email", "address": " A@Example.com" })).await;
    let data = made.data().clone();
    assert_eq!(made.status, 201);
    assert_eq!((&data["address"], &data["reason"]), (&json!("a@example.com"), &json!("manual")));
    assert_eq!(data["expiresAt"], Value::Null);
    let path = format!("{PATH}/{}", data["id"].as_str().unwrap());
    assert_eq!(*admin.get(&path).await.data(), data);
    let stranger = app.another_tenant().await;
    app.admin_of(stranger).get(&path).await.refused(404, "JOURNEY_API.PUBLIC.SUPPRESSIONS.NOT_FOUND");
    app.admin_of(stranger).delete(&path).await.refused(404, "JOURNEY_API.PUBLIC.SUPPRESSIONS.NOT_FOUND");

    let shorter = json!({ "channel": "email", "address": "a@example.com", "expiresAt": "2026-03-02T12:00:00Z" });
    assert_eq!(*admin.post(PATH, shorter).await.data(), data, "what is suppressed for ever stays so");
    assert_eq!(admin.delete(&path).await.data()["deleted"], true);
    admin.get(&path).await.refused(404, "JOURNEY_API.PUBLIC.SUPPRESSIONS.NOT_FOUND");
}

#[tokio::test]
async fn addresses_take_the_form_of_their_channel() {
    let app = TestApp::new().await;
    let postal = json!({ "name": "Ada", "line1": "Hauptstr. 1", "postal_code": "10115", "city": "Berlin" });
    for (channel, address, stored) in [
        ("email", json!("Example.COM"), "example.com"),
        ("email", json!("@example.org"), "example.org"),
        ("sms", json!("+49 (30) 123456"), "+4930123456"),
        ("push", json!(" Token "), "Token"),
        ("direct_mail", postal, "ADA|HAUPTSTR. 1|10115 BERLIN"),
    ] {
        let made = app.as_admin().post(PATH, json!({ "channel": channel, "address": address })).await;
        assert_eq!(made.data()["address"], stored);
    }
    for (channel, address, path) in [
        ("email", json!("not an address"), "address"),
        ("email", json!("a@b@c"), "address"),
        ("sms", json!("030 123"), "address"),
        ("push", json!(" "), "address"),
        ("direct_mail", json!("Hauptstr. 1"), "address"),
        ("direct_mail", json!({ "street": "x" }), "address.street"),
        ("fax", json!("1"), "channel"),
    ] {
        let answer = app.as_admin().post(PATH, json!({ "channel": channel, "address": address })).await;
        let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(error["details"]["path"], path);
    }
}

#[tokio::test]
async fn an_expiry_lies_in_the_future() {
    let app = TestApp::new().await;
    let body = |at: &str| json!({ "channel": "email", "address": "a@example.com", "expiresAt": at });
    for at in ["2026-03-01T12:00:00Z", "2025-01-01T00:00:00Z", "2026-04-01", "soon"] {
        let answer = app.as_admin().post(PATH, body(at)).await;
        let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(error["details"]["path"], "expiresAt");
    }
    let made = app.as_admin().post(PATH, body("2026-03-01T14:00:00+01:00")).await;
    assert_eq!(made.data()["expiresAt"], "2026-03-01T13:00:00.000Z");
    let longer = app.as_admin().post(PATH, body("2026-03-03T00:00:00Z")).await;
    assert_eq!(longer.data()["id"], made.data()["id"]);
    assert_eq!(longer.data()["expiresAt"], "2026-03-03T00:00:00.000Z");
}

#[tokio::test]
async fn the_listing_is_whole_filtered_and_newest_first() {
    let app = TestApp::new().await;
    for n in 0..5 {
        app.clock.advance(n % 2);
        let body = json!({ "channel": "email", "address": format!("p{n}@example.com") });
        app.as_admin().post(PATH, body).await.data();
    }
    app.as_admin().post(PATH, json!({ "channel": "sms", "address": "+4930123456" })).await.data();
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.as_admin().get(&format!("{PATH}?channel=email&limit=2{cursor}")).await;
        let data = page.data();
        seen.extend(data["items"].as_array().unwrap().iter().map(|item| item["address"].as_str().unwrap().to_owned()));
        let Some(next) = data["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    seen.sort();
    let everybody: Vec<String> = (0..5).map(|n| format!("p{n}@example.com")).collect();
    assert_eq!(seen, everybody);
    let found = app.as_admin().get(&format!("{PATH}?channel=sms&address=%2B49%2030%20123456")).await;
    assert_eq!(found.data()["items"].as_array().unwrap().len(), 1);
    for query in ["limit=0", "limit=101", "cursor=x", "channel=fax", "address=%00"] {
        let answer = app.as_admin().get(&format!("{PATH}?{query}")).await;
        answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
    }
}
