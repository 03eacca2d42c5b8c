//! What became of an import.

use postrider_core::id::ListId;
pub use postrider_intake::file::report::ImportError;

/// Refused rows that a report shows.
pub const EXAMPLES_MAX: usize = 20;

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
