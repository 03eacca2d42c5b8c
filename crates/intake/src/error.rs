//! Why something was not taken in.

use postrider_core::error::{Code, Refusal};
use postrider_store::StoreError;

/// A refusal, which the caller can mend, or a failure of the store, which is for the operator.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IntakeError {
    /// Refused; nothing was changed.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error("{0}")]
    Failed(#[from] StoreError),
}

impl From<Code> for IntakeError {
    fn from(code: Code) -> Self {
        Self::Refused(Refusal::new(code))
    }
}
