//! What all tasks of one engine share: its ports, its name, and the signals between its tasks.

use crate::settings::EngineSettings;
use postrider_core::channel::{Channel, ChannelKind};
use postrider_core::env::{Clock, Entropy};
use postrider_core::id::NodeId;
use postrider_core::time::Timestamp;
use postrider_core::webhook::WebhookClient;
use postrider_intake::jobs::Parsing;
use postrider_store::chunks::Claim;
use postrider_store::instance::Seen;
use postrider_store::{Store, StoreError, wake::Topic};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{RwLock, watch};

/// One engine, as its tasks see it.
pub(crate) struct Cluster {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) channels: BTreeMap<ChannelKind, Arc<dyn Channel>>,
    pub(crate) webhooks: Option<Arc<dyn WebhookClient>>,
    pub(crate) settings: EngineSettings,
    /// Where rows of imports are parsed.
    pub(crate) parsing: Parsing,
    pub(crate) node: NodeId,
    pub(crate) signals: Signals,
    pub(crate) held: Held,
    /// What the engine saw of a PostgreSQL database when it began, until the watcher takes it.
    pub(crate) seen: Mutex<Option<Seen>>,
    /// Whoever renders holds this for reading; a message that may end the process is rendered with all others waiting, so
    /// that no other one can be taken for the cause.
    pub(crate) rendering: RwLock<()>,
}

impl Cluster {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether a job may start, a chunk may be rescued and a wait may be ended by the clock.
    pub(crate) fn may_start(&self) -> bool {
        self.store.conditions().allow_starts()
    }

    /// Whether messages and events may leave.
    pub(crate) fn may_send(&self) -> bool {
        self.store.conditions().allow_sending()
    }

    /// Whether a failure is part of what the store has logged already: it says once when the database cannot be used.
    pub(crate) fn is_known(&self, failure: &StoreError) -> bool {
        failure.is_trouble() || self.store.trouble().is_some()
    }

    /// The end of a lease that begins or is renewed now.
    pub(crate) fn lease_until(&self) -> Timestamp {
        self.now().plus_millis(self.settings.lease_ms)
    }

    /// A random number for jitter.
    pub(crate) fn jitter(&self) -> u64 {
        postrider_core::env::random_below(&*self.entropy, u64::MAX)
    }

    /// Tells everybody, here and on other nodes, that there may be something to do.
    pub(crate) fn nudge(&self, topic: Topic) {
        self.store.wake().nudge(topic);
    }
}

/// Wakes between the tasks of one engine. Each is a counter that only grows, so that no wake is lost on a task that
/// is busy.
pub(crate) struct Signals {
    /// Something about schedules, from anywhere.
    pub(crate) schedules: watch::Sender<u64>,
    /// Something about deliveries, from anywhere.
    pub(crate) deliveries: watch::Sender<u64>,
    /// Somebody wants to know whom an audience reaches, from anywhere.
    pub(crate) audiences: watch::Sender<u64>,
    /// Something about import jobs, from anywhere.
    pub(crate) imports: watch::Sender<u64>,
    /// A chunk is done, or a manifest is frozen, here.
    pub(crate) settled: watch::Sender<u64>,
    /// There is a chunk to claim.
    pub(crate) work: BTreeMap<ChannelKind, watch::Sender<u64>>,
    /// The engine is to stop.
    pub(crate) stop: watch::Sender<bool>,
    /// All tasks but the keeper have ended.
    pub(crate) closed: watch::Sender<bool>,
}

impl Signals {
    pub(crate) fn new(channels: impl Iterator<Item = ChannelKind>) -> Self {
        let counter = || watch::Sender::new(0);
        Self {
            schedules: counter(),
            deliveries: counter(),
            audiences: counter(),
            imports: counter(),
            settled: counter(),
            work: channels.map(|kind| (kind, counter())).collect(),
            stop: watch::Sender::new(false),
            closed: watch::Sender::new(false),
        }
    }

    pub(crate) fn raise(signal: &watch::Sender<u64>) {
        signal.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Whether the engine is to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }
}

/// The chunks that lanes of this engine hold. The keeper renews these and no others: a chunk whose lane is gone
/// loses its lease in time.
#[derive(Clone, Default)]
pub(crate) struct Held(Arc<Mutex<Vec<Claim>>>);

impl Held {
    /// Holds a chunk until the answer is dropped.
    pub(crate) fn hold(&self, claim: Claim) -> Hold {
        self.with(|claims| claims.push(claim));
        Hold { held: self.clone(), claim }
    }

    pub(crate) fn claims(&self) -> Vec<Claim> {
        self.with(|claims| claims.clone())
    }

    fn with<R>(&self, act: impl FnOnce(&mut Vec<Claim>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A chunk in the hands of a lane.
pub(crate) struct Hold {
    held: Held,
    claim: Claim,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let claim = self.claim;
        self.held.with(|claims| claims.retain(|held| *held != claim));
    }
}
