//! A campaign that is tested, paused, let go on and taken back, through the real binary: API and engine in one process.

use crate::support::{Home, Server};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A client of a server.
struct Client<'s> {
    server: &'s Server,
    bearer: String,
}

impl Client<'_> {
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let headers = [("authorization", self.bearer.as_str()), ("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.server.request(method, &format!("/public/v1{path}"), &headers, &body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer["data"].clone()
    }

    fn post(&self, path: &str, body: Value) -> Value {
        self.ask("POST", path, &body)
    }

    fn get(&self, path: &str) -> Value {
        self.ask("GET", path, &Value::Null)
    }

    fn made(&self, path: &str, body: Value) -> String {
        self.post(path, body)["id"].as_str().unwrap().to_owned()
    }

    /// Asks until the answer is as wanted.
    fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let answer = self.get(path);
            if wanted(&answer) {
                return answer;
            }
            std::thread::yield_now();
        }
    }

    /// A draft to `people` on a list.
    fn draft(&self, people: usize) -> String {
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

fn mails(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).map(|files| files.map(|file| file.unwrap().path()).collect::<Vec<_>>());
    let mails = files.unwrap_or_default().into_iter().filter(|path| path.extension().is_some_and(|end| end == "eml"));
    mails.map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn a_campaign_is_tested_paused_let_go_on_and_accounted_for() {
    const PEOPLE: usize = 40;
    let home = Home::new();
    let folder = home.folder.path().join("mail");
    let text = format!("[channels.email]\nadapter = \"sandbox\"\nfolder = {:?}\n", folder.display().to_string());
    fs::write(home.folder.path().join("p.toml"), text).unwrap();
    let (_, id, secret) = home.tenant_and_client();
    let server = home.serve(&["--config", "p.toml"]);
    server.until_ready();
    let client = Client { server: &server, bearer: format!("Bearer {}", server.token(&id, &secret)) };
    let campaign = client.draft(PEOPLE);

    let test = client.post(&format!("{campaign}/test-sends"), json!({ "addresses": ["me@us.example"] }));
    let path = format!("{campaign}/test-sends/{}", test["testSendId"].as_str().unwrap());
    let test = client.until(&path, |test| test["state"] == "completed");
    assert_eq!(test["recipients"][0]["state"], "sent");
    let sent = mails(&folder);
    assert_eq!(sent.len(), 1);
    for part in ["Subject: [Test] Hi", "X-Postrider-Test: 1", "me@us.example"] {
        assert!(sent[0].contains(part), "{part}: {}", sent[0]);
    }
    assert_eq!(client.get(&campaign)["authoringStatus"], "draft");

    // At one message a second the job is under way for as long as it takes to stop it.
    let job = client.post(&format!("{campaign}/send-jobs"), json!({ "policy": { "ratePerMinute": 60 } }));
    let status = format!("{campaign}/status");
    client.until(&status, |status| status["execution"]["counts"]["sent"].as_i64() > Some(0));
    client.post(&format!("{campaign}/pause"), json!({}));
    let paused = client.until(&status, |status| status["execution"]["counts"]["inFlight"] == 0);
    assert_eq!(paused["executionStatus"], "paused");
    let left = paused["execution"]["counts"]["sent"].as_i64().unwrap();
    assert!(left < i64::try_from(PEOPLE).unwrap());
    client.post(&format!("{campaign}/resume"), json!({}));
    client.until(&status, |status| status["execution"]["counts"]["sent"].as_i64() > Some(left));
    let job = format!("{campaign}/schedule-jobs/{}", job["scheduleId"].as_str().unwrap());
    let receipt = client.ask("DELETE", &job, &Value::Null)["receipt"].clone();
    let done = client.until(&status, |status| !status["execution"]["finishedAt"].is_null());
    let counts = &done["execution"]["counts"];
    assert_eq!((&done["executionStatus"], &counts["canceled"]), (&json!("canceled"), &receipt["prevented"]));
    let reached = counts["sent"].as_i64().unwrap();
    assert_eq!(reached, receipt["handedOff"].as_i64().unwrap() + receipt["uncertain"].as_i64().unwrap());
    assert_eq!(mails(&folder).len(), usize::try_from(reached).unwrap() + 1);
    server.signal("INT");
    assert_eq!(server.wait().0, 0);
}
