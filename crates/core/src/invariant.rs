//! The invariants of the engine: their ids, their sentences, and those that can be checked on a live database.
//!
//! `doctor`, the conformance suite and the simulation gather the snapshots and ask the predicates here.

use crate::delivery::{Counts, DeliveryState, final_state};
use crate::schedule::{JobState, OnUncertain, Policy};
use crate::time::Timestamp;

/// One thing that must always hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invariant {
    /// Its name, such as `INV-1`.
    pub id: &'static str,
    /// What must hold.
    pub sentence: &'static str,
}

macro_rules! invariants {
    ($($name:ident => $id:literal, $sentence:literal;)*) => {
        $(#[doc = $sentence] pub const $name: Invariant = Invariant { id: $id, sentence: $sentence };)*

        /// All of them, in order.
        pub const ALL: &[Invariant] = &[$($name),*];
    };
}

invariants! {
    NOTHING_LOST => "INV-1", "Every planned delivery ends or is still live; a finished job has no live delivery.";
    ONE_LEASE => "INV-2", "A chunk has at most one live lease, and a lease has an owner and an end.";
    ATTEMPTS_BOUNDED => "INV-3", "Attempts never exceed the policy's maximum.";
    NO_SILENT_DOUBLE => "INV-4", "There is no second hand-off without an uncertain attempt and a policy that allows it.";
    IN_TIME => "INV-5", "Nothing is sent before it is due or at or after the latest finish.";
    SUPPRESSED_SPARED => "INV-6", "Nothing is sent to a recipient suppressed before its claim.";
    WITHIN_BUDGET => "INV-7", "No window is over its budget.";
    CANCEL_HOLDS => "INV-8", "After a cancel commits, only claims made before it may still go out.";
    ACCOUNTS_BALANCE => "INV-9", "The frozen number equals the sum of its parts on every read, and chunk counters equal the ledger.";
    ENDS_IN_TIME => "INV-10", "Once faults stop, everything due finishes in bounded time.";
    PLANNED_ONCE => "INV-11", "Planning twice plans once: a recipient stands at most once in a manifest.";
    STATE_TRUE => "INV-12", "The state of a finished job follows from its counts; a canceled job stays canceled.";
}

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// Where and how, without personal data.
    pub detail: String,
}

impl Invariant {
    fn check(self, holds: bool, detail: impl FnOnce() -> String) -> Option<Violation> {
        (!holds).then(|| Violation { invariant: self, detail: detail() })
    }
}

/// A job with the accounts of its manifest.
#[derive(Debug, Clone)]
pub struct JobSnapshot {
    /// Its id.
    pub job: String,
    /// Where it stands.
    pub state: JobState,
    /// How many recipients were frozen, as the manifest says; none while freezing goes on.
    pub frozen: Option<i64>,
    /// The sum of the chunks' counters.
    pub chunks: Counts,
    /// The ledger's rows by state.
    pub ledger: Counts,
}

/// INV-1: a finished job has no live delivery.
#[must_use]
pub fn nothing_lost(job: &JobSnapshot) -> Option<Violation> {
    let live = job.ledger.live();
    NOTHING_LOST.check(!job.state.is_final() || live == 0, || {
        format!("job {} is {} with {live} live deliveries", job.job, job.state.as_str())
    })
}

/// INV-12: the state of a finished job follows from its counts. A live recipient is INV-1's finding.
#[must_use]
pub fn state_true(job: &JobSnapshot) -> Option<Violation> {
    let right = final_state(job.state, &job.ledger).unwrap_or(job.state);
    STATE_TRUE.check(!job.state.is_final() || job.state == right, || {
        format!("job {} is {} and its counts say {}", job.job, job.state.as_str(), right.as_str())
    })
}

/// INV-9: the frozen number is the sum of the parts, and chunk counters equal the ledger's rows.
#[must_use]
pub fn accounts_balance(job: &JobSnapshot) -> Option<Violation> {
    let unequal = DeliveryState::ALL.iter().find(|&&state| job.chunks.of(state) != job.ledger.of(state));
    if let Some(&state) = unequal {
        let (chunks, ledger) = (job.chunks.of(state), job.ledger.of(state));
        let detail = || format!("job {}: chunks say {chunks} {}, the ledger {ledger}", job.job, state.as_str());
        return ACCOUNTS_BALANCE.check(false, detail);
    }
    let sum = job.ledger.frozen();
    let frozen = job.frozen.unwrap_or(sum);
    ACCOUNTS_BALANCE.check(frozen == sum, || format!("job {}: {frozen} frozen, the parts add up to {sum}", job.job))
}

/// A chunk and the leases on it.
#[derive(Debug, Clone)]
pub struct ChunkSnapshot {
    /// Which chunk.
    pub chunk: String,
    /// Leases on it as `(owner, end)`.
    pub leases: Vec<(Option<String>, Option<Timestamp>)>,
    /// The number of times it was claimed.
    pub fence: i64,
}

/// INV-2: at most one live lease, with owner and end, under a fence that counts it.
#[must_use]
pub fn one_lease(chunk: &ChunkSnapshot, now: Timestamp) -> Option<Violation> {
    let live = chunk.leases.iter().filter(|(_, end)| end.is_none_or(|end| end > now)).count();
    let whole = chunk.leases.iter().all(|(owner, end)| owner.is_some() && end.is_some());
    let fenced = chunk.leases.is_empty() || chunk.fence > 0;
    ONE_LEASE.check(live <= 1 && whole && fenced, || {
        format!("chunk {}: {live} live leases, owners and ends whole: {whole}, fence {}", chunk.chunk, chunk.fence)
    })
}

/// A delivery with what bounds it.
#[derive(Debug, Clone)]
pub struct DeliverySnapshot {
    /// Its id.
    pub delivery: String,
    /// Attempts that count.
    pub attempts: u32,
    /// How many attempts ended in a hand-off.
    pub hand_offs: u32,
    /// How many attempts ended uncertain.
    pub uncertain: u32,
    /// When it was first due.
    pub due_at: Timestamp,
    /// When messages left.
    pub left_at: Vec<Timestamp>,
}

/// INV-3: attempts within the maximum.
#[must_use]
pub fn attempts_bounded(delivery: &DeliverySnapshot, attempts_max: u32) -> Option<Violation> {
    ATTEMPTS_BOUNDED.check(delivery.attempts <= attempts_max, || {
        format!("delivery {} has {} attempts, {attempts_max} are allowed", delivery.delivery, delivery.attempts)
    })
}

/// INV-4: at most one hand-off; an uncertain attempt counts as one unless the policy is to try again.
#[must_use]
pub fn no_silent_double(delivery: &DeliverySnapshot, policy: &Policy) -> Option<Violation> {
    let sure = delivery.hand_offs <= 1;
    let allowed = policy.on_uncertain == OnUncertain::Retry || delivery.hand_offs + delivery.uncertain <= 1;
    NO_SILENT_DOUBLE.check(sure && allowed, || {
        let (hand_offs, uncertain, rule) = (delivery.hand_offs, delivery.uncertain, policy.on_uncertain.as_str());
        format!("delivery {}: {hand_offs} hand-offs, {uncertain} uncertain, policy {rule}", delivery.delivery)
    })
}

/// INV-5: nothing left before it was due, at or after the latest finish.
#[must_use]
pub fn in_time(delivery: &DeliverySnapshot, policy: &Policy) -> Option<Violation> {
    let early = |at: &&Timestamp| **at < delivery.due_at;
    let late = |at: &&Timestamp| policy.latest_finish.is_some_and(|finish| **at >= finish);
    let wrong = delivery.left_at.iter().find(|at| early(at) || late(at));
    IN_TIME.check(wrong.is_none(), || {
        let at = wrong.map(ToString::to_string).unwrap_or_default();
        format!("delivery {}, due at {}, left at {at}", delivery.delivery, delivery.due_at)
    })
}

/// INV-11: no recipient twice. `repeated` are the recipients found more than once in a manifest.
#[must_use]
pub fn planned_once(manifest: &str, repeated: &[String]) -> Option<Violation> {
    PLANNED_ONCE.check(repeated.is_empty(), || {
        format!("manifest {manifest} names {} recipients more than once", repeated.len())
    })
}

#[cfg(test)]
#[path = "invariant_tests.rs"]
mod tests;
