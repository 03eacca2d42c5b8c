//! Whether requests can be taken, and sends where this process sends.

use crate::{Service, ServiceError};

/// What is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// Whether the store answers.
    pub store: bool,
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
        Readiness { store: answer.is_ok(), engine }
    }
}
