//! Names that people see hide nothing and run in one direction, wherever they are given.

#![cfg(test)]

mod support;

use serde_json::{Value, json};
use support::TestApp;

/// Path, body with `$` in the place of the name, and the path that a refusal tells.
const PLACES: &[(&str, &str, &str)] = &[
    ("/campaigns", r#"{"campaignType":"broadcast","channel":"email","name":"$"}"#, "name"),
    ("/lists", r#"{"name":"$"}"#, "name"),
    ("/audiences", r#"{"name":"$","rule":{"field":"email","op":"exists"}}"#, "name"),
    ("/templates", r#"{"name":"$","channel":"sms","content":{"text":"Hi"}}"#, "name"),
    ("/templates", r#"{"name":"T","channel":"email","content":{"subject":"$","html":"<p>x</p>"}}"#, "content.subject"),
    ("/templates", r#"{"name":"T","channel":"push","content":{"title":"$","body":"x"}}"#, "content.title"),
    ("/sender-profiles", r#"{"name":"$","channel":"push","app":"a"}"#, "name"),
    ("/sender-profiles", r#"{"name":"S","channel":"push","app":"$"}"#, "app"),
    ("/sender-profiles", r#"{"name":"S","channel":"email","fromEmail":"a@b.test","fromName":"$"}"#, "fromName"),
    (
        "/sender-profiles",
        r#"{"name":"S","channel":"direct_mail","returnAddress":{"name":"$","line1":"W","city":"U","postalCode":"1","country":"DE"}}"#,
        "returnAddress.name",
    ),
    ("/import-jobs", r#"{"name":"$"}"#, "name"),
    ("/import-jobs", r#"{"fileName":"$"}"#, "fileName"),
    ("/import-jobs", r#"{"listName":"$"}"#, "listName"),
];

fn body(text: &str, name: &str) -> Value {
    serde_json::from_str(&text.replace('$', name)).unwrap()
}

#[tokio::test]
async fn nothing_hidden_and_nothing_backwards_is_taken_for_a_name() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    for (path, text, field) in PLACES {
        for c in ['\u{202E}', '\u{2066}', '\u{200F}', '\u{061C}', '\u{200B}', '\u{FEFF}', '\u{AD}', '\u{E0041}'] {
            let answer = admin.post(path, body(text, &format!("Bank{c}knaB"))).await;
            let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
            assert_eq!(error["details"]["path"], *field, "{path} {field} {c:?}");
        }
        for name in ["کتاب‌ها", "👩‍👩‍👧 Familie ❤️", "Łódź & Söhne", "שלום"] {
            let made = admin.post(path, body(text, name)).await;
            assert_eq!(made.status, 201, "{path} {field} {name}: {}", made.json);
        }
    }
}

#[tokio::test]
async fn changes_are_held_to_the_same() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let backwards = "Bank\u{202E}knaB";
    let refused = async |path: &str, body: Value, field: &str| {
        let error = admin.patch(path, body).await;
        let error = error.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(error["details"]["path"], field, "{path}");
    };
    refused("/tenant", json!({ "name": backwards }), "name").await;
    let sender = admin
        .post(
            "/sender-profiles",
            json!({ "name": "S", "channel": "email", "fromEmail": "a@shop.example", "fromName": "Shop" }),
        )
        .await;
    let sender = format!("/sender-profiles/{}", sender.data()["id"].as_str().unwrap());
    refused(&sender, json!({ "fromName": backwards }), "fromName").await;
    refused(&sender, json!({ "fromName": "ceo@bank.test" }), "fromName").await;
    refused(&sender, json!({ "fromName": "CEO <ceo＠bank．test>" }), "fromName").await;
    refused(&sender, json!({ "fromEmail": "a\u{200B}b@shop.example" }), "fromEmail").await;
    admin.patch(&sender, json!({ "fromName": "hello@shop.example" })).await.data();
    refused(&sender, json!({ "fromEmail": "a@other.example" }), "fromName").await;
    let campaign = app.draft(postrider_core::channel::ChannelKind::Email).await;
    refused(&format!("/campaigns/{campaign}"), json!({ "name": backwards }), "name").await;
}
