//! How a use case can end without its answer.

use postrider_core::error::{Code, Refusal};
use postrider_store::StoreError;

/// A refusal, which the caller can mend, or a failure of the store, which is for the operator.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ServiceError {
    /// Refused; nothing was changed.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error("{0}")]
    Failed(#[from] StoreError),
}

impl From<Code> for ServiceError {
    fn from(code: Code) -> Self {
        Self::Refused(Refusal::new(code))
    }
}

impl From<postrider_intake::IntakeError> for ServiceError {
    fn from(error: postrider_intake::IntakeError) -> Self {
        match error {
            postrider_intake::IntakeError::Refused(refusal) => Self::Refused(refusal),
            postrider_intake::IntakeError::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl ServiceError {
    /// The same error about a field that lies inside another one; see [`Refusal::under`].
    #[must_use]
    pub fn under(self, parent: &str) -> Self {
        match self {
            Self::Refused(refusal) => Self::Refused(refusal.under(parent)),
            Self::Failed(failure) => Self::Failed(failure),
        }
    }
}
