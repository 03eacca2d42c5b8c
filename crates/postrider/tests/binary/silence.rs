//! A database whose path goes silent: the process reports it, mail goes on, and the process can end.

use crate::client::Client;
use crate::support::{CONFIG, Home, Server};
use postrider_channels::proxy::{Path, Proxy};
use postrider_store::testkit::Database;
use postrider_store::{DatabaseUrl, Store, StoreError};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::Instant;

postrider_store::statements! { "silence_test":
    LOCK_KEYS = fork sqlite "SELECT 1" postgres "LOCK TABLE secrets IN ACCESS EXCLUSIVE MODE";
    WAITING = fork sqlite "SELECT 1" postgres
        "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND relation = CAST('secrets' AS regclass)";
}

/// How long the longest unit of work may take to notice silence, with room for a busy machine.
const NOTICED_MAX: Duration = Duration::from_secs(20);

/// A server on PostgreSQL that reaches it over a proxy of ours.
struct Scene {
    home: Home,
    proxy: Arc<Proxy>,
    /// What is behind it.
    server: String,
    /// Carries the proxy.
    runtime: Runtime,
}

impl Scene {
    fn new(more: &str) -> Self {
        let home = Home::on(Database::Postgres, "");
        let config = home.folder.path().join(CONFIG);
        let text = std::fs::read_to_string(&config).unwrap();
        let (before, rest) = text.split_once('@').unwrap();
        let (server, after) = rest.split_once('/').unwrap();
        let runtime = Runtime::new().unwrap();
        let server = server.to_owned();
        let proxy = Arc::new(runtime.block_on(Proxy::start(server.clone())).unwrap());
        let mail = home.folder.path().join("mail");
        let channel = format!("[channels.email]\nadapter = \"sandbox\"\nfolder = {:?}\n", mail.display().to_string());
        let text = format!("{before}@{}/{after}\n{channel}{more}", proxy.address());
        std::fs::write(config, text).unwrap();
        Self { home, proxy, server, runtime }
    }

    /// How many messages left, by the mail server's count.
    fn mails(&self) -> usize {
        std::fs::read_dir(self.home.folder.path().join("mail")).map(Iterator::count).unwrap_or_default()
    }

    /// Waits until more messages leave, and returns how long that took.
    #[track_caller]
    fn until_mail(&self) -> Duration {
        let (before, begun) = (self.mails(), Instant::now());
        while self.mails() <= before {
            assert!(begun.elapsed() < NOTICED_MAX * 2, "no mail for {:?}", begun.elapsed());
            std::thread::yield_now();
        }
        begun.elapsed()
    }
}

/// Asks for readiness, which is always answered within two seconds (and what a busy machine adds).
#[track_caller]
fn readiness(server: &Server) -> (u16, Value) {
    let begun = Instant::now();
    let answer = server.request("GET", "/readyz", &[], "");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}: {answer:?}", begun.elapsed());
    answer
}

#[track_caller]
fn until_not_ready(server: &Server) -> Value {
    let begun = Instant::now();
    loop {
        let (status, answer) = readiness(server);
        if status == 503 {
            return answer;
        }
        assert!(begun.elapsed() < NOTICED_MAX, "{answer}");
    }
}

/// A campaign that is under way for as long as a test takes.
fn send_slowly(client: &Client<'_>) -> String {
    let campaign = client.draft(3_000);
    client.post(&format!("{campaign}/send-jobs"), json!({ "policy": { "ratePerMinute": 1_200 } }));
    campaign
}

fn warnings(log: &str) -> Vec<&str> {
    log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).collect()
}

#[test]
fn mail_goes_on_after_every_kind_of_silence_and_the_log_says_it_once() {
    let scene = Scene::new("");
    let (_, id, secret) = scene.home.tenant_and_client();
    let server = scene.home.serve(&[]);
    server.until_ready();
    let client = Client::new(&server, &id, &secret);
    let campaign = send_slowly(&client);
    scene.until_mail();
    // New connections are good: the old ones are replaced.
    let strikes: [&dyn Fn(); 2] = [&|| scene.proxy.forget(), &|| scene.proxy.set(Path::HalfAnswer)];
    for (number, strike) in strikes.iter().enumerate() {
        strike();
        let answer = until_not_ready(&server);
        assert_eq!(answer["checks"]["store"], "not_ready", "{answer}");
        scene.proxy.set(Path::Open);
        let silent = scene.until_mail();
        assert!(silent < NOTICED_MAX, "strike {number}: no mail for {silent:?}");
        server.until_ready();
    }
    // The whole path is silent for longer than a unit of work waits.
    for path in [Path::RequestsHeld, Path::AnswersHeld, Path::Silent] {
        scene.proxy.set(path);
        let begun = Instant::now();
        while readiness(&server).1["checks"]["reason"] != "silent" {
            assert!(begun.elapsed() < NOTICED_MAX, "{path:?}");
        }
        assert_eq!(server.request("GET", "/healthz", &[], "").0, 200);
        scene.proxy.set(Path::Open);
        let silent = scene.until_mail();
        assert!(silent < NOTICED_MAX, "{path:?}: no mail for {silent:?}");
        server.until_ready();
    }
    let status = client.get(&format!("{campaign}/status"));
    assert_eq!(status["execution"]["blockedReason"], Value::Null, "{status}");
    let counts = &status["execution"]["counts"];
    assert_eq!(counts["failed"], 0, "{status}");
    server.signal("TERM");
    let (code, log) = server.wait();
    assert_eq!(code, 0, "{log}");
    let warnings = warnings(&log);
    assert!(warnings.len() <= 2 * 5 + 10, "{} lines: {warnings:#?}", warnings.len());
}

#[test]
fn ten_cuts_of_all_connections_stop_no_mail_and_are_few_lines_in_the_log() {
    const CUTS: usize = 10;
    let scene = Scene::new("");
    let (_, id, secret) = scene.home.tenant_and_client();
    let server = scene.home.serve(&[]);
    server.until_ready();
    send_slowly(&Client::new(&server, &id, &secret));
    scene.until_mail();
    for _ in 0..CUTS {
        scene.proxy.cut();
        scene.until_mail();
    }
    server.until_ready();
    server.signal("TERM");
    let (code, log) = server.wait();
    assert_eq!(code, 0, "{log}");
    let warnings = warnings(&log);
    assert!(warnings.len() <= 2 * CUTS, "{} lines: {warnings:#?}", warnings.len());
}

#[test]
fn a_process_whose_database_is_silent_ends_within_ten_seconds_without_a_panic() {
    let scene = Scene::new("");
    let (_, id, secret) = scene.home.tenant_and_client();
    let server = scene.home.serve(&[]);
    server.until_ready();
    let client = Client::new(&server, &id, &secret);
    send_slowly(&client);
    scene.until_mail();
    scene.proxy.set(Path::Silent);
    let authorization = [("authorization", client.bearer.as_str())];
    let _open = server.ask("GET", "/public/v1/tenant", &authorization, "").unwrap();
    until_not_ready(&server);
    let begun = Instant::now();
    server.signal("TERM");
    let (code, log) = server.wait();
    let took = begun.elapsed();
    assert_eq!(code, 0, "{log}");
    assert!(took < Duration::from_secs(10), "it took {took:?}: {log}");
    assert!(!log.contains("panicked") && log.contains("stopped"), "{log}");
}

#[test]
fn a_server_that_says_nothing_at_the_start_is_one_sentence_that_names_the_time() {
    let scene = Scene::new("");
    scene.proxy.set(Path::Silent);
    let begun = Instant::now();
    let ran = scene.home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
    let last = ran.stderr.lines().last().unwrap_or_default();
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(last.contains("does not answer: no answer within 4 s") && last.contains("DATABASE_FAILED"), "{last}");
}

#[test]
fn a_process_whose_database_falls_silent_while_it_starts_ends_within_ten_seconds() {
    let scene = Scene::new("");
    scene.home.tenant_and_client();
    let text = std::fs::read_to_string(scene.home.folder.path().join(CONFIG)).unwrap();
    let url = text.lines().find_map(|line| line.strip_prefix("url = ")).unwrap().trim_matches('"');
    let url = url.replace(&scene.proxy.address().to_string(), &scene.server);
    let store = scene.runtime.block_on(Store::open_apart(&DatabaseUrl::Postgres(url))).unwrap();
    let mut serve = scene.home.command(&["serve", "--listen", "127.0.0.1:0"]);
    serve.stdout(Stdio::null()).stderr(Stdio::piped());
    let (told, hears) = std::sync::mpsc::channel();
    let strike = Arc::clone(&scene.proxy);
    // It waits for its keys, with its database open, when the path falls silent.
    let locked = store.write_guarded("test", move |tx| {
        tx.execute(&LOCK_KEYS, &[])?;
        told.send(serve.spawn().unwrap()).unwrap();
        while tx.query_number(&WAITING, &[])? == 0 {
            std::thread::yield_now();
        }
        strike.set(Path::Silent);
        Ok::<_, StoreError>(())
    });
    scene.runtime.block_on(locked).unwrap();
    let child = hears.recv().unwrap();
    let begun = Instant::now();
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let ended = child.wait_with_output().unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{log}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(!log.contains("panicked") && log.contains("stopped"), "{log}");
}

#[test]
fn a_process_whose_mail_server_is_silent_ends_within_ten_seconds_and_says_what_it_leaves() {
    for database in [Database::Sqlite, Database::Postgres] {
        // It accepts what connects, and says nothing.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let route = format!("smtp://{}?tls=none", silent.local_addr().unwrap());
        let home = Home::on(database, &format!("[channels.email]\nurl = \"{route}\"\n"));
        let (_, id, secret) = home.tenant_and_client();
        let server = home.serve(&[]);
        server.until_ready();
        let client = Client::new(&server, &id, &secret);
        let campaign = client.draft(50);
        client.post(&format!("{campaign}/send-jobs"), json!({}));
        // The mail server is asked.
        let _asked = silent.accept().unwrap();
        // And a client sends a request that does not end.
        let mut open = std::net::TcpStream::connect(&server.address).unwrap();
        let head = b"POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\ngr";
        std::io::Write::write_all(&mut open, head).unwrap();
        let begun = Instant::now();
        server.signal("TERM");
        let (code, log) = server.wait();
        let took = begun.elapsed();
        assert_eq!(code, 0, "{database:?}: {log}");
        assert!(took < Duration::from_secs(10), "{database:?}: it took {took:?}: {log}");
        assert!(!log.contains("panicked") && log.contains("stopped"), "{database:?}: {log}");
        assert!(warnings(&log).len() <= 4, "{database:?}: {log}");
    }
}
