//! One `Idempotency-Key`, one effect, one answer: through two processes on one database, and when one of them dies.

use crate::support::{Answer, Home, Server};
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use std::io::Read as _;
use std::sync::Barrier;
use std::time::Duration;

/// Requests at once.
const AT_ONCE: usize = 50;
/// How often a process is killed.
const DEATHS: u64 = 24;
const SMS: &str = "[channels.sms]\nadapter = \"sandbox\"\nfolder = \"outbox\"\n";

/// Two processes on one database, and a token for both.
struct Nodes {
    home: Home,
    servers: Vec<Server>,
    authorization: String,
}

impl Nodes {
    fn on(database: Database) -> Self {
        let home = Home::on(database, SMS);
        let (_, id, secret) = home.tenant_and_client();
        let servers: Vec<_> = (0..2).map(|_| home.serve(&["--role", "api"])).collect();
        let authorization = format!("Bearer {}", servers[0].token(&id, &secret));
        Self { home, servers, authorization }
    }

    /// Sends a request to the node of this number; none if the node died before its answer was whole.
    fn try_send(&self, node: usize, method: &str, path: &str, key: &str, body: &Value) -> Option<Answer> {
        let mut headers = vec![("authorization", &*self.authorization), ("content-type", "application/json")];
        if !key.is_empty() {
            headers.push(("idempotency-key", key));
        }
        let node = &self.servers[node % self.servers.len()];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut text = String::new();
        let mut stream = node.ask(method, &format!("/public/v1{path}"), &headers, &body).ok()?;
        stream.read_to_string(&mut text).ok()?;
        Answer::read(&text)
    }

    fn send(&self, node: usize, method: &str, path: &str, key: &str, body: &Value) -> Answer {
        self.try_send(node, method, path, key, body).unwrap()
    }

    /// Sends a request until it does not have to wait for another one any more.
    fn insist(&self, node: usize, path: &str, key: &str, body: &Value) -> Answer {
        loop {
            let answer = self.send(node, "POST", path, key, body);
            if answer.status != 409 || !answer.body.contains("IDEMPOTENCY.IN_PROGRESS") {
                return answer;
            }
            assert!(answer.has("retry-after", "1"), "{}", answer.head);
        }
    }

    /// The id of something made.
    fn made(&self, path: &str, body: Value) -> String {
        let answer = self.send(0, "POST", path, "", &body);
        assert_eq!(answer.status, 201, "{path}: {}", answer.body);
        let json: Value = serde_json::from_str(&answer.body).unwrap();
        json["data"]["id"].as_str().unwrap().to_owned()
    }

    /// A draft that can be sent.
    fn campaign(&self) -> String {
        let list = self.made("/lists", json!({ "name": "Readers" }));
        let record = json!({ "record": { "email": "a@example.test", "phone": "+4930123456" } });
        assert_eq!(self.send(0, "POST", "/profiles/upsert", "", &record).status, 200);
        let members = json!({ "contactKeys": ["a@example.test"] });
        assert_eq!(self.send(0, "POST", &format!("/lists/{list}/members:upsert"), "", &members).status, 200);
        let template = json!({ "name": "Hello", "channel": "sms", "content": { "text": "Hello" } });
        let template = self.made("/templates", template);
        assert_eq!(self.send(0, "POST", &format!("/templates/{template}/publish"), "", &json!({})).status, 200);
        let sender = json!({ "name": "Us", "channel": "sms", "number": "+493099999" });
        let sender = self.made("/sender-profiles", sender);
        let campaign = json!({
            "campaignType": "broadcast", "name": "Spring", "channel": "sms",
            "audience": { "include": [{ "audienceId": list, "type": "audience" }] },
            "content": { "templateId": template, "senderProfileId": sender },
        });
        self.made("/campaigns", campaign)
    }

    /// How many things a list of the API holds.
    fn number(&self, path: &str) -> usize {
        let answer = self.send(0, "GET", path, "", &Value::Null);
        let json: Value = serde_json::from_str(&answer.body).unwrap();
        json["data"]["items"].as_array().unwrap_or_else(|| panic!("{json}")).len()
    }

    /// Sends so many requests to both nodes at the same moment.
    fn all_at_once(&self, path: &str, key: impl Fn(usize) -> String + Sync, body: &Value) -> Vec<Answer> {
        let barrier = Barrier::new(AT_ONCE);
        std::thread::scope(|scope| {
            let ask = |number: usize| {
                let key = key(number);
                barrier.wait();
                self.send(number, "POST", path, &key, body)
            };
            let threads: Vec<_> = (0..AT_ONCE).map(|number| scope.spawn(move || ask(number))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }
}

/// The key of this number: a UUID version 4.
fn key(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

#[test]
fn one_key_at_once_has_one_effect_and_one_answer() {
    for database in [Database::Postgres, Database::Sqlite] {
        let nodes = Nodes::on(database);
        let path = format!("/campaigns/{}/schedule-jobs", nodes.campaign());
        let body = json!({ "sendAt": "2100-05-01T09:00:00Z", "timezone": "UTC" });
        let answers = nodes.all_at_once(&path, |_| key(1), &body);
        let mut told: Vec<&str> = Vec::new();
        for answer in &answers {
            match answer.status {
                201 => told.push(&answer.body),
                409 => assert!(answer.has("retry-after", "1"), "{} {}", answer.head, answer.body),
                other => panic!("{database:?}: {other} {}", answer.body),
            }
        }
        let fresh = answers.iter().filter(|a| a.status == 201 && !a.has("idempotent-replayed", "true")).count();
        assert_eq!(fresh, 1, "{database:?}");
        for number in 0..AT_ONCE {
            let again = nodes.insist(number, &path, &key(1), &body);
            assert!(again.status == 201 && again.has("idempotent-replayed", "true"), "{} {}", again.head, again.body);
            assert_eq!(again.body, told[0]);
        }
        assert!(told.iter().all(|body| *body == told[0]));
        assert_eq!(nodes.number(&path), 1);
        let spaced: Value = serde_json::from_str(r#"{ "timezone":"UTC",  "sendAt":"2100-05-01T09:00:00Z" }"#).unwrap();
        assert_eq!(nodes.send(1, "POST", &path, &key(1), &spaced).body, told[0]);
        let other = nodes.send(1, "POST", &path, &key(1), &json!({ "sendAt": "2100-05-02T09:00:00Z" }));
        assert!(other.status == 422 && other.body.contains("IDEMPOTENCY.KEY_REUSED"), "{}", other.body);
    }
}

#[test]
fn of_many_keys_at_once_one_commits_the_campaign() {
    for database in [Database::Postgres, Database::Sqlite] {
        let nodes = Nodes::on(database);
        let campaign = nodes.campaign();
        let answers = nodes.all_at_once(&format!("/campaigns/{campaign}/send-jobs"), key, &json!({}));
        let committed: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(committed.len(), 1, "{database:?}");
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            assert_eq!(answer.status, 409, "{database:?}: {}", answer.body);
            assert!(answer.body.contains("PUBLIC.CAMPAIGNS.NOT_DRAFT"), "{database:?}: {}", answer.body);
        }
        assert_eq!(nodes.number(&format!("/campaigns/{campaign}/schedule-jobs")), 1);
    }
}

#[test]
fn a_process_that_is_killed_leaves_effect_and_answer_or_neither() {
    for database in [Database::Postgres, Database::Sqlite] {
        let mut nodes = Nodes::on(database);
        let (mut answered, mut cut_off) = (0, 0);
        for number in 0..DEATHS {
            let (key, body) = (key(number as usize), json!({ "name": format!("List {number}") }));
            let first = std::thread::scope(|scope| {
                let asked = scope.spawn(|| nodes.try_send(0, "POST", "/lists", &key, &body));
                // The moments of death are spread over the life of a request.
                std::thread::sleep(Duration::from_micros(number * 400));
                nodes.servers[0].signal("KILL");
                asked.join().unwrap()
            });
            // The other process goes on where the dead one was.
            let again = nodes.insist(1, "/lists", &key, &body);
            assert_eq!(again.status, 201, "{database:?}: {}", again.body);
            match first {
                Some(first) => {
                    answered += 1;
                    assert_eq!((first.status, &first.body), (201, &again.body));
                    assert!(again.has("idempotent-replayed", "true"), "{}", again.head);
                }
                None => cut_off += 1,
            }
            assert_eq!(nodes.insist(1, "/lists", &key, &body).body, again.body);
            nodes.servers[0] = nodes.home.serve(&["--role", "api"]);
        }
        assert_eq!(nodes.number("/lists?pageSize=100"), DEATHS as usize, "{database:?}");
        assert!(answered + cut_off == DEATHS && cut_off > 0, "{database:?}: {answered} answered, {cut_off} cut off");
    }
}
