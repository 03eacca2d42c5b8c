//! `POST /import-jobs/{id}/start`

use super::view::ImportJob;
use super::{found, shown};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::{ImportJobId, ListId};
use postrider_intake::write::list_of_name;

impl Service {
    /// Starts a job that is ready. Its list is found or made now, so that it can be seen filling. A dry run writes nothing
    /// but its own counts, and leaves the job ready.
    ///
    /// # Errors
    /// `IMPORTS.NOT_FOUND`, `ALREADY_STARTED`, `FILE_MISSING`, `MAPPING_REQUIRED`; `LISTS.NOT_FOUND` if the list was
    /// deleted since.
    pub async fn start_import_job(
        &self,
        actor: &Actor,
        job: ImportJobId,
        dry_run: bool,
        reply: Reply<ImportJob>,
    ) -> Result<Answered, ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let fresh = ListId::new(now, &*self.entropy());
        let answered = self
            .answer_once("imports.start", actor, reply, move |tx| {
                let row = found(tx, tenant, job)?;
                row.state.may_start(row.file_bytes.is_some())?;
                if dry_run {
                    if !tx.import_job_start_dry(tenant, job, now)? {
                        return Err(Code::ImportAlreadyStarted.into());
                    }
                    return shown(tx, tenant, job);
                }
                let list = match (row.list, &row.list_name) {
                    (Some(list), _) => Some(tx.list_get(tenant, list)?.ok_or(Code::ListNotFound)?.id),
                    (None, Some(name)) => Some(list_of_name(tx, tenant, name, fresh, now)?),
                    (None, None) => None,
                };
                if !tx.import_job_start(tenant, job, list, now)? {
                    return Err(Code::ImportAlreadyStarted.into());
                }
                shown(tx, tenant, job)
            })
            .await?;
        self.nudge_imports();
        Ok(answered)
    }
}
