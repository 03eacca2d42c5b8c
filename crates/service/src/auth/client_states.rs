//! Which clients may call, remembered for a moment so that not every request asks the store.

use super::clients::known_scopes;
use crate::{Service, ServiceError};
use postrider_core::id::{ClientId, TenantId};
use postrider_core::rate_limit::RateLimits;
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use postrider_store::clients::Client;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// How long a state is believed, in milliseconds; the contract allows a disabled client 5 s.
pub const CLIENT_STATE_KEPT_MS: i64 = 2_000;
/// Clients remembered at once.
const CLIENTS_MAX: usize = 10_000;

/// Of a client that may call: whose it is, what it may do, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Enabled {
    pub tenant: TenantId,
    pub scopes: BTreeSet<Scope>,
    /// Which of its secrets is in use; tokens of another one are refused.
    pub secret_generation: i64,
    pub limits: Arc<RateLimits>,
}

/// What is remembered of one client, if it may call, and since when we know.
#[derive(Clone)]
struct State {
    enabled: Option<Enabled>,
    read_at: Timestamp,
}

impl State {
    fn is_fresh(&self, now: Timestamp) -> bool {
        (0..CLIENT_STATE_KEPT_MS).contains(&now.millis_since(self.read_at))
    }
}

/// The states of clients that called lately.
#[derive(Default)]
pub(super) struct ClientStates(Mutex<BTreeMap<ClientId, State>>);

impl ClientStates {
    fn get(&self, client: ClientId, now: Timestamp) -> Option<State> {
        let states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        states.get(&client).filter(|state| state.is_fresh(now)).cloned()
    }

    fn put(&self, client: ClientId, state: State) {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if states.len() >= CLIENTS_MAX {
            states.retain(|_, known| known.is_fresh(state.read_at));
        }
        if states.len() < CLIENTS_MAX {
            states.insert(client, state);
        }
    }

    /// Forgets a client, so that its next request asks the store.
    pub fn forget(&self, client: ClientId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&client);
    }
}

impl Service {
    /// What holds for a client that may call.
    pub(super) async fn enabled(&self, client: ClientId) -> Result<Option<Enabled>, ServiceError> {
        let now = self.now();
        let states = &self.inner.auth.clients;
        if let Some(state) = states.get(client, now) {
            return Ok(state.enabled);
        }
        let found = self.client_and_limits(client).await?;
        let enabled = found.filter(|(client, _)| client.disabled_at.is_none());
        let enabled = enabled.map(|(client, limits)| Enabled {
            tenant: client.tenant,
            scopes: known_scopes(&client.scopes),
            secret_generation: client.secret_generation,
            limits: Arc::new(limits),
        });
        states.put(client, State { enabled: enabled.clone(), read_at: now });
        Ok(enabled)
    }

    /// A client with the limits that hold for its tenant: configured ones, and those set by the operator over them.
    async fn client_and_limits(&self, client: ClientId) -> Result<Option<(Client, RateLimits)>, ServiceError> {
        let found = self.store().read("client.find", move |tx| {
            let Some(client) = tx.client_find(client)? else { return Ok(None) };
            let own = tx.tenant_rate_limits(client.tenant)?;
            Ok::<_, ServiceError>(Some((client, own)))
        });
        Ok(found.await?.map(|(client, own)| {
            let mut limits = self.settings().rate_limits.clone();
            own.into_iter().for_each(|(class, limit)| limits.set(class, Some(limit)));
            (client, limits)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_state_is_forgotten_in_time_and_when_the_clock_goes_back() {
        let states = ClientStates::default();
        let client = ClientId::from(Uuid::from_u128(1));
        let at = Timestamp::from_millis;
        states.put(client, State { enabled: None, read_at: at(10_000) });
        for (now, known) in [(10_000, true), (11_999, true), (12_000, false), (9_999, false)] {
            assert_eq!(states.get(client, at(now)).is_some(), known, "{now}");
        }
    }

    #[test]
    fn the_memory_is_bounded() {
        let states = ClientStates::default();
        let state = |millis| State { enabled: None, read_at: Timestamp::from_millis(millis) };
        for number in 0..=CLIENTS_MAX {
            states.put(ClientId::from(Uuid::from_u128(number as u128)), state(0));
        }
        assert_eq!(states.0.lock().unwrap().len(), CLIENTS_MAX);
        states.put(ClientId::from(Uuid::from_u128(u128::MAX)), state(CLIENT_STATE_KEPT_MS));
        assert_eq!(states.0.lock().unwrap().len(), 1);
    }
}
