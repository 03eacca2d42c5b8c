//! `mutants`: checks whether the tests notice each planted bug.

use super::root;
use super::test::{URL_VARIABLE, beside_postgres};
use crate::Outcome;
use crate::mutants::{BUGS, Bug, Built, Catcher, Verdict, hunt};
use std::collections::BTreeSet;
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::time::Duration;

/// Runs at the same time.
const WORKERS: usize = 2;

/// The result for a bug.
struct Found {
    bug: &'static Bug,
    /// The catcher that noticed it, if one did.
    by: Option<String>,
    after: Duration,
}

/// Turns on the bugs that are named, or all of them, one at a time; fails if one goes unnoticed.
pub fn mutants(arguments: &[String]) -> Outcome<ExitCode> {
    if let Some(unknown) = arguments.iter().find(|argument| BUGS.iter().all(|bug| bug.name != argument.as_str())) {
        let names: Vec<&str> = BUGS.iter().map(|bug| bug.name).collect();
        eprintln!("xtask: there is no planted bug {unknown}. The bugs are:\n{}", names.join("\n"));
        return Ok(ExitCode::from(2));
    }
    if std::env::var(URL_VARIABLE).is_ok_and(|url| !url.is_empty()) {
        return run(arguments);
    }
    let mut again = Command::new(std::env::current_exe()?);
    again.arg("mutants").args(arguments);
    beside_postgres(again, crate::supervise::Terminal::Detached)
}

/// As [`mutants`], with a server.
fn run(arguments: &[String]) -> Outcome<ExitCode> {
    let is_wanted = |bug: &&Bug| arguments.is_empty() || arguments.iter().any(|name| name == bug.name);
    let bugs: Vec<&'static Bug> = BUGS.iter().filter(is_wanted).collect();
    let catchers: BTreeSet<&Catcher> = bugs.iter().flat_map(|bug| bug.caught_by).collect();
    let built = Built::of(&root(), catchers.iter().copied())?;
    let begun = tokio::time::Instant::now();
    let problems = beside_each_other(catchers.into_iter().collect(), |catcher| without_bug(&built, catcher))?;
    if let Some(problem) = problems.into_iter().flatten().next() {
        return Err(problem.into());
    }
    eprintln!("xtask: without a bug all are green, after {} s", begun.elapsed().as_secs());
    let found = beside_each_other(bugs, |bug| with_bug(&built, bug))?;
    println!("{:<44} {:>6}  caught by", "bug", "after");
    for Found { bug, by, after } in &found {
        println!("{:<44} {:>4.1} s  {}", bug.name, after.as_secs_f32(), by.as_deref().unwrap_or("NOT CAUGHT"));
    }
    let missed: Vec<&Found> = found.iter().filter(|found| found.by.is_none()).collect();
    println!("{} of {} caught, after {} s", found.len() - missed.len(), found.len(), begun.elapsed().as_secs());
    for Found { bug, .. } in &missed {
        println!("NOT CAUGHT: {}. {}", bug.name, bug.does);
    }
    Ok(if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The failure of a catcher before any bug is turned on.
fn without_bug(built: &Built, catcher: &Catcher) -> Outcome<Option<String>> {
    Ok(match hunt(&root(), built, catcher, None)?.0 {
        Verdict::Green(0) => Some(format!("{catcher:?} chooses no test")),
        Verdict::Green(_) => None,
        Verdict::Red(what) => Some(format!("{catcher:?} is red without a bug: {what}")),
    })
}

fn with_bug(built: &Built, bug: &'static Bug) -> Outcome<Found> {
    let mut after = Duration::ZERO;
    for catcher in bug.caught_by {
        let (verdict, took) = hunt(&root(), built, catcher, Some(bug.name))?;
        after += took;
        if let Verdict::Red(by) = verdict {
            eprintln!("xtask: {}: {by}, after {} s", bug.name, after.as_secs());
            return Ok(Found { bug, by: Some(by), after });
        }
    }
    eprintln!("xtask: {}: NOT CAUGHT", bug.name);
    Ok(Found { bug, by: None, after })
}

/// Does a piece of work for each item, a few at once, and returns the results in the order of the items.
fn beside_each_other<I: Send, R: Send>(items: Vec<I>, work: impl Fn(I) -> Outcome<R> + Sync) -> Outcome<Vec<R>> {
    let (next, results) = (Mutex::new(items.into_iter().enumerate()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let take = || next.lock().ok()?.next();
                while let Some((place, item)) = take() {
                    let result = work(item);
                    if let Ok(mut results) = results.lock() {
                        results.push((place, result));
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().map_err(|_| "a run panicked")?;
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}
