//! One turn of a lane at the database: a single transaction that records the last window and marks the next.
//!
//! Invariants: nothing leaves without a committed mark; every mark is made while the job runs, before its latest
//! finish, and after a second look at consent and suppression; under a lost fence nothing is changed.

use super::context::Context;
use crate::planner::{is_suppressed, suppression_keys};
use crate::telling::Teller;
use postrider_core::audience::{CONSENT_DENIED, address_key};
use postrider_core::channel::{ChannelKind, Outcome};
use postrider_core::delivery::{self, Attempt, Counts, DeliveryState, LATEST_FINISH, given_up};
use postrider_core::planted::planted;
use postrider_core::schedule::JobState;
use postrider_core::time::Timestamp;
use postrider_store::chunks::Claim;
use postrider_store::conditions::Conditions;
use postrider_store::ledger::{AttemptRow, Change, DueRow, PROVIDER_REF_MAX_CHARS, PROVIDER_TEXT_MAX_CHARS, UnsureRow};
use postrider_store::{StoreError, Tx};
use std::borrow::Cow;
use std::sync::Arc;

/// Stable reason: consent was withdrawn, or the address suppressed, after the audience was frozen.
pub(crate) const SUPPRESSED_AFTER_FREEZE: &str = "suppressed_after_freeze";
/// Stable reason: the profile was deleted after the audience was frozen.
pub(crate) const PROFILE_GONE: &str = "profile_gone";
/// Stable reason: the template could not be rendered for this recipient.
pub(crate) const RENDER_FAILED: &str = "render_failed";

/// A recipient whose message is about to leave, or has left.
#[derive(Debug, Clone)]
pub(crate) struct Flight {
    pub(super) seq: i64,
    /// Attempts that count so far.
    pub(super) attempts: u32,
    /// Whether it never was about to be tried.
    pub(super) is_fresh: bool,
    pub(super) first_at: Option<Timestamp>,
    pub(super) in_doubt: bool,
}

impl Flight {
    pub(crate) fn of(row: &DueRow) -> Self {
        let &DueRow { seq, attempts, is_fresh, first_at, in_doubt, .. } = row;
        let in_doubt = in_doubt && !planted("an_earlier_doubt_is_forgotten");
        let first_at = first_at.filter(|_| !planted("the_horizon_never_ends"));
        Self { seq, attempts, is_fresh, first_at, in_doubt }
    }
}

/// What became of a recipient, ready to be written.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) change: Change,
    pub(super) attempt: Option<AttemptRow>,
    /// Whether the provider said yes or no for good: the truth, even when it comes late.
    pub(super) is_truth: bool,
}

/// A recipient that is to be marked.
#[derive(Clone)]
pub(super) struct Mark {
    pub(super) flight: Flight,
    pub(super) address: String,
}

/// A recipient for whom the template did not render.
#[derive(Clone)]
pub(super) struct Unrendered {
    pub(super) flight: Flight,
    pub(super) problem: String,
}

/// What a turn is to do.
pub(super) struct Turn {
    pub(super) context: Arc<Context>,
    pub(super) claim: Claim,
    pub(super) now: Timestamp,
    pub(super) teller: Teller,
    pub(super) lease_until: Timestamp,
    pub(super) answers: Vec<Answer>,
    pub(super) marks: Vec<Mark>,
    pub(super) unrendered: Vec<Unrendered>,
    /// Recipients that may have been marked by a turn whose answer was lost, and that have not left.
    pub(super) unmarks: Vec<Flight>,
    /// What may have begun to stop all sending since the lane looked.
    pub(super) conditions: Arc<Conditions>,
    /// Gives the chunk back, to rest until an instant.
    pub(super) release: Option<Timestamp>,
}

/// What a turn did.
pub(super) enum Turned {
    /// Nothing: the fence is worth nothing any more.
    Lost,
    /// The chunk was given back; whether it is done.
    Released(bool),
    /// Everything; these may leave.
    Marked {
        /// Their sequence numbers, ascending.
        seqs: Vec<i64>,
        /// What the job says is in its way.
        blocked: Option<String>,
    },
}

impl Turn {
    /// Runs the turn.
    pub(super) fn run(&self, tx: &mut Tx<'_>) -> Result<Turned, StoreError> {
        let Some(job) = tx.chunk_hold(&self.claim)? else { return Ok(Turned::Lost) };
        let claim = Claim { first_seq: job.seqs.0, last_seq: job.seqs.1, ..self.claim };
        let manifest = claim.key.manifest;
        let mut delta = Counts::default();
        let mut changes: Vec<Change> = self.answers.iter().map(|answer| answer.change.clone()).collect();
        changes.extend(self.unmarks.iter().map(unmark));
        apply(tx, manifest, &changes, &mut delta, &self.teller)?;
        let attempts: Vec<AttemptRow> = self.answers.iter().filter_map(|answer| answer.attempt.clone()).collect();
        tx.ledger_attempts(manifest, &attempts)?;
        let is_over = self.context.retry.latest_finish.is_some_and(|finish| self.now >= finish);
        let goes_on = job.state == JobState::Running || planted("marks_go_on_after_a_cancel");
        let goes_on = goes_on && self.conditions.allow_sending();
        let stops = is_over || self.release.is_some() || !goes_on;
        let mut seqs = Vec::new();
        if !stops {
            seqs = self.mark(tx, &mut delta)?;
        }
        tx.chunk_adjust(claim.key, &delta, Some(self.lease_until))?;
        if is_over {
            self.teller.give_up(tx, &claim, DeliveryState::Expired, LATEST_FINISH)?;
        }
        if stops {
            let done = tx.chunk_release(&claim)?;
            return Ok(Turned::Released(done));
        }
        Ok(Turned::Marked { seqs, blocked: job.blocked_reason })
    }

    /// Looks a second time at everybody, and marks who may leave.
    fn mark(&self, tx: &mut Tx<'_>, delta: &mut Counts) -> Result<Vec<i64>, StoreError> {
        let manifest = self.claim.key.manifest;
        let mut changes: Vec<Change> = Vec::new();
        let mut failures = Vec::new();
        for Unrendered { flight, problem } in &self.unrendered {
            let (change, failure) = unrendered(flight, RENDER_FAILED, problem, self.now);
            changes.push(change);
            failures.push(failure);
        }
        let (Some(first), Some(last)) = (self.marks.first(), self.marks.last()) else {
            apply(tx, manifest, &changes, delta, &self.teller)?;
            tx.ledger_attempts(manifest, &failures)?;
            return Ok(Vec::new());
        };
        let (context, range) = (&self.context, (first.flight.seq, last.flight.seq));
        let unsure = tx.ledger_unsure(context.tenant, context.channel, manifest, range)?;
        let left_out: Vec<(i64, LeftOut)> =
            unsure.iter().filter_map(|row| Some((row.seq, left_out(row, context.is_test)?))).collect();
        let keys: Vec<Cow<'_, str>> =
            self.marks.iter().map(|mark| suppression_key(context.channel, &mark.address)).collect();
        let wanted = suppression_keys(context.channel, keys.iter().map(AsRef::as_ref));
        let entries = tx.suppressions_active(context.tenant, context.channel, &wanted, self.now)?;
        let mut leaving = Vec::with_capacity(self.marks.len());
        for (mark, key) in self.marks.iter().zip(&keys) {
            let flight = &mark.flight;
            let (state, reason) = match left_out.binary_search_by_key(&flight.seq, |(seq, _)| *seq) {
                Ok(at) => left_out[at].1,
                Err(_) if is_suppressed(&entries, context.channel, key) => {
                    (DeliveryState::Suppressed, SUPPRESSED_AFTER_FREEZE)
                }
                Err(_) => {
                    leaving.push(flight);
                    continue;
                }
            };
            changes.push(drop_out(flight, state, reason, self.now));
        }
        apply(tx, manifest, &changes, delta, &self.teller)?;
        tx.ledger_attempts(manifest, &failures)?;
        let seqs = mark_leaving(tx, manifest, &leaving)?;
        let number = i64::try_from(seqs.len()).unwrap_or_default();
        delta.shift(DeliveryState::Pending, DeliveryState::InFlight, number);
        Ok(seqs)
    }
}

/// The final state of a recipient who is left out, and the stable reason.
type LeftOut = (DeliveryState, &'static str);

/// Whether a recipient who did not consent, who was erased or whose profile is gone, is left out. A test send names its
/// addresses: they need no profile, and whoever asked for the test has decided about unknown consent.
fn left_out(row: &UnsureRow, is_test: bool) -> Option<LeftOut> {
    if row.is_erased {
        return Some((DeliveryState::Skipped, PROFILE_GONE));
    }
    let Some(consent) = row.consent else { return (!is_test).then_some((DeliveryState::Skipped, PROFILE_GONE)) };
    match consent.refusal(row.mails_unknown || is_test)? {
        CONSENT_DENIED => Some((DeliveryState::Suppressed, SUPPRESSED_AFTER_FREEZE)),
        reason => Some((DeliveryState::Suppressed, reason)),
    }
}

/// Marks recipients; answers which were still pending, as they were read.
fn mark_leaving(tx: &mut Tx<'_>, manifest: i64, leaving: &[&Flight]) -> Result<Vec<i64>, StoreError> {
    let seqs = || leaving.iter().map(|flight| flight.seq);
    if let (Some(first), Some(last)) = (leaving.first(), leaving.last())
        && leaving.iter().all(|flight| flight.is_fresh)
    {
        // Who is fresh in the range was read with this window, or has just dropped out of it.
        let marked = tx.ledger_mark_fresh(manifest, (first.seq, last.seq))?;
        if marked != leaving.len() {
            let expected = leaving.len();
            return Err(StoreError::Failed(format!("{marked} recipients were marked in place of {expected}")));
        }
        return Ok(seqs().collect());
    }
    let rows: Vec<(i64, u32)> = leaving.iter().map(|flight| (flight.seq, flight.attempts)).collect();
    let marked = tx.ledger_mark(manifest, &rows)?;
    Ok(seqs().zip(marked).filter(|(_, marked)| *marked).map(|(seq, _)| seq).collect())
}

/// Changes rows, moves the counters by those that were as they had to be, and tells of them.
pub(crate) fn apply(
    tx: &mut Tx<'_>,
    manifest: i64,
    changes: &[Change],
    delta: &mut Counts,
    teller: &Teller,
) -> Result<(), StoreError> {
    let changed = tx.ledger_change(manifest, changes)?;
    let made = || changes.iter().zip(&changed).filter(|(_, changed)| **changed).map(|(change, _)| change);
    for change in made() {
        if !(planted("failed_are_not_counted") && change.to == DeliveryState::Failed) {
            delta.shift(change.from, change.to, 1);
        }
    }
    teller.deliveries(tx, manifest, made())
}

/// What follows from what a provider said.
pub(crate) fn conclude(
    context: &delivery::RetryPolicy,
    (seq, attempt): (i64, Attempt),
    outcome: &Outcome,
    now: Timestamp,
    jitter: u64,
) -> (Change, Option<AttemptRow>) {
    let next = delivery::after(outcome, &attempt, context, now, jitter);
    let (word, provider_ref, text) = match outcome {
        Outcome::HandedOff { provider_ref } => ("handed_off", Some(provider_ref), None),
        Outcome::Rejected(refusal) => ("rejected", None, Some(refusal)),
        Outcome::Deferred { refusal, .. } => ("deferred", None, Some(refusal)),
        Outcome::NotAttempted { refusal, .. } => ("not_attempted", None, Some(refusal)),
        Outcome::Uncertain(refusal) => ("uncertain", None, Some(refusal)),
    };
    let change = Change {
        seq,
        from: DeliveryState::InFlight,
        attempt: attempt.number,
        to: next.state,
        attempts: next.attempts,
        due_at: next.due_at,
        settled_at: next.state.is_final().then_some(now),
        reason: next.reason,
        provider_ref: provider_ref.map(|text| shortened(text, PROVIDER_REF_MAX_CHARS)),
    };
    let is_first_success = word == "handed_off" && attempt.number == 1;
    // A route that could not be used is told by the job; a row for each recipient and rest would say no more.
    let is_told = !is_first_success && word != "not_attempted";
    let row = is_told.then(|| AttemptRow {
        seq,
        attempt: attempt.number,
        outcome: word,
        reason: text.map(|refusal| refusal.reason),
        provider_text: text.map(|refusal| shortened(&refusal.text, PROVIDER_TEXT_MAX_CHARS)),
        at: now,
    });
    (change, row)
}

/// A pending recipient whose message cannot be rendered, with the attempt that says why.
pub(crate) fn unrendered(flight: &Flight, reason: &'static str, problem: &str, now: Timestamp) -> (Change, AttemptRow) {
    let attempt = AttemptRow {
        seq: flight.seq,
        attempt: flight.attempts + 1,
        outcome: "not_attempted",
        reason: Some(reason),
        provider_text: Some(shortened(problem, PROVIDER_TEXT_MAX_CHARS)),
        at: now,
    };
    (drop_out(flight, DeliveryState::Failed, reason, now), attempt)
}

/// A pending recipient who will not be tried any more.
fn drop_out(flight: &Flight, to: DeliveryState, reason: &'static str, now: Timestamp) -> Change {
    Change {
        seq: flight.seq,
        from: DeliveryState::Pending,
        attempt: flight.attempts,
        to: given_up(flight.in_doubt, to),
        attempts: flight.attempts,
        due_at: None,
        settled_at: Some(now),
        reason: Some(reason),
        provider_ref: None,
    }
}

/// A recipient that was marked and has not left.
fn unmark(flight: &Flight) -> Change {
    Change {
        seq: flight.seq,
        from: DeliveryState::InFlight,
        attempt: flight.attempts + 1,
        to: DeliveryState::Pending,
        attempts: flight.attempts,
        due_at: None,
        settled_at: None,
        reason: None,
        provider_ref: None,
    }
}

/// The form under which an address of the ledger stands on the suppression list.
fn suppression_key(channel: ChannelKind, address: &str) -> Cow<'_, str> {
    match channel {
        ChannelKind::Email | ChannelKind::Sms => address.into(),
        ChannelKind::Push | ChannelKind::DirectMail => address_key(channel, address).into(),
    }
}

fn shortened(text: &str, max_chars: usize) -> String {
    // NUL is text in neither database.
    text.chars().filter(|&c| c != '\0').take(max_chars).collect()
}
