//! One lane: claims a chunk, carries its messages out window by window, records what became of them.
//!
//! Invariant: what a lane knows and has not recorded is kept until it is recorded, however often the database
//! fails; a lane that is cut off leaves the rest to the rescuer.

use super::compose::compose;
use super::context::{Context, Contexts, Found};
use super::job::{self, Allowed, ROUTE_UNAVAILABLE};
use super::late;
use super::route::Route;
use super::scout::claimable_at;
use super::suspects::Fault;
use super::turn::{Answer, Flight, Mark, Turn, Turned, Unrendered, conclude};
use crate::cluster::{Cluster, Hold, Signals};
use crate::driver::{Progress, Task};
use crate::telling::Teller;
use postrider_core::channel::{Channel, ChannelKind, Lane, Message, Outcome, Refusal};
use postrider_core::delivery::Attempt;
use postrider_core::env::BoxFuture;
use postrider_core::time::Timestamp;
use postrider_store::StoreError;
use postrider_store::chunks::Claim;
use postrider_store::ledger::DueRow;
use std::collections::VecDeque;
use std::sync::Arc;

/// Recipients read at once: a whole chunk.
const ROWS_MAX: usize = 500;
/// Recipients read at once for a job with a rate: no more than it sends in this part of a minute.
const RATED_ROWS_PER_MINUTE: u32 = 60;
/// How often a lane that ends tries to record what it knows.
const LAST_TRIES: u32 = 20;
/// Pause between these tries, in milliseconds.
const LAST_TRY_PAUSE_MS: i64 = 250;

/// The task.
pub(crate) struct SendLane {
    cluster: Arc<Cluster>,
    channel: Arc<dyn Channel>,
    kind: ChannelKind,
    lane: Box<dyn Lane>,
    route: Arc<Route>,
    contexts: Arc<Contexts>,
    window: usize,
    open: Option<Open>,
}

/// A chunk in the lane's hands.
struct Open {
    claim: Claim,
    context: Arc<Context>,
    /// Known and not recorded.
    answers: Vec<Answer>,
    /// Perhaps marked, not left.
    marking: Vec<Flight>,
    /// Left, not answered.
    flying: Vec<Flight>,
    /// Until when a window that is marked may be handed over.
    leave_by: Timestamp,
    /// Whether all jobs of the tenant share a budget.
    is_shared: bool,
    _hold: Hold,
}

/// What comes after a window.
enum After {
    /// The next one.
    Next,
    /// The chunk is given back, to rest until an instant.
    Rest(Timestamp),
    /// The chunk is in other hands, or already given back.
    Gone,
}

impl SendLane {
    pub(crate) fn new(
        cluster: Arc<Cluster>,
        channel: Arc<dyn Channel>,
        route: Arc<Route>,
        contexts: Arc<Contexts>,
    ) -> Self {
        let kind = channel.kind();
        let window = cluster.settings.channel(kind).window;
        let lane = channel.lane();
        Self { cluster, channel, kind, lane, route, contexts, window, open: None }
    }

    async fn carry_one(&mut self) -> Result<Progress, StoreError> {
        if self.open.is_some() {
            self.abandon().await?;
            return Ok(Progress::More);
        }
        let now = self.cluster.now();
        if self.route.resting_until(now).is_some() {
            return Ok(Progress::Idle { next: None });
        }
        let Some(claim) = self.claim(now).await? else { return Ok(Progress::Idle { next: None }) };
        let hold = self.cluster.held.hold(claim);
        let found = match self.contexts.get(&self.cluster, claim.key.manifest).await {
            Ok(found) => found,
            Err(error) => {
                job::give_back(&self.cluster, claim).await;
                return Err(error);
            }
        };
        match found {
            Found::Context(context) => {
                let (answers, marking, flying, is_shared) = Default::default();
                let leave_by = now;
                self.open = Some(Open { claim, context, answers, marking, flying, leave_by, is_shared, _hold: hold });
                self.carry().await?;
            }
            Found::Unsendable(unsendable) => job::hold(&self.cluster, claim, unsendable).await?,
        }
        Ok(Progress::More)
    }

    /// Claims a chunk of one of the jobs that have one, chosen by chance, so that a long job leaves room for others.
    async fn claim(&mut self, now: Timestamp) -> Result<Option<Claim>, StoreError> {
        let (kind, node, lease_until) = (self.kind, self.cluster.node, self.cluster.lease_until());
        let chance = self.cluster.jitter();
        let claim = self.cluster.store.write_guarded("chunk.claim", move |tx| {
            let mut work = tx.chunk_work(kind)?;
            work.retain(|work| claimable_at(work).is_some_and(|at| at <= now));
            let jobs = u64::try_from(work.len()).unwrap_or(u64::MAX).max(1);
            work.rotate_left(usize::try_from(chance % jobs).unwrap_or_default());
            for work in work {
                if let Some(claim) = tx.chunk_claim(work.manifest, node, now, lease_until)? {
                    return Ok(Some(claim));
                }
            }
            Ok::<_, StoreError>(None)
        });
        claim.await
    }

    /// Carries the open chunk and gives it back.
    async fn carry(&mut self) -> Result<(), StoreError> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let (tenant, claim, rate) = (open.context.tenant, open.claim, open.context.rate_per_minute);
        let (now, kind, window) = (self.cluster.now(), self.kind, self.window);
        let due = self.cluster.store.read("ledger.due", move |tx| {
            let shared = tx.tenant_budget(tenant, kind)?.map(|budget| budget.rate);
            let limit = rate.into_iter().chain(shared).min().map_or(ROWS_MAX, |rate| {
                usize::try_from(rate / RATED_ROWS_PER_MINUTE).unwrap_or(ROWS_MAX).clamp(window, ROWS_MAX)
            });
            Ok::<_, StoreError>((shared.is_some(), tx.ledger_due(tenant, &claim, now, limit)?))
        });
        let (is_shared, mut rows) = due.await?;
        open.is_shared = is_shared;
        let suspicion = |row: &DueRow| self.route.suspicion((claim.key.manifest, row.seq));
        if rows.iter().any(|row| suspicion(row) > 0) {
            rows.sort_by_cached_key(suspicion);
            // Out of order they cannot be marked as a range.
            rows.iter_mut().for_each(|row| row.is_fresh = false);
        }
        let mut rows = VecDeque::from(rows);
        let mut after = After::Next;
        while matches!(after, After::Next) && !rows.is_empty() && !self.cluster.signals.is_stopping() {
            after = self.carry_window(&mut rows).await?;
        }
        let rest_until = match after {
            After::Gone => return Ok(()),
            After::Next => self.cluster.now(),
            After::Rest(until) => until,
        };
        self.turn(Vec::new(), Vec::new(), Some(rest_until)).await.map(drop)
    }

    async fn carry_window(&mut self, rows: &mut VecDeque<DueRow>) -> Result<After, StoreError> {
        let Some(open) = &self.open else { return Ok(After::Gone) };
        let suspicion = |row: &DueRow| self.route.suspicion((open.claim.key.manifest, row.seq));
        let first = rows.front().map_or(0, &suspicion);
        // A suspect travels with its like only, so that it holds up nobody else.
        let wanted = rows.iter().take(self.window).take_while(|row| suspicion(row) == first).count();
        let context = Arc::clone(&open.context);
        let allowed = match job::take_budget(&self.cluster, &context, open.is_shared, wanted).await? {
            Allowed::Messages(allowed) => allowed,
            Allowed::Wait(until) => return Ok(After::Rest(until)),
        };
        let (mut marks, mut messages, mut unrendered) = (Vec::new(), VecDeque::new(), Vec::new());
        let mut batch: Vec<DueRow> = rows.drain(..allowed).collect();
        batch.sort_unstable_by_key(|row| row.seq);
        for row in batch {
            let flight = Flight {
                seq: row.seq,
                attempts: row.attempts,
                is_fresh: row.is_fresh,
                first_at: row.first_at,
                in_doubt: row.in_doubt,
            };
            match compose(&context, &self.cluster.settings.public_url, &row) {
                Ok(message) => {
                    marks.push(Mark { flight, address: row.address });
                    messages.push_back(message);
                }
                Err(problem) => unrendered.push(Unrendered { flight, problem: problem.to_string() }),
            }
        }
        let marking: Vec<Flight> = marks.iter().map(|mark| mark.flight.clone()).collect();
        let Some((seqs, is_blocked)) = self.turn(marks, unrendered, None).await? else { return Ok(After::Gone) };
        let (mut flights, mut window): (Vec<Flight>, Vec<Message>) = (Vec::new(), Vec::new());
        for (flight, message) in marking.into_iter().zip(messages) {
            if seqs.binary_search(&flight.seq).is_ok() {
                flights.push(flight);
                window.push(message);
            }
        }
        if window.is_empty() {
            return Ok(After::Next);
        }
        let now = self.cluster.now();
        if let Some(open) = &mut self.open
            && open.leave_by <= now
        {
            // This process stood still since the mark: what it was allowed then, it is not allowed now.
            open.marking = flights;
            return Ok(After::Rest(now));
        }
        self.send(flights, &window, is_blocked).await
    }

    /// One transaction: records what is known, then marks the given recipients or gives the chunk back. Answers who
    /// may leave; none if the chunk is not in the lane's hands any more.
    async fn turn(
        &mut self,
        marks: Vec<Mark>,
        unrendered: Vec<Unrendered>,
        release: Option<Timestamp>,
    ) -> Result<Option<(Vec<i64>, bool)>, StoreError> {
        let Some(open) = &mut self.open else { return Ok(None) };
        let unmarks = std::mem::take(&mut open.marking);
        open.marking =
            if release.is_some() { unmarks.clone() } else { marks.iter().map(|m| m.flight.clone()).collect() };
        let (now, lease_until) = (self.cluster.now(), self.cluster.lease_until());
        open.leave_by = open.context.retry.latest_finish.map_or(lease_until, |finish| finish.min(lease_until));
        let turn = Turn {
            context: Arc::clone(&open.context),
            claim: open.claim,
            now,
            teller: Teller::new(&self.cluster, now),
            lease_until,
            answers: open.answers.clone(),
            marks,
            unrendered,
            unmarks: if release.is_some() { unmarks } else { Vec::new() },
            release,
        };
        match self.cluster.store.write_guarded("chunk.turn", move |tx| turn.run(tx)).await? {
            Turned::Lost => {
                self.record_late().await?;
                self.open = None;
                Ok(None)
            }
            Turned::Released(done) => {
                self.open = None;
                let signals = &self.cluster.signals;
                Signals::raise(if done { &signals.settled } else { &signals.deliveries });
                Ok(None)
            }
            Turned::Marked { seqs, is_blocked } => {
                open.answers.clear();
                open.marking.clear();
                Ok(Some((seqs, is_blocked)))
            }
        }
    }

    /// Hands a marked window over. No transaction is open.
    async fn send(&mut self, flights: Vec<Flight>, window: &[Message], is_blocked: bool) -> Result<After, StoreError> {
        let Some(open) = &mut self.open else { return Ok(After::Gone) };
        open.flying = flights;
        let mut outcomes = self.lane.send(window).await;
        outcomes.resize_with(open.flying.len(), || unanswered("the conversation ended without an answer"));
        let now = self.cluster.now();
        let manifest = open.claim.key.manifest;
        let left = open.flying.iter().zip(&outcomes).filter(|(_, outcome)| !is_not_attempted(outcome));
        let places: Vec<_> = left.map(|(flight, _)| (manifest, flight.seq)).collect();
        if !places.is_empty() {
            self.route.answered(places.into_iter());
        }
        let head = outcomes.iter().position(is_not_attempted);
        let rest = head.map(|head| {
            let fault = self.route.judge((manifest, open.flying[head].seq));
            rest_after(&self.route, fault, &mut outcomes, head, now, self.cluster.jitter())
        });
        for (flight, outcome) in std::mem::take(&mut open.flying).into_iter().zip(outcomes) {
            open.answers.push(answer(&open.context, flight, &outcome, now, self.cluster.jitter()));
        }
        let blocked = rest.as_ref().and_then(|(reason, _)| reason.map(|why| format!("{ROUTE_UNAVAILABLE}: {why}")));
        if is_blocked || blocked.is_some() {
            job::block(&self.cluster, &open.context, blocked).await?;
        }
        Ok(rest.map_or(After::Next, |(_, until)| After::Rest(until)))
    }

    /// Records what is known and gives the chunk back, after something went wrong.
    async fn abandon(&mut self) -> Result<(), StoreError> {
        let now = self.cluster.now();
        if let Some(open) = &mut self.open
            && !open.flying.is_empty()
        {
            // The conversation broke down in the middle of a window.
            for flight in std::mem::take(&mut open.flying) {
                let outcome = unanswered("the conversation broke down");
                open.answers.push(answer(&open.context, flight, &outcome, now, self.cluster.jitter()));
            }
            self.lane = self.channel.lane();
        }
        self.turn(Vec::new(), Vec::new(), Some(now)).await.map(drop)
    }

    /// Tells the truth about a chunk that is in other hands.
    async fn record_late(&mut self) -> Result<(), StoreError> {
        let Some(open) = &self.open else { return Ok(()) };
        let (key, answers) = (open.claim.key, open.answers.clone());
        tracing::warn!(manifest = key.manifest, chunk = key.chunk, "the lease of a chunk ran out while it was sent");
        if answers.is_empty() {
            return Ok(());
        }
        let teller = Teller::new(&self.cluster, self.cluster.now());
        self.cluster.store.write_guarded("chunk.late", move |tx| late::record(tx, key, &answers, &teller)).await
    }

    async fn end(&mut self) {
        for _ in 0..LAST_TRIES {
            if self.open.is_none() {
                break;
            }
            if let Err(error) = self.abandon().await {
                tracing::warn!(%error, "a lane that ends could not record what it knows and tries again");
                self.cluster.clock.sleep_until(self.cluster.now().plus_millis(LAST_TRY_PAUSE_MS)).await;
            }
        }
        self.lane.close().await;
    }
}

impl Task for SendLane {
    fn name(&self) -> &'static str {
        "lane"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(self.carry_one())
    }

    fn close(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(self.end())
    }
}

const fn is_not_attempted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::NotAttempted { .. })
}

/// What follows for a window that ended early at `head`: until when the chunk rests, and, if the route does too, why.
/// Those who did not leave are due again then; a head at fault was tried.
fn rest_after(
    route: &Route,
    fault: Fault,
    outcomes: &mut [Outcome],
    head: usize,
    now: Timestamp,
    jitter: u64,
) -> (Option<&'static str>, Timestamp) {
    let Outcome::NotAttempted { refusal, after_ms, .. } = outcomes[head].clone() else { return (None, now) };
    let (reason, until) = match fault {
        Fault::Message => (None, now),
        Fault::Route => {
            if route.resting_until(now).is_none() {
                tracing::warn!(reason = refusal.reason, "the route of a channel cannot be used and rests");
            }
            (Some(refusal.reason), route.rest(now, after_ms, jitter))
        }
    };
    let wait_ms = until.millis_since(now);
    for outcome in &mut outcomes[head..] {
        if let Outcome::NotAttempted { after_ms, .. } = outcome {
            *after_ms = u64::try_from(wait_ms).ok();
        }
    }
    if fault == Fault::Message {
        outcomes[head] = Outcome::Deferred { refusal, after_ms };
    }
    (reason, until)
}

fn unanswered(text: &str) -> Outcome {
    Outcome::Uncertain(Refusal { reason: "no_answer", text: text.to_owned() })
}

fn answer(context: &Context, flight: Flight, outcome: &Outcome, now: Timestamp, jitter: u64) -> Answer {
    let attempt =
        Attempt { number: flight.attempts + 1, first_at: flight.first_at.unwrap_or(now), in_doubt: flight.in_doubt };
    let (change, attempt) = conclude(&context.retry, (flight.seq, attempt), outcome, now, jitter);
    let is_truth = matches!(outcome, Outcome::HandedOff { .. } | Outcome::Rejected(_));
    Answer { change, attempt, is_truth }
}
