//! Import jobs: a file that is sent once, looked at, and then taken row by row by whichever node has time.
//!
//! Not here: what rows mean (the rest of `imports`), and the work itself, which `runner` does. Invariant: a job that
//! is interrupted anywhere goes on behind the last set that was committed, and counts no row twice.

mod create;
mod delete;
mod get;
mod mapping;
mod notes;
mod runner;
mod start;
mod upload;
mod view;

pub use create::{CreateImportJob, NAME_CHARS_MAX, UPLOAD_URL_LIFETIME_MS};
pub use get::ListImportJobs;
pub use mapping::{MapImportJob, Mapping};
pub use notes::{ListNotes, MENDABLE_HEADERS, Note, NotePage};
pub use runner::{JOBS_KEPT_DAYS, UNSTARTED_KEPT_DAYS};
pub use upload::Upload;
pub use view::{Column, ImportJob, NewImportJob};

pub use postrider_store::import_jobs::{ImportCounts, ImportFilter};

use crate::ServiceError;
use postrider_core::error::Code;
use postrider_core::id::{ImportJobId, TenantId};
use postrider_store::Tx;
use postrider_store::import_jobs::ImportJobRow;

/// The row of a job.
///
/// # Errors
/// `IMPORTS.NOT_FOUND`.
fn found(tx: &mut Tx<'_>, tenant: TenantId, job: ImportJobId) -> Result<ImportJobRow, ServiceError> {
    tx.import_job_get(tenant, job)?.ok_or_else(|| Code::ImportNotFound.into())
}
