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
pub use postrider_store::StoreError;
pub use readiness::Readiness;
pub use settings::Settings;

use postrider_core::env::{Clock, Entropy};
use postrider_core::time::Timestamp;
use postrider_store::Store;
use std::sync::Arc;

/// Looks at all profiles of a tenant that happen at once, previews and dry runs. More wait for their turn, so that
/// however long a look takes, connections of the store are left for those who ask for little.
const WIDE_LOOKS_MAX: usize = 2;

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
    wide_looks: Arc<tokio::sync::Semaphore>,
    renderings: Arc<tokio::sync::Semaphore>,
    /// Wakes whoever works on import jobs in this process.
    imports: tokio::sync::Notify,
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
            wide_looks: Arc::new(tokio::sync::Semaphore::new(WIDE_LOOKS_MAX)),
            renderings: Arc::new(tokio::sync::Semaphore::new(rendering::RENDERINGS_MAX)),
            imports: tokio::sync::Notify::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Waits for a turn to look at all profiles of a tenant. It lasts until what is answered is dropped, which belongs
    /// to the look: a caller who gives up waiting does not end it.
    pub(crate) async fn wide_look(&self) -> Option<tokio::sync::OwnedSemaphorePermit> {
        Arc::clone(&self.inner.wide_looks).acquire_owned().await.ok()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Chance, for ids; shared with closures that run on the store's threads.
    #[must_use]
    pub fn entropy(&self) -> Arc<dyn Entropy> {
        Arc::clone(&self.inner.entropy)
    }

    /// What the operator configured.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }
}
