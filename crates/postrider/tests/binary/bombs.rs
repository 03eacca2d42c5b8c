//! Templates that ask for any amount of memory or work, against the real binary in a bounded address space: each is
//! refused or fails for the recipients it concerns, and the process lives.

use crate::client::Client;
use crate::support::Home;
use postrider_store::testkit::Database;
use serde_json::{Value, json};

/// Address space of the server, in KiB.
const ADDRESS_SPACE_KIB: usize = 3_000_000;
const PEOPLE: usize = 30;
const SANDBOX: &str = "[channels.email]\nadapter = \"sandbox\"\nfolder = \"mail\"\n";
/// What nobody could ever be sent.
const ALWAYS: [&str; 6] = [
    "{{ [1]|tojson(indent=10000000000000) }}",
    "{{ [1,2]|tojson(indent=999999999) }}",
    "{{ [['x']*9999999,['x']*9999999]|sort|length }}",
    "{{ range(99999)|join('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx') }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{{ a ~ b }}{% endfor %}{% endfor %}",
    "{{ 'x'|indent(99999999999) }}{{ '%999999999d'|format(1) }}",
];
/// What explodes for a recipient who has `boom` and `n`.
const FOR_ONE: [&str; 4] = [
    "{% if boom %}{{ [1]|tojson(indent=10000000000000) }}{% endif %}",
    "{% for a in range(n) %}{% for b in range(n) %}{{ a ~ b }}{% endfor %}{% endfor %}",
    "{{ range(n)|join('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx') }}",
    "{% if boom %}{% set x = range(9000)|tojson %}{% set x = x ~ x ~ x ~ x ~ x ~ x %}{{ (x ~ x ~ x ~ x)|upper }}{% endif %}",
];

impl Client<'_> {
    /// Sends a request that must be refused with 400.
    fn refused(&self, method: &str, path: &str, body: &Value) {
        let headers = [("authorization", self.bearer.as_str()), ("content-type", "application/json")];
        let (status, answer) = self.server.request(method, &format!("/public/v1{path}"), &headers, &body.to_string());
        assert_eq!(status, 400, "{method} {path} {body}: {}", answer["error"]);
    }
}

#[test]
fn a_template_that_explodes_for_one_of_thirty_fails_for_that_one_and_the_process_lives() {
    for database in [Database::Sqlite, Database::Postgres] {
        let home = Home::on(database, SANDBOX);
        let (_, id, secret) = home.tenant_and_client();
        let server = home.serve_within(&format!("-v {ADDRESS_SPACE_KIB}"));
        server.until_ready();
        let client = Client::new(&server, &id, &secret);
        let content = |html: &str| json!({ "subject": "Hi", "html": format!("<p>{html}Hi</p>") });

        let campaign = client.draft(PEOPLE);
        let template = format!("/templates/{}", client.get("/templates")["items"][0]["id"].as_str().unwrap());
        let bound = client.get(&campaign)["content"].clone();
        for bomb in ALWAYS {
            let made = json!({ "name": "n", "channel": "email", "content": content(bomb) });
            client.refused("POST", "/templates", &made);
            client.refused("PATCH", &template, &json!({ "content": content(bomb) }));
            client.refused("POST", &format!("{template}/preview"), &json!({ "subjectLine": bomb }));
            let bound = json!({ "templateId": bound["templateId"], "subjectLine": bomb });
            client.refused("PUT", &format!("{campaign}/content"), &bound);
        }

        for bomb in FOR_ONE {
            let campaign = client.draft(PEOPLE);
            let template = client.get(&campaign)["content"]["templateId"].as_str().unwrap().to_owned();
            let template = format!("/templates/{template}");
            client.ask("PATCH", &template, &json!({ "content": content(bomb) }));
            client.post(&format!("{template}/publish"), json!({}));
            let loud = json!({ "email": "p7@readers.example", "boom": true, "n": 99_999 });
            let loud = client.post("/profiles/upsert", json!({ "record": loud }));
            client.refused("POST", &format!("{template}/preview"), &json!({ "record": { "boom": true, "n": 99_999 } }));
            client.post(&format!("{template}/preview"), json!({}));
            client.post(&format!("{campaign}/preflight"), json!({}));

            let profile = &loud["id"];
            let test = json!({ "addresses": ["me@us.example"], "profileId": profile });
            let test = client.post(&format!("{campaign}/test-sends"), test);
            let path = format!("{campaign}/test-sends/{}", test["testSendId"].as_str().unwrap());
            let test = client.until(&path, |test| !["scheduled", "running"].contains(&test["state"].as_str().unwrap()));
            assert_eq!(test["recipients"][0]["state"], "failed", "{test}");

            client.post(&format!("{campaign}/send-jobs"), json!({}));
            let status = format!("{campaign}/status");
            let done = client.until(&status, |status| !status["execution"]["finishedAt"].is_null());
            let counts = &done["execution"]["counts"];
            assert_eq!(
                (&counts["sent"], &counts["failed"]),
                (&json!(PEOPLE - 1), &json!(1)),
                "{database:?} {bomb}: {done}"
            );
        }
        assert_eq!(server.request("GET", "/readyz", &[], "").0, 200);
        server.signal("INT");
        assert_eq!(server.wait().0, 0);
    }
}
