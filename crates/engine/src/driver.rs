//! The one loop that runs every task: until a nudge, the task's own next due time, or the slow poll.
//!
//! Deleting every nudge makes things slower, never wrong: the poll is the truth.

use crate::cluster::Cluster;
use futures_util::FutureExt as _;
use futures_util::future::{self, select};
use postrider_core::env::BoxFuture;
use postrider_core::time::Timestamp;
use postrider_store::StoreError;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::watch;

/// Pause of a task that failed, in milliseconds; each further failure doubles it up to [`FAILED_PAUSE_MAX_MS`].
const FAILED_PAUSE_MS: i64 = 100;
/// Longest pause of a task that fails again and again, in milliseconds.
const FAILED_PAUSE_MAX_MS: i64 = 5_000;

/// What a tick found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Something was done: look again at once.
    More,
    /// Nothing to do now; perhaps at an instant that is known.
    Idle {
        /// When there will be.
        next: Option<Timestamp>,
    },
}

/// A reconciler.
pub(crate) trait Task: Send {
    /// For logs.
    fn name(&self) -> &'static str;

    /// Looks, does one step, and tells what it found. May be cut off at any point.
    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>>;

    /// Ends politely, after the last tick.
    fn close(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

/// When a task that found nothing looks again, and when it ends.
pub(crate) struct Rhythm {
    /// Wakes it.
    pub(crate) nudges: Vec<watch::Receiver<u64>>,
    /// How long it sleeps at most, in milliseconds; none if nothing can happen without a nudge.
    pub(crate) poll_ms: Option<i64>,
    /// Ends it.
    pub(crate) stop: watch::Receiver<bool>,
}

/// Runs a task until it is to end.
pub(crate) async fn drive(cluster: Arc<Cluster>, mut task: Box<dyn Task>, mut rhythm: Rhythm) {
    let mut failures = 0;
    while !*rhythm.stop.borrow() {
        for nudge in &mut rhythm.nudges {
            nudge.mark_unchanged();
        }
        let tick = AssertUnwindSafe(task.tick()).catch_unwind().await;
        let now = cluster.now();
        let next = match tick {
            Ok(Ok(Progress::More)) => {
                failures = 0;
                continue;
            }
            Ok(Ok(Progress::Idle { next })) => {
                failures = 0;
                [next, rhythm.poll_ms.map(|ms| now.plus_millis(ms))].into_iter().flatten().min()
            }
            Ok(Err(error)) => {
                failures += 1;
                if cluster.is_known(&error) {
                    tracing::debug!(task = task.name(), %error, "a task failed and will try again");
                } else {
                    tracing::warn!(task = task.name(), %error, "a task failed and will try again");
                }
                Some(now.plus_millis(failed_pause_ms(failures)))
            }
            Err(_) => {
                failures += 1;
                tracing::error!(task = task.name(), "a task panicked and will try again");
                Some(now.plus_millis(failed_pause_ms(failures)))
            }
        };
        let nudges = if failures == 0 { rhythm.nudges.as_mut_slice() } else { &mut [] };
        let nudged = nudged(nudges);
        let slept: BoxFuture<'static, ()> = match next {
            Some(next) => cluster.clock.sleep_until(next),
            None => Box::pin(future::pending()),
        };
        select(select(pin!(stopped(&mut rhythm.stop)), nudged), slept).await;
    }
    task.close().await;
}

fn failed_pause_ms(failures: u32) -> i64 {
    (FAILED_PAUSE_MS << failures.saturating_sub(1).min(10)).min(FAILED_PAUSE_MAX_MS)
}

/// Resolves at the next nudge of any kind, or at once for one since the last look.
fn nudged(nudges: &mut [watch::Receiver<u64>]) -> BoxFuture<'_, ()> {
    if nudges.is_empty() {
        return Box::pin(future::pending());
    }
    let any = nudges.iter_mut().map(|nudge| Box::pin(nudge.changed()));
    Box::pin(future::select_all(any).map(drop))
}

/// Resolves when the task is to end. The sender lives in the cluster, so waiting cannot fail.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

/// Sleeps, unless the engine stops.
pub(crate) async fn pause(cluster: &Cluster, ms: i64) {
    sleep_until(cluster, cluster.now().plus_millis(ms)).await;
}

/// Sleeps until an instant, unless the engine stops.
pub(crate) async fn sleep_until(cluster: &Cluster, instant: Timestamp) {
    let mut stop = cluster.signals.stop.subscribe();
    select(pin!(stopped(&mut stop)), cluster.clock.sleep_until(instant)).await;
}
