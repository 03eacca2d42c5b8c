//! Why an import stops.

use crate::IntakeError;
use postrider_core::error::{Code, Refusal};
use postrider_store::StoreError;
use std::io;

/// Why an import stopped. Rows of the sets before are in; the same file may be imported again.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Something the caller can mend, or a failure of the store.
    #[error("{0}")]
    Service(#[from] IntakeError),
    /// The file could not be read.
    #[error("the file cannot be read: {0}")]
    Read(io::Error),
    /// The refused rows could not be written.
    #[error("the file of refused rows cannot be written: {0}")]
    WriteRefused(io::Error),
}

impl ImportError {
    /// Something is wrong with the file as a whole.
    pub fn file(problem: impl Into<String>) -> Self {
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
