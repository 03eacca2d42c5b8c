//! Whether requests can be taken, and sends where this process sends.

use crate::{Service, ServiceError, Trouble};

/// What is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// Whether the store answers and takes writes.
    pub store: bool,
    /// Why it does not.
    pub trouble: Option<Trouble>,
    /// Whether an engine lives; none if this process does not send.
    pub engine: Option<bool>,
}

impl Readiness {
    /// Whether nothing stands in the way.
    #[must_use]
    pub fn is_ready(self) -> bool {
        self.store && self.engine != Some(false)
    }
}

impl Service {
    /// Asks the store for something small: when an engine was last heard of.
    pub async fn readiness(&self) -> Readiness {
        let answer = self.store().read("readiness", |tx| tx.engine_seen().map_err(ServiceError::from)).await;
        let dead_since = self.now().plus_millis(-self.settings().node_timeout_ms);
        let engine = self.settings().sends.then(|| matches!(answer, Ok(Some(seen)) if seen > dead_since));
        // Whoever is told that nothing can be written sends no more writes: ask again with one of our own.
        if self.store().trouble().is_some() {
            drop(self.store().write("readiness.write", |tx| tx.touch().map_err(ServiceError::from)).await);
        }
        let trouble = self.store().trouble();
        Readiness { store: answer.is_ok() && trouble.is_none(), trouble, engine }
    }
}
