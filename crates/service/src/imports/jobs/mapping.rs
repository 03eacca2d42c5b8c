//! `POST /import-jobs/{id}/mapping`

use super::upload::layout;
use super::view::ImportJob;
use super::{found, shown};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::{ImportJobId, TenantId};
pub use postrider_intake::file::mapping::Mapping;
use postrider_intake::jobs::inspect::Layout;
use postrider_intake::jobs::mapping::mapped;
use postrider_store::Tx;
use postrider_store::import_jobs::{ImportJobRow, ImportLayout};
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
        let again = self.look_again(tenant, &command).await?;
        self.answer_once("imports.map", actor, reply, move |tx| {
            let mut row = found(tx, tenant, command.job)?;
            if let Some((_, layout)) = again.as_ref().filter(|(upload, _)| *upload == row.upload) {
                row.layout = Some(layout.layout.clone());
                row.samples = layout.samples.clone();
                (row.next_byte, row.next_line) = layout.start;
            }
            let layout = mapped(&row, &command.mapping, command.match_key)?;
            if !tx.import_job_set_layout(tenant, command.job, &layout, now)? {
                return Err(Code::ImportAlreadyStarted.into());
            }
            reread(tx, &row)
        })
        .await
    }
}

impl Service {
    /// Looks at the file once more if the caller names another encoding than it was read in: headers, samples and
    /// kinds are others then. Returns of which upload that is.
    async fn look_again(
        &self,
        tenant: TenantId,
        command: &MapImportJob,
    ) -> Result<Option<(i64, ImportLayout)>, ServiceError> {
        let job = command.job;
        let row = self.store().read("imports.get", move |tx| found(tx, tenant, job)).await?;
        let (Some(format), Some(bytes)) = (row.format, row.file_bytes) else { return Ok(None) };
        let seen = Layout::of(&row)?.and_then(|layout| layout.reading);
        let asked = command.mapping.asked_encoding()?;
        let is_same = match (&seen, asked) {
            (None, None) => true,
            (Some(reading), None) => !reading.is_asked,
            (Some(reading), Some(asked)) => reading.is_asked && reading.encoding == asked.name(),
            (None, Some(_)) => false,
        };
        if is_same || row.state.may_map(true).is_err() {
            return Ok(None);
        }
        let mapping = Mapping { file_name: row.file_name.clone(), ..command.mapping.clone() };
        let inspection = self.look_at_file(&row, bytes.unsigned_abs(), format, mapping).await?;
        Ok(Some((row.upload, layout(format, &inspection))))
    }
}

fn reread(tx: &mut Tx<'_>, row: &ImportJobRow) -> Result<ImportJob, ServiceError> {
    shown(tx, row.tenant, row.id)
}
