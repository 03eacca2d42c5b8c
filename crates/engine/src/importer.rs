//! Works on import jobs, one stretch of one job at a time, and sweeps away what no job needs any more.
//!
//! The work itself is in `postrider_intake`; a job has a lease and a fence, so nodes share jobs. Between two sets of rows
//! the writer of the database is free for the tasks that send.

use crate::cluster::Cluster;
use crate::driver::{Progress, Task};
use postrider_core::env::BoxFuture;
use postrider_core::time::{MINUTE_MS, Timestamp};
use postrider_intake::jobs::Importer;
use postrider_store::StoreError;
use std::sync::Arc;

/// How often it sweeps at least, in milliseconds; it also does so when it has nothing else to do and there is litter.
const SWEEP_MS: i64 = 10 * MINUTE_MS;

/// The task.
pub(crate) struct ImportTask {
    cluster: Arc<Cluster>,
    importer: Importer,
    sweep_at: Option<Timestamp>,
    /// Whether a job may have ended since the last sweep; its file is litter then.
    has_worked: bool,
}

impl ImportTask {
    pub(crate) fn new(cluster: &Arc<Cluster>) -> Self {
        let (store, clock, entropy) = (cluster.store.clone(), Arc::clone(&cluster.clock), Arc::clone(&cluster.entropy));
        let stop = cluster.signals.stop.subscribe();
        let importer =
            Importer::new(store, clock, entropy).parsing(cluster.parsing).until(Arc::new(move || *stop.borrow()));
        Self { cluster: Arc::clone(cluster), importer, sweep_at: None, has_worked: false }
    }

    async fn turn(&mut self) -> Result<Progress, StoreError> {
        let outlook = self.importer.look().await?;
        if let Some(job) = outlook.job {
            self.importer.work_on(job).await?;
            self.has_worked = true;
        }
        let now = self.cluster.now();
        let is_time = self.sweep_at.is_none_or(|at| at <= now || at.millis_since(now) > SWEEP_MS);
        let is_due = outlook.job.is_none() && (outlook.has_litter || self.has_worked);
        // Rows that are old by a clock that may be wrong stay.
        if (is_time || is_due) && self.cluster.may_start() {
            self.importer.sweep().await?;
            self.sweep_at = Some(now.plus_millis(SWEEP_MS));
            self.has_worked = outlook.job.is_some();
        }
        Ok(match outlook.job {
            Some(_) => Progress::More,
            None => Progress::Idle { next: outlook.leased_until },
        })
    }
}

impl Task for ImportTask {
    fn name(&self) -> &'static str {
        "importer"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(self.turn())
    }
}
