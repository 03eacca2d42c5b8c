//! Sending is held and released: by an operator, on a stopped database and on one in use.

use crate::client::Client;
use crate::support::Home;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use std::path::Path;

const PEOPLE: usize = 12;
/// Another command makes a running engine look at the database only when it polls; a short poll keeps the tests short.
const POLL: &str = "[engine]\npoll_ms = 50\n";

fn mails(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).map(|files| files.map(|file| file.unwrap().path()).collect::<Vec<_>>());
    files.unwrap_or_default().iter().filter(|path| path.extension().is_some_and(|end| end == "eml")).count()
}

fn sandbox(home: &Home) -> std::path::PathBuf {
    home.folder.path().join("mail")
}

fn home(database: Database) -> Home {
    Home::on(database, &format!("{POLL}[channels.email]\nadapter = \"sandbox\"\nfolder = \"mail\"\n"))
}

fn sent(client: &Client<'_>, campaign: &str) -> Value {
    let status = client.until(&format!("{campaign}/status"), |status| !status["execution"]["finishedAt"].is_null());
    status["execution"]["counts"]["sent"].clone()
}

fn a_hold_outlasts_restarts_and_a_release_reaches_a_running_engine(database: Database) {
    let home = home(database);
    let (_, id, secret) = home.tenant_and_client();
    let server = home.serve(&["--hold-jobs"]);
    server.until_ready();
    let client = Client::new(&server, &id, &secret);
    let campaign = client.draft(PEOPLE);
    // It is accepted, and waits.
    let job = client.post(&format!("{campaign}/send-jobs"), json!({}));
    let test = client.post(&format!("{campaign}/test-sends"), json!({ "addresses": ["me@us.example"] }));
    server.signal("TERM");
    assert_eq!(server.wait().0, 0);

    let mut server = home.serve(&[]);
    server.until_said("held_by_operator");
    let listed = home.json(&["jobs", "list"]);
    assert_eq!(listed["held"]["reason"], "held_by_operator", "{listed}");
    let ids: Vec<&Value> = listed["jobs"].as_array().unwrap().iter().map(|job| &job["id"]).collect();
    assert_eq!(ids.len(), 2, "{listed}");
    assert!(ids.contains(&&job["scheduleId"]), "{listed}");
    assert!(listed["jobs"].as_array().unwrap().iter().all(|job| job["due"] == json!(true)), "{listed}");
    let doctor = home.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.stderr.contains("postrider jobs release --all"), "{}", doctor.stderr);
    assert_eq!(mails(&sandbox(&home)), 0);

    let asked = home.run(&["jobs", "release", "--all"]);
    assert_eq!(asked.code, 2, "{}", asked.stderr);
    assert!(asked.stderr.contains("2 jobs due now") && asked.stderr.contains("--yes"), "{}", asked.stderr);
    assert_eq!(mails(&sandbox(&home)), 0);
    home.json(&["jobs", "release", "--all", "--yes"]);
    let client = Client::new(&server, &id, &secret);
    assert_eq!(sent(&client, &campaign), PEOPLE);
    let test = format!("{campaign}/test-sends/{}", test["testSendId"].as_str().unwrap());
    client.until(&test, |test| test["state"] == "completed");
    assert_eq!(mails(&sandbox(&home)), PEOPLE + 1);
    assert!(home.json(&["jobs", "list"])["held"].is_null());
    assert_eq!(home.run(&["doctor"]).code, 0);
}

#[test]
fn a_hold_outlasts_restarts_and_a_release_reaches_a_running_engine_on_sqlite() {
    a_hold_outlasts_restarts_and_a_release_reaches_a_running_engine(Database::Sqlite);
}

#[test]
fn a_hold_outlasts_restarts_and_a_release_reaches_a_running_engine_on_postgres() {
    a_hold_outlasts_restarts_and_a_release_reaches_a_running_engine(Database::Postgres);
}

/// Two nodes on PostgreSQL, one on SQLite: no message leaves once they have noticed the hold.
fn a_hold_stops_a_running_campaign_and_a_release_lets_it_go_on(database: Database) {
    let home = home(database);
    let (_, id, secret) = home.tenant_and_client();
    let mut first = home.serve(&[]);
    let mut second = (database == Database::Postgres).then(|| home.serve(&[]));
    first.until_ready();
    let bearer = first.token(&id, &secret);
    let campaign = {
        let client = Client { server: &first, bearer: format!("Bearer {bearer}") };
        let campaign = client.draft(PEOPLE);
        // Two a second.
        client.post(&format!("{campaign}/send-jobs"), json!({ "policy": { "ratePerMinute": 120 } }));
        client.until(&format!("{campaign}/status"), |status| status["execution"]["counts"]["sent"].as_i64() > Some(0));
        campaign
    };
    let held = home.json(&["jobs", "hold", "--all"]);
    assert_eq!(held["held"]["reason"], "held_by_operator");
    first.until_said("held_by_operator");
    if let Some(second) = &mut second {
        second.until_said("held_by_operator");
    }
    let client = Client { server: &first, bearer: format!("Bearer {bearer}") };
    let status = format!("{campaign}/status");
    let at_rest = client.until(&status, |status| status["execution"]["counts"]["inFlight"] == 0);
    let left = mails(&sandbox(&home));
    assert!(left < PEOPLE, "the hold came too late to show anything");
    assert_eq!(at_rest["execution"]["counts"]["sent"], left);
    // A node that starts now finds the hold before its first task.
    let mut third = (database == Database::Postgres).then(|| home.serve(&["--role", "engine"]));
    if let Some(third) = &mut third {
        third.until_said("held_by_operator");
    }
    assert_eq!(mails(&sandbox(&home)), left);
    let released = home.json(&["jobs", "release", "--all", "--yes"]);
    assert_eq!(released["jobs"].as_array().map(Vec::len), Some(1), "{released}");
    assert_eq!(sent(&client, &campaign), PEOPLE);
    assert_eq!(mails(&sandbox(&home)), PEOPLE);
}

#[test]
fn a_hold_stops_a_running_campaign_and_a_release_lets_it_go_on_on_sqlite() {
    a_hold_stops_a_running_campaign_and_a_release_lets_it_go_on(Database::Sqlite);
}

#[test]
fn a_hold_stops_a_running_campaign_and_a_release_lets_it_go_on_on_postgres() {
    a_hold_stops_a_running_campaign_and_a_release_lets_it_go_on(Database::Postgres);
}

#[test]
fn a_single_job_is_paused_and_goes_on() {
    let home = home(Database::Sqlite);
    let (_, id, secret) = home.tenant_and_client();
    let server = home.serve(&["--role", "api"]);
    let client = Client::new(&server, &id, &secret);
    let campaign = client.draft(PEOPLE);
    let job = client.post(&format!("{campaign}/send-jobs"), json!({}));
    let job = job["scheduleId"].as_str().unwrap();
    home.json(&["jobs", "hold", job]);
    assert_eq!(client.get(&format!("{campaign}/status"))["executionStatus"], "paused");
    assert_eq!(home.json(&["jobs", "list"])["jobs"][0]["state"], "paused");
    home.json(&["jobs", "release", job, "--yes"]);
    assert_eq!(client.get(&format!("{campaign}/status"))["executionStatus"], "scheduled");
    let again = home.run(&["jobs", "release", job, "--yes"]);
    assert!(again.code == 1 && again.stderr.contains(job), "{}", again.stderr);
    let unknown = home.run(&["jobs", "hold", "00000000-0000-7000-8000-000000000000"]);
    assert!(unknown.code == 1 && unknown.stderr.contains("Schedule job not found"), "{}", unknown.stderr);
    assert_eq!(home.run(&["jobs", "hold"]).code, 2);
    assert_eq!(home.run(&["jobs", "hold", "--all", job]).code, 2);
}
