//! The turn gate: whoever wants to touch the world waits here until the world says go.
//!
//! Every transaction stops before it begins and after it ended, every message before it leaves and before its answer
//! comes back, every sleep until its instant. At most one transaction is under way. The gate owns the virtual time.

use postrider_core::env::{BoxFuture, Clock};
use postrider_core::time::Timestamp;
use postrider_store::StoreError;
use postrider_store::probe::Probe;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Where somebody stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before a transaction.
    Before(&'static str),
    /// After it committed, or was taken back; the caller does not know yet.
    After(&'static str),
    /// Before a message leaves: its key.
    Leave(String),
    /// After the provider decided about a window, before its answer comes back.
    Answer,
    /// Before an event is posted: its id.
    Post(String),
    /// After the endpoint took or refused an event, before its answer comes back.
    Receipt,
    /// Asleep.
    Sleep(Timestamp),
}

/// What the world says.
#[derive(Debug)]
pub(crate) enum Verdict {
    Go,
    Fail(StoreError),
}

struct Parked {
    owner: usize,
    place: Place,
    go: oneshot::Sender<Verdict>,
}

struct State {
    now: Timestamp,
    step: u64,
    last: u64,
    parked: BTreeMap<u64, Parked>,
    under_way: bool,
}

/// The gate.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Mutex<State>>);

/// Gives a place up when its future is dropped.
struct Ticket {
    gate: Gate,
    number: u64,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.gate.with(|state| state.parked.remove(&self.number));
    }
}

impl Gate {
    pub(crate) fn new(now: Timestamp) -> Self {
        let state = State { now, step: 0, last: 0, parked: BTreeMap::new(), under_way: false };
        Self(Arc::new(Mutex::new(state)))
    }

    fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.with(|state| state.now)
    }

    /// The number of the turn: what happened in an earlier turn happened before.
    pub(crate) fn step(&self) -> u64 {
        self.with(|state| state.step)
    }

    pub(crate) fn advance_to(&self, instant: Timestamp) {
        self.with(|state| state.now = state.now.max(instant));
    }

    /// Whether a transaction is under way.
    pub(crate) fn is_under_way(&self) -> bool {
        self.with(|state| state.under_way)
    }

    /// Waits for the world's word.
    pub(crate) async fn pass(&self, owner: usize, place: Place) -> Verdict {
        let (go, word) = oneshot::channel();
        let number = self.with(|state| {
            state.under_way &= !matches!(place, Place::After(_));
            state.last += 1;
            state.parked.insert(state.last, Parked { owner, place, go });
            state.last
        });
        let _ticket = Ticket { gate: self.clone(), number };
        word.await.unwrap_or(Verdict::Go)
    }

    /// Who could go now: number, owner and place. Sleepers only if their time has come.
    pub(crate) fn waiting(&self) -> Vec<(u64, usize, Place)> {
        self.with(|state| {
            let now = state.now;
            let may_go = |parked: &Parked| !matches!(parked.place, Place::Sleep(until) if until > now);
            let waiting = state.parked.iter().filter(|(_, parked)| may_go(parked));
            waiting.map(|(&number, parked)| (number, parked.owner, parked.place.clone())).collect()
        })
    }

    /// When the first of the given owners' sleepers wakes.
    pub(crate) fn next_wake(&self, is_awake: impl Fn(usize) -> bool) -> Option<Timestamp> {
        self.with(|state| {
            let wakes = state.parked.values().filter(|parked| is_awake(parked.owner));
            wakes.filter_map(|parked| if let Place::Sleep(until) = parked.place { Some(until) } else { None }).min()
        })
    }

    /// Lets somebody go.
    pub(crate) fn say(&self, number: u64, verdict: Verdict) {
        self.with(|state| {
            let Some(parked) = state.parked.remove(&number) else { return };
            state.step += 1;
            state.under_way = matches!((&parked.place, &verdict), (Place::Before(_), Verdict::Go));
            drop(parked.go.send(verdict));
        });
    }
}

/// A node's or a client's view of the gate: its probe and its clock.
#[derive(Clone)]
pub(crate) struct Pass {
    pub(crate) gate: Gate,
    pub(crate) owner: usize,
}

impl Pass {
    fn stop(&self, place: Place) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            match self.gate.pass(self.owner, place).await {
                Verdict::Go => Ok(()),
                Verdict::Fail(error) => Err(error),
            }
        })
    }
}

impl Probe for Pass {
    fn before(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        self.stop(Place::Before(op))
    }

    fn after(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        self.stop(Place::After(op))
    }
}

impl Clock for Pass {
    fn now(&self) -> Timestamp {
        self.gate.now()
    }

    fn sleep_until(&self, instant: Timestamp) -> BoxFuture<'static, ()> {
        let pass = self.clone();
        Box::pin(async move {
            if instant > pass.gate.now() {
                drop(pass.gate.pass(pass.owner, Place::Sleep(instant)).await);
            }
        })
    }
}
