//! Import jobs at work: the file of a job is looked at when it is whole, and then taken set by set under a lease.
//!
//! Any number of importers share the jobs of a database. Invariant: a job that is interrupted anywhere goes on behind
//! the last set that was committed, and counts no row twice.

mod ahead;
pub mod inspect;
pub mod mapping;
pub mod notes;
mod pace;
mod parsing;
pub mod parts;
pub mod reasons;
mod rehearse;
mod slice;

pub use parsing::Parsing;
pub use postrider_store::import_runs::ImportOutlook;

use crate::IntakeError;
use pace::Pace;
use postrider_core::env::{Clock, Entropy};
use postrider_core::error::Code;
use postrider_core::id::{ImportJobId, TenantId};
use postrider_core::time::{DAY_MS, HOUR_MS};
use postrider_store::import_jobs::ImportJobRow;
use postrider_store::import_runs::ImportClaim;
use postrider_store::{Store, StoreError};
use slice::{LEASE_MS, Stretch};
use std::sync::Arc;

/// For how many days a job that ended is kept, with what was said of its rows.
pub const JOBS_KEPT_DAYS: i64 = 30;
/// For how many days a job is kept that nobody starts.
pub const UNSTARTED_KEPT_DAYS: i64 = 7;
/// An upload that has not grown for so long, in milliseconds, was cut off.
const CUT_OFF_AFTER_MS: i64 = HOUR_MS;
/// Sweeps at a time, at most.
const SWEEPS_MAX: usize = 1_000;
/// How often a job is claimed without moving on before it is given up: it is the job then, not the weather.
const ATTEMPTS_MAX: i64 = 50;

/// Works on import jobs. Cheap to clone.
#[derive(Clone)]
pub struct Importer {
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    parsing: Parsing,
    pace: Pace,
    is_stopping: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl Importer {
    /// An importer on a store.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, clock, entropy, parsing: Parsing::Aside, pace: Pace::new(), is_stopping: Arc::new(|| false) }
    }

    /// Parses rows there.
    #[must_use]
    pub fn parsing(self, parsing: Parsing) -> Self {
        Self { parsing, ..self }
    }

    /// Stops after the current set of rows once `is_stopping` returns true, and releases the job.
    #[must_use]
    pub fn until(self, is_stopping: Arc<dyn Fn() -> bool + Send + Sync>) -> Self {
        Self { is_stopping, ..self }
    }

    /// Looks for work.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn look(&self) -> Result<ImportOutlook, StoreError> {
        let now = self.clock.now();
        self.store.read("imports.look", move |tx| tx.import_outlook(now)).await
    }

    /// Works on the running job that has waited longest, for a while; whether there was one.
    ///
    /// # Errors
    /// Any [`StoreError`]; the job goes on later behind its last set.
    pub async fn step(&self) -> Result<bool, StoreError> {
        match self.look().await?.job {
            Some(job) => self.work_on(job).await,
            None => Ok(false),
        }
    }

    /// Works on a running job for a while; returns whether the job was free.
    ///
    /// # Errors
    /// As [`Importer::step`].
    pub async fn work_on(&self, job: (TenantId, ImportJobId)) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let lease_until = now.plus_millis(LEASE_MS);
        let claim = self.store.write_guarded("imports.claim", move |tx| tx.import_job_claim(job, now, lease_until));
        let Some(job) = claim.await? else { return Ok(false) };
        let claim = ImportClaim { tenant: job.tenant, job: job.id, fence: job.fence };
        let ended = if job.attempts > ATTEMPTS_MAX { Err(Code::Internal.into()) } else { self.take(&job).await };
        match ended {
            Ok(Stretch::More) => self.release(claim).await?,
            Ok(Stretch::Whole) if job.is_dry_run => self.finish_dry_run(claim).await?,
            Ok(Stretch::Whole) => self.finish(&job, None).await?,
            Ok(Stretch::Lost) => {}
            Err(IntakeError::Refused(refusal)) => {
                let failure = Some((refusal.code.as_str().to_owned(), refusal.message()));
                self.finish(&job, failure).await?;
            }
            Err(IntakeError::Failed(failure)) => {
                // If that fails too, the lease runs out by itself.
                drop(self.release(claim).await);
                return Err(failure);
            }
        }
        Ok(true)
    }

    async fn take(&self, job: &ImportJobRow) -> Result<Stretch, IntakeError> {
        if job.is_dry_run { self.rehearse(job).await } else { self.stretch(job, None).await }
    }

    async fn release(&self, claim: ImportClaim) -> Result<(), StoreError> {
        self.store.write_guarded("imports.release", move |tx| tx.import_job_release(claim)).await
    }

    async fn finish(&self, job: &ImportJobRow, failure: Option<(String, String)>) -> Result<(), StoreError> {
        let (claim, now) = (ImportClaim { tenant: job.tenant, job: job.id, fence: job.fence }, self.clock.now());
        if let Some((code, _)) = &failure {
            tracing::info!(job = %job.id, code, "an import job failed");
        }
        let finish = self.store.write_guarded("imports.finish", move |tx| {
            let failure = failure.as_ref().map(|(code, message)| (code.as_str(), message.as_str()));
            tx.import_job_finish(claim, failure, now).map(drop)
        });
        finish.await
    }

    /// Takes away what nobody needs any more: files of jobs that are over or were cut off, and old jobs.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let ago = |ms: i64| now.plus_millis(-ms);
        let (cut_off, unstarted, ended) =
            (ago(CUT_OFF_AFTER_MS), ago(UNSTARTED_KEPT_DAYS * DAY_MS), ago(JOBS_KEPT_DAYS * DAY_MS));
        let expire =
            self.store.write_guarded("imports.expire", move |tx| tx.imports_expire(now, cut_off, unstarted, ended));
        expire.await?;
        for _ in 0..SWEEPS_MAX {
            if (self.is_stopping)() || !self.store.write_guarded("imports.sweep", |tx| tx.imports_sweep()).await? {
                break;
            }
        }
        Ok(())
    }
}
