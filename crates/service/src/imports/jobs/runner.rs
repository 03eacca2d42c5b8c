//! Gives every running job its turn, and takes away what has had its time.
//!
//! Any number of processes may do this beside each other: a job is worked on under a lease with a fence.

use super::slice::{LEASE_MS, Stretch};
use crate::{Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use postrider_store::StoreError;
use postrider_store::import_jobs::ImportJobRow;
use postrider_store::import_runs::ImportClaim;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::Ordering;

/// For how many days a job that ended is kept, with what was said of its rows.
pub const JOBS_KEPT_DAYS: i64 = 30;
/// For how many days a job is kept that nobody starts.
pub const UNSTARTED_KEPT_DAYS: i64 = 7;
/// An upload that has not grown for so long, in milliseconds, was cut off.
const CUT_OFF_AFTER_MS: i64 = HOUR_MS;
/// How often what has had its time is taken away at least, in milliseconds; also whenever the last job at hand ends.
const SWEEP_MS: i64 = 10 * MINUTE_MS;
/// Sweeps at a time, at most.
const SWEEPS_MAX: usize = 1_000;
/// How long a job can wait unnoticed that another process started, in milliseconds.
const POLL_MS: i64 = 1_000;
/// Pause after a failure, in milliseconds; each further one doubles it up to [`FAILED_PAUSE_MAX_MS`].
const FAILED_PAUSE_MS: i64 = 100;
/// Longest pause after a failure, in milliseconds.
const FAILED_PAUSE_MAX_MS: i64 = 5_000;
/// How often a job is claimed without moving on before it is given up: it is the job then, not the weather.
const ATTEMPTS_MAX: i64 = 50;

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
        let worked = tokio::spawn(async move { service.import_some().await }).await.map_err(panicked)??;
        // What ended leaves its file behind; where jobs never end to come, what others left must not wait for it.
        sweep.is_due |= worked;
        let now = self.now();
        let left = self.inner.import_parts_left.swap(false, Ordering::Relaxed);
        if left || now >= sweep.at || (sweep.is_due && !worked) {
            self.sweep_imports().await?;
            *sweep = Sweep { at: now.plus_millis(SWEEP_MS), is_due: worked };
        }
        Ok(worked)
    }

    /// Works on the running job that has waited longest, for a while; whether there was one.
    ///
    /// # Errors
    /// Any [`StoreError`]; the job goes on later behind its last set.
    pub async fn import_some(&self) -> Result<bool, StoreError> {
        let now = self.now();
        let lease_until = now.plus_millis(LEASE_MS);
        let claim = self.store().write_guarded("imports.claim", move |tx| tx.import_job_claim(now, lease_until));
        let Some(job) = claim.await? else { return Ok(false) };
        let claim = ImportClaim { tenant: job.tenant, job: job.id, fence: job.fence };
        let ended =
            if job.attempts > ATTEMPTS_MAX { Err(Code::Internal.into()) } else { self.import_stretch(&job).await };
        match ended {
            Ok(Stretch::More) => self.release_import(claim).await?,
            Ok(Stretch::Whole) => self.finish_import(&job, None).await?,
            Ok(Stretch::Lost) => {}
            Err(ServiceError::Refused(refusal)) => {
                let failure = Some((refusal.code.as_str().to_owned(), refusal.message()));
                self.finish_import(&job, failure).await?;
            }
            Err(ServiceError::Failed(failure)) => {
                // If that fails too, the lease runs out by itself.
                drop(self.release_import(claim).await);
                return Err(failure);
            }
        }
        Ok(true)
    }

    async fn release_import(&self, claim: ImportClaim) -> Result<(), StoreError> {
        self.store().write_guarded("imports.release", move |tx| tx.import_job_release(claim)).await
    }

    async fn finish_import(&self, job: &ImportJobRow, failure: Option<(String, String)>) -> Result<(), StoreError> {
        let (claim, now) = (ImportClaim { tenant: job.tenant, job: job.id, fence: job.fence }, self.now());
        if let Some((code, _)) = &failure {
            tracing::info!(job = %job.id, code, "an import job failed");
        }
        let finish = self.store().write_guarded("imports.finish", move |tx| {
            let failure = failure.as_ref().map(|(code, message)| (code.as_str(), message.as_str()));
            tx.import_job_finish(claim, failure, now).map(drop)
        });
        finish.await
    }

    /// Takes away what nobody needs any more: files of jobs that are over or were cut off, and old jobs.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn sweep_imports(&self) -> Result<(), StoreError> {
        let now = self.now();
        let ago = |ms: i64| now.plus_millis(-ms);
        let (cut_off, unstarted, ended) =
            (ago(CUT_OFF_AFTER_MS), ago(UNSTARTED_KEPT_DAYS * DAY_MS), ago(JOBS_KEPT_DAYS * DAY_MS));
        let expire =
            self.store().write_guarded("imports.expire", move |tx| tx.imports_expire(now, cut_off, unstarted, ended));
        expire.await?;
        for _ in 0..SWEEPS_MAX {
            if !self.store().write_guarded("imports.sweep", |tx| tx.imports_sweep()).await? {
                break;
            }
        }
        Ok(())
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
