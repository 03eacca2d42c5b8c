//! What a run has to tell.

use crate::chance::Hash;
use postrider_core::time::Timestamp;
use std::fmt::Write as _;

/// Lines of a trace that a failure shows.
const TRACE_SHOWN: usize = 400;

/// Everything that happened, in order, one line each.
#[derive(Debug, Default, Clone)]
pub(crate) struct Trace {
    lines: Vec<String>,
}

impl Trace {
    pub(crate) fn add(&mut self, start: Timestamp, now: Timestamp, owner: usize, what: &str) {
        let who = if owner == 0 { "client".to_owned() } else { format!("node {owner}") };
        self.lines.push(format!("{:>9} {who:<8} {what}", now.millis_since(start)));
    }

    pub(crate) const fn len(&self) -> usize {
        self.lines.len()
    }

    pub(crate) fn hash(&self) -> u64 {
        let mut hash = Hash::default();
        for line in &self.lines {
            hash.add(line.as_bytes());
            hash.add(b"\n");
        }
        hash.value()
    }
}

/// How a world ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its seed.
    pub seed: u64,
    /// Turns taken.
    pub turns: usize,
    /// Hash over everything that happened: equal for equal runs.
    pub trace_hash: u64,
    /// Messages that the provider took.
    pub arrivals: usize,
    /// Of these, copies of one that it had already.
    pub copies: usize,
    /// Nodes that crashed.
    pub crashes: usize,
    /// The final accounts, one line for each recipient of each job.
    pub accounts: String,
}

/// How a world ended badly. Its text tells everything that is needed to see it again.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// What does not hold.
    pub problem: String,
    /// How to see it again.
    pub(crate) replay: String,
    pub(crate) world: String,
    pub(crate) trace: Trace,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines = &self.trace.lines;
        let skipped = lines.len().saturating_sub(TRACE_SHOWN);
        let mut shown = String::new();
        for line in &lines[skipped..] {
            let _ = writeln!(shown, "{line}");
        }
        let Self { seed, problem, replay, world, .. } = self;
        writeln!(f, "\nThe world of seed {seed} is broken: {problem}")?;
        writeln!(f, "See it again: {replay}\n{world}\n")?;
        write!(f, "Trace (milliseconds since the start; {skipped} earlier lines left out):\n{shown}")
    }
}

impl std::error::Error for Failure {}
