//! `POST /import-jobs/{id}/mapping`

use super::found;
use super::inspect::{Layout, said, stored as read_stored};
use super::view::ImportJob;
use crate::idempotency::{Answered, Reply};
use crate::imports::columns::Columns;
use crate::imports::object::Fields;
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::ImportJobId;
use postrider_core::import::{ImportFormat, ImportState};
use postrider_store::Tx;
use postrider_store::import_jobs::{ImportJobRow, ImportLayout};
use postrider_store::profiles::MatchKey;

/// Say what the columns of a file are.
#[derive(Debug, Clone)]
pub struct MapImportJob {
    /// Which job.
    pub job: ImportJobId,
    /// `(column, field)`; `-` leaves the column out. The others are taken by their headers.
    pub columns: Vec<(String, String)>,
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
            let layout = mapped(&row, &command)?;
            if !tx.import_job_set_layout(tenant, command.job, &layout, now)? {
                return Err(Code::ImportAlreadyStarted.into());
            }
            reread(tx, &row)
        })
        .await
    }
}

fn reread(tx: &mut Tx<'_>, row: &ImportJobRow) -> Result<ImportJob, ServiceError> {
    ImportJob::of(found(tx, row.tenant, row.id)?)
}

fn mapped(row: &ImportJobRow, command: &MapImportJob) -> Result<ImportLayout, ServiceError> {
    row.state.may_map(row.file_bytes.is_some())?;
    let (Some(layout), Some(format)) = (Layout::of(row)?, row.format) else {
        return Err(Code::ImportFileMissing.into());
    };
    let wanted = command.match_key.or(row.asked_match_key);
    let key = match format {
        ImportFormat::Csv => {
            let columns = Columns::new(&layout.headers, &command.columns).map_err(said)?;
            columns.match_key(wanted).map_err(said)?
        }
        ImportFormat::Jsonl => {
            Fields::new(&command.columns).map_err(said)?;
            wanted.unwrap_or_default()
        }
    };
    Ok(ImportLayout {
        state: ImportState::Ready,
        format,
        match_key: Some(key),
        layout: row.layout.clone().unwrap_or_default(),
        samples: row.samples.clone(),
        mapping: Some(serde_json::json!(command.columns).to_string()),
        start: (row.next_byte, row.next_line),
    })
}

/// What was said of the columns of a job.
///
/// # Errors
/// A failure if the row holds what no release wrote.
pub(super) fn stored(row: &ImportJobRow) -> Result<Vec<(String, String)>, ServiceError> {
    row.mapping.as_deref().map_or_else(|| Ok(Vec::new()), read_stored)
}
