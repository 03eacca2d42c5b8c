//! Gives every running job its turn, and takes away what has had its time.
//!
//! Any number of processes may do this beside each other: a job is worked on under a lease with a fence.

use crate::Service;
use postrider_core::time::{MINUTE_MS, Timestamp};
pub use postrider_intake::jobs::{JOBS_KEPT_DAYS, UNSTARTED_KEPT_DAYS};
use postrider_store::StoreError;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::Ordering;

/// How often what has had its time is taken away at least, in milliseconds; also whenever the last job at hand ends.
const SWEEP_MS: i64 = 10 * MINUTE_MS;
/// How long a job can wait unnoticed that another process started, in milliseconds.
const POLL_MS: i64 = 1_000;
/// Pause after a failure, in milliseconds; each further one doubles it up to [`FAILED_PAUSE_MAX_MS`].
const FAILED_PAUSE_MS: i64 = 100;
/// Longest pause after a failure, in milliseconds.
const FAILED_PAUSE_MAX_MS: i64 = 5_000;

/// When something is to be taken away next.
struct Sweep {
    /// At the latest then.
    at: Timestamp,
    /// As soon as there is nothing else to do.
    is_due: bool,
}

impl Service {
    /// Works on import jobs until told to stop; a set of rows that has begun is written first.
    pub async fn run_imports(&self, stop: impl Future<Output = ()> + Send) {
        let mut stop = pin!(stop);
        let mut failures = 0;
        let mut sweep = Sweep { at: self.now(), is_due: true };
        loop {
            let worked = self.import_turn(&mut sweep).await;
            let pause_ms = match worked {
                Ok(true) => 0,
                Ok(false) => POLL_MS,
                Err(error) => {
                    if error.is_trouble() || self.store().trouble().is_some() {
                        tracing::debug!(%error, "imports wait and will try again");
                    } else {
                        tracing::warn!(%error, "imports wait and will try again");
                    }
                    (FAILED_PAUSE_MS << failures.min(10)).min(FAILED_PAUSE_MAX_MS)
                }
            };
            failures = if pause_ms > 0 && pause_ms != POLL_MS { failures + 1 } else { 0 };
            let idle = pause_ms == POLL_MS;
            let wake = self.now().plus_millis(pause_ms);
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = self.inner.imports.notified(), if idle => {}
                () = self.inner.clock.sleep_until(wake) => {}
            }
        }
    }

    /// One turn, in a task of its own so that a panic ends the turn and not the runner.
    async fn import_turn(&self, sweep: &mut Sweep) -> Result<bool, StoreError> {
        let panicked = |_| StoreError::Failed("a turn of an import panicked".into());
        let service = self.clone();
        let worked = tokio::spawn(async move { service.importer().step().await }).await.map_err(panicked)??;
        // What ended leaves its file behind; where jobs never end to come, what others left must not wait for it.
        sweep.is_due |= worked;
        let now = self.now();
        let left = self.inner.import_parts_left.swap(false, Ordering::Relaxed);
        if left || now >= sweep.at || (sweep.is_due && !worked) {
            self.importer().sweep().await?;
            *sweep = Sweep { at: now.plus_millis(SWEEP_MS), is_due: worked };
        }
        Ok(worked)
    }

    /// Has the sweep look soon for parts that no job needs, so that they do not fill the disk meanwhile.
    pub(super) fn imports_left_parts(&self) {
        self.inner.import_parts_left.store(true, Ordering::Relaxed);
        self.nudge_imports();
    }

    /// Tells this process that there is a job to work on. Losing it costs at most one poll.
    pub(super) fn nudge_imports(&self) {
        self.inner.imports.notify_one();
    }
}
