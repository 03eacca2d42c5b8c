//! Making, listing and disabling API clients; for the operator.

use super::client_secrets;
use crate::tenants::check_name;
use crate::{Service, ServiceError};
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{ClientId, TenantId};
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use postrider_store::clients::Client;
use std::collections::BTreeSet;

/// What a new client is.
#[derive(Debug, Clone)]
pub struct CreateClient {
    /// Whose data it shall reach.
    pub tenant: TenantId,
    /// Name, 1 to 255 characters.
    pub name: String,
    /// Words with spaces between, at least one.
    pub scopes: String,
}

/// A client with its new secret, which is shown this once.
#[derive(Clone)]
pub struct NewClient {
    /// Id.
    pub id: ClientId,
    /// The secret: 43 characters.
    pub secret: String,
    /// What its tokens may carry.
    pub scopes: BTreeSet<Scope>,
}

/// A client as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSummary {
    /// Id.
    pub id: ClientId,
    /// Name.
    pub name: String,
    /// What its tokens may carry.
    pub scopes: BTreeSet<Scope>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was disabled.
    pub disabled_at: Option<Timestamp>,
    /// Whether an earlier version made its secret, which is no longer accepted.
    pub needs_new_secret: bool,
}

impl Service {
    /// Makes a client.
    ///
    /// # Errors
    /// `TENANTS.NOT_FOUND`; `REQUEST_INVALID` with the path `name` or `scope`.
    pub async fn create_client(&self, command: CreateClient) -> Result<NewClient, ServiceError> {
        let name = check_name(&command.name)?;
        let scopes = parse_scopes(&command.scopes)
            .map_err(|word| Refusal::invalid("scope", Some(word), format!("is not a scope; {}", scopes_known())))?;
        if scopes.is_empty() {
            return Err(Refusal::invalid("scope", None, format!("names no scope; {}", scopes_known())).into());
        }
        let (now, entropy) = (self.now(), self.entropy());
        let id = ClientId::new(now, &*entropy);
        let secret = client_secrets::new_secret(&*entropy);
        let secret_hash = client_secrets::hash(&self.client_secret_key().await?, id, &secret);
        let client = Client {
            id,
            tenant: command.tenant,
            name,
            secret_hash,
            scopes: words(&scopes),
            created_at: now,
            disabled_at: None,
            secret_generation: 0,
        };
        let made = self.store().write("client.create", move |tx| {
            tx.tenant_get(client.tenant)?.ok_or(Code::TenantNotFound)?;
            tx.client_insert(&client).map_err(ServiceError::from)
        });
        made.await?;
        Ok(NewClient { id, secret, scopes })
    }

    /// The clients of a tenant, oldest first.
    ///
    /// # Errors
    /// `TENANTS.NOT_FOUND`.
    pub async fn list_clients(&self, tenant: TenantId) -> Result<Vec<ClientSummary>, ServiceError> {
        let clients = self.store().read("client.list", move |tx| {
            tx.tenant_get(tenant)?.ok_or(Code::TenantNotFound)?;
            tx.client_list(tenant).map_err(ServiceError::from)
        });
        let summary = |client: Client| ClientSummary {
            id: client.id,
            name: client.name,
            scopes: known_scopes(&client.scopes),
            created_at: client.created_at,
            disabled_at: client.disabled_at,
            needs_new_secret: client_secrets::is_outdated(&client.secret_hash),
        };
        Ok(clients.await?.into_iter().map(summary).collect())
    }

    /// Gives a client a new secret. The old one gets no more tokens, and tokens that it got are refused within 5 s on
    /// every node.
    ///
    /// # Errors
    /// `CLIENTS.NOT_FOUND`.
    pub async fn rotate_client_secret(&self, tenant: TenantId, client: ClientId) -> Result<NewClient, ServiceError> {
        let secret = client_secrets::new_secret(&*self.entropy());
        let hash = client_secrets::hash(&self.client_secret_key().await?, client, &secret);
        let found = self.store().write("client.rotate", move |tx| {
            tx.client_set_secret(tenant, client, &hash)?;
            tx.client_find(client).map_err(ServiceError::from)
        });
        let found = found.await?.filter(|found| found.tenant == tenant).ok_or(Code::ClientNotFound)?;
        self.inner.auth.clients.forget(client);
        Ok(NewClient { id: client, secret, scopes: known_scopes(&found.scopes) })
    }

    /// Disables a client: it gets no more tokens, and those it has stop within 5 s on every node.
    ///
    /// # Errors
    /// `CLIENTS.NOT_FOUND`.
    pub async fn disable_client(&self, tenant: TenantId, client: ClientId) -> Result<(), ServiceError> {
        let now = self.now();
        let disabled = self
            .store()
            .write("client.disable", move |tx| tx.client_disable(tenant, client, now).map_err(ServiceError::from));
        if !disabled.await? {
            return Err(Code::ClientNotFound.into());
        }
        self.inner.auth.clients.forget(client);
        Ok(())
    }
}

/// Reads words with spaces between; answers the first that is no scope.
pub(super) fn parse_scopes(words: &str) -> Result<BTreeSet<Scope>, &str> {
    words.split_ascii_whitespace().map(|word| Scope::parse(word).ok_or(word)).collect()
}

/// What there is to choose from.
fn scopes_known() -> String {
    let known: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    format!("separate scopes with spaces; they are {}", known.join(", "))
}

/// Reads stored words; those of another release are left out.
pub(super) fn known_scopes(words: &str) -> BTreeSet<Scope> {
    words.split_ascii_whitespace().filter_map(Scope::parse).collect()
}

/// Writes scopes as words with spaces between (RFC 6749 §3.3).
pub(super) fn words(scopes: &BTreeSet<Scope>) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}
