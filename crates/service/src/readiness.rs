//! Whether requests can be taken, and sends where this process sends.

use crate::{Service, ServiceError};
use postrider_store::conditions::{Condition, Part};
use std::time::Duration;

/// How long the answer may take: who asks counts silence as an answer, too.
const ANSWER_MAX: Duration = Duration::from_millis(1_700);
/// How long the store may take over what it is asked.
const LOOK_MAX: Duration = Duration::from_millis(1_000);

/// Reason for a store that did not answer in time and is in no trouble known otherwise.
const SLOW: &str = "slow";

/// What is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Whether the store answers and takes writes.
    pub store: bool,
    /// Why it does not.
    pub reason: Option<&'static str>,
    /// Whether an engine lives; none if this process does not send.
    pub engine: Option<bool>,
    /// What keeps this process from sending, if it sends.
    pub conditions: Vec<(Part, Condition)>,
}

impl Readiness {
    /// Whether nothing stands in the way. Jobs that a person holds do not: the process would do its work.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let blocks = |(part, _): &(Part, Condition)| !matches!(part, Part::Jobs);
        self.store && self.engine != Some(false) && !self.conditions.iter().any(blocks)
    }
}

impl Service {
    /// Asks the store for something small: when an engine was last heard of. Ends within two seconds.
    pub async fn readiness(&self) -> Readiness {
        let looked = tokio::time::timeout(ANSWER_MAX, self.look()).await;
        let (answer, trouble) = (looked.ok().flatten(), self.store().trouble());
        let sends = self.settings().sends;
        let dead_since = self.now().plus_millis(-self.settings().node_timeout_ms);
        let reason = trouble.map(postrider_store::Trouble::as_str);
        Readiness {
            store: answer.is_some() && trouble.is_none(),
            reason: reason.or_else(|| answer.is_none().then_some(SLOW)),
            engine: sends.then(|| matches!(answer, Some(Some(seen)) if seen > dead_since)),
            conditions: if sends { self.store().conditions().all() } else { Vec::new() },
        }
    }

    /// When an engine was last heard of, if the store says so.
    async fn look(&self) -> Option<Option<postrider_core::time::Timestamp>> {
        let look = |tx: &mut postrider_store::Tx<'_>| tx.engine_seen().map_err(ServiceError::from);
        let seen = self.store().read_within("readiness", LOOK_MAX, look).await.ok()?;
        // Whoever is told that nothing can be written sends no more writes: ask again with one of our own.
        if self.store().trouble().is_some() {
            let touch = |tx: &mut postrider_store::Tx<'_>| tx.touch().map_err(ServiceError::from);
            drop(self.store().write_guarded_within("readiness.write", LOOK_MAX, touch).await);
        }
        Some(seen)
    }
}
