//! The engine as a whole: its parts, its tasks, its end.

use crate::cluster::{Cluster, Held, Signals};
use crate::corrector::{self, Corrector};
use crate::counter::Counter;
use crate::courier::Courier;
use crate::dispatcher::{Contexts, Route, Scout, SendLane};
use crate::driver::{Rhythm, Task, drive, pause};
use crate::importer::ImportTask;
use crate::janitor::Janitor;
use crate::keeper::Keeper;
use crate::planner::{PLANNERS, Planner};
use crate::rescuer::Rescuer;
use crate::rezoner::Rezoner;
use crate::settings::EngineSettings;
use crate::settler::Settler;
use crate::starter::Starter;
use crate::watcher::{Watcher, enter};
use futures_util::future::join_all;
use postrider_core::channel::{Channel, ChannelKind};
use postrider_core::env::{BoxFuture, Clock, Entropy};
use postrider_core::id::NodeId;
use postrider_core::webhook::WebhookClient;
use postrider_intake::jobs::Parsing;
use postrider_store::Store;
use postrider_store::conditions::{Condition, Part, Stops};
use postrider_store::wake::Topic;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::{RwLock, watch};
use tokio::task::JoinSet;

/// Pause before an engine that could not begin tries again, in milliseconds.
const BEGIN_PAUSE_MS: i64 = 1_000;

/// How long a wish for a count can go unnoticed if a nudge is lost, in milliseconds.
const COUNTS_POLL_MS: i64 = 5_000;

/// How often the rescuer looks while a lease lasts.
const RESCUES_IN_LEASE: i64 = 6;

/// What an engine is made of.
pub struct EngineParts {
    /// The database.
    pub store: Store,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// The ways out; a channel without one is not sent by this node.
    pub channels: BTreeMap<ChannelKind, Arc<dyn Channel>>,
    /// How events leave; without it this node carries none.
    pub webhooks: Option<Arc<dyn WebhookClient>>,
    /// Numbers and names.
    pub settings: EngineSettings,
}

/// Runs a future beside others. The answer resolves when the future has ended; dropping it ends the future.
pub type Spawn = dyn Fn(BoxFuture<'static, ()>) -> BoxFuture<'static, ()> + Send + Sync;

/// A running engine. Dropping it ends it as a crash would: nothing is lost, but what was in flight is in doubt.
pub struct Engine {
    cluster: Arc<Cluster>,
    tasks: BoxFuture<'static, ()>,
}

impl Engine {
    /// Starts the tasks. Call within a tokio runtime.
    #[must_use]
    pub fn start(parts: EngineParts) -> Self {
        Self::start_with(Arc::new(spawn_on_tokio), Parsing::Aside, parts)
    }

    /// Starts the tasks where the caller wants them to run, such as under a scheduler that foretells their order.
    #[must_use]
    pub fn start_on(spawn: Arc<Spawn>, parts: EngineParts) -> Self {
        Self::start_with(spawn, Parsing::InPlace, parts)
    }

    fn start_with(spawn: Arc<Spawn>, parsing: Parsing, parts: EngineParts) -> Self {
        let cluster = Arc::new(Cluster::of(parts, parsing));
        let tasks = run(Arc::clone(&cluster), Arc::clone(&spawn));
        Self { cluster, tasks: spawn(Box::pin(tasks)) }
    }

    /// Stops softly: windows on their way are finished and recorded, chunks and leases are given back. Afterwards
    /// nothing is in flight. Dropping the future before it resolves ends the engine as a crash would.
    pub async fn stop(self) {
        self.cluster.signals.stop.send_replace(true);
        self.tasks.await;
    }
}

/// Each future is a task of the runtime.
fn spawn_on_tokio(future: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
    let mut task = JoinSet::new();
    task.spawn(future);
    Box::pin(async move {
        while let Some(ended) = task.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a task of the engine did not end as it should");
            }
        }
    })
}

impl Cluster {
    pub(crate) fn of(parts: EngineParts, parsing: Parsing) -> Self {
        let EngineParts { store, clock, entropy, channels, webhooks, settings } = parts;
        let node = NodeId::new(clock.now(), &*entropy);
        let signals = Signals::new(channels.keys().copied());
        Self {
            store,
            clock,
            entropy,
            channels,
            webhooks,
            settings,
            parsing,
            node,
            signals,
            held: Held::default(),
            seen: Mutex::default(),
            rendering: RwLock::default(),
        }
    }
}

/// Runs all tasks until the stop, and the keeper until all others have ended.
async fn run(cluster: Arc<Cluster>, spawn: Arc<Spawn>) {
    if !begin(&cluster).await {
        return;
    }
    let _nudges = [
        (Topic::Schedules, cluster.signals.schedules.clone()),
        (Topic::Deliveries, cluster.signals.deliveries.clone()),
        (Topic::Audiences, cluster.signals.audiences.clone()),
        (Topic::Imports, cluster.signals.imports.clone()),
    ]
    .map(|(topic, signal)| spawn(Box::pin(pass_on(cluster.store.clone(), topic, signal))));
    let keeping = Rhythm {
        nudges: Vec::new(),
        poll_ms: Some(cluster.settings.heartbeat_ms),
        stop: cluster.signals.closed.subscribe(),
    };
    let start = |task, rhythm| spawn(Box::pin(drive(Arc::clone(&cluster), task, rhythm)));
    let keeper = start(Box::new(Keeper::new(Arc::clone(&cluster))), keeping);
    let tasks: Vec<_> = all(&cluster).into_iter().map(|(task, rhythm)| start(task, rhythm)).collect();
    join_all(tasks).await;
    cluster.signals.closed.send_replace(true);
    keeper.await;
}

/// Every task but the keeper, with what wakes it.
pub(crate) fn all(cluster: &Arc<Cluster>) -> Vec<(Box<dyn Task>, Rhythm)> {
    let signals = &cluster.signals;
    let rhythm = |nudges: &[&watch::Sender<u64>], poll_ms: Option<i64>| Rhythm {
        nudges: nudges.iter().map(|nudge| nudge.subscribe()).collect(),
        poll_ms,
        stop: signals.stop.subscribe(),
    };
    let poll = Some(cluster.settings.poll_ms);
    let mut tasks: Vec<(Box<dyn Task>, Rhythm)> = vec![
        (Box::new(Watcher::new(Arc::clone(cluster))), rhythm(&[&signals.schedules], poll)),
        (Box::new(Starter::new(Arc::clone(cluster))), rhythm(&[&signals.schedules], poll)),
        (Box::new(Rescuer::new(Arc::clone(cluster))), rhythm(&[], Some(cluster.settings.lease_ms / RESCUES_IN_LEASE))),
        (Box::new(Settler::new(Arc::clone(cluster))), rhythm(&[&signals.settled, &signals.schedules], poll)),
        (Box::new(Rezoner::new(Arc::clone(cluster))), rhythm(&[], None)),
        (Box::new(Corrector::new(Arc::clone(cluster))), rhythm(&[], Some(corrector::LOOK_MS))),
        (Box::new(Janitor::new(Arc::clone(cluster))), rhythm(&[], None)),
        (Box::new(Counter::new(Arc::clone(cluster))), rhythm(&[&signals.audiences], Some(COUNTS_POLL_MS))),
        (Box::new(ImportTask::new(cluster)), rhythm(&[&signals.imports], poll)),
    ];
    if let Some(client) = &cluster.webhooks {
        tasks.push((Box::new(Courier::new(Arc::clone(cluster), Arc::clone(client))), rhythm(&[], poll)));
    }
    for number in 0..PLANNERS {
        // One of them is enough to find what no nudge told.
        let poll = poll.filter(|_| number == 0);
        tasks.push((Box::new(Planner::new(Arc::clone(cluster))), rhythm(&[&signals.schedules], poll)));
    }
    let contexts = Arc::new(Contexts::default());
    for (&kind, channel) in &cluster.channels {
        let lanes = cluster.settings.channel(kind).lanes;
        let route = Arc::new(Route::new(kind, lanes, Arc::clone(cluster.store.conditions())));
        let scout = Scout::new(Arc::clone(cluster), kind, Arc::clone(&route));
        tasks.push((Box::new(scout), rhythm(&[&signals.deliveries], poll)));
        // Half of them are in reserve.
        for number in 0..lanes * 2 {
            let (channel, route, contexts) = (Arc::clone(channel), Arc::clone(&route), Arc::clone(&contexts));
            let lane = SendLane::new(Arc::clone(cluster), channel, (number, route), contexts);
            let work: Vec<_> = signals.work.get(&kind).into_iter().collect();
            tasks.push((Box::new(lane), rhythm(&work, None)));
        }
    }
    tasks
}

/// What must be done before the first task; false if the engine was stopped before it could be done.
async fn begin(cluster: &Cluster) -> bool {
    while !cluster.signals.is_stopping() {
        match enter(cluster).await {
            Ok(()) => break,
            Err(error) => {
                if cluster.is_known(&error) {
                    tracing::debug!(%error, "starting the engine failed, and it is tried again");
                } else {
                    let sentence = format!("The engine cannot start and tries again: {error}.");
                    let condition = Condition { reason: "engine_not_started", sentence, stops: Stops::Sending };
                    cluster.store.conditions().begin(Part::Jobs, condition);
                }
                pause(cluster, BEGIN_PAUSE_MS).await;
            }
        }
    }
    !cluster.signals.is_stopping()
}

/// Carries nudges from the store to every task that waits for one.
async fn pass_on(store: Store, topic: Topic, signal: watch::Sender<u64>) {
    loop {
        store.wake().nudged(topic).await;
        Signals::raise(&signal);
    }
}
