//! Starts of import jobs: for good, and as dry runs, which can be repeated.
//!
//! Invariant: a job that starts counts from zero at its first row, and has no notes.

use crate::error::StoreError;
use crate::import_runs::ImportClaim;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Value, id};
use postrider_core::id::{ImportJobId, ListId, TenantId};
use postrider_core::time::Timestamp;

statements! { "import_starts":
    START = "UPDATE import_jobs SET state = 'running', is_dry_run = FALSE, list_id = $1, samples = NULL, started_at = $2, \
        updated_at = $3 WHERE tenant_id = $4 AND id = $5 AND state = 'ready' AND deleted_at IS NULL";
    START_DRY = "UPDATE import_jobs SET state = 'running', is_dry_run = TRUE, dry_run = NULL, started_at = $1, \
        updated_at = $2 WHERE tenant_id = $3 AND id = $4 AND state = 'ready' AND deleted_at IS NULL";
    /// A job that an earlier release made ready has no first row noted; it has not moved either.
    RESET = "UPDATE import_jobs SET next_byte = COALESCE(first_byte, next_byte), \
        next_line = COALESCE(first_line, next_line), rows_read = 0, rows_created = 0, rows_updated = 0, \
        rows_unchanged = 0, rows_refused = 0, fields_left_out = 0, added_to_list = 0, reasons = NULL, errors_kept = 0, \
        warnings_kept = 0, note_bytes = 0 WHERE tenant_id = $1 AND id = $2 AND state = 'running'";
    /// The caller found the job among the tenant's.
    FORGET_NOTES = "DELETE FROM import_job_errors WHERE job_id = $1";
    HOLD = "UPDATE import_jobs SET lease_until = $1 WHERE id = $2 AND fence = $3 AND state = 'running' \
        AND lease_until IS NOT NULL AND deleted_at IS NULL AND tenant_id = $4";
    END_DRY = "UPDATE import_jobs SET state = 'ready', is_dry_run = FALSE, dry_run = $1, started_at = NULL, \
        lease_until = NULL, attempts = 0, next_byte = COALESCE(first_byte, next_byte), \
        next_line = COALESCE(first_line, next_line), rows_read = 0, rows_created = 0, rows_updated = 0, \
        rows_unchanged = 0, rows_refused = 0, fields_left_out = 0, added_to_list = 0, reasons = NULL, updated_at = $2 \
        WHERE id = $3 AND fence = $4 AND state = 'running' AND tenant_id = $5";
}

impl Tx<'_> {
    /// Starts a job that is ready; whether there was such a job.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_job_start(
        &mut self,
        tenant: TenantId,
        job: ImportJobId,
        list: Option<ListId>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let values = [list.map_or(Value::Null, id), now.into(), now.into(), id(tenant), id(job)];
        let is_started = self.execute(&START, &values)? > 0;
        if is_started {
            self.reset(tenant, job)?;
        }
        Ok(is_started)
    }

    /// Starts a dry run of a job that is ready; whether there was such a job.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_job_start_dry(
        &mut self,
        tenant: TenantId,
        job: ImportJobId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let is_started = self.execute(&START_DRY, &[now.into(), now.into(), id(tenant), id(job)])? > 0;
        if is_started {
            self.reset(tenant, job)?;
        }
        Ok(is_started)
    }

    fn reset(&mut self, tenant: TenantId, job: ImportJobId) -> Result<(), StoreError> {
        self.execute(&RESET, &[id(tenant), id(job)])?;
        self.execute(&FORGET_NOTES, &[id(job)]).map(drop)
    }

    /// Begins a dry run, or begins one again that was interrupted; whether the claim is good.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_dry_run_begin(&mut self, claim: ImportClaim, lease_until: Timestamp) -> Result<bool, StoreError> {
        let is_ours = self.import_job_hold(claim, lease_until)?;
        if is_ours {
            self.reset(claim.tenant, claim.job)?;
        }
        Ok(is_ours)
    }

    /// Renews a lease; whether the claim is good.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_job_hold(&mut self, claim: ImportClaim, lease_until: Timestamp) -> Result<bool, StoreError> {
        let values = [lease_until.into(), id(claim.job), claim.fence.into(), id(claim.tenant)];
        self.execute(&HOLD, &values).map(|rows| rows > 0)
    }

    /// Ends a dry run with what it found, as JSON; the job is ready again. Whether the claim was still good.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_dry_run_end(&mut self, claim: ImportClaim, found: &str, now: Timestamp) -> Result<bool, StoreError> {
        let values = [found.into(), now.into(), id(claim.job), claim.fence.into(), id(claim.tenant)];
        self.execute(&END_DRY, &values).map(|rows| rows > 0)
    }
}
