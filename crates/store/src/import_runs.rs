//! Running import jobs: who is at work on one, and how far it is.
//!
//! A job runs under one lease. Invariant: the place of the next set of rows, the counters, the notes and the profiles
//! of a set are written in one transaction, so a crash repeats at most one set and counts none twice.

use crate::error::StoreError;
use crate::import_jobs::{ImportCounts, ImportJobRow};
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::id::{ImportJobId, TenantId};
use postrider_core::import::ImportState;
use postrider_core::time::Timestamp;

statements! { "import_runs":
    /// All tenants; the job that has waited longest.
    WAITING = "SELECT tenant_id, id FROM import_jobs WHERE state = 'running' AND deleted_at IS NULL \
        AND (lease_until IS NULL OR lease_until <= $1) ORDER BY updated_at, id LIMIT 1";
    /// All tenants.
    LEASED_UNTIL = "SELECT lease_until FROM import_jobs WHERE state = 'running' AND deleted_at IS NULL \
        AND lease_until > $1 ORDER BY lease_until LIMIT 1";
    /// All tenants: deleted jobs, and parts of uploads that another upload replaced.
    LITTER = "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM import_jobs WHERE deleted_at IS NOT NULL LIMIT 1) d) \
        + (SELECT COUNT(*) FROM (SELECT 1 FROM import_jobs j JOIN import_job_parts p ON p.job_id = j.id \
        AND p.upload < j.upload WHERE j.state IN ('pending', 'ready') LIMIT 1) s)";
    CLAIM = "UPDATE import_jobs SET lease_until = $1, fence = fence + 1, attempts = attempts + 1, updated_at = $2 \
        WHERE tenant_id = $3 AND id = $4 AND state = 'running' AND deleted_at IS NULL \
        AND (lease_until IS NULL OR lease_until <= $5)";
    KEEP = "UPDATE import_jobs SET lease_until = $1 WHERE id = $2 AND fence = $3 AND state = 'running' \
        AND lease_until IS NOT NULL AND deleted_at IS NULL AND tenant_id = $4 \
        RETURNING next_byte, reasons, errors_kept, warnings_kept, note_bytes";
    ADVANCE = "UPDATE import_jobs SET next_byte = $1, next_line = $2, rows_read = rows_read + CAST($3 AS BIGINT), \
        rows_created = rows_created + CAST($4 AS BIGINT), rows_updated = rows_updated + CAST($5 AS BIGINT), \
        rows_unchanged = rows_unchanged + CAST($6 AS BIGINT), rows_refused = rows_refused + CAST($7 AS BIGINT), \
        fields_left_out = fields_left_out + CAST($8 AS BIGINT), added_to_list = added_to_list + CAST($9 AS BIGINT), \
        attempts = 0, reasons = $10, errors_kept = $11, warnings_kept = $12, note_bytes = $13, updated_at = $14 \
        WHERE id = $15 AND fence = $16 AND tenant_id = $17";
    RELEASE = "UPDATE import_jobs SET lease_until = NULL WHERE id = $1 AND fence = $2 AND tenant_id = $3";
    FINISH = "UPDATE import_jobs SET state = $1, failure_code = $2, failure_message = $3, finished_at = $4, \
        updated_at = $5, lease_until = NULL WHERE id = $6 AND fence = $7 AND state = 'running' AND tenant_id = $8";
}

/// A claim on a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportClaim {
    /// Whose job.
    pub tenant: TenantId,
    /// Which job.
    pub job: ImportJobId,
    /// What the claim is worth.
    pub fence: i64,
}

/// What a job keeps of rows that were refused or taken without a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// JSON: how many rows there are by reason.
    pub reasons: Option<String>,
    /// Refused rows.
    pub errors: i64,
    /// Warnings.
    pub warnings: i64,
    /// Length of what is kept, in bytes.
    pub bytes: i64,
}

/// What there is to do for whoever works on import jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportOutlook {
    /// The running job that has waited longest without a lease.
    pub job: Option<(TenantId, ImportJobId)>,
    /// When the first lease of a running job ends.
    pub leased_until: Option<Timestamp>,
    /// Whether there is something to sweep away.
    pub has_litter: bool,
}

impl Tx<'_> {
    /// Looks for work on import jobs.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_outlook(&mut self, now: Timestamp) -> Result<ImportOutlook, StoreError> {
        Ok(ImportOutlook {
            job: self.query_one(&WAITING, &[now.into()], |row| Ok((row.id()?, row.id()?)))?,
            leased_until: self.query_one(&LEASED_UNTIL, &[now.into()], Row::next)?,
            has_litter: self.query_number(&LITTER, &[])? > 0,
        })
    }

    /// Claims a running job that has no lease.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_job_claim(
        &mut self,
        (tenant, job): (TenantId, ImportJobId),
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Option<ImportJobRow>, StoreError> {
        let values = [lease_until.into(), now.into(), id(tenant), id(job), now.into()];
        if self.execute(&CLAIM, &values)? == 0 {
            return Ok(None);
        }
        self.import_job_get(tenant, job)
    }

    /// Renews a lease, and returns where the job is; none if the lease is lost. Locks the job.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_job_keep(
        &mut self,
        claim: ImportClaim,
        lease_until: Timestamp,
    ) -> Result<Option<(i64, Kept)>, StoreError> {
        let values = [lease_until.into(), id(claim.job), claim.fence.into(), id(claim.tenant)];
        self.query_one(&KEEP, &values, |row| {
            let next_byte = row.next()?;
            let kept = Kept { reasons: row.next()?, errors: row.next()?, warnings: row.next()?, bytes: row.next()? };
            Ok((next_byte, kept))
        })
    }

    /// Moves a job behind a set of rows: to which byte and line, what became of them, and what is kept of them.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_job_advance(
        &mut self,
        claim: ImportClaim,
        next: (i64, i64),
        counts: &ImportCounts,
        kept: &Kept,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let values = [
            next.0.into(),
            next.1.into(),
            counts.read.into(),
            counts.created.into(),
            counts.updated.into(),
            counts.unchanged.into(),
            counts.refused.into(),
            counts.fields_left_out.into(),
            counts.added_to_list.into(),
            kept.reasons.as_ref().into(),
            kept.errors.into(),
            kept.warnings.into(),
            kept.bytes.into(),
            now.into(),
            id(claim.job),
            claim.fence.into(),
            id(claim.tenant),
        ];
        self.execute(&ADVANCE, &values).map(drop)
    }

    /// Gives a lease back.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_job_release(&mut self, claim: ImportClaim) -> Result<(), StoreError> {
        self.execute(&RELEASE, &[id(claim.job), claim.fence.into(), id(claim.tenant)]).map(drop)
    }

    /// Ends a job, with code and sentence if it failed; whether the claim was still good.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_job_finish(
        &mut self,
        claim: ImportClaim,
        failure: Option<(&str, &str)>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let state = if failure.is_some() { ImportState::Failed } else { ImportState::Completed };
        let (code, message) = failure.unzip();
        let values = [
            state.as_str().into(),
            code.into(),
            message.into(),
            now.into(),
            now.into(),
            id(claim.job),
            claim.fence.into(),
            id(claim.tenant),
        ];
        self.execute(&FINISH, &values).map(|rows| rows > 0)
    }
}
