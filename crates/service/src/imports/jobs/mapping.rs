//! `POST /import-jobs/{id}/mapping`

use super::view::ImportJob;
use super::{found, shown};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::ImportJobId;
pub use postrider_intake::file::mapping::Mapping;
use postrider_intake::jobs::mapping::mapped;
use postrider_store::Tx;
use postrider_store::import_jobs::ImportJobRow;
use postrider_store::profiles::MatchKey;

/// Say what the columns of a file are.
#[derive(Debug, Clone)]
pub struct MapImportJob {
    /// Which job.
    pub job: ImportJobId,
    /// What the caller says of the file.
    pub mapping: Mapping,
    /// By what people are found; absent for what was asked for when the job was made.
    pub match_key: Option<MatchKey>,
}

impl Service {
    /// Says what the columns of the file are; the job is ready then. Whatever was said before is forgotten.
    ///
    /// # Errors
    /// `IMPORTS.NOT_FOUND`, `ALREADY_STARTED`, `FILE_MISSING`; `MAPPING_INVALID` for a column or field that is not
    /// there, or if no column tells by what people are found.
    pub async fn map_import_job(
        &self,
        actor: &Actor,
        command: MapImportJob,
        reply: Reply<ImportJob>,
    ) -> Result<Answered, ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        self.answer_once("imports.map", actor, reply, move |tx| {
            let row = found(tx, tenant, command.job)?;
            let layout = mapped(&row, &command.mapping, command.match_key)?;
            if !tx.import_job_set_layout(tenant, command.job, &layout, now)? {
                return Err(Code::ImportAlreadyStarted.into());
            }
            reread(tx, &row)
        })
        .await
    }
}

fn reread(tx: &mut Tx<'_>, row: &ImportJobRow) -> Result<ImportJob, ServiceError> {
    shown(tx, row.tenant, row.id)
}
