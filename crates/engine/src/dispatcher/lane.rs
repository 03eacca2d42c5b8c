//! One lane: claims a chunk, carries its messages out window by window, records what became of them.
//!
//! Invariant: what a lane knows and has not recorded is kept until it is recorded, however often the database
//! fails; a lane that is cut off leaves the rest to the rescuer.

use super::careful::rehearse;
use super::compose::compose_all;
use super::connections::{Admission, LaneNumber};
use super::context::{Contexts, Found};
use super::job::{self, Allowed};
use super::late;
use super::open::{After, Open};
use super::outcomes::{answer, is_not_attempted, setback, unanswered};
use super::route::{Route, Setback};
use super::scout::{claim, wake};
use super::silence::LaneLine;
use super::turn::{Flight, Mark, Turn, Turned, Unrendered};
use crate::cluster::{Cluster, Signals};
use crate::driver::{Progress, Task};
use crate::telling::Teller;
use postrider_core::address::email_domain;
use postrider_core::channel::{Channel, ChannelKind, Lane, Message};
use postrider_core::env::BoxFuture;
use postrider_core::planted::planted;
use postrider_core::time::Timestamp;
use postrider_store::execution::JobKey;
use postrider_store::ledger::DueRow;
use postrider_store::{StoreError, Tx};
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
/// How long a lane without work keeps its conversation, in milliseconds: it may be the only one that the provider allows.
const IDLE_MAX_MS: i64 = 1_500;

/// The task.
pub(crate) struct SendLane {
    pub(super) cluster: Arc<Cluster>,
    pub(super) channel: Arc<dyn Channel>,
    pub(super) kind: ChannelKind,
    pub(super) lane: Box<dyn Lane>,
    /// The reports of the lane while a window is on its way.
    pub(super) line: Arc<LaneLine>,
    pub(super) number: LaneNumber,
    pub(super) route: Arc<Route>,
    contexts: Arc<Contexts>,
    window: usize,
    pub(super) open: Option<Open>,
    /// Whether a window was handed over since the conversation was last ended.
    pub(super) has_sent: bool,
    /// Since when there is no work.
    idle_since: Option<Timestamp>,
}

impl SendLane {
    pub(crate) fn new(
        cluster: Arc<Cluster>,
        channel: Arc<dyn Channel>,
        (number, route): (LaneNumber, Arc<Route>),
        contexts: Arc<Contexts>,
    ) -> Self {
        let kind = channel.kind();
        let window = cluster.settings.channel(kind).window;
        let line = Arc::new(LaneLine::new(&cluster, &route));
        let lane = line.listen_to(&*channel);
        let (open, has_sent, idle_since) = Default::default();
        Self { cluster, channel, kind, lane, line, number, route, contexts, window, open, has_sent, idle_since }
    }

    async fn look(&mut self) -> Result<Progress, StoreError> {
        if self.open.is_some() {
            self.abandon().await?;
            return Ok(Progress::More);
        }
        self.route.runs.take_back(&self.cluster).await?;
        let now = self.cluster.now();
        let mut next = None;
        if self.route.resting_until(now).is_none() {
            match self.route.admit(self.number, now) {
                Admission::Wait(until) => next = until,
                Admission::Close => self.hang_up().await,
                Admission::Go => {
                    let carried = self.carry_one(now).await;
                    // Nobody waits for a lane that failed.
                    if carried.is_ok() {
                        self.route.leave(self.number)
                    } else {
                        self.route.closed(self.number)
                    }
                    if carried? {
                        return Ok(Progress::More);
                    }
                }
            }
        }
        let close_at = self.close_idle(now).await;
        Ok(Progress::Idle { next: next.into_iter().chain(close_at).min() })
    }

    /// Ends the conversation of a lane that was long enough without work. Returns when that will be.
    async fn close_idle(&mut self, now: Timestamp) -> Option<Timestamp> {
        if !self.has_sent {
            return None;
        }
        let since = self.idle_since.map_or(now, |since| since.min(now));
        self.idle_since = Some(since);
        let close_at = since.plus_millis(IDLE_MAX_MS);
        if now < close_at {
            return Some(close_at);
        }
        self.hang_up().await;
        None
    }

    /// Claims a chunk, if there is one, and carries it.
    async fn carry_one(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        let Some(claim) = claim(&self.cluster, self.kind, now).await? else { return Ok(false) };
        self.idle_since = None;
        if self.route.claimed() {
            wake(&self.cluster, self.kind);
        }
        if self.route.runs.awaits_hold(claim.key.manifest) {
            job::give_back(&self.cluster, claim).await;
            return Ok(false);
        }
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
                self.open = Some(Open { claim, context, answers, marking, flying, leave_by, is_shared, hold });
                self.carry().await?;
            }
            Found::Unsendable(unsendable) => job::hold(&self.cluster, Some(claim), unsendable).await?,
        }
        Ok(true)
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
        let (cluster, route) = (Arc::clone(&self.cluster), Arc::clone(&self.route));
        let stops =
            || cluster.signals.is_stopping() || !cluster.may_send() || route.runs.awaits_hold(claim.key.manifest);
        if !rehearse(&cluster, open, (&rows, window), &stops).await? {
            rows.clear();
        }
        let mut rows = VecDeque::from(rows);
        let mut after = After::Next;
        while matches!(after, After::Next) && !rows.is_empty() && !stops() {
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
        for (row, composed) in compose_all(&self.cluster, &context, batch).await {
            let flight = Flight::of(&row);
            match composed {
                Ok(message) => {
                    marks.push(Mark { flight, address: row.address });
                    messages.push_back(message);
                }
                Err(problem) => unrendered.push(Unrendered { flight, problem: problem.to_string() }),
            }
        }
        let marking: Vec<Flight> = marks.iter().map(|mark| mark.flight.clone()).collect();
        let manifest = open.claim.key.manifest;
        let was_held = self.route.runs.is_held(manifest);
        let Some((seqs, blocked)) = self.turn(marks, unrendered, None).await? else { return Ok(After::Gone) };
        if was_held {
            self.route.runs.resumed(manifest);
        }
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
            && (open.leave_by <= now && !planted("hand_over_ignores_a_stand_still"))
        {
            // This process stood still since the mark: what it was allowed then, it is not allowed now.
            open.marking = flights;
            return Ok(After::Rest(now));
        }
        self.send(flights, &window, blocked).await
    }

    /// One transaction: records what is known, then marks the given recipients or gives the chunk back. Answers who
    /// may leave, and what the job says is in its way; none if the chunk is not in the lane's hands any more.
    async fn turn(
        &mut self,
        marks: Vec<Mark>,
        unrendered: Vec<Unrendered>,
        release: Option<Timestamp>,
    ) -> Result<Option<(Vec<i64>, Option<String>)>, StoreError> {
        let Some(open) = &mut self.open else { return Ok(None) };
        let unmarks = std::mem::take(&mut open.marking);
        open.marking =
            if release.is_some() { unmarks.clone() } else { marks.iter().map(|m| m.flight.clone()).collect() };
        let (now, lease_until) = (self.cluster.now(), self.cluster.lease_until());
        let finish = open.context.retry.latest_finish.filter(|_| !planted("hand_over_ignores_the_finish"));
        open.leave_by = finish.map_or(lease_until, |finish| finish.min(lease_until));
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
            conditions: Arc::clone(self.cluster.store.conditions()),
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
            Turned::Marked { seqs, blocked } => {
                open.answers.clear();
                open.marking.clear();
                Ok(Some((seqs, blocked)))
            }
        }
    }

    /// Hands a marked window over, of a job that says that `blocked` is in its way. No transaction is open.
    async fn send(
        &mut self,
        flights: Vec<Flight>,
        window: &[Message],
        mut blocked: Option<String>,
    ) -> Result<After, StoreError> {
        let Some(open) = &mut self.open else { return Ok(After::Gone) };
        open.flying = flights;
        self.has_sent = true;
        let begun = self.route.runs.window(open.claim.key.manifest, self.number);
        let (mut outcomes, was_silent) = self.hand_over(window, &mut blocked).await;
        let Some(open) = &mut self.open else { return Ok(After::Gone) };
        outcomes.resize_with(open.flying.len(), || unanswered("the conversation ended without an answer"));
        let now = self.cluster.now();
        let manifest = open.claim.key.manifest;
        let left = open.flying.iter().zip(&outcomes).filter(|(_, outcome)| !is_not_attempted(outcome));
        let places: Vec<_> = left.map(|(flight, _)| (manifest, flight.seq)).collect();
        if !places.is_empty() && self.route.answered(self.number, places.into_iter()) {
            wake(&self.cluster, self.kind);
        }
        let at = |index: usize| (manifest, open.flying[index].seq);
        let setback = setback(&self.route, self.number, &mut outcomes, at, now, self.cluster.jitter());
        let mut alike = None;
        for ((flight, outcome), message) in std::mem::take(&mut open.flying).into_iter().zip(outcomes).zip(window) {
            let answer = answer(&open.context, flight, &outcome, now, self.cluster.jitter());
            let domain = if self.kind == ChannelKind::Email { email_domain(&message.to) } else { "" };
            let ended = self.route.runs.take(&open.context, manifest, (&outcome, &answer), (domain, begun));
            if let Some(refusal) = ended {
                alike = Some(Setback::Sender(refusal.told()));
            }
            open.answers.push(answer);
        }
        let context = Arc::clone(&open.context);
        let (after, reason) = match alike.or(setback) {
            // Other lanes may hold the rest of the chunk by now.
            None if was_silent => (After::Rest(now), self.route.limit()),
            None => (After::Next, self.route.limit()),
            Some(Setback::Message | Setback::Lane) => (After::Rest(now), self.route.limit()),
            Some(Setback::Route(until, reason)) => (After::Rest(until), Some(reason)),
            Some(Setback::Sender(reason)) => {
                let held = job::hold(&self.cluster, None, context.unsendable(reason)).await;
                self.route.runs.held(manifest, held.is_ok());
                return held.map(|()| After::Rest(now));
            }
        };
        if reason != blocked {
            job::block(&self.cluster, &context, reason).await?;
        }
        Ok(after)
    }

    /// Records what is known and gives the chunk back, after something went wrong.
    async fn abandon(&mut self) -> Result<(), StoreError> {
        let now = self.cluster.now();
        if let Some(open) = &mut self.open
            && !open.flying.is_empty()
        {
            open.doubt(&self.cluster, now);
            self.begin_anew();
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
        let job = JobKey { job: open.context.job, tenant: open.context.tenant, manifest: key.manifest };
        let now = self.cluster.now();
        let teller = Teller::new(&self.cluster, now);
        let late = move |tx: &mut Tx<'_>| late::record(tx, job, &answers, &teller, now);
        self.cluster.store.write_guarded("chunk.late", late).await
    }

    async fn end(&mut self) {
        for _ in 0..LAST_TRIES {
            if self.open.is_none() {
                break;
            }
            if let Err(error) = self.abandon().await {
                if !self.cluster.is_known(&error) {
                    tracing::warn!(%error, "recording outcomes at the end of a lane failed, and it is tried again");
                }
                self.cluster.clock.sleep_until(self.cluster.now().plus_millis(LAST_TRY_PAUSE_MS)).await;
            }
        }
        self.route.runs.take_back_last(&self.cluster).await;
        self.lane.close().await;
    }
}

impl Task for SendLane {
    fn name(&self) -> &'static str {
        "lane"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(self.look())
    }

    fn close(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(self.end())
    }
}
