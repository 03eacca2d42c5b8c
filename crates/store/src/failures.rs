//! Failures that are taken back: of recipients that failed for a reason that proved not to be theirs.
//!
//! Invariants: a chunk is locked before its rows and before the job, as everybody does who changes them; its counters
//! move along; nobody becomes pending in a job that is over.

use crate::chunks::ChunkKey;
use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::delivery::alike::Failure;
use postrider_core::delivery::{Counts, DeliveryState};
use postrider_core::id::{ScheduleId, TenantId};
use postrider_core::time::Timestamp;
use std::collections::BTreeMap;

statements! { "failures":
    /// The attempt that failed does not count.
    TAKE_BACK = "UPDATE deliveries SET state = 'pending', attempt = attempt - 1, due_at = $1, settled_at = NULL \
        WHERE manifest_number = $2 AND seq = $3 AND state = 'failed' AND attempt = $4";
    IS_OVER = "SELECT finished_at FROM schedule_jobs WHERE tenant_id = $1 AND id = $2";
    /// Changes nothing, and lets nobody end the job before this transaction does.
    KEEP_OPEN = "UPDATE schedule_jobs SET state = state WHERE tenant_id = $1 AND id = $2 AND finished_at IS NULL";
}

impl Tx<'_> {
    /// Makes failed recipients pending again, due at once, unless their job is over. Returns how many were as they had
    /// to be.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn failures_take_back(
        &mut self,
        (tenant, job): (TenantId, ScheduleId),
        manifest: i64,
        failures: &[Failure],
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let finished_at: Option<Option<Timestamp>> = self.query_one(&IS_OVER, &[id(tenant), id(job)], Row::next)?;
        if finished_at.is_none_or(|finished_at| finished_at.is_some()) {
            return Ok(0);
        }
        let mut sorted = failures.to_vec();
        sorted.sort_unstable_by_key(|failure| failure.seq);
        let mut of_chunks: BTreeMap<ChunkKey, Vec<Failure>> = BTreeMap::new();
        for failure in sorted {
            if let Some(key) = self.chunk_lock_of(tenant, manifest, failure.seq)? {
                of_chunks.entry(key).or_default().push(failure);
            }
        }
        let mut taken_back = 0;
        for (key, failures) in of_chunks {
            let set = |failure: &Failure| {
                vec![now.into(), manifest.into(), failure.seq.into(), i64::from(failure.attempts).into()]
            };
            let sets: Vec<_> = failures.iter().map(set).collect();
            let touched: u64 = self.execute_many(&TAKE_BACK, &sets)?.into_iter().sum();
            let touched = i64::try_from(touched).unwrap_or(i64::MAX);
            if touched > 0 {
                let mut delta = Counts::default();
                delta.shift(DeliveryState::Failed, DeliveryState::Pending, touched);
                self.chunk_adjust(key, &delta, None)?;
                self.chunk_reopen(key, now)?;
                taken_back += touched;
            }
        }
        if taken_back > 0 && !self.job_keep_open(tenant, job)? {
            return Err(self.again("the job ended meanwhile"));
        }
        Ok(taken_back)
    }

    /// Whether the job is not over; then it stays so until this transaction ends.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn job_keep_open(&mut self, tenant: TenantId, job: ScheduleId) -> Result<bool, StoreError> {
        Ok(self.execute(&KEEP_OPEN, &[id(tenant), id(job)])? > 0)
    }
}
