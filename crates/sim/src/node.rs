//! A node of the world: the real engine on the real store, with the world's clock, chance, probe and provider.

use crate::chance::{SimEntropy, Stream};
use crate::clock::{NodeClock, Wall};
use crate::gate::{Gate, Pass};
use crate::listener::Listener;
use crate::provider::Provider;
use crate::scheduler::Scheduler;
use postrider_core::channel::ChannelKind;
use postrider_core::env::{BoxFuture, Clock};
use postrider_core::time::{SECOND_MS, Timestamp};
use postrider_engine::{ChannelSettings, Engine, EngineParts, EngineSettings};
use postrider_store::wake::Topic;
use postrider_store::{DatabaseUrl, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long claims last, in milliseconds.
pub(crate) const LEASE_MS: i64 = 30 * SECOND_MS;
/// How long work can go unnoticed, in milliseconds: longer than in production, so that quiet hours are cheap.
const POLL_MS: i64 = 5 * SECOND_MS;

/// A place where a node runs, or will again.
pub(crate) enum Slot {
    Up(Node),
    Down(Timestamp),
}

/// A running node.
pub(crate) struct Node {
    pub(crate) owner: usize,
    pub(crate) store: Store,
    pub(crate) paused_until: Option<Timestamp>,
    /// Whether its tasks have started; before that, an embedded database is rescued.
    pub(crate) has_begun: bool,
    entropy: Arc<SimEntropy>,
    chance: Stream,
    engine: Option<Engine>,
    stopping: Option<BoxFuture<'static, ()>>,
    /// Keeps its clock until it is dropped.
    keeping: Option<BoxFuture<'static, ()>>,
}

/// What all nodes of a world have in common.
pub(crate) struct Recipe {
    pub(crate) url: DatabaseUrl,
    pub(crate) gate: Gate,
    /// The wall clock of the machine with the embedded database.
    pub(crate) wall: Wall,
    pub(crate) provider: Provider,
    pub(crate) listener: Listener,
    pub(crate) lanes: usize,
    pub(crate) window: usize,
    pub(crate) chance: Stream,
}

impl Recipe {
    /// Starts a node.
    pub(crate) async fn start(&self, owner: usize, scheduler: &Scheduler) -> Result<Node, StoreError> {
        let store = Store::open_apart(&self.url).await?;
        let pass = Pass { gate: self.gate.clone(), owner };
        let heard = store.read("world.heard", |tx| tx.instance_used_at()).await?;
        store.set_probe(Arc::new(pass.clone()));
        let chance = self.chance.fork("node", owner as u64);
        let entropy = Arc::new(SimEntropy::new(chance.fork("beginning", 0)));
        let kinds = [ChannelKind::Email, ChannelKind::Sms];
        let settings = EngineSettings {
            channels: kinds
                .map(|kind| {
                    (kind, ChannelSettings { lanes: self.lanes, window: self.window, ..ChannelSettings::default() })
                })
                .into(),
            lease_ms: LEASE_MS,
            heartbeat_ms: 2 * POLL_MS,
            poll_ms: POLL_MS,
            ..EngineSettings::default()
        };
        let (mut clock, mut keeping): (Arc<dyn Clock>, _) = (Arc::new(pass.clone()), None);
        if store.is_embedded() && !self.wall.is_right() {
            let guarded = NodeClock::begin(pass.clone(), self.wall.clone(), heard);
            keeping = Some(scheduler.spawner(owner)(guarded.keep(store.clone())));
            clock = Arc::new(guarded);
        }
        let parts = EngineParts {
            store: store.clone(),
            clock,
            entropy: Arc::clone(&entropy) as _,
            channels: BTreeMap::from(kinds.map(|kind| (kind, self.provider.channel(kind, pass.clone())))),
            webhooks: Some(self.listener.client(pass)),
            settings,
        };
        let engine = Some(Engine::start_on(scheduler.spawner(owner), parts));
        Ok(Node {
            owner,
            store,
            paused_until: None,
            has_begun: false,
            entropy,
            chance,
            engine,
            stopping: None,
            keeping,
        })
    }
}

impl Node {
    pub(crate) fn is_awake(&self, now: Timestamp) -> bool {
        self.paused_until.is_none_or(|until| until <= now)
    }

    pub(crate) const fn is_stopping(&self) -> bool {
        self.stopping.is_some()
    }

    /// Draws from now on what it would draw on any database, whatever its beginning drew.
    pub(crate) fn begun(&mut self) {
        self.has_begun = true;
        self.entropy.restart(self.chance.fork("begun", 0));
    }

    /// Tells it that there may be something to do.
    pub(crate) fn nudge(&self) {
        self.store.wake().nudge(Topic::Schedules);
        self.store.wake().nudge(Topic::Deliveries);
        self.store.wake().nudge(Topic::Audiences);
        self.store.wake().nudge(Topic::Imports);
    }

    /// Asks it to end.
    pub(crate) fn stop(&mut self, scheduler: &Scheduler) {
        if let Some(engine) = self.engine.take() {
            let keeping = self.keeping.take();
            self.stopping = Some(scheduler.spawner(self.owner)(Box::pin(async move {
                engine.stop().await;
                drop(keeping);
            })));
        }
    }

    /// Ends it where it stands.
    pub(crate) fn crash(self, scheduler: &mut Scheduler) {
        let owner = self.owner;
        drop(self);
        scheduler.crash(owner);
    }
}
