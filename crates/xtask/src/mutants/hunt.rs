//! One run of a catcher: whether it went red, what went red first, and how long that took.

use super::{Built, Catcher};
use crate::Outcome;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use tokio::time::Instant;

/// Longest run of one catcher. A bug may be an endless wait: a catcher that does not end in time has noticed it.
const LIMIT: Duration = Duration::from_secs(180);

/// A folder in memory, where there is one: the tests sync every commit, and make thousands of them.
const MEMORY: &str = "/dev/shm";

/// The verdict of a catcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All is well, after so many tests or worlds.
    Green(usize),
    /// The first test or world that failed.
    Red(String),
}

/// Runs a catcher with a bug turned on, or with none, and returns how long it took.
pub fn hunt(root: &Path, built: &Built, catcher: &Catcher, bug: Option<&str>) -> Outcome<(Verdict, Duration)> {
    let mut command = built.command(catcher)?;
    // Tests look for their files from the folder of their package.
    command.current_dir(root.join("crates").join(match catcher {
        Catcher::Tests { package, .. } => package,
        Catcher::Worlds { .. } => "sim",
    }));
    command.env_remove("POSTRIDER_PLANTED").envs(bug.map(|bug| ("POSTRIDER_PLANTED", bug)));
    if Path::new(MEMORY).is_dir() {
        command.env("TMPDIR", MEMORY);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let begun = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("{command:?} cannot be run: {error}"))?;
    let verdict = watch(&mut child, begun + LIMIT)?;
    Ok((verdict, begun.elapsed()))
}

/// Reads what the child says until something fails, it ends, or its time is over.
fn watch(child: &mut Child, until: Instant) -> Outcome<Verdict> {
    let said = child.stdout.take().ok_or("the output of a child is lost")?;
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        BufReader::new(said).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    let (mut passed, mut red) = (0, None);
    while red.is_none() {
        match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(line) => match read(&line) {
                Some(Verdict::Green(more)) => passed += more,
                Some(Verdict::Red(what)) => red = Some(what),
                None => {}
            },
            Err(RecvTimeoutError::Timeout) => red = Some(format!("no end within {} s", LIMIT.as_secs())),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if red.is_some() {
        // It may have ended by itself in this instant.
        let _ = child.kill();
    }
    let status = child.wait()?;
    Ok(match red {
        Some(what) => Verdict::Red(what),
        None if status.success() => Verdict::Green(passed),
        None => Verdict::Red(format!("the program ended with {status}")),
    })
}

/// What a line of libtest or of the simulation says about one test or world.
fn read(line: &str) -> Option<Verdict> {
    if let Some(test) = line.strip_prefix("test ") {
        let (name, result) = test.split_once(" ... ")?;
        let short = name.rsplit("::").take(2).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("::");
        return Some(if result.starts_with("FAILED") { Verdict::Red(short) } else { Verdict::Green(1) });
    }
    let (seed, result) = line.strip_prefix("seed ")?.split_once(": ")?;
    Some(match result.strip_prefix("BROKEN: ") {
        Some(problem) => Verdict::Red(format!("world {seed}: {}", problem.chars().take(60).collect::<String>())),
        None => Verdict::Green(1),
    })
}
