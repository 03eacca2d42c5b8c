//! Where rows are parsed.

use crate::IntakeError;
use postrider_core::error::Code;
use postrider_store::StoreError;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Where rows are parsed. Parsing needs no store: the bytes are fetched before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsing {
    /// On a thread that may be busy, so that the threads of the runtime stay free.
    Aside,
    /// On the thread of the caller, so that everything happens in an order that a scheduler foretells.
    InPlace,
}

impl Parsing {
    /// Runs work. A panic is the fault of the file, so it ends the job.
    pub(super) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> Result<T, IntakeError> + Send + 'static,
    ) -> Result<T, IntakeError> {
        match self {
            Self::InPlace => catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Code::Internal.into())),
            Self::Aside => match tokio::task::spawn_blocking(work).await {
                Ok(result) => result,
                Err(error) if error.is_panic() => Err(Code::Internal.into()),
                Err(_) => Err(StoreError::Down("the process is stopping".into()).into()),
            },
        }
    }
}
