//! Copies of an SQLite database: made at any moment, found out by the engine that begins on one, and put back.

use crate::client::Client;
use crate::support::{CONFIG, Home, Server};
use postrider_store::testkit::Database;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const PEOPLE: usize = 400;
const CONFIGURED: &str = "[engine]\npoll_ms = 50\n[channels.email]\nadapter = \"sandbox\"\nfolder = \"mail\"\n";

/// The database, from a folder.
fn db(folder: &Path) -> PathBuf {
    folder.join("p.db")
}

/// A home whose database is `p.db` in its folder.
fn home() -> Home {
    let home = Home::on(Database::Sqlite, "");
    let text = format!("[database]\nurl = {:?}\n{CONFIGURED}", format!("sqlite:{}", db(home.folder.path()).display()));
    fs::write(home.folder.path().join(CONFIG), text).unwrap();
    home
}

/// How many mails each person has in the mailboxes of some homes.
fn mailbox(homes: &[&Home]) -> BTreeMap<String, usize> {
    let mut people = BTreeMap::new();
    for home in homes {
        let Ok(files) = fs::read_dir(home.folder.path().join("mail")) else { continue };
        for path in files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "eml")) {
            let mail = fs::read_to_string(path).unwrap();
            let to = mail.lines().find_map(|line| line.strip_prefix("To: ")).unwrap().to_owned();
            *people.entry(to).or_default() += 1;
        }
    }
    people
}

fn status(home: &Home, campaign: &str, tenant: &str) -> serde_json::Value {
    home.json(&["campaign", "show", campaign.rsplit('/').next().unwrap(), "--tenant", tenant])["execution"].clone()
}

/// A server that sends a campaign, and the campaign.
fn sending(home: &Home, rate: u64) -> (Server, String, String) {
    let (tenant, id, secret) = home.tenant_and_client();
    let server = home.serve(&[]);
    server.until_ready();
    let campaign = {
        let client = Client::new(&server, &id, &secret);
        let campaign = client.draft(PEOPLE);
        client.post(&format!("{campaign}/send-jobs"), json!({ "policy": { "ratePerMinute": rate } }));
        campaign
    };
    (server, campaign, tenant)
}

fn until_mails(homes: &[&Home], count: usize) {
    while mailbox(homes).len() < count {
        std::thread::yield_now();
    }
}

fn stop(server: Server) {
    server.signal("TERM");
    let (code, stderr) = server.wait();
    assert!(code == 0 && !stderr.contains("panicked"), "{stderr}");
}

fn kill(server: Server) {
    server.signal("KILL");
    server.wait();
}

/// Starts on a database that must be found out as a copy, and returns when it has looked for work several times.
fn held(home: &Home, reason: &str) -> Server {
    let mut server = home.serve(&[]);
    let said = server.until_said(reason);
    assert!(said.contains("postrider jobs release --all"), "{said}");
    server.until_ready_or_held();
    server
}

impl Server {
    fn until_ready_or_held(&self) {
        for _ in 0..20 {
            self.request("GET", "/readyz", &[], "");
        }
    }
}

/// Starts on a database that must not be found out as a copy, and finishes its campaign.
fn goes_on(home: &Home) {
    let server = home.serve(&[]);
    assert!(home.json(&["jobs", "list"])["held"].is_null());
    stop(server);
}

#[test]
fn a_restart_after_any_end_goes_on_and_a_copy_of_the_folder_or_the_file_is_held() {
    let first = home();
    let (server, campaign, tenant) = sending(&first, 1_200);
    until_mails(&[&first], 30);
    kill(server);
    // The whole folder, with the note next to the database; and the files of SQLite alone.
    let (folder, file) = (home(), home());
    for name in ["p.db", "p.db-wal", "p.db-shm", "p.db.epoch"] {
        fs::copy(first.folder.path().join(name), folder.folder.path().join(name)).unwrap();
        if name != "p.db.epoch" {
            fs::copy(first.folder.path().join(name), file.folder.path().join(name)).unwrap();
        }
    }
    let copies = [held(&folder, "copy_or_moved"), held(&file, "copy_or_moved")];
    let server = first.serve(&[]);
    while status(&first, &campaign, &tenant)["counts"]["pending"] != 0 {
        std::thread::yield_now();
    }
    stop(server);
    let sent = mailbox(&[&first, &folder, &file]);
    assert!(sent.values().all(|count| *count == 1), "a second mail: {sent:?}");
    assert_eq!(mailbox(&[&folder, &file]).len(), 0);
    // The hold outlasts a restart of the copy, and the original is not held.
    for (home, server) in [&folder, &file].into_iter().zip(copies) {
        stop(server);
        stop(held(home, "copy_or_moved"));
        assert_eq!(home.json(&["jobs", "list"])["held"]["reason"], "copy_or_moved");
    }
    goes_on(&first);
}

#[test]
fn an_older_copy_put_back_into_the_same_file_is_held_and_a_moved_folder_is_not() {
    let home = home();
    let (server, ..) = sending(&home, 600);
    until_mails(&[&home], 20);
    stop(server);
    let path = db(home.folder.path());
    let older = fs::read(&path).unwrap();
    let moved = home.folder.path().join("moved");
    fs::create_dir(&moved).unwrap();
    for name in ["p.db", "p.db.epoch"] {
        fs::rename(home.folder.path().join(name), moved.join(name)).unwrap();
        fs::rename(moved.join(name), home.folder.path().join(name)).unwrap();
    }
    let server = home.serve(&[]);
    until_mails(&[&home], 40);
    stop(server);
    let sent = mailbox(&[&home]);
    // The same inode with the bytes of before.
    fs::write(&path, older).unwrap();
    let mut server = home.serve(&[]);
    server.until_said("later commits were made here");
    server.until_ready_or_held();
    stop(server);
    assert_eq!(mailbox(&[&home]), sent);
    // A person confirms on the stopped database; then it goes on, and a restart does not ask again.
    home.json(&["jobs", "release", "--all", "--yes"]);
    goes_on(&home);
    goes_on(&home);
}

#[test]
fn a_write_ahead_log_that_was_left_behind_is_found_out() {
    let home = home();
    let (server, ..) = sending(&home, 1_200);
    until_mails(&[&home], 30);
    kill(server);
    for name in ["p.db-wal", "p.db-shm"] {
        fs::remove_file(home.folder.path().join(name)).unwrap();
    }
    // The remaining file may be so old that it has no job; with a job, it is held.
    let sent = mailbox(&[&home]);
    let server = home.serve(&[]);
    server.until_ready_or_held();
    stop(server);
    assert_eq!(mailbox(&[&home]), sent);
}

#[test]
fn a_clean_stop_leaves_a_file_that_is_the_whole_database() {
    let home = home();
    let (server, campaign, tenant) = sending(&home, 3_000);
    let mut running = Some(server);
    for round in 0..20 {
        let server =
            running.take().unwrap_or_else(|| home.serve(if round % 6 == 5 { &["--role", "api"] } else { &[] }));
        match round % 3 {
            // At once, in mid-send, and while a client reads.
            0 => {}
            1 => until_mails(&[&home], (mailbox(&[&home]).len() + 5).min(PEOPLE)),
            _ => drop(server.ask("GET", "/readyz", &[], "").unwrap()),
        }
        stop(server);
        let wal = home.folder.path().join("p.db-wal");
        assert_eq!(fs::metadata(&wal).map_or(0, |file| file.len()), 0, "round {round}");
        let copy = crate::copies::home();
        fs::copy(db(home.folder.path()), db(copy.folder.path())).unwrap();
        let counts = |home: &Home| status(home, &campaign, &tenant)["counts"].clone();
        assert_eq!(counts(&copy), counts(&home), "round {round}");
    }
    assert!(mailbox(&[&home]).values().all(|count| *count == 1));
}

#[test]
fn a_backup_of_a_sending_database_is_consistent_and_held_and_can_be_restored() {
    let first = home();
    let (server, campaign, tenant) = sending(&first, 3_000);
    until_mails(&[&first], 20);
    let copy = first.folder.path().join("backup.db");
    let file = copy.to_str().unwrap();
    let made = first.json(&["backup", file]);
    assert!(made["held"] == true && made["bytes"].as_u64() > Some(0), "{made}");
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = first.run(&["backup", file]);
    assert!(again.code == 1 && again.stderr.contains("no file is overwritten"), "{}", again.stderr);
    // A database in use, and one that is there.
    let used = first.run(&["restore", file, "--replace"]);
    assert!(used.code == 1 && used.stderr.contains("ENGINE_RUNNING"), "{}", used.stderr);
    let other = home();
    let restored = other.json(&["restore", file]);
    assert_eq!(restored["held"], true);
    let there = other.run(&["restore", file]);
    assert!(there.code == 1 && there.stderr.contains("--replace"), "{}", there.stderr);
    let on_copy = held(&other, "restored_copy");
    let blocked = other.run(&["restore", file, "--replace"]);
    assert_eq!(blocked.code, 1, "{}", blocked.stderr);
    while status(&first, &campaign, &tenant)["counts"]["pending"] != 0 {
        std::thread::yield_now();
    }
    stop(server);
    stop(on_copy);
    let sent = mailbox(&[&first, &other]);
    assert!(sent.len() == PEOPLE && sent.values().all(|count| *count == 1), "{}", sent.len());

    // Put back over the original, it is held, too, and the one before is kept.
    let replaced = first.json(&["restore", file, "--replace"]);
    let aside = replaced["replaced"].as_str().unwrap();
    assert!(Path::new(aside).exists() && Path::new(&format!("{aside}.epoch")).exists(), "{replaced}");
    stop(held(&first, "restored_copy"));
    assert_eq!(mailbox(&[&first, &other]), sent);
    // A person releases it, and then it sends.
    let question = first.run(&["jobs", "release", "--all"]);
    assert!(question.code == 2 && question.stderr.contains("a second time"), "{}", question.stderr);
}

#[test]
fn a_file_that_is_no_backup_and_a_missing_file_are_refused_in_one_sentence() {
    let home = home();
    let file = home.folder.path().join("x.db");
    let file = file.to_str().unwrap();
    fs::write(file, "not a database, but a text that is long enough to be read as one").unwrap();
    for (args, says) in [
        (vec!["backup", "y.db"], "There is no database"),
        (vec!["restore", file], "is not an SQLite database"),
        (vec!["restore", "nothing.db"], "there is no file nothing.db"),
    ] {
        let ran = home.run(&args);
        assert!(
            ran.code == 1 && ran.stderr.contains(says) && !ran.stderr.contains("panicked"),
            "{args:?}: {}",
            ran.stderr
        );
        assert!(!db(home.folder.path()).exists());
    }
    let postgres = home.run(&["backup", "z.db", "--database", "postgres://127.0.0.1:1/x"]);
    assert!(postgres.code == 1 && postgres.stderr.contains("pg_dump"), "{}", postgres.stderr);
}

/// Runs a statement on the test server.
fn psql(sql: &str) {
    let url = std::env::var("POSTRIDER_TEST_POSTGRES_URL").unwrap();
    let ran = std::process::Command::new("psql").args(["-v", "ON_ERROR_STOP=1", "-qc", sql, &url]).output().unwrap();
    assert!(ran.status.success(), "{sql}: {}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_database_made_from_a_postgres_template_is_held_and_a_restart_of_the_original_is_not() {
    let url = std::env::var("POSTRIDER_TEST_POSTGRES_URL").unwrap();
    let (server, _) = url.rsplit_once('/').unwrap();
    let names = ["original", "copy"].map(|name| format!("copies_{}_{name}", std::process::id()));
    let [original, copy] = names.each_ref().map(|name| {
        let home = Home::new();
        let text = format!("[database]\nurl = \"{server}/{name}?sslmode=disable\"\n{CONFIGURED}");
        fs::write(home.folder.path().join(CONFIG), text).unwrap();
        home
    });
    psql(&format!("CREATE DATABASE {}", names[0]));
    let (server, campaign, tenant) = sending(&original, 1_200);
    until_mails(&[&original], 20);
    kill(server);
    // The server notices a moment later that a client is gone.
    psql(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", names[0]));
    psql(&format!("CREATE DATABASE {} TEMPLATE {}", names[1], names[0]));
    let on_copy = held(&copy, "restored_copy");
    let server = original.serve(&[]);
    while status(&original, &campaign, &tenant)["counts"]["pending"] != 0 {
        std::thread::yield_now();
    }
    assert!(original.json(&["jobs", "list"])["held"].is_null());
    stop(server);
    stop(on_copy);
    stop(held(&copy, "restored_copy"));
    assert_eq!(mailbox(&[&copy]).len(), 0);
    assert!(mailbox(&[&original]).values().all(|count| *count == 1));
    for name in names {
        psql(&format!("DROP DATABASE {name} WITH (FORCE)"));
    }
}
