//! Brings jobs to their end: cancels and expires who still waits, and closes a job once everybody is accounted for.

use crate::cluster::Cluster;
use crate::driver::{Progress, Task};
use crate::ending;
use crate::telling::Teller;
use postrider_core::delivery::{DeliveryState, LATEST_FINISH};
use postrider_core::env::BoxFuture;
use postrider_core::id::ScheduleId;
use postrider_core::schedule::JobState;
use postrider_core::time::Timestamp;
use postrider_store::execution::{JobKey, UnsettledJob};
use postrider_store::{StoreError, Tx};
use std::sync::Arc;

/// Stable reason: the job was taken back.
pub(crate) const CANCELED: &str = "canceled";
/// Chunks whose waiting is ended in one transaction.
const CHUNKS_PER_TURN: usize = 10;
/// Claims that are only made to end the waiting in a chunk are due at once.
const ANY_DUE: Timestamp = Timestamp::from_millis(i64::MAX);

/// The task.
pub(crate) struct Settler {
    cluster: Arc<Cluster>,
    /// The first latest finish among the jobs of this round.
    next: Option<Timestamp>,
    /// Whether the finished jobs were looked at, which happens once in a process.
    has_repaired: bool,
}

impl Settler {
    pub(crate) const fn new(cluster: Arc<Cluster>) -> Self {
        Self { cluster, next: None, has_repaired: false }
    }

    /// Corrects finished jobs whose state an earlier version did not correct after a late answer.
    async fn repair(&mut self) -> Result<(), StoreError> {
        let mut after = ScheduleId::from(uuid::Uuid::nil());
        while !self.has_repaired && !self.cluster.signals.is_stopping() {
            let jobs = self.cluster.store.read("job.doubted", move |tx| tx.jobs_doubted(after)).await?;
            match jobs.last() {
                Some(last) => after = last.job,
                None => self.has_repaired = true,
            }
            for key in jobs {
                let (now, teller) = (self.cluster.now(), Teller::new(&self.cluster, self.cluster.now()));
                let repair = move |tx: &mut Tx<'_>| ending::repair(tx, key, &teller, now);
                self.cluster.store.write_guarded("job.repair", repair).await?;
            }
        }
        Ok(())
    }

    /// Looks at every job that is not over, page by page.
    async fn settle(&mut self) -> Result<Progress, StoreError> {
        self.repair().await?;
        let mut after = ScheduleId::from(uuid::Uuid::nil());
        loop {
            let jobs = self.cluster.store.read("job.unsettled", move |tx| tx.jobs_unsettled(after)).await?;
            let Some(last) = jobs.last() else { return Ok(Progress::Idle { next: self.next.take() }) };
            after = last.job;
            for job in &jobs {
                self.settle_one(job).await?;
            }
        }
    }

    async fn settle_one(&mut self, job: &UnsettledJob) -> Result<(), StoreError> {
        let now = self.cluster.now();
        let expires = job.latest_finish.filter(|_| !job.state.is_final() && self.cluster.may_start());
        let end = match expires {
            _ if job.state == JobState::Canceled => Some((DeliveryState::Canceled, CANCELED)),
            Some(finish) if finish <= now => Some((DeliveryState::Expired, LATEST_FINISH)),
            Some(finish) => {
                self.next = [self.next, Some(finish)].into_iter().flatten().min();
                None
            }
            None => None,
        };
        let mut has_ready = job.has_ready;
        if let Some((state, reason)) = end {
            while has_ready && !self.cluster.signals.is_stopping() {
                has_ready = self.end_waiting(job.manifest, state, reason).await?;
            }
        }
        if job.frozen_at.is_some() && !has_ready && !job.has_claimed {
            let key = JobKey { job: job.job, tenant: job.tenant, manifest: job.manifest };
            let teller = Teller::new(&self.cluster, now);
            let finish =
                self.cluster.store.write_guarded("job.finish", move |tx| ending::finish(tx, key, &teller, now));
            finish.await?;
        }
        Ok(())
    }

    /// Ends the waiting in some ready chunks; whether there may be more.
    async fn end_waiting(&self, manifest: i64, state: DeliveryState, reason: &'static str) -> Result<bool, StoreError> {
        let (node, now, lease_until) = (self.cluster.node, self.cluster.now(), self.cluster.lease_until());
        let teller = Teller::new(&self.cluster, now);
        let more = self.cluster.store.write_guarded("chunk.give_up", move |tx| {
            for _ in 0..CHUNKS_PER_TURN {
                let Some(claim) = tx.chunk_claim(manifest, node, ANY_DUE, lease_until)? else { return Ok(false) };
                teller.give_up(tx, &claim, state, reason)?;
                tx.chunk_release(&claim)?;
            }
            Ok::<_, StoreError>(true)
        });
        more.await
    }
}

impl Task for Settler {
    fn name(&self) -> &'static str {
        "settler"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(self.settle())
    }
}
