//! A draft with everything that a job needs, made through the API.

use super::{Caller, TestApp};
use postrider_core::channel::ChannelKind;
use serde_json::{Value, json};

/// What a ready draft is made of.
pub struct Ready {
    pub campaign: String,
    pub list: String,
    pub template: String,
    pub sender: String,
}

impl Ready {
    /// A path below the campaign, such as `/schedule-jobs`.
    pub fn path(&self, rest: &str) -> String {
        format!("/campaigns/{}{rest}", self.campaign)
    }
}

/// A draft of the channel: two people on a list, a published template, a sender profile. No schedule.
pub async fn ready(app: &TestApp, channel: ChannelKind) -> Ready {
    ready_for(&app.as_admin(), channel).await
}

/// As [`ready`], for a caller of any tenant.
pub async fn ready_for(admin: &Caller<'_>, channel: ChannelKind) -> Ready {
    let list = made(admin, "/lists", json!({ "name": "Readers" })).await;
    for number in 1..=2 {
        let record = json!({
            "email": format!("reader{number}@example.test"),
            "phone": format!("+4930123456{number}"),
            "push_tokens": [format!("token-{number}")],
            "first_name": format!("Reader {number}"),
            "consent": { "email": "granted", "sms": "granted", "push": "granted", "direct_mail": "granted" },
            "address": { "name": format!("Reader {number}"), "line1": "Main St 1", "city": "Berlin",
                "postal_code": "10115", "country": "DE" },
        });
        admin.post("/profiles/upsert", json!({ "record": record })).await.data();
    }
    let keys = json!({ "contactKeys": ["reader1@example.test", "reader2@example.test"] });
    admin.post(&format!("/lists/{list}/members:upsert"), keys).await.data();
    let template = json!({ "name": "Hello", "channel": channel.as_str(), "content": content(channel) });
    let template = made(admin, "/templates", template).await;
    admin.post(&format!("/templates/{template}/publish"), json!({})).await.data();
    let sender = made(admin, "/sender-profiles", sender(channel)).await;
    let campaign = json!({
        "campaignType": "broadcast",
        "name": "Spring",
        "channel": channel.as_str(),
        "audience": { "include": [{ "audienceId": list, "type": "audience" }] },
        "content": { "templateId": template, "senderProfileId": &sender },
    });
    let campaign = made(admin, "/campaigns", campaign).await;
    Ready { campaign, list, template, sender }
}

async fn made(admin: &Caller<'_>, path: &str, body: Value) -> String {
    admin.post(path, body).await.data()["id"].as_str().unwrap().to_owned()
}

fn content(channel: ChannelKind) -> Value {
    match channel {
        ChannelKind::Email => json!({
            "subject": "Hello {{ first_name }}",
            "html": "<p>Hello {{ first_name }}</p><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a>",
        }),
        ChannelKind::Sms => json!({ "text": "Hello {{ first_name }}" }),
        ChannelKind::Push => json!({ "title": "Hello", "body": "Hello {{ first_name }}" }),
        ChannelKind::DirectMail => json!({ "format": "letter_a4", "source": "Hello {{ first_name }}" }),
    }
}

fn sender(channel: ChannelKind) -> Value {
    match channel {
        ChannelKind::Email => {
            json!({ "name": "Us", "channel": "email", "fromEmail": "us@example.test", "fromName": "Us" })
        }
        ChannelKind::Sms => json!({ "name": "Us", "channel": "sms", "number": "+493099999" }),
        ChannelKind::Push => json!({ "name": "Us", "channel": "push", "app": "reader" }),
        ChannelKind::DirectMail => json!({ "name": "Us", "channel": "direct_mail", "returnAddress":
            { "name": "Us", "line1": "Main St 2", "city": "Berlin", "postal_code": "10115", "country": "DE" } }),
    }
}
