//! Waits for the provider while a window is on its way, also when it is silent.
//!
//! A lane that has received nothing for a while releases all recipients that are not in flight, and leaves its place to a
//! lane in reserve; it goes on waiting for those in flight and records their outcomes. Invariant: a recipient in flight
//! never leaves the chunk under whose fence it was marked.

use super::job;
use super::lane::SendLane;
use super::open::Open;
use super::route::Route;
use super::scout::wake;
use crate::cluster::{Cluster, Signals};
use futures_util::future::{Either, select};
use postrider_core::channel::{Channel, Lane, Line, Message, Outcome};
use postrider_core::env::{BoxFuture, Clock};
use postrider_core::time::Timestamp;
use postrider_store::StoreError;
use postrider_store::chunks::Claim;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::watch;

/// How long windows on their way may take once the engine is to stop, in milliseconds.
const STOP_GRACE_MS: i64 = 5_000;
/// How long a lane may take to return once it was asked to, in milliseconds.
const CUT_GRACE_MS: i64 = 1_000;

/// The reports of a lane while a window is on its way.
pub(super) struct LaneLine {
    clock: Arc<dyn Clock>,
    route: Arc<Route>,
    /// When it received something last, in milliseconds.
    heard_at: AtomicI64,
    /// When messages may not leave any more, in milliseconds.
    latest_finish: AtomicI64,
    is_cut: watch::Sender<bool>,
}

impl LaneLine {
    pub(super) fn new(cluster: &Cluster, route: &Arc<Route>) -> Self {
        let (clock, route) = (Arc::clone(&cluster.clock), Arc::clone(route));
        let (heard_at, latest_finish) = (AtomicI64::new(0), AtomicI64::new(i64::MAX));
        Self { clock, route, heard_at, latest_finish, is_cut: watch::Sender::new(false) }
    }

    /// A new conversation that reports what it receives.
    pub(super) fn listen_to(self: &Arc<Self>, channel: &dyn Channel) -> Box<dyn Lane> {
        let mut lane = channel.lane();
        lane.listen(Arc::<Self>::clone(self));
        lane
    }

    /// Notes that something has arrived, or that the wait begins; returns when.
    fn note(&self) -> Timestamp {
        let now = self.clock.now();
        self.heard_at.store(now.as_millis(), Ordering::Relaxed);
        now
    }

    /// When it received something last; not after `now`, even if the clock has been set back.
    fn heard_by(&self, now: Timestamp) -> Timestamp {
        let heard_at = self.heard_at.fetch_min(now.as_millis(), Ordering::Relaxed);
        Timestamp::from_millis(heard_at).min(now)
    }
}

impl Line for LaneLine {
    fn heard(&self) {
        self.route.heard(self.note());
    }

    fn answered(&self) {
        self.heard();
        self.route.works();
    }

    fn may_leave(&self) -> bool {
        self.clock.now().as_millis() < self.latest_finish.load(Ordering::Relaxed)
    }

    fn cut(&self) -> BoxFuture<'_, ()> {
        let mut is_cut = self.is_cut.subscribe();
        Box::pin(async move { drop(is_cut.wait_for(|is_cut| *is_cut).await) })
    }
}

impl SendLane {
    /// Ends the conversation.
    pub(super) async fn hang_up(&mut self) {
        self.route.closed(self.number);
        self.has_sent = false;
        self.lane.close().await;
    }

    /// Begins a new conversation in place of one whose state is not known.
    pub(super) fn begin_anew(&mut self) {
        self.route.spoke(self.number);
        self.lane = self.line.listen_to(&*self.channel);
    }

    /// Hands a marked window over and waits for its outcomes, however long the provider takes, but not for much longer
    /// than the engine runs. Returns whether it was silent meanwhile: then the chunk holds no other recipients any more.
    /// `blocked` is kept at what the job says is in its way.
    pub(super) async fn hand_over(&mut self, window: &[Message], blocked: &mut Option<String>) -> (Vec<Outcome>, bool) {
        let was_silent = &mut false;
        let answered = self.wait(window, blocked, was_silent).await;
        self.route.spoke(self.number);
        let outcomes = answered.unwrap_or_else(|| {
            self.begin_anew();
            Vec::new()
        });
        if outcomes.iter().any(is_answer) {
            self.line.answered();
        }
        (outcomes, *was_silent)
    }

    /// As [`Self::hand_over`]; none if the window is given up.
    async fn wait(
        &mut self,
        window: &[Message],
        blocked: &mut Option<String>,
        was_silent: &mut bool,
    ) -> Option<Vec<Outcome>> {
        let Self { cluster, lane, line, route, open, number, kind, .. } = self;
        let open = open.as_ref()?;
        let silence_ms = cluster.settings.channel(*kind).silence_ms;
        let before = blocked.clone();
        let latest_finish = open.context.retry.latest_finish.map_or(i64::MAX, Timestamp::as_millis);
        line.latest_finish.store(latest_finish, Ordering::Relaxed);
        let mut look_at = line.note().plus_millis(silence_ms);
        let mut sending = lane.send(window);
        let mut ending = pin!(ending(cluster, line));
        loop {
            let slept = cluster.clock.sleep_until(look_at);
            match select(&mut sending, select(&mut ending, slept)).await {
                Either::Left((outcomes, _)) => return Some(outcomes),
                Either::Right((Either::Left(_), _)) => return None,
                Either::Right((Either::Right(_), _)) => {}
            }
            let now = cluster.now();
            let heard_at = line.heard_by(now);
            look_at = heard_at.plus_millis(silence_ms);
            if look_at > now {
                route.spoke(*number);
                continue;
            }
            look_at = now.plus_millis(silence_ms);
            *was_silent = true;
            route.fell_silent(*number);
            wake(cluster, *kind);
            let act = async {
                if let Err(error) = give_rest_back(cluster, open).await {
                    tracing::debug!(%error, "splitting a chunk failed, and it is tried again");
                }
                let told = route.silence(heard_at, now, silence_ms).or_else(|| before.clone());
                let is_told = told != *blocked && job::block(cluster, &open.context, told.clone()).await.is_ok();
                if is_told { told } else { blocked.clone() }
            };
            // A slow database does not keep an engine that is to stop.
            let told = match select(&mut ending, pin!(act)).await {
                Either::Left(_) => return None,
                Either::Right((told, _)) => told,
            };
            *blocked = told;
        }
    }
}

/// Whether the provider decided about a message.
const fn is_answer(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::HandedOff { .. } | Outcome::Rejected(_) | Outcome::Deferred { .. })
}

/// Releases all recipients of the chunk that are not in flight, nor between two that are.
async fn give_rest_back(cluster: &Cluster, open: &Open) -> Result<(), StoreError> {
    let seqs = || open.flying.iter().map(|flight| flight.seq);
    let (Some(first), Some(last)) = (seqs().min(), seqs().max()) else { return Ok(()) };
    let (tenant, claim) = (open.context.tenant, open.claim);
    let split = cluster.store.write_guarded("chunk.split", move |tx| {
        let Some(job) = tx.chunk_hold(&claim)? else { return Ok(0) };
        let claim = Claim { first_seq: job.seqs.0, last_seq: job.seqs.1, ..claim };
        tx.chunk_split(tenant, &claim, (first, last))
    });
    if split.await? > 0 {
        Signals::raise(&cluster.signals.deliveries);
    }
    Ok(())
}

/// Resolves when a window that is still on its way has to be given up, because the engine stops. The lane was asked to end
/// before, and had a moment to return its outcomes.
async fn ending(cluster: &Cluster, line: &LaneLine) {
    let mut stop = cluster.signals.stop.subscribe();
    drop(stop.wait_for(|stop| *stop).await);
    cluster.clock.sleep_until(cluster.now().plus_millis(STOP_GRACE_MS)).await;
    line.is_cut.send_replace(true);
    cluster.clock.sleep_until(cluster.now().plus_millis(CUT_GRACE_MS)).await;
}
