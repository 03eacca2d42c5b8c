//! A client of a running server: JSON calls with a token.

use crate::support::Server;
use serde_json::{Value, json};

/// A client of a server.
pub struct Client<'s> {
    pub server: &'s Server,
    pub bearer: String,
}

impl<'s> Client<'s> {
    /// Signs in.
    pub fn new(server: &'s Server, id: &str, secret: &str) -> Self {
        Self { server, bearer: format!("Bearer {}", server.token(id, secret)) }
    }

    /// Sends a request that must succeed and returns its data.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let headers = [("authorization", self.bearer.as_str()), ("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.server.request(method, &format!("/public/v1{path}"), &headers, &body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer["data"].clone()
    }

    /// As `ask`, with POST.
    pub fn post(&self, path: &str, body: Value) -> Value {
        self.ask("POST", path, &body)
    }

    /// As `ask`, with GET.
    pub fn get(&self, path: &str) -> Value {
        self.ask("GET", path, &Value::Null)
    }

    /// The id of something made.
    pub fn made(&self, path: &str, body: Value) -> String {
        self.post(path, body)["id"].as_str().unwrap().to_owned()
    }

    /// Asks until the answer is as wanted.
    pub fn until(&self, path: &str, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        loop {
            let answer = self.get(path);
            if wanted(&answer) {
                return answer;
            }
            std::thread::yield_now();
        }
    }

    /// A draft to `people` on a list.
    pub fn draft(&self, people: usize) -> String {
        let emails: Vec<String> = (0..people).map(|n| format!("p{n}@readers.example")).collect();
        let records: Vec<Value> = emails.iter().map(|email| json!({ "email": email, "first_name": "Ada" })).collect();
        self.post("/records/profiles/upsert-batch", json!({ "records": records }));
        let list = self.made("/lists", json!({ "name": "Readers" }));
        self.post(&format!("/lists/{list}/members:upsert"), json!({ "contactKeys": emails }));
        let content = json!({ "subject": "Hi {{ first_name }}", "html": "<p>Hi</p>" });
        let template = self.made("/templates", json!({ "name": "T", "channel": "email", "content": content }));
        self.post(&format!("/templates/{template}/publish"), json!({}));
        let sender = json!({ "name": "Us", "channel": "email", "fromEmail": "us@sender.example", "fromName": "Us" });
        let sender = self.made("/sender-profiles", sender);
        let campaign = json!({
            "campaignType": "broadcast", "name": "Spring", "channel": "email",
            "audience": { "include": [{ "audienceId": list, "type": "audience" }] },
            "content": { "templateId": template, "senderProfileId": sender },
        });
        format!("/campaigns/{}", self.made("/campaigns", campaign))
    }
}
