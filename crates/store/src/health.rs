//! What keeps the database from being written, as this process met it last.
//!
//! Kept in memory: what cannot be stored cannot be told there. The log has one line when it begins and one when it ends.

use crate::error::StoreError;
use std::sync::{Mutex, PoisonError};

/// Why the database does not take writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The disk is full.
    DiskFull,
    /// The database or its file system is read-only.
    ReadOnly,
    /// The server or the file is out of reach.
    Unreachable,
}

impl Trouble {
    /// The word for it in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DiskFull => "disk_full",
            Self::ReadOnly => "read_only",
            Self::Unreachable => "unreachable",
        }
    }

    /// What a failure says of the database as a whole; most failures say nothing.
    pub(crate) const fn of(failure: &StoreError) -> Option<Self> {
        match failure {
            StoreError::Full => Some(Self::DiskFull),
            StoreError::ReadOnly(_) => Some(Self::ReadOnly),
            StoreError::Down(_) | StoreError::Ambiguous(_) => Some(Self::Unreachable),
            _ => None,
        }
    }
}

/// The last thing that went wrong and has not been followed by a success.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<Option<Trouble>>);

impl Health {
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a failure if it concerns the whole database.
    pub(crate) fn failed(&self, failure: &StoreError) {
        if let Some(trouble) = Trouble::of(failure) {
            self.is(trouble);
        }
    }

    pub(crate) fn is(&self, trouble: Trouble) {
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(trouble) != Some(trouble) {
            tracing::warn!(reason = trouble.as_str(), "writing to the database failed");
        }
    }

    /// A write was committed.
    pub(crate) fn wrote(&self) {
        if let Some(trouble) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            tracing::warn!(reason = trouble.as_str(), "writing to the database works again");
        }
    }
}
