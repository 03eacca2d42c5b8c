//! Import jobs: a file is sent once, inspected, and then imported set by set by any node that sends.
//!
//! Not here: what rows mean and the work itself (`postrider_intake`), which a task of the engine does.

mod create;
mod delete;
mod get;
mod mapping;
mod notes;
mod start;
mod upload;
mod view;

pub use create::{CreateImportJob, NAME_CHARS_MAX, UPLOAD_URL_LIFETIME_MS};
pub use get::ListImportJobs;
pub use mapping::{MapImportJob, Mapping};
pub use notes::{ListNotes, MENDABLE_HEADERS, Note, NotePage, NotePlace};
pub use postrider_intake::jobs::{JOBS_KEPT_DAYS, UNSTARTED_KEPT_DAYS};
pub use upload::Upload;
pub use view::{Column, ImportJob, NewImportJob};

pub use postrider_intake::jobs::reasons::{DryRun, NOTES_MAX, Reason};
pub use postrider_store::import_jobs::{ImportCounts, ImportFilter};

use crate::{Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::{ImportJobId, TenantId};
use postrider_store::Tx;
use postrider_store::import_jobs::ImportJobRow;
use postrider_store::wake::Topic;

/// The row of a job.
///
/// # Errors
/// `IMPORTS.NOT_FOUND`.
fn found(tx: &mut Tx<'_>, tenant: TenantId, job: ImportJobId) -> Result<ImportJobRow, ServiceError> {
    tx.import_job_get(tenant, job)?.ok_or_else(|| Code::ImportNotFound.into())
}

/// A job as callers see it.
///
/// # Errors
/// `IMPORTS.NOT_FOUND`.
fn shown(tx: &mut Tx<'_>, tenant: TenantId, job: ImportJobId) -> Result<ImportJob, ServiceError> {
    let row = found(tx, tenant, job)?;
    ImportJob::of(row, tx.tenant_mails_unknown(tenant)?)
}

impl Service {
    /// Wakes the task that works on import jobs. Losing the nudge costs at most one poll.
    fn nudge_imports(&self) {
        self.store().wake().nudge(Topic::Imports);
    }
}
