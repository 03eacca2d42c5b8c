//! The use cases of Postrider: one function for each command or query.
//!
//! Each takes the [`Actor`], reads the clock once, runs in one transaction and answers plain values. No HTTP type
//! is known here, and the engine is never called: both meet in the database.

mod actor;
mod error;
pub mod idempotency;
mod page;
pub mod rate_limits;
mod readiness;
mod rendering;
mod settings;
mod wide_look;

pub mod audiences;
pub mod auth;
pub mod campaigns;
pub mod deliveries;
pub mod imports;
pub mod lists;
pub mod metadata;
pub mod preflight;
pub mod profiles;
pub mod schedules;
pub mod senders;
pub mod status;
pub mod suppressions;
pub mod templates;
pub mod tenants;
pub mod test_sends;
pub mod unsubscribe;
pub mod vitals;
pub mod webhooks;

pub use actor::Actor;
pub use error::ServiceError;
pub use page::Page;
pub use postrider_store::conditions::{Condition, Part};
pub use postrider_store::{StoreError, Trouble};
pub use readiness::Readiness;
pub use settings::Settings;

use postrider_core::env::{Clock, Entropy};
use postrider_core::time::Timestamp;
use postrider_store::Store;
use std::sync::Arc;

/// All use cases. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    settings: Settings,
    running: idempotency::Running,
    auth: auth::AuthState,
    rates: rate_limits::RateState,
    vitals: vitals::Vitals,
    wide_looks: wide_look::WideLooks,
    renderings: Arc<tokio::sync::Semaphore>,
}

impl Service {
    /// Puts the use cases on a store.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, settings: Settings) -> Self {
        let inner = Inner {
            store,
            clock,
            entropy,
            settings,
            running: idempotency::Running::default(),
            auth: auth::AuthState::default(),
            rates: rate_limits::RateState::default(),
            vitals: vitals::Vitals::default(),
            wide_looks: wide_look::WideLooks::default(),
            renderings: Arc::new(tokio::sync::Semaphore::new(rendering::RENDERINGS_MAX)),
        };
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The time by which this process goes.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Chance, for ids; shared with closures that run on the store's threads.
    #[must_use]
    pub fn entropy(&self) -> Arc<dyn Entropy> {
        Arc::clone(&self.inner.entropy)
    }

    /// What works on import jobs.
    #[must_use]
    pub fn importer(&self) -> postrider_intake::jobs::Importer {
        postrider_intake::jobs::Importer::new(self.store().clone(), Arc::clone(&self.inner.clock), self.entropy())
    }

    /// What the operator configured.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }
}
