//! How many requests a client may make, over all processes.
//!
//! Each process admits by what it knows, and tells the store of what it admitted: of one in fifty of the limit at the
//! latest, before it admits more. So most requests cost the store nothing, a window that is spent costs it nothing at
//! all, and two processes together are over a limit by a few in a hundred at most. Invariants: one process alone never
//! is; a store that cannot count keeps nobody waiting: until it can, each process counts for itself.

use crate::{Service, ServiceError};
use postrider_core::error::{Code, Detail, Refusal};
use postrider_core::id::{ClientId, TenantId};
use postrider_core::rate_limit::{Admission, RateClass, RateWindow};
use postrider_core::time::{SECOND_MS, Timestamp};
use postrider_store::StoreError;
use postrider_store::rate_windows::RateKey;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The store is told of a limit in so many parts.
const PARTS: u32 = 50;
/// Windows remembered at once; more are forgotten together, which the store makes good but for the last part.
const WINDOWS_MAX: usize = 20_000;
/// How often a count that met another one is tried again at once.
const TRIES_MAX: u32 = 20;

/// What a request leaves of its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Class of the request.
    pub class: RateClass,
    /// Requests in a window.
    pub limit: u32,
    /// How many more pass now, as far as this process knows.
    pub remaining: u32,
}

/// What this process knows of one window.
#[derive(Default)]
struct Known {
    /// As the store told it.
    shared: RateWindow,
    /// What the store was not told.
    untold: RateWindow,
}

impl Known {
    fn all(&self) -> RateWindow {
        let mut all = self.shared.clone();
        all.merge(&self.untold);
        all
    }
}

type Windows = BTreeMap<RateKey, Arc<tokio::sync::Mutex<Known>>>;

/// The windows of this process.
#[derive(Default)]
pub(crate) struct RateState {
    windows: Mutex<Windows>,
    refused: [AtomicU64; RateClass::ALL.len()],
}

impl RateState {
    fn window(&self, key: RateKey, now: Timestamp) -> Arc<tokio::sync::Mutex<Known>> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = windows.get(&key) {
            return Arc::clone(known);
        }
        if windows.len() >= WINDOWS_MAX {
            windows.retain(|_, known| known.try_lock().is_ok_and(|known| !known.all().is_idle(now)));
        }
        if windows.len() >= WINDOWS_MAX {
            windows.clear();
        }
        Arc::clone(windows.entry(key).or_default())
    }

    fn refuse(&self, class: RateClass, limit: u32, until: Timestamp, now: Timestamp) -> ServiceError {
        self.refused[class as usize].fetch_add(1, Ordering::Relaxed);
        let retry_after_s = until.millis_since(now).max(1).saturating_add(SECOND_MS - 1) / SECOND_MS;
        Refusal { code: Code::RateLimited, detail: Detail::Limit { class, limit, retry_after_s } }.into()
    }
}

impl Service {
    /// Requests that this process refused since it began, by class.
    #[must_use]
    pub fn requests_limited(&self) -> BTreeMap<RateClass, u64> {
        let refused = &self.inner.rates.refused;
        RateClass::ALL.iter().map(|class| (*class, refused[*class as usize].load(Ordering::Relaxed))).collect()
    }

    /// Counts a request of a client; nothing is counted where there is no limit.
    ///
    /// # Errors
    /// `RATE.LIMITED`; the request is then not counted.
    pub async fn admit(
        &self,
        client: ClientId,
        class: RateClass,
        limit: Option<u32>,
    ) -> Result<Option<Allowance>, ServiceError> {
        let Some(limit) = limit else { return Ok(None) };
        let (key, state) = (RateKey { client, class }, &self.inner.rates);
        let window = state.window(key, self.now());
        let mut known = window.lock().await;
        let now = self.now();
        known.untold.look(now);
        let admission = match known.all().admission(limit, now) {
            Admission::Passes { remaining } if known.untold.spent() + 1 < limit / PARTS => {
                known.untold.count(1, now);
                Admission::Passes { remaining }
            }
            // The store could only know of more.
            waits @ Admission::Waits(_) => waits,
            Admission::Passes { remaining } => self.tell(key, limit, remaining, &mut known, now).await,
        };
        match admission {
            Admission::Passes { remaining } => Ok(Some(Allowance { class, limit, remaining })),
            Admission::Waits(until) => Err(state.refuse(class, limit, until, now)),
        }
    }

    /// Sets limits of a tenant's own; one that is none leaves the configured one. They hold within
    /// [`CLIENT_STATE_KEPT_MS`](crate::auth::CLIENT_STATE_KEPT_MS). Answers all the tenant has; 0 is no limit.
    ///
    /// # Errors
    /// `TENANTS.NOT_FOUND`.
    pub async fn set_rate_limits(
        &self,
        tenant: TenantId,
        limits: Vec<(RateClass, Option<u32>)>,
    ) -> Result<Vec<(RateClass, u32)>, ServiceError> {
        let set = self.store().write("tenant.rate_limits", move |tx| {
            tx.tenant_get(tenant)?.ok_or(Code::TenantNotFound)?;
            for (class, limit) in &limits {
                tx.tenant_rate_limit_set(tenant, *class, *limit)?;
            }
            Ok(tx.tenant_rate_limits(tenant)?)
        });
        set.await
    }

    /// Tells the store what was admitted, and counts one more request in the same transaction if it passes.
    async fn tell(&self, key: RateKey, limit: u32, remaining: u32, known: &mut Known, now: Timestamp) -> Admission {
        let untold = known.untold.clone();
        let told = self.store().write_guarded("rate.count", move |tx| {
            for _ in 0..TRIES_MAX {
                let mut stored = tx.rate_window(key)?;
                stored.window.merge(&untold);
                let admission = stored.window.admission(limit, now);
                if matches!(admission, Admission::Passes { .. }) {
                    stored.window.count(1, now);
                }
                if tx.rate_window_put(key, &stored, now)? {
                    return Ok((stored.window, admission));
                }
            }
            Err(StoreError::Busy("many processes count requests of one client".into()))
        });
        match told.await {
            Ok((shared, admission)) => {
                *known = Known { shared, untold: RateWindow::default() };
                admission
            }
            Err(error) => {
                if !error.is_trouble() {
                    tracing::warn!(%error, class = key.class.as_str(), "counting requests in the database failed; this process counts alone");
                }
                let untold = std::mem::take(&mut known.untold);
                known.shared.merge(&untold);
                known.shared.count(1, now);
                Admission::Passes { remaining }
            }
        }
    }
}
