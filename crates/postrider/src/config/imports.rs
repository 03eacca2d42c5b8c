//! `[imports]`: files of people that come over HTTP.

use super::section::Section;

const FILE_MAX_DEFAULT_BYTES: u64 = 1024 * 1024 * 1024;
const TENANT_MAX_DEFAULT_BYTES: u64 = 2 * FILE_MAX_DEFAULT_BYTES;
const FILE_MAX_MIN_BYTES: u64 = 1024 * 1024;
const FILE_MAX_MAX_BYTES: u64 = 1024 * 1024 * 1024 * 1024;

/// What import jobs take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imports {
    /// Longest file, in bytes.
    pub file_max_bytes: u64,
    /// Bytes that the files of one tenant's jobs may fill in the database, all together.
    pub tenant_max_bytes: u64,
}

impl Imports {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let range = FILE_MAX_MIN_BYTES..=FILE_MAX_MAX_BYTES;
        let file_max_bytes = section.integer("file_max_bytes", FILE_MAX_DEFAULT_BYTES, range.clone());
        // A longer file that the operator allows fits, unless the operator says otherwise.
        let default = TENANT_MAX_DEFAULT_BYTES.max(file_max_bytes);
        let tenant_max_bytes = section.integer("tenant_max_bytes", default, range);
        section.finish();
        Self { file_max_bytes, tenant_max_bytes }
    }
}
