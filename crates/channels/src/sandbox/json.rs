//! How messages that are not emails look in the sandbox.

use postrider_core::channel::{Body, Message};
use serde_json::{Value, json};

/// The message as indented JSON, ending in a line feed.
pub(super) fn render(message: &Message) -> Vec<u8> {
    let value = json!({ "key": message.key, "to": message.to, "message": body(&message.body) });
    let mut text = format!("{value:#}");
    text.push('\n');
    text.into_bytes()
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
