//! What became of an import.

use crate::ServiceError;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::ListId;
use postrider_store::StoreError;
use std::io;

/// Refused rows that a report shows.
pub const EXAMPLES_MAX: usize = 20;

/// Why an import stopped. Rows of the sets before are in; the same file may be imported again.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Something the caller can mend, or a failure of the store.
    #[error("{0}")]
    Service(#[from] ServiceError),
    /// The file could not be read.
    #[error("the file cannot be read: {0}")]
    Read(io::Error),
    /// The refused rows could not be written.
    #[error("the file of refused rows cannot be written: {0}")]
    WriteRefused(io::Error),
}

impl ImportError {
    /// Something is wrong with the file as a whole.
    pub(super) fn file(problem: impl Into<String>) -> Self {
        Self::from(Refusal::field(Code::ImportFileInvalid, "file", None, problem))
    }
}

impl From<Refusal> for ImportError {
    fn from(refusal: Refusal) -> Self {
        Self::Service(refusal.into())
    }
}

impl From<StoreError> for ImportError {
    fn from(failure: StoreError) -> Self {
        Self::Service(failure.into())
    }
}

/// A row that was not taken, or not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// The line of the file on which it begins, from 1; the header is part of the count.
    pub line: u64,
    /// Why, in one clause that begins with the field.
    pub reason: String,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rows that are accounted for.
    pub rows: u64,
    /// Bytes of the file that are behind us.
    pub bytes: u64,
}

/// What became of the rows: `read = created + updated + unchanged + refused`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows with anything in them, the header aside.
    pub read: u64,
    /// Rows that made a profile.
    pub created: u64,
    /// Rows that changed one.
    pub updated: u64,
    /// Rows that said nothing new.
    pub unchanged: u64,
    /// Rows that were not taken.
    pub refused: u64,
    /// Rows with the key of an earlier row; they were taken one after the other, so the later one wins.
    pub duplicates: u64,
    /// Rows that were taken without a field that cannot be what its column says, such as a phone number.
    pub fields_left_out: u64,
    /// Profiles that are new on the list.
    pub added_to_list: u64,
    /// The list, unless it was a dry run.
    pub list: Option<ListId>,
    /// Columns and what became of each, such as `("Vorname", "first_name")`.
    pub columns: Vec<(String, String)>,
    /// The first refused rows.
    pub examples: Vec<RefusedRow>,
}
