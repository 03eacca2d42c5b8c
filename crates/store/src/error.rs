//! How the database can fail, told apart by what may be done about it.

use crate::health::Trouble;

/// A failure of the store. Its text is for the operator and the log, never for an API client.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Somebody else holds what we need; the same transaction may be tried again. Nothing was changed.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// A unique or foreign key refused the row. Nothing was changed.
    #[error("the database refused a row: {0}")]
    Conflict(String),
    /// The commit may or may not have happened.
    #[error("the connection broke during a commit; its result is unknown: {0}")]
    Ambiguous(String),
    /// The unit of work took longer than its limit. Nothing was changed.
    #[error("the database did not finish in the time that the operation has")]
    TimedOut,
    /// A stored value cannot be read.
    #[error("column {column} holds {found} where {expected} was expected")]
    Corrupt {
        /// Which column, by position from 0.
        column: usize,
        /// What was expected.
        expected: &'static str,
        /// What kind of value was found.
        found: String,
    },
    /// The disk is full. Nothing was changed.
    #[error("the disk of the database is full: free some space and try again")]
    Full,
    /// The database cannot be written.
    #[error("the database is read-only: {0}")]
    ReadOnly(String),
    /// There is no file at the place of the database.
    #[error("there is no database")]
    Absent,
    /// There is a database, but it holds none of our tables.
    #[error("it is not a Postrider database yet")]
    Empty,
    /// Another state took the place of the database while an engine ran. Nothing was changed.
    #[error("an older state, or another database, was put in the place of the database while an engine ran")]
    SetBack,
    /// The file of the database cannot be opened; the text names it.
    #[error("the database cannot be opened: {0}")]
    Unopened(String),
    /// The database cannot be reached.
    #[error("the database cannot be reached: {0}")]
    Down(String),
    /// The database did not answer in time, whatever it did meanwhile.
    #[error("the database does not answer: {0}")]
    Silent(String),
    /// The schema is of a newer release.
    #[error("the database has schema {found}, this program knows up to {known}: use the newer postrider that made it")]
    Newer {
        /// Version found.
        found: i64,
        /// Newest version known.
        known: i64,
    },
    /// The schema is of an older release, and this use of it may not change it.
    #[error("the database has schema {found}, this program needs {needed}: run `postrider migrate` first")]
    Older {
        /// Version found.
        found: i64,
        /// Version needed.
        needed: i64,
    },
    /// Anything else the driver said.
    #[error("the database failed: {0}")]
    Failed(String),
}

impl StoreError {
    /// Whether it concerns the database as a whole. Then the store logs when it begins and when it ends, and a
    /// caller that meets it meanwhile need not.
    #[must_use]
    pub const fn is_trouble(&self) -> bool {
        Trouble::of(self).is_some()
    }

    /// Whether the same transaction may be tried again at once.
    #[must_use]
    pub const fn may_retry(&self) -> bool {
        matches!(self, Self::Busy(_))
    }
}
