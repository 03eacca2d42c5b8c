//! The moves of the clocks, and when mail may arrive because of them.

use super::mail::MailServer;
use super::node::{Home, Node, commit};
use super::real_ms;
use crate::Outcome;
use crate::postgres::Cluster;
use postrider_core::time::Timestamp;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// The moves of one clock during one campaign. Seconds count from the commit.
struct Case {
    name: &'static str,
    /// When the campaign is due.
    due_s: i64,
    /// People, and how long the mail server takes for each message, in milliseconds.
    size: (usize, u64),
    /// When the clock is moved, and to which offset of libfaketime.
    moves: &'static [(i64, &'static str)],
    /// When the first message may arrive, and when the last one must have.
    window_s: (i64, i64),
    /// By how much the first message may be early, in milliseconds: what a drift gains before it is noticed.
    early_ms: i64,
    /// Whether the log must say that the clock is unsteady.
    is_told: bool,
}

const FEW: (usize, u64) = (60, 0);
/// Some eight seconds over two connections.
const MANY: (usize, u64) = (600, 25);
/// How long we wait for a second copy of a message, in milliseconds.
const SECOND_COPY_MS: u64 = 1_500;
/// How often we look, in milliseconds.
const LOOK_MS: u64 = 20;

const fn case(name: &'static str, due_s: i64, moves: &'static [(i64, &'static str)]) -> Case {
    Case { name, due_s, size: FEW, moves, window_s: (due_s, due_s + 6), early_ms: 0, is_told: false }
}

const fn sending(name: &'static str, moves: &'static [(i64, &'static str)]) -> Case {
    Case { size: MANY, window_s: (5, 35), ..case(name, 5, moves) }
}

/// One process on SQLite, whose wall clock is all it has. What stays wrong is followed after a minute.
const SQLITE: &[Case] = &[
    Case { is_told: true, ..case("ahead by 2 h for 3 s", 15, &[(5, "+2h"), (8, "+0")]) },
    case("ahead by 400 ms for good", 15, &[(5, "+0.4")]),
    case("ahead by 4.9 s for 9 s", 20, &[(5, "+4.9"), (14, "+0")]),
    Case { window_s: (65, 80), is_told: true, ..case("ahead by 10 min for good, due in 20 s", 20, &[(5, "+10m")]) },
    Case { window_s: (65, 80), is_told: true, ..case("ahead by 2 h for good, due in 1 h", 3_600, &[(5, "+2h")]) },
    Case { window_s: (20, 30), is_told: true, ..case("behind by 2 h for 15 s", 12, &[(5, "-2h"), (20, "+0")]) },
    Case { early_ms: 150, ..case("10 % too fast", 20, &[(0, "+0 x1.1")]) },
    Case { is_told: true, ..sending("sending, ahead by 2 h for good", &[(8, "+2h")]) },
    Case { is_told: true, ..sending("sending, behind by 2 h for good", &[(8, "-2h")]) },
    Case { is_told: true, ..sending("sending, ahead by 2 h for 4 s", &[(7, "+2h"), (11, "+0")]) },
];

/// Two processes on PostgreSQL, of which the second has the clock. Nothing is ever early or late.
const POSTGRES: &[Case] = &[
    case("one node ahead by 10 min from its start", 8, &[(0, "+10m")]),
    case("one node ahead by 5 s", 8, &[(0, "+5")]),
    case("one node ahead by 400 ms", 8, &[(0, "+0.4")]),
    case("one node ahead by 2 h for 3 s", 8, &[(2, "+2h"), (5, "+0")]),
    case("one node behind by 10 min", 8, &[(0, "-10m")]),
    case("one node 10 % too fast", 8, &[(0, "+0 x1.1")]),
    sending("sending, one node ahead by 2 h, then behind", &[(7, "+2h"), (9, "-2h")]),
];

/// Runs every case, and returns how many went wrong.
pub fn run(binary: &Path, library: &Path) -> Outcome<usize> {
    let folder = tempfile::Builder::new().prefix("postrider-clock-").tempdir()?;
    let on_sqlite = |(number, case): (usize, &Case)| -> Outcome<bool> {
        let home = folder.path().join(number.to_string());
        std::fs::create_dir(&home)?;
        let mail = MailServer::start(case.size.1)?;
        let (home, list) = Home::furnish(binary, library, &home, &config(&mail, "sqlite:clock.db"), case.size.0)?;
        let node = Node::start(&home, "node", "+0")?;
        judge(case, "SQLite", &mail, &[&node], &list)
    };
    let on_postgres = || -> Outcome<usize> {
        let cluster = Cluster::start()?;
        let failed = many_on_postgres(binary, library, &folder.path().join("postgres"), &cluster.url())?;
        cluster.stop()?;
        Ok(failed)
    };
    std::thread::scope(|scope| {
        let cases: Vec<_> =
            SQLITE.iter().enumerate().map(|numbered| scope.spawn(move || on_sqlite(numbered))).collect();
        let mut failed = on_postgres()?;
        for case in cases {
            let is_good = case.join().map_err(|_| "a case panicked")??;
            failed += usize::from(!is_good);
        }
        Ok(failed)
    })
}

fn many_on_postgres(binary: &Path, library: &Path, folder: &Path, url: &str) -> Outcome<usize> {
    std::fs::create_dir(folder)?;
    let mut failed = 0;
    // The people of a home are those of every campaign.
    for size in [FEW, MANY] {
        let mail = MailServer::start(size.1)?;
        let home = folder.join(size.0.to_string());
        std::fs::create_dir(&home)?;
        let (home, list) = Home::furnish(binary, library, &home, &config(&mail, url), size.0)?;
        let nodes = [Node::start(&home, "right", "+0")?, Node::start(&home, "wrong", "+10m")?];
        if size == FEW {
            failed += usize::from(!names_the_node(&home, &nodes[1])?);
        }
        for case in POSTGRES.iter().filter(|case| case.size == size) {
            failed += usize::from(!judge(case, "PostgreSQL", &mail, &[&nodes[1], &nodes[0]], &list)?);
        }
    }
    Ok(failed)
}

/// Whether `doctor` and `/metrics` say that the clock of a node is ahead by ten minutes.
fn names_the_node(home: &Home, node: &Node) -> Outcome<bool> {
    let found = home.run(&["doctor"]).err().map(|problem| problem.to_string()).unwrap_or_default();
    let is_named = found.contains("differs by +600.0 s") || found.contains("differs by +599.9 s");
    let metrics = node.page("/metrics")?;
    let offset = metrics.lines().find_map(|line| line.strip_prefix("postrider_clock_offset_seconds "));
    let is_measured =
        offset.and_then(|offset| offset.parse::<f64>().ok()).is_some_and(|offset| (offset - 600.0).abs() < 1.0);
    let is_logged = node.log().contains("clock_off");
    let is_good = is_named && is_measured && is_logged;
    tell(is_good, "PostgreSQL", "a node whose clock is off is named", || match is_good {
        true => "by doctor, /metrics and the log".to_owned(),
        false => format!("doctor: {found}; metrics: {offset:?}; logged: {is_logged}"),
    });
    Ok(is_good)
}

/// Commits a campaign at the first of the nodes, moves its clock, and looks when the mail arrives.
fn judge(case: &Case, database: &str, mail: &MailServer, nodes: &[&Node], list: &str) -> Outcome<bool> {
    drop(mail.take());
    let begun = real_ms();
    let at = |seconds: i64| begun + seconds * 1_000;
    commit(nodes[nodes.len() - 1], list, &Timestamp::from_millis(at(case.due_s)).to_string())?;
    let mut moves = case.moves.iter().peekable();
    while real_ms() < at(case.window_s.1) && mail.count() < case.size.0 {
        if let Some((_, offset)) = moves.next_if(|(seconds, _)| real_ms() >= at(*seconds)) {
            nodes[0].set(offset)?;
        }
        std::thread::sleep(Duration::from_millis(LOOK_MS));
    }
    std::thread::sleep(Duration::from_millis(SECOND_COPY_MS));
    let arrived = mail.take();
    let (first, last) = (arrived.iter().map(|(_, at)| *at).min(), arrived.iter().map(|(_, at)| *at).max());
    let different: BTreeSet<&str> = arrived.iter().map(|(to, _)| to.as_str()).collect();
    let told = nodes[0].log().matches("clock_unsteady").count();
    let problems = [
        (arrived.len() < case.size.0, "a person got nothing in time"),
        (different.len() < arrived.len(), "a person got two messages"),
        (first.is_some_and(|first| first < at(case.window_s.0) - case.early_ms), "a message was early"),
        (last.is_some_and(|last| last > at(case.window_s.1)), "a message was late"),
        // One line when it begins and one when it ends, for each jump.
        (case.is_told != (told > 0) || told > 2 * case.moves.len(), "the log says something else about the clock"),
    ];
    let wrong: Vec<&str> = problems.into_iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, what)| what).collect();
    tell(wrong.is_empty(), database, case.name, || {
        let after = |at: Option<i64>| at.map(|at| format!("{:.3} s", (at - begun) as f64 / 1_000.0));
        let (first, last) = (after(first).unwrap_or_default(), after(last).unwrap_or_default());
        format!("{} of {} messages, from {first} to {last}. {}", arrived.len(), case.size.0, wrong.join(", "))
    });
    nodes[0].set("+0")?;
    Ok(wrong.is_empty())
}

fn tell(is_good: bool, database: &str, name: &str, details: impl FnOnce() -> String) {
    println!("{} {database}: {name}: {}", if is_good { "ok     " } else { "WRONG  " }, details());
}

fn config(mail: &MailServer, database: &str) -> String {
    let document = json!(format!("smtp://{}?tls=none", mail.address()));
    format!(
        "[database]\nurl = \"{database}\"\n[channels.email]\nurl = {document}\nconnections = 2\n\
         [rate_limits]\nread = 0\nwrite = 0\nbatch = 0\nexecute = 0\ntoken = 0\n"
    )
}
