//! `DELETE /import-jobs/{id}`

use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::ImportJobId;

impl Service {
    /// Takes a job out of sight. One that runs stops behind the set at hand; whoever it brought in stays.
    ///
    /// # Errors
    /// `IMPORTS.NOT_FOUND`.
    pub async fn delete_import_job(&self, actor: &Actor, job: ImportJobId) -> Result<(), ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let deleted = self
            .store()
            .write_guarded("imports.delete", move |tx| {
                tx.import_job_delete(tenant, job, now).map_err(ServiceError::from)
            })
            .await?;
        if !deleted {
            return Err(Code::ImportNotFound.into());
        }
        self.nudge_imports();
        Ok(())
    }
}
