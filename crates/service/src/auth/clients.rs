//! Making, listing and disabling API clients; for the operator.

use super::hashing::SALT_BYTES;
use crate::tenants::check_name;
use crate::{Service, ServiceError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{ClientId, TenantId};
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use postrider_store::clients::Client;
use std::collections::BTreeSet;

/// Bytes of a client secret: 256 bits, more than anybody can guess.
const SECRET_BYTES: usize = 32;

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

/// A client just made. Its secret is shown this once.
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
        let (mut random, mut salt) = ([0; SECRET_BYTES], [0; SALT_BYTES]);
        let entropy = self.entropy();
        entropy.fill(&mut random);
        entropy.fill(&mut salt);
        let secret = URL_SAFE_NO_PAD.encode(random);
        let secret_hash = self.inner.auth.hashing.hash(self.settings().secret_cost, secret.clone(), salt).await?;
        let now = self.now();
        let client = Client {
            id: ClientId::new(now, &*entropy),
            tenant: command.tenant,
            name,
            secret_hash,
            scopes: words(&scopes),
            created_at: now,
            disabled_at: None,
        };
        let id = client.id;
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
        };
        Ok(clients.await?.into_iter().map(summary).collect())
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
