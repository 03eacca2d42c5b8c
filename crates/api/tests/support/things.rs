//! What a tenant can have, made for one.

use super::ledger::{begun, ended};
use super::ready::ready_for;
use super::{Caller, TestApp};
use postrider_core::channel::ChannelKind;
use postrider_core::id::TenantId;
use serde_json::{Value, json};

/// What the ids of a route name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// The route has no ids.
    Nothing,
    /// A campaign that a job can be made of.
    Draft,
    /// A job that is not due yet: campaign, job.
    Job,
    /// A recipient of a job that runs: campaign, delivery.
    Delivery,
    /// A campaign of direct mail that a job can be made of.
    Mailing,
    /// A campaign whose job was paused.
    Paused,
    /// A campaign whose job is over and failed.
    Failed,
    /// A test of a campaign: campaign, test.
    Test,
    /// A list with two members.
    List,
    /// An audience by rule.
    Audience,
    Profile,
    /// A draft of a template.
    Template,
    Sender,
    Suppression,
    Webhook,
    /// A test on its way: webhook, delivery.
    WebhookDelivery,
    /// An import job whose file is there.
    ImportJob,
}

/// What was made.
#[derive(Default)]
pub struct Made {
    /// The ids of the route, in order.
    pub ids: Vec<String>,
    /// Other ids of the same tenant, by the word that stands for them in a body.
    named: Vec<(&'static str, String)>,
}

impl Made {
    /// A body with the ids in it.
    pub fn fill(&self, body: &str) -> Value {
        let mut body = body.to_owned();
        for (name, id) in &self.named {
            body = body.replace(&format!("${name}"), id);
        }
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{body}: {error}"))
    }

    /// Adds an id under a word of its own.
    pub fn name(&mut self, name: &'static str, id: String) {
        self.named.push((name, id));
    }

    /// Every id there is.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.ids.iter().chain(self.named.iter().map(|(_, id)| id))
    }

    /// The id that a word stands for.
    pub fn named(&self, name: &str) -> &str {
        &self.named.iter().find(|(known, _)| *known == name).expect("a word that bodies use").1
    }
}

/// Makes a thing for a tenant, with everything that bodies may name.
pub async fn make(app: &TestApp, tenant: TenantId, thing: Thing) -> Made {
    let admin = app.admin_of(tenant);
    let ready = ready_for(&admin, ChannelKind::Email).await;
    let sender = id(&admin, "/sender-profiles", json!({ "name": "Us", "channel": "sms", "senderId": "US" })).await;
    let person = json!({ "record": { "email": "reader1@example.test" } });
    let profile = id(&admin, "/profiles/upsert", person).await;
    let other = id(&admin, "/lists", json!({ "name": "Others" })).await;
    let mut named = vec![("sender", sender.clone()), ("profile", profile.clone()), ("other", other)];
    let ids = match thing {
        Thing::Nothing => Vec::new(),
        Thing::Draft => vec![ready.campaign.clone()],
        Thing::Job => {
            let body = json!({ "sendAt": "2026-05-01T09:00:00Z" });
            let job = admin.post(&ready.path("/schedule-jobs"), body).await;
            vec![ready.campaign.clone(), text(job.data(), "scheduleId")]
        }
        Thing::Delivery => {
            let job = admin.post(&ready.path("/send-jobs"), json!({})).await;
            named.push(("job", text(job.data(), "scheduleId")));
            vec![ready.campaign.clone(), begun(app, tenant, job.data()).await.to_string()]
        }
        Thing::Mailing => vec![ready_for(&admin, ChannelKind::DirectMail).await.campaign],
        Thing::Paused => {
            let job = admin.post(&ready.path("/send-jobs"), json!({})).await;
            begun(app, tenant, job.data()).await;
            admin.post(&ready.path("/pause"), json!({})).await.data();
            vec![ready.campaign.clone()]
        }
        Thing::Failed => {
            let job = admin.post(&ready.path("/send-jobs"), json!({})).await;
            ended(app, tenant, job.data(), Some("policy_refused")).await;
            vec![ready.campaign.clone()]
        }
        Thing::Test => {
            let body = json!({ "addresses": ["us@example.test"] });
            let test = admin.post(&ready.path("/test-sends"), body).await;
            vec![ready.campaign.clone(), text(test.data(), "testSendId")]
        }
        Thing::List => vec![ready.list.clone()],
        Thing::Audience => {
            let rule = json!({ "any": [{ "inList": ready.list }, { "field": "email", "op": "exists" }] });
            vec![id(&admin, "/audiences", json!({ "name": "Ruled", "rule": rule })).await]
        }
        Thing::Profile => vec![profile.clone()],
        Thing::Template => {
            let body = json!({ "name": "Hi", "channel": "sms", "content": { "text": "Hi" } });
            vec![id(&admin, "/templates", body).await]
        }
        Thing::Sender => vec![sender.clone()],
        Thing::Suppression => {
            let body = json!({ "channel": "email", "address": "gone@example.test", "reason": "manual" });
            vec![id(&admin, "/suppressions", body).await]
        }
        Thing::Webhook => vec![webhook(&admin).await],
        Thing::WebhookDelivery => {
            let webhook = webhook(&admin).await;
            let delivery = id(&admin, &format!("/webhooks/{webhook}/test"), json!({})).await;
            vec![webhook, delivery]
        }
        Thing::ImportJob => {
            let job = id(&admin, "/import-jobs", json!({ "format": "jsonl" })).await;
            let file = json!({ "email": "imported@example.test" });
            admin.put(&format!("/import-jobs/{job}/file"), file).await.data();
            vec![job]
        }
    };
    named.extend([("list", ready.list), ("template", ready.template), ("mailer", ready.sender)]);
    Made { ids, named }
}

async fn webhook(admin: &Caller<'_>) -> String {
    let body = json!({ "url": "https://hooks.example.com/acme", "events": ["delivery.failed"] });
    id(admin, "/webhooks", body).await
}

async fn id(admin: &Caller<'_>, path: &str, body: Value) -> String {
    text(admin.post(path, body).await.data(), "id")
}

fn text(data: &Value, name: &str) -> String {
    data[name].as_str().unwrap().to_owned()
}
