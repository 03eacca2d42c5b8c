//! Routes of the import jobs: make one, send its file, say what the columns are, start it, look how it goes.

mod create;
mod delete;
mod errors;
mod get;
mod mapping;
mod start;
pub mod upload;
mod view;

pub use upload::router;

use crate::error::ApiError;
use crate::extract::parse_id;
use crate::routes::{Route, route};
use postrider_core::error::Code;
use postrider_core::id::ImportJobId;
use postrider_core::scope::Scope;

/// Longest mapping, in bytes: 500 columns with long names.
const MAPPING_BODY_MAX_BYTES: usize = 512 * 1024;

/// The routes.
pub fn routes() -> Vec<Route> {
    let (read, write) = (Scope::CdpImportsRead, Scope::CdpImportsWrite);
    vec![
        route!(POST, "/import-jobs", write, create::create_import_job),
        route!(GET, "/import-jobs", read, get::list_import_jobs),
        route!(GET, "/import-jobs/{id}", read, get::get_import_job),
        route!(DELETE, "/import-jobs/{id}", write, delete::delete_import_job),
        route!(PUT, "/import-jobs/{id}/file", write, upload::upload_file),
        route!(POST, "/import-jobs/{id}/mapping", write, mapping::map_import_job).taking(MAPPING_BODY_MAX_BYTES),
        route!(POST, "/import-jobs/{id}/start", write, start::start_import_job),
        route!(GET, "/import-jobs/{id}/errors", read, errors::list_import_errors),
    ]
}

fn job_id(text: &str) -> Result<ImportJobId, ApiError> {
    parse_id(text, Code::ImportNotFound)
}
