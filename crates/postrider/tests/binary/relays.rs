//! Campaigns over mail servers as they are in the field: with few connections, with quotas, with words of their own.

use crate::client::Client;
use crate::support::Home;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// What a relay says to the command of a client; none for the usual.
type Words = dyn Fn(&str, usize) -> Option<String> + Send + Sync;

/// A mail server that serves so many connections at once, and decides by itself what it says.
struct Relay {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    connected: usize,
    refused: usize,
    /// Who got a message, and how often they did.
    taken: Vec<String>,
}

/// A server stops within this time, even if its relay is silent.
const STOP_MAX: Duration = Duration::from_secs(10);
/// Words that make the relay silent. A message that has ended is kept, or lost.
const SILENCE: &str = "(silence)";
const SILENCE_THEN_LOSS: &str = "(silence, then loss)";

impl Relay {
    fn start(allowed: usize, words: impl Fn(&str, usize) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::<Mutex<State>>::default();
        let (shared, words): (_, Arc<Words>) = (Arc::clone(&state), Arc::new(words));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (shared, words) = (Arc::clone(&shared), Arc::clone(&words));
                std::thread::spawn(move || drop(serve(stream, allowed, &shared, &*words)));
            }
        });
        Self { port, state }
    }

    fn taken(&self) -> Vec<String> {
        self.state.lock().unwrap().taken.clone()
    }

    fn refused(&self) -> usize {
        self.state.lock().unwrap().refused
    }
}

fn serve(stream: TcpStream, allowed: usize, state: &Mutex<State>, words: &Words) -> std::io::Result<()> {
    let mut reply = stream.try_clone()?;
    {
        let mut state = state.lock().unwrap();
        if state.connected >= allowed {
            state.refused += 1;
            return reply.write_all(b"421 4.3.2 Too many concurrent SMTP connections\r\n");
        }
        state.connected += 1;
    }
    let served = converse(stream, reply, state, words);
    state.lock().unwrap().connected -= 1;
    served
}

fn converse(stream: TcpStream, mut reply: TcpStream, state: &Mutex<State>, words: &Words) -> std::io::Result<()> {
    let (mut lines, mut recipient) = (BufReader::new(stream).lines(), String::new());
    if words("GREETING", 0).is_some() {
        lines.for_each(drop);
        return Ok(());
    }
    reply.write_all(b"220 relay.example\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let mut said = words(&line, state.lock().unwrap().taken.len());
        if verb == "RCPT" {
            recipient = line[8..].trim_matches(['<', '>', ' ']).to_owned();
        }
        if verb == "DATA" && said.is_none() {
            reply.write_all(b"354 go on\r\n")?;
            while lines.next().transpose()?.is_some_and(|line| line != ".") {}
            let mut state = state.lock().unwrap();
            said = words(".", state.taken.len());
            if said.is_none() || said.as_deref() == Some(SILENCE) {
                state.taken.push(recipient.clone());
            }
        }
        if said.as_deref() == Some(SILENCE) || said.as_deref() == Some(SILENCE_THEN_LOSS) {
            lines.for_each(drop);
            return Ok(());
        }
        let said = said.unwrap_or_else(|| if verb == "QUIT" { "221 bye".to_owned() } else { "250 ok".to_owned() });
        reply.write_all(format!("{said}\r\n").as_bytes())?;
        if verb == "QUIT" {
            break;
        }
    }
    Ok(())
}

/// Runs a campaign over a relay.
fn campaign(database: Database, relay: &Relay, people: usize, act: impl FnOnce(&Client<'_>, &str)) {
    campaign_with(database, relay, "", people, act);
}

/// As [`campaign`], with more keys of the channel. Returns the log.
fn campaign_with(
    database: Database,
    relay: &Relay,
    keys: &str,
    people: usize,
    act: impl FnOnce(&Client<'_>, &str),
) -> String {
    let url = format!("smtp://127.0.0.1:{}?tls=none", relay.port);
    let home = Home::on(database, &format!("[channels.email]\nurl = {url:?}\n{keys}"));
    let (_, id, secret) = home.tenant_and_client();
    let server = home.serve(&[]);
    server.until_ready();
    let client = Client::new(&server, &id, &secret);
    let campaign = client.draft(people);
    client.post(&format!("{campaign}/send-jobs"), json!({}));
    act(&client, &campaign);
    server.signal("INT");
    let begun = Instant::now();
    let (code, log) = server.wait();
    assert_eq!(code, 0, "{log}");
    assert!(begun.elapsed() < STOP_MAX, "it took {:?} to stop", begun.elapsed());
    log
}

fn is_over(status: &Value) -> bool {
    !status["execution"]["finishedAt"].is_null()
}

#[test]
fn a_relay_with_few_connections_gets_everything_and_is_never_down() {
    const PEOPLE: usize = 600;
    for (allowed, database) in [(1, Database::Sqlite), (2, Database::Postgres), (3, Database::Sqlite)] {
        let relay = Relay::start(allowed, |_, _| None);
        campaign(database, &relay, PEOPLE, |client, campaign| {
            let is_down = |status: &Value| {
                status["execution"]["blockedReason"].as_str().is_some_and(|why| why.starts_with("route_unavailable"))
            };
            let status = client.until(&format!("{campaign}/status"), |status| is_down(status) || is_over(status));
            assert_eq!(status["execution"]["counts"]["sent"], PEOPLE, "{status}");
        });
        let taken = relay.taken();
        assert_eq!((taken.len(), taken.iter().collect::<BTreeSet<_>>().len()), (PEOPLE, PEOPLE));
        assert!(relay.refused() <= 30, "{allowed} connections: {} were refused", relay.refused());
    }
}

#[test]
fn a_quota_of_the_account_holds_the_job_with_the_words_of_the_server_and_uses_nobody_up() {
    const PEOPLE: usize = 60;
    for (database, said) in [
        (Database::Sqlite, "552 Mailbox of the relay says no to message {n}"),
        (Database::Postgres, "550 5.7.60 account is not in good standing, ticket A{n}"),
    ] {
        let is_open = Arc::new(Mutex::new(false));
        let opened = Arc::clone(&is_open);
        let relay = Relay::start(10, move |line, taken| {
            (line == "." && taken >= 10 && !*opened.lock().unwrap()).then(|| said.replace("{n}", &taken.to_string()))
        });
        campaign(database, &relay, PEOPLE, |client, campaign| {
            let path = format!("{campaign}/status");
            let mut asked = 0;
            let held = client.until(&path, |status| {
                asked += 1;
                assert!(asked < 5_000, "{status}");
                let counts = &status["execution"]["counts"];
                (status["executionStatus"] == "held" && counts["inFlight"] == 0 && counts["failed"] == 0)
                    || is_over(status)
            });
            assert_eq!(held["executionStatus"], "held", "{held}");
            let words = said.split("{n}").next().unwrap().trim_end_matches('A');
            assert!(held["execution"]["blockedReason"].as_str().unwrap().contains(words), "{held}");
            *is_open.lock().unwrap() = true;
            client.post(&format!("{campaign}/resume"), json!({}));
            let done = client.until(&path, is_over);
            assert_eq!(
                (&done["executionStatus"], &done["execution"]["counts"]["sent"]),
                (&json!("completed"), &json!(PEOPLE))
            );
        });
        assert_eq!(relay.taken().iter().collect::<BTreeSet<_>>().len(), PEOPLE);
    }
}

#[test]
fn who_failed_for_a_reason_that_can_pass_is_tried_again_and_nobody_else() {
    const PEOPLE: usize = 30;
    for database in [Database::Sqlite, Database::Postgres] {
        let is_open = Arc::new(Mutex::new(false));
        let opened = Arc::clone(&is_open);
        let relay = Relay::start(10, move |line, _| {
            let is_refused = |name: &str| line.starts_with("RCPT") && line.contains(name);
            if is_refused("<p3@") {
                return Some("550 5.1.1 user unknown".to_owned());
            }
            (!*opened.lock().unwrap() && (is_refused("<p5@") || is_refused("<p7@")))
                .then(|| "550 5.7.1 not welcome today".to_owned())
        });
        campaign(database, &relay, PEOPLE, |client, campaign| {
            let path = format!("{campaign}/status");
            let parent = client.until(&path, is_over)["execution"]["scheduleId"].clone();
            assert_eq!(relay.taken().len(), PEOPLE - 3);
            *is_open.lock().unwrap() = true;
            let retry = client.post(&format!("{campaign}/retry-failed"), json!({}));
            assert_eq!(retry["parentScheduleId"], parent);
            let is_second = |status: &Value| status["execution"]["scheduleId"] != parent && is_over(status);
            let done = client.until(&path, is_second);
            let counts = &done["execution"]["counts"];
            assert_eq!((&counts["frozen"], &counts["sent"]), (&json!(2), &json!(2)), "{done}");
            let jobs = client.get(&format!("{campaign}/schedule-jobs"));
            assert_eq!(jobs["items"].as_array().map(Vec::len), Some(2), "{jobs}");
        });
        let taken = relay.taken();
        assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), PEOPLE - 1);
        assert_eq!(taken.len(), PEOPLE - 1, "nobody twice");
    }
}

/// The first conversations that come to a place fall silent there.
fn silent_at(place: &'static str, conversations: usize, words: &'static str) -> Relay {
    let silent = AtomicUsize::new(0);
    Relay::start(100, move |line, _| {
        (line.starts_with(place) && silent.fetch_add(1, Ordering::SeqCst) < conversations).then(|| words.to_owned())
    })
}

#[test]
fn recipients_behind_silent_connections_leave_over_others_wherever_they_fell_silent() {
    const PEOPLE: usize = 400;
    const KEYS: &str = "silence_ms = 500\n[channels.email.timeouts]\ngreeting_ms = 3000\nhello_ms = 3000\n\
        mail_ms = 3000\nrcpt_ms = 3000\ndata_ms = 3000\nfinal_reply_ms = 3000\n";
    let places = ["GREETING", "EHLO", "MAIL", "RCPT", "DATA", ".", "."];
    for (number, place) in places.into_iter().enumerate() {
        let (database, silent) = if number % 2 == 0 { (Database::Sqlite, 3) } else { (Database::Postgres, 10) };
        let words = if number == 6 { SILENCE_THEN_LOSS } else { SILENCE };
        let relay = silent_at(place, silent, words);
        campaign_with(database, &relay, KEYS, PEOPLE, |client, campaign| {
            let done = client.until(&format!("{campaign}/status"), is_over);
            let counts = &done["execution"]["counts"];
            let in_doubt = if place == "." { silent } else { 0 };
            assert_eq!(
                (&counts["sent"], &counts["uncertain"]),
                (&json!(PEOPLE - in_doubt), &json!(in_doubt)),
                "{done}"
            );
        });
        let taken = relay.taken();
        let lost = if number == 6 { silent } else { 0 };
        assert_eq!(taken.len(), PEOPLE - lost, "{place}");
        assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), PEOPLE - lost, "no second message at {place}");
    }
}

#[test]
fn a_relay_that_says_nothing_is_named_and_does_not_keep_the_server_from_stopping() {
    const PEOPLE: usize = 300;
    for (database, place) in [(Database::Sqlite, "MAIL"), (Database::Postgres, ".")] {
        let relay = silent_at(place, 1_000, SILENCE);
        let log = campaign_with(database, &relay, "silence_ms = 500\n", PEOPLE, |client, campaign| {
            let is_silent = |status: &Value| {
                status["execution"]["blockedReason"].as_str().is_some_and(|why| why.starts_with("relay_silent: "))
            };
            client.until(&format!("{campaign}/status"), is_silent);
        });
        assert_eq!(log.matches("relay_silent").count(), 1, "one warning for {place}: {log}");
    }
}
