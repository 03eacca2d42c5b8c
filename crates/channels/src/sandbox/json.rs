//! How messages that are not emails look in the sandbox.

use postrider_core::channel::{Body, Message};
use postrider_core::push::PushToken;
use serde_json::{Value, json};

/// The message as indented JSON, ending in a line feed.
pub(super) fn render(message: &Message) -> Vec<u8> {
    let mut value = json!({ "key": message.key, "to": message.to, "message": body(&message.body) });
    if matches!(message.body, Body::Push(_)) {
        name_device(&mut value, &PushToken::of_address(&message.to));
    }
    let mut text = format!("{value:#}");
    text.push('\n');
    text.into_bytes()
}

/// Which service delivers to which device, in place of the address in one line.
fn name_device(value: &mut Value, token: &PushToken) {
    value["to"] = token.key().into();
    value["service"] = token.service().as_str().into();
    match token {
        PushToken::Device { app: Some(app), .. } => value["app"] = app.as_str().into(),
        PushToken::Device { app: None, .. } => {}
        PushToken::Subscription { p256dh, auth, .. } => value["keys"] = json!({ "p256dh": p256dh, "auth": auth }),
    }
}

fn body(body: &Body) -> Value {
    match body {
        Body::Email(email) => json!({ "subject": email.subject, "text": email.text, "html": email.html }),
        Body::Sms(sms) => json!({ "from": sms.from, "text": sms.text }),
        Body::Push(push) => {
            json!({ "app": push.app, "title": push.title, "body": push.body, "url": push.url, "data": push.data })
        }
        Body::DirectMail(piece) => json!({
            "format": piece.format,
            "source": piece.source,
            "returnAddress": piece.return_address,
            "batchDate": piece.batch_date,
        }),
    }
}
