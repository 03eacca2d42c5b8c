//! Watches whether everything that sends is held, and keeps the mark that this database is in use.
//!
//! A hold is kept in the database, so that it outlasts restarts and reaches every node; the tasks see it on the board of
//! conditions of this process.

use crate::cluster::{Cluster, Signals};
use crate::driver::{Progress, Task};
use crate::rescuer::rescue_all;
use postrider_core::env::BoxFuture;
use postrider_core::planted::planted;
use postrider_core::time::Timestamp;
use postrider_store::StoreError;
use postrider_store::conditions::Part;
use postrider_store::instance::Seen;
use std::sync::{Arc, PoisonError};

/// The task.
pub(crate) struct Watcher {
    cluster: Arc<Cluster>,
    /// Whether what an earlier process left behind on an embedded database was rescued. That decides about messages, so
    /// it waits while everything is held.
    rescued: bool,
    marked_at: Option<Timestamp>,
    /// What this engine remembers of a PostgreSQL database.
    seen: Option<Seen>,
}

impl Watcher {
    pub(crate) fn new(cluster: Arc<Cluster>) -> Self {
        let rescued = cluster.store.conditions().of(Part::Jobs).is_none();
        let seen = cluster.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
        Self { cluster, rescued, marked_at: None, seen }
    }

    async fn watch(&mut self) -> Result<Progress, StoreError> {
        let (cluster, now) = (&self.cluster, self.cluster.now());
        let every_ms = cluster.settings.heartbeat_ms;
        let keep = self.marked_at.is_none_or(|at| now < at || now.millis_since(at) >= every_ms);
        let conditions = cluster.store.conditions();
        // A hold that begins after this look is not ended by it.
        let was_held = conditions.of(Part::Jobs).is_some();
        let (held, seen) = cluster.store.watch(self.seen.clone(), now, keep).await?;
        self.seen = seen;
        if keep {
            self.marked_at = Some(now);
        }
        if let Some(held) = held {
            conditions.begin(Part::Jobs, held.condition());
            return Ok(Progress::Idle { next: None });
        }
        if !self.rescued && cluster.store.is_embedded() {
            rescue_all(cluster).await?;
        }
        self.rescued = true;
        if was_held && conditions.end(Part::Jobs) {
            let signals = &cluster.signals;
            for signal in [&signals.schedules, &signals.deliveries, &signals.settled] {
                Signals::raise(signal);
            }
        }
        Ok(Progress::Idle { next: None })
    }
}

impl Task for Watcher {
    fn name(&self) -> &'static str {
        "watcher"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(self.watch())
    }
}

/// Prepares a database before the first task of an engine: it finds out whether the engine may send, names the jobs that
/// fell due while no engine ran, and rescues what an earlier process left behind.
pub(crate) async fn enter(cluster: &Cluster) -> Result<(), StoreError> {
    let now = cluster.now();
    let entry = cluster.store.enter(now, &*cluster.entropy).await?;
    if let Some((count, first)) = entry.overdue {
        let (jobs, since) = (if count == 1 { "job" } else { "jobs" }, entry.used_at.map(|at| at.to_string()));
        let since = since.as_deref().unwrap_or("unknown");
        tracing::warn!(
            last_used_at = since,
            "{count} {jobs} fell due while this database was not in use, the oldest at {first}"
        );
    }
    *cluster.seen.lock().unwrap_or_else(PoisonError::into_inner) = entry.seen;
    match entry.held {
        Some(held) => cluster.store.conditions().begin(Part::Jobs, held.condition()),
        None => {
            // An earlier attempt may have failed.
            cluster.store.conditions().end(Part::Jobs);
            if cluster.store.is_embedded() && !planted("no_rescue_at_a_start") {
                rescue_all(cluster).await?;
            }
        }
    }
    Ok(())
}
