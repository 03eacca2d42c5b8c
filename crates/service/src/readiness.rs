//! Whether requests can be taken, and sends where this process sends.

use crate::{Service, ServiceError};
use postrider_store::conditions::{Condition, Part, Stops};
use std::time::Duration;

/// How long the answer may take: a load balancer counts silence as a failure, too.
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
    /// Whether nothing stands in the way.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let parts_are_ready = self.conditions.iter().all(|(part, _)| self.part_is_ready(*part));
        self.store && self.engine != Some(false) && parts_are_ready
    }

    /// Whether a part of the process can do its work. Held jobs do not keep it from that: a person holds them on purpose.
    /// Nor does the clock of a machine that is off while jobs follow another one.
    #[must_use]
    pub fn part_is_ready(&self, of: Part) -> bool {
        self.conditions.iter().filter(|(part, _)| *part == of).all(|(part, condition)| match part {
            Part::Jobs => true,
            Part::Clock => condition.stops < Stops::Starts,
            Part::Route(_) => false,
        })
    }

    /// Whether something is noted about a part of the process.
    #[must_use]
    pub fn has(&self, of: Part) -> bool {
        self.conditions.iter().any(|(part, _)| *part == of)
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
