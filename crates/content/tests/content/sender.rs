//! Sender profiles: what is taken, what is refused and where, and what templates see.

use postrider_content::SenderDetails;
use postrider_core::channel::ChannelKind::{self, DirectMail, Email, Push, Sms};

fn parse(channel: ChannelKind, json: &str) -> Result<String, String> {
    match SenderDetails::parse(channel, json) {
        Ok(details) => Ok(details.to_json()),
        Err(refusal) => Err(refusal.message()),
    }
}

#[test]
fn good_senders_are_kept_in_their_json() {
    for (channel, json, kept) in [
        (
            Email,
            r#"{"fromEmail":" News@Shop.example ","fromName":"Shop","replyTo":null}"#,
            r#"{"fromEmail":"News@Shop.example","fromName":"Shop"}"#,
        ),
        (
            Email,
            r#"{"fromEmail":"a@b.cd","fromName":"Ä","replyTo":"c@d.ef"}"#,
            r#"{"fromEmail":"a@b.cd","fromName":"Ä","replyTo":"c@d.ef"}"#,
        ),
        (Sms, r#"{"number":"+49 (30) 123456"}"#, r#"{"number":"+4930123456"}"#),
        (Sms, r#"{"number":"72345","senderId":null}"#, r#"{"number":"72345"}"#),
        (Sms, r#"{"senderId":"Shop 24"}"#, r#"{"senderId":"Shop 24"}"#),
        (Push, r#"{"app":"com.example.shop"}"#, r#"{"app":"com.example.shop"}"#),
        (
            DirectMail,
            r#"{"returnAddress":{"company":"Shop","line1":"Weg 1","city":"Ulm","postal_code":"89073"}}"#,
            r#"{"returnAddress":{"company":"Shop","line1":"Weg 1","city":"Ulm","postalCode":"89073"}}"#,
        ),
    ] {
        assert_eq!(parse(channel, json).as_deref(), Ok(kept));
        assert_eq!(parse(channel, kept).as_deref(), Ok(kept), "what is kept is read back");
    }
}

#[test]
fn bad_senders_are_refused_by_path() {
    for (channel, json, path) in [
        (Email, r#"{"fromName":"Shop"}"#, "fromEmail"),
        (Email, r#"{"fromEmail":"shop","fromName":"Shop"}"#, "fromEmail"),
        (Email, r#"{"fromEmail":"a@b.cd\r\nBcc: x@y.z","fromName":"Shop"}"#, "fromEmail"),
        (Email, r#"{"fromEmail":"a@b.cd","fromName":" "}"#, "fromName"),
        (Email, r#"{"fromEmail":"a@b.cd","fromName":"a\nb"}"#, "fromName"),
        (Email, r#"{"fromEmail":"a@b.cd","fromName":7}"#, "fromName"),
        (Email, r#"{"fromEmail":"a@b.cd","fromName":"Shop","replyTo":"x"}"#, "replyTo"),
        (Email, r#"{"fromEmail":"a@b.cd","fromName":"Shop","number":"+4930123456"}"#, "number"),
        (Sms, r#"{}"#, "number"),
        (Sms, r#"{"number":"030 123456"}"#, "number"),
        (Sms, r#"{"number":"+4930123456","senderId":"Shop"}"#, "senderId"),
        (Sms, r#"{"senderId":"123456"}"#, "senderId"),
        (Sms, r#"{"senderId":"A longer name"}"#, "senderId"),
        (Sms, r#"{"senderId":"Größe"}"#, "senderId"),
        (Sms, r#"{"app":"x"}"#, "app"),
        (Push, r#"{}"#, "app"),
        (Push, r#"{"app":""}"#, "app"),
        (DirectMail, r#"{}"#, "returnAddress"),
        (DirectMail, r#"{"returnAddress":{"line1":"Weg 1","city":"Ulm","postalCode":"89073"}}"#, "returnAddress.name"),
        (DirectMail, r#"{"returnAddress":{"name":"Shop","line1":"Weg 1","city":"Ulm"}}"#, "returnAddress.postalCode"),
        (DirectMail, r#"{"returnAddress":{"name":"Shop","line1":"Weg\n1"}}"#, "returnAddress.line1"),
        (DirectMail, r#"{"returnAddress":{"street":"Weg 1"}}"#, "returnAddress.street"),
        (DirectMail, r#"{"returnAddress":{"line1":1}}"#, "returnAddress.line1"),
        (Push, r#"[]"#, "body"),
    ] {
        let refused = parse(channel, json).expect_err(json);
        assert!(refused.starts_with(&format!("{path}: ")), "{json}: {refused}");
    }
}

#[test]
fn templates_see_the_sender_in_either_spelling() {
    let email = SenderDetails::parse(Email, r#"{"fromEmail":"a@b.cd","fromName":"Shop"}"#).unwrap();
    let fields = email.fields("Newsletter");
    for (name, value) in [("name", "Newsletter"), ("from_name", "Shop"), ("fromName", "Shop"), ("reply_to", "a@b.cd")] {
        assert_eq!(fields.get(name).map(String::as_str), Some(value), "{name}");
    }
    let json = r#"{"returnAddress":{"company":"Shop","line1":"Weg 1","city":"Ulm","postalCode":"89073"}}"#;
    let fields = SenderDetails::parse(DirectMail, json).unwrap().fields("Post");
    assert_eq!(fields.get("return_address").map(String::as_str), Some("Shop\nWeg 1\n89073 Ulm"));
    assert_eq!(fields.get("postal_code").map(String::as_str), Some("89073"));
}
