//! The operations of the document, and objects that their paths may name.

use crate::attack::Attack;
use crate::spoil::{body, query};
use crate::support::things::{Made, Thing, make};
use crate::support::{TestAnswer, TestApp};
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, Uri};
use postrider_api::document;
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// An operation with what it may be sent.
pub struct Operation {
    pub method: Method,
    /// Whole, with its parameters in braces.
    pub path: String,
    /// Names of its query parameters.
    pub query: Vec<String>,
    pub takes_body: bool,
    /// Its examples.
    pub bodies: Vec<Value>,
}

impl Operation {
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Every operation of the document.
pub fn operations() -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let query = parameters.filter(|parameter| parameter["in"] == "query");
            let query = query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
            let contents = operation["requestBody"]["content"].as_object().into_iter().flatten();
            let mut bodies = Vec::new();
            for (_, content) in contents {
                let named = content["examples"].as_object().into_iter().flatten();
                bodies.extend(named.map(|(_, example)| example["value"].clone()));
                bodies.extend(made_up(&content["schema"], 6));
            }
            operations.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                query,
                takes_body: operation["requestBody"].is_object(),
                bodies,
            });
        }
    }
    operations
}

/// A value of a schema, with every field that it names.
fn made_up(schema: &Value, depth: u8) -> Option<Value> {
    if let Some(place) = schema["$ref"].as_str() {
        return made_up(document().pointer(place.trim_start_matches('#'))?, depth.checked_sub(1)?);
    }
    for part in ["oneOf", "anyOf", "allOf"] {
        let told = schema[part].as_array().into_iter().flatten().filter(|one| one["type"] != "null");
        if let Some(value) = told.filter_map(|one| made_up(one, depth)).next() {
            return Some(value);
        }
    }
    if let Some(word) = schema["enum"].as_array().and_then(|words| words.first()) {
        return Some(word.clone());
    }
    let name = schema["type"].as_str().or_else(|| schema["type"][0].as_str())?;
    Some(match name {
        "string" => json!("text"),
        "integer" | "number" => json!(1),
        "boolean" => json!(true),
        "array" => Value::Array(made_up(&schema["items"], depth.checked_sub(1)?).into_iter().collect()),
        _ => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            fields.filter_map(|(name, field)| Some((name.clone(), made_up(field, depth.checked_sub(1)?)?))).collect()
        }
    })
}

/// Where the requests go.
pub struct Target {
    app: TestApp,
    token: String,
    operations: Vec<Operation>,
    made: Vec<(&'static str, Made)>,
    /// How many answers had which status.
    pub answers: Mutex<BTreeMap<u16, u32>>,
}

/// Which thing the ids of a path name, by how the path begins; longer ones first.
const NAMED: &[(&str, Thing)] = &[
    ("/public/v1/campaigns/{id}/schedule-jobs/{", Thing::Job),
    ("/public/v1/campaigns/{id}/deliveries", Thing::Delivery),
    ("/public/v1/campaigns/{id}/pause", Thing::Delivery),
    ("/public/v1/campaigns/{id}/resume", Thing::Paused),
    ("/public/v1/campaigns/{id}/retry-failed", Thing::Failed),
    ("/public/v1/campaigns/{id}/test-sends/{", Thing::Test),
    ("/public/v1/campaigns", Thing::Draft),
    ("/public/v1/lists", Thing::List),
    ("/public/v1/audiences", Thing::Audience),
    ("/public/v1/profiles", Thing::Profile),
    ("/public/v1/templates", Thing::Template),
    ("/public/v1/sender-profiles", Thing::Sender),
    ("/public/v1/suppressions", Thing::Suppression),
    ("/public/v1/webhooks/{id}/deliveries", Thing::WebhookDelivery),
    ("/public/v1/webhooks", Thing::Webhook),
    ("/public/v1/import-jobs", Thing::ImportJob),
];

impl Target {
    /// On a fresh database, with one of each thing.
    pub async fn on(database: Database) -> Self {
        let app = TestApp::on(database).await;
        let token = app.token(Scope::ALL).await;
        let mut made = Vec::new();
        for (begin, thing) in NAMED {
            made.push((*begin, make(&app, app.tenant(), *thing).await));
        }
        Self { app, token, operations: operations(), made, answers: Mutex::default() }
    }

    /// What is wrong with the answer to an attack.
    pub async fn complaint(&self, attack: &Attack) -> Option<String> {
        let operation = &self.operations[attack.operation.index(self.operations.len())];
        let request = self.request(operation, attack)?;
        let answer = self.app.send(request).await;
        *self.answers.lock().unwrap().entry(answer.status).or_default() += 1;
        let problem = problem(&answer)?;
        Some(format!("{} answers {}: {problem}", operation.name(), answer.status))
    }

    /// The request, unless it cannot even be written down.
    fn request(&self, operation: &Operation, attack: &Attack) -> Option<Request<Body>> {
        let own = self.made.iter().find(|(begin, _)| operation.path.starts_with(begin)).map(|(_, made)| made);
        let mut ids = attack.ids.iter().enumerate().map(|(place, id)| {
            let own = own.and_then(|made| made.ids.get(place)).map(String::as_str);
            id.unwrap_or(own.unwrap_or("01890000-0000-7000-8000-000000000000"))
        });
        let parts = operation.path.split('/').map(|part| match part.split_once('}') {
            Some((_, rest)) => format!("{}{rest}", ids.next().unwrap_or_default()),
            None => part.to_owned(),
        });
        let path = parts.collect::<Vec<_>>().join("/");
        let uri: Uri = format!("{path}{}", query(&operation.query, &attack.query)).parse().ok()?;
        let mut request = Request::builder().method(operation.method.clone()).uri(uri);
        request = request.header("authorization", format!("Bearer {}", self.token));
        for (name, value) in &attack.headers {
            request = request.header(HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?);
        }
        let body = if operation.takes_body || attack.sends_body {
            let base = self.base(operation, attack);
            body(base, &attack.changes, &attack.bytes)
        } else {
            Vec::new()
        };
        request.body(Body::from(body)).ok()
    }

    /// The example to begin with; ids in it become ids of what there is, now and then.
    fn base(&self, operation: &Operation, attack: &Attack) -> Value {
        if operation.bodies.is_empty() {
            return json!({});
        }
        let mut base = operation.bodies[attack.example.index(operation.bodies.len())].clone();
        if attack.names_real {
            self.name_real(&mut base);
        }
        base
    }

    fn name_real(&self, value: &mut Value) {
        let any = &self.made[0].1;
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let word = match name.as_str() {
                        "audienceId" | "inList" | "targetListId" => "list",
                        "templateId" => "template",
                        "senderProfileId" => "mailer",
                        "profileId" => "profile",
                        _ => {
                            self.name_real(member);
                            continue;
                        }
                    };
                    *member = json!(any.named(word));
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.name_real(item)),
            _ => {}
        }
    }
}

/// What no answer may be. That it is one of the document was checked when it was sent.
fn problem(answer: &TestAnswer) -> Option<String> {
    if answer.status >= 500 {
        return Some(format!("a failure of ours: {}", String::from_utf8_lossy(&answer.bytes)));
    }
    if answer.header("x-correlation-id").parse::<uuid::Uuid>().is_err() {
        return Some("no correlation id".to_owned());
    }
    let is_json = answer.header("content-type").starts_with("application/json");
    if is_json && serde_json::from_slice::<Value>(&answer.bytes).is_err() {
        return Some("not the JSON that it says it is".to_owned());
    }
    if answer.status >= 400 && is_json && answer.json["success"] == false {
        let error = &answer.json["error"];
        let is_whole = ["code", "message", "remediation"].iter().all(|name| error[*name].is_string());
        return (!is_whole || !error["details"].is_object()).then(|| format!("half an envelope: {error}"));
    }
    None
}
