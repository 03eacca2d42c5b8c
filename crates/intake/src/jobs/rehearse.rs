//! A dry run: the whole file of a job, twice and in one go, with nothing written but the counts and notes of the job.
//!
//! The first pass finds the keys that repeat, the second does what an import does, in memory. Both need what they know of
//! earlier rows, so a dry run that is interrupted begins again.

use super::Importer;
use super::reasons::DryRun;
use super::slice::{LEASE_MS, Stretch, next, open, resume};
use crate::IntakeError;
use crate::people::{Rehearsal, Repeated, Typing};
use crate::write::{Entry, records};
use postrider_core::error::Code;
use postrider_core::id::TenantId;
use postrider_store::StoreError;
use postrider_store::import_jobs::ImportJobRow;
use postrider_store::import_runs::ImportClaim;
use std::sync::{Arc, Mutex, PoisonError};

/// A rehearsal that closures share.
pub(super) type Shared = Arc<Mutex<Rehearsal>>;

impl Importer {
    /// Runs a claimed job dry from its first row.
    pub(super) async fn rehearse(&self, job: &ImportJobRow) -> Result<Stretch, IntakeError> {
        let claim = ImportClaim { tenant: job.tenant, job: job.id, fence: job.fence };
        let lease_until = self.clock.now().plus_millis(LEASE_MS);
        let begin = self.store.write_guarded("imports.rehearse", move |tx| {
            if !tx.import_dry_run_begin(claim, lease_until)? {
                return Ok::<_, StoreError>(None);
            }
            tx.import_job_get(claim.tenant, claim.job)
        });
        let Some(job) = begin.await? else { return Ok(Stretch::Lost) };
        let Some(key) = job.match_key else { return Err(Code::Internal.into()) };
        let Some(repeated) = self.repeated(&job, claim).await? else { return Ok(Stretch::Lost) };
        self.stretch(&job, Some(Arc::new(Mutex::new(Rehearsal::new(key, repeated))))).await
    }

    /// The keys that stand in the file more than once; none if the claim is lost.
    async fn repeated(&self, job: &ImportJobRow, claim: ImportClaim) -> Result<Option<Repeated>, IntakeError> {
        let (mut ahead, input) = open(self, job)?;
        ahead.fill().await?;
        let (row, mut repeated) = (job.clone(), Repeated::default());
        let mut source = self.parsing.run(move || resume(input, &row)).await?;
        let mut renewed = self.clock.now();
        loop {
            ahead.fill().await?;
            let rows = self.pace.rows();
            let parse = move || {
                let step = next(&mut source, rows)?;
                for record in records(&step.entries) {
                    repeated.see(record, source.key);
                }
                Ok((source, repeated, step.entries.is_empty() && step.is_last))
            };
            let is_over;
            (source, repeated, is_over) = self.parsing.run(parse).await?;
            if is_over {
                return Ok(Some(repeated));
            }
            let now = self.clock.now();
            if now.millis_since(renewed) > LEASE_MS / 3 {
                renewed = now;
                let until = now.plus_millis(LEASE_MS);
                let hold = self.store.write_guarded("imports.hold", move |tx| tx.import_job_hold(claim, until));
                if !hold.await? {
                    return Ok(None);
                }
            }
            if (self.is_stopping)() {
                return Err(StoreError::Down("the process is stopping".into()).into());
            }
        }
    }

    /// What a set would do, after all sets before it.
    pub(super) async fn rehearse_set(
        &self,
        rehearsal: &Shared,
        tenant: TenantId,
        entries: &Arc<Vec<Entry>>,
        typing: &Arc<Typing>,
    ) -> Result<crate::people::SetOutcome, IntakeError> {
        let (shared, set, typing) = (Arc::clone(rehearsal), Arc::clone(entries), Arc::clone(typing));
        let load = self.store.read("imports.preview", move |tx| {
            shared.lock().unwrap_or_else(PoisonError::into_inner).load(tx, tenant, &records(&set), &typing)
        });
        load.await?;
        let mut rehearsal = rehearsal.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(rehearsal.apply(&records(entries), self.clock.now(), &*self.entropy))
    }

    /// Ends a dry run; the job is ready again.
    pub(super) async fn finish_dry_run(&self, claim: ImportClaim) -> Result<(), StoreError> {
        let now = self.clock.now();
        let finish = self.store.write_guarded("imports.finish", move |tx| {
            let Some(row) = tx.import_job_get(claim.tenant, claim.job)? else { return Ok(()) };
            let found = DryRun::stored(&row)?;
            tx.import_dry_run_end(claim, &found, now).map_err(IntakeError::from).map(drop)
        });
        match finish.await {
            Ok(()) => Ok(()),
            Err(IntakeError::Failed(failure)) => Err(failure),
            Err(IntakeError::Refused(refusal)) => Err(StoreError::Failed(refusal.message())),
        }
    }
}
