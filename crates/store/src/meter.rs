//! What this process has done since it began: transactions and their times, and what providers answered.
//!
//! Counters only, for those who watch the process; nothing is decided by them.

use postrider_core::channel::{ChannelKind, Outcome};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Transactions of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpTimes {
    /// How many.
    pub count: u64,
    /// How long they took together, tries after conflicts and waiting for a turn included.
    pub total: Duration,
}

/// The counters of a process.
#[derive(Debug, Default)]
pub struct Meter {
    ops: Mutex<BTreeMap<&'static str, OpTimes>>,
    outcomes: Mutex<BTreeMap<(ChannelKind, &'static str), u64>>,
    refused: AtomicU64,
}

impl Meter {
    /// Counts a transaction.
    pub(crate) fn op(&self, name: &'static str, took: Duration) {
        let mut ops = self.ops.lock().unwrap_or_else(PoisonError::into_inner);
        let times = ops.entry(name).or_default();
        times.count += 1;
        times.total += took;
    }

    /// Counts changes of recipients that no rule allows.
    pub(crate) fn refused(&self, number: u64) {
        self.refused.fetch_add(number, Ordering::Relaxed);
    }

    /// Changes of recipients that were refused because no rule allows them: more than 0 is a fault of the program.
    #[must_use]
    pub fn refused_so_far(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Counts what a provider answered to messages.
    pub fn outcomes(&self, channel: ChannelKind, outcomes: &[Outcome]) {
        let mut counters = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        for outcome in outcomes {
            *counters.entry((channel, word(outcome))).or_default() += 1;
        }
    }

    /// Transactions by name.
    #[must_use]
    pub fn ops_so_far(&self) -> BTreeMap<&'static str, OpTimes> {
        self.ops.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers of providers, by channel and kind.
    #[must_use]
    pub fn outcomes_so_far(&self) -> BTreeMap<(ChannelKind, &'static str), u64> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

const fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::HandedOff { .. } => "handed_off",
        Outcome::Rejected(_) => "rejected",
        Outcome::Deferred { .. } => "deferred",
        Outcome::NotAttempted { .. } => "not_attempted",
        Outcome::Uncertain(_) => "uncertain",
    }
}
