//! Holding jobs for the operator: everything that the database would send, or single jobs of any tenant.
//!
//! Every user who can open the database may do this; no client of the API can.

use super::pause;
use crate::{Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::hold::HoldReason;
use postrider_core::id::ScheduleId;
use postrider_store::conditions::{Conditions, Part};
use postrider_store::holds::{Held, OpenJob};
use postrider_store::wake::Topic;
use postrider_store::{StoreError, Tx};
use std::future::Future;
use std::time::Duration;

/// How an operator lets everything go on.
const REMEDY: &str = "Nothing is sent until you run `postrider jobs release --all`.";

/// The jobs that are not over, and what holds all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenJobs {
    /// The hold on everything that sends, if there is one.
    pub held: Option<Held>,
    /// In the order in which they are due; at most 1,000.
    pub jobs: Vec<OpenJob>,
    /// Whether there are more jobs than that.
    pub more: bool,
}

impl Service {
    /// The jobs of all tenants that are not over.
    ///
    /// # Errors
    /// [`ServiceError::Failed`].
    pub async fn open_jobs(&self) -> Result<OpenJobs, ServiceError> {
        let read = |tx: &mut Tx<'_>| {
            let (jobs, more) = tx.jobs_open()?;
            Ok(OpenJobs { held: tx.held()?, jobs, more })
        };
        self.store().read("jobs.open", read).await
    }

    /// Holds everything that the database would send, as an operator. Returns false if it was held already.
    ///
    /// # Errors
    /// [`ServiceError::Failed`].
    pub async fn hold_all(&self) -> Result<bool, ServiceError> {
        let reason = HoldReason::Operator;
        let held = Held { since: self.now(), reason, text: format!("{} {REMEDY}", reason.sentence()) };
        let begun = self.store().write_guarded("jobs.hold_all", move |tx| tx.hold(&held)).await?;
        self.nudge_schedules();
        Ok(begun)
    }

    /// Ends the hold on everything that sends that a person was asked about. Returns false if it is another one now.
    ///
    /// # Errors
    /// [`ServiceError::Failed`].
    pub async fn release_all(&self, held: Held) -> Result<bool, ServiceError> {
        let ended = self.store().write_guarded("jobs.release_all", move |tx| tx.release(&held)).await?;
        self.nudge_schedules();
        self.store().wake().nudge(Topic::Deliveries);
        Ok(ended)
    }

    /// Pauses a job of any tenant, as its tenant would.
    ///
    /// # Errors
    /// `SCHEDULE_JOBS.NOT_FOUND` also for a test send or a job that is not its campaign's newest one; otherwise as
    /// [`Service::pause`].
    pub async fn hold_job(&self, job: ScheduleId) -> Result<(), ServiceError> {
        let (now, entropy) = (self.now(), self.entropy());
        let hold = move |tx: &mut Tx<'_>| {
            let (tenant, campaign) = tx.job_place(job)?.ok_or(Code::ScheduleJobNotFound)?;
            pause::pause(tx, (tenant, campaign, Some(job)), now, &*entropy)
        };
        self.store().write_guarded("jobs.hold", hold).await?;
        self.nudge_schedules();
        Ok(())
    }

    /// Lets a paused or held job of any tenant go on, as its tenant would.
    ///
    /// # Errors
    /// As [`Service::hold_job`] and [`Service::resume`].
    pub async fn release_job(&self, job: ScheduleId) -> Result<(), ServiceError> {
        let (now, entropy) = (self.now(), self.entropy());
        let release = move |tx: &mut Tx<'_>| {
            let (tenant, campaign) = tx.job_place(job)?.ok_or(Code::ScheduleJobNotFound)?;
            pause::resume(tx, (tenant, campaign, Some(job)), None, now, &*entropy)
        };
        self.store().write_guarded("jobs.release", release).await?;
        self.nudge_schedules();
        self.store().wake().nudge(Topic::Deliveries);
        Ok(())
    }

    /// Reads whether everything is held and notes it for this process, for one without an engine that does so.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn note_hold(&self) -> Result<(), StoreError> {
        let held = self.store().read("instance.held", |tx| tx.held()).await?;
        note(self.store().conditions(), held.as_ref());
        Ok(())
    }

    /// Notes again and again whether everything is held, until it is stopped.
    pub async fn watch_hold(&self, every: Duration, stop: impl Future<Output = ()>) {
        let watch = async {
            loop {
                if let Err(error) = self.note_hold().await {
                    tracing::debug!(%error, "looking for a hold on all jobs failed");
                }
                tokio::time::sleep(every).await;
            }
        };
        tokio::select! {
            () = watch => {}
            () = stop => {}
        }
    }
}

fn note(conditions: &Conditions, held: Option<&Held>) {
    match held {
        Some(held) => conditions.begin(Part::Jobs, held.condition()),
        None => drop(conditions.end(Part::Jobs)),
    }
}
