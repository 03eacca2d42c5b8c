//! Whether requests can be taken.

use crate::{Service, ServiceError};

/// What stands in the way of taking requests; nothing if they can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// Whether the store answers.
    pub store: bool,
}

impl Readiness {
    /// Whether nothing stands in the way.
    #[must_use]
    pub const fn is_ready(self) -> bool {
        self.store
    }
}

impl Service {
    /// Asks the store for something small.
    pub async fn readiness(&self) -> Readiness {
        let answer = self.store().read("readiness", |tx| {
            tx.secret_get(postrider_store::secrets::SecretPurpose::Unsubscribe).map_err(ServiceError::from)
        });
        Readiness { store: answer.await.is_ok() }
    }
}
