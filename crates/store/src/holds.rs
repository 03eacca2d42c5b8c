//! Keeps whether everything that the database would send waits for a person, and lists the jobs that are not over.
//!
//! For the operator and the engine, which work for all tenants.

use crate::conditions::{Condition, Stops};
use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::channel::ChannelKind;
use postrider_core::hold::HoldReason;
use postrider_core::id::{CampaignId, ScheduleId, TenantId};
use postrider_core::schedule::JobState;
use postrider_core::time::Timestamp;

/// How an operator lets everything go on.
const REMEDY: &str =
    "Nothing is sent until you make sure that no other copy sends and run `postrider jobs release --all`.";
/// Jobs that are listed, at most.
pub const LISTED_MAX: usize = 1_000;

statements! { "holds":
    HELD = "SELECT held_at, held_reason, held_text FROM instance WHERE held_at IS NOT NULL";
    /// An existing hold stays: its reason is the one to be confirmed. A hold of an operator is replaced by any other.
    HOLD = "UPDATE instance SET held_at = $1, held_reason = $2, held_text = $3 \
        WHERE held_at IS NULL OR (held_reason = $4 AND $2 <> $4)";
    /// Only the hold that a person was asked about.
    RELEASE = "UPDATE instance SET held_at = NULL, held_reason = NULL, held_text = NULL \
        WHERE held_at = $1 AND held_reason = $2";
    /// All tenants.
    JOBS = "SELECT j.id, j.tenant_id, j.campaign_id, c.name, j.channel, j.state, j.due_at, j.started_at, \
        j.blocked_reason, j.is_test, COALESCE((SELECT CAST(SUM(k.pending + k.in_flight) AS BIGINT) FROM manifests m \
        JOIN chunks k ON k.manifest_number = m.number WHERE m.schedule_id = j.id), 0) \
        FROM schedule_jobs j JOIN campaigns c ON c.tenant_id = j.tenant_id AND c.id = j.campaign_id \
        WHERE j.finished_at IS NULL ORDER BY j.due_at, j.id LIMIT $1";
    /// All tenants.
    PLACE = "SELECT tenant_id, campaign_id FROM schedule_jobs WHERE id = $1";
    /// All tenants.
    OVERDUE = "SELECT COUNT(*), MIN(due_at) FROM schedule_jobs WHERE state = 'scheduled' AND due_at <= $1";
}

/// A hold on everything that sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: HoldReason,
    /// The reason in a sentence, and what to do about it.
    pub text: String,
}

impl Held {
    /// The hold of a database that is a copy or may be one, for a reason in one clause.
    #[must_use]
    pub fn of(reason: HoldReason, why: &str, since: Timestamp) -> Self {
        let sentence = reason.sentence().trim_end_matches('.');
        Self { since, reason, text: format!("{sentence}: {why}. {REMEDY}") }
    }

    /// What it keeps a process from.
    #[must_use]
    pub fn condition(&self) -> Condition {
        Condition { reason: self.reason.as_str(), sentence: self.text.clone(), stops: Stops::Sending }
    }
}

/// A job that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenJob {
    /// Its id.
    pub id: ScheduleId,
    /// Whose.
    pub tenant: TenantId,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// The name of the campaign.
    pub name: String,
    /// Channel.
    pub channel: ChannelKind,
    /// Its state.
    pub state: JobState,
    /// When it begins.
    pub due_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// Why nothing moves.
    pub blocked_reason: Option<String>,
    /// Whether it is a test send.
    pub is_test: bool,
    /// Frozen recipients that are not accounted for yet.
    pub pending: i64,
}

impl Tx<'_> {
    /// The hold on everything that sends, if there is one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn held(&mut self) -> Result<Option<Held>, StoreError> {
        self.query_one(&HELD, &[], |row| {
            Ok(Held { since: row.next()?, reason: row.word(HoldReason::parse)?, text: row.next()? })
        })
    }

    /// Holds everything that sends. Returns false if it was held already for as good a reason.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn hold(&mut self, held: &Held) -> Result<bool, StoreError> {
        let operator = HoldReason::Operator.as_str();
        let values = [held.since.into(), held.reason.as_str().into(), held.text.as_str().into(), operator.into()];
        Ok(self.execute(&HOLD, &values)? == 1)
    }

    /// Ends a hold. Returns whether it was still the same.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn release(&mut self, held: &Held) -> Result<bool, StoreError> {
        Ok(self.execute(&RELEASE, &[held.since.into(), held.reason.as_str().into()])? == 1)
    }

    /// Jobs that are not over, in the order in which they are due; at most 1,000. The flag says whether there are more.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn jobs_open(&mut self) -> Result<(Vec<OpenJob>, bool), StoreError> {
        let mut jobs: Vec<OpenJob> =
            self.query_as(&JOBS, &[i64::try_from(LISTED_MAX + 1).unwrap_or(i64::MAX).into()], |row| {
                Ok(OpenJob {
                    id: row.id()?,
                    tenant: row.id()?,
                    campaign: row.id()?,
                    name: row.next()?,
                    channel: row.word(ChannelKind::parse)?,
                    state: row.word(JobState::parse)?,
                    due_at: row.next()?,
                    started_at: row.next()?,
                    blocked_reason: row.next()?,
                    is_test: row.next()?,
                    pending: row.next()?,
                })
            })?;
        let more = jobs.len() > LISTED_MAX;
        jobs.truncate(LISTED_MAX);
        Ok((jobs, more))
    }

    /// Whose job it is, and of which campaign.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn job_place(&mut self, job: ScheduleId) -> Result<Option<(TenantId, CampaignId)>, StoreError> {
        self.query_one(&PLACE, &[id(job)], |row| Ok((row.id()?, row.id()?)))
    }

    /// How many jobs are due and have not begun, and when the first of them was due.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn jobs_overdue(&mut self, now: Timestamp) -> Result<Option<(i64, Timestamp)>, StoreError> {
        let found = self.query_one(&OVERDUE, &[now.into()], |row: &mut Row| {
            let (count, first): (i64, Option<Timestamp>) = (row.next()?, row.next()?);
            Ok(first.map(|first| (count, first)))
        });
        Ok(found?.flatten())
    }
}
