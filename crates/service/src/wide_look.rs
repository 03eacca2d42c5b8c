//! Turns to look at all profiles of a tenant, for previews and dry runs.
//!
//! A tenant has one turn at a time, so that its looks never keep those of another tenant waiting for long.

use crate::{Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::TenantId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Looks of different tenants at the same time. More wait for their turn, so that however long a look takes,
/// connections of the store are left for those who ask for little.
const AT_ONCE_MAX: usize = 2;
/// How long a request waits for its turn before it is told to come back.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Who may look, and who is looking.
pub(crate) struct WideLooks {
    all: Arc<Semaphore>,
    tenants: Mutex<BTreeMap<TenantId, Weak<Semaphore>>>,
}

/// A turn; it ends when this is dropped. It belongs to the look: a caller who gives up waiting does not end it.
pub(crate) struct WideLook {
    _all: OwnedSemaphorePermit,
    _tenant: OwnedSemaphorePermit,
}

impl Default for WideLooks {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(AT_ONCE_MAX)), tenants: Mutex::default() }
    }
}

impl WideLooks {
    fn tenant(&self, tenant: TenantId) -> Arc<Semaphore> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = tenants.get(&tenant).and_then(Weak::upgrade) {
            return own;
        }
        tenants.retain(|_, own| own.strong_count() > 0);
        let own = Arc::new(Semaphore::new(1));
        tenants.insert(tenant, Arc::downgrade(&own));
        own
    }
}

impl Service {
    /// Waits for the tenant's turn.
    ///
    /// # Errors
    /// `UNAVAILABLE` if it does not come within [`WAIT_MAX`].
    pub(crate) async fn wide_look(&self, tenant: TenantId) -> Result<WideLook, ServiceError> {
        let looks = &self.inner.wide_looks;
        let turn = async {
            let tenant = looks.tenant(tenant).acquire_owned().await.ok()?;
            let all = Arc::clone(&looks.all).acquire_owned().await.ok()?;
            Some(WideLook { _all: all, _tenant: tenant })
        };
        tokio::time::timeout(WAIT_MAX, turn).await.ok().flatten().ok_or_else(|| Code::Unavailable.into())
    }
}
