//! `[imports]`: files of people that come over HTTP.

use super::section::Section;

const FILE_MAX_DEFAULT_BYTES: u64 = 1024 * 1024 * 1024;
const FILE_MAX_MIN_BYTES: u64 = 1024 * 1024;
const FILE_MAX_MAX_BYTES: u64 = 1024 * 1024 * 1024 * 1024;

/// What import jobs take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imports {
    /// Longest file, in bytes.
    pub file_max_bytes: u64,
}

impl Imports {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let range = FILE_MAX_MIN_BYTES..=FILE_MAX_MAX_BYTES;
        let file_max_bytes = section.integer("file_max_bytes", FILE_MAX_DEFAULT_BYTES, range);
        section.finish();
        Self { file_max_bytes }
    }
}
