//! A campaign that is tested, paused, let go on and taken back, through the real binary: API and engine in one process.

use crate::client::Client;
use crate::support::Home;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

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
    let client = Client::new(&server, &id, &secret);
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
