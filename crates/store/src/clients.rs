//! API clients of tenants.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::id::{ClientId, TenantId};
use postrider_core::time::Timestamp;

/// Clients in one answer, at most.
pub const CLIENTS_PAGE_MAX: i64 = 1_000;

statements! { "clients":
    INSERT = "INSERT INTO clients (id, tenant_id, name, secret_hash, scopes, created_at, disabled_at) \
        VALUES ($1, $2, $3, $4, $5, $6, NULL)";
    /// Of any tenant: who presents a client id has not said yet whose it is.
    FIND = "SELECT id, tenant_id, name, secret_hash, scopes, created_at, disabled_at, secret_generation FROM clients WHERE id = $1";
    LIST = "SELECT id, tenant_id, name, secret_hash, scopes, created_at, disabled_at, secret_generation FROM clients \
        WHERE tenant_id = $1 ORDER BY id LIMIT $2";
    /// Tokens of the generation before are refused from now on.
    SET_SECRET = "UPDATE clients SET secret_hash = $1, secret_generation = secret_generation + 1 \
        WHERE tenant_id = $2 AND id = $3";
    DISABLE = "UPDATE clients SET disabled_at = COALESCE(disabled_at, $1) WHERE tenant_id = $2 AND id = $3";
}

/// A client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Id.
    pub id: ClientId,
    /// Whose data it reaches.
    pub tenant: TenantId,
    /// Name, for people.
    pub name: String,
    /// Keyed hash of its secret; see `postrider-service`, `auth/client_secrets.rs`.
    pub secret_hash: String,
    /// What its tokens may carry, words with a space between.
    pub scopes: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was disabled.
    pub disabled_at: Option<Timestamp>,
    /// How many secrets it had before this one; a token of another secret is refused.
    pub secret_generation: i64,
}

fn read(row: &mut Row) -> Result<Client, StoreError> {
    Ok(Client {
        id: row.id()?,
        tenant: row.id()?,
        name: row.next()?,
        secret_hash: row.next()?,
        scopes: row.next()?,
        created_at: row.next()?,
        disabled_at: row.next()?,
        secret_generation: row.next()?,
    })
}

impl Tx<'_> {
    /// Adds a client.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn client_insert(&mut self, client: &Client) -> Result<(), StoreError> {
        let values = [
            id(client.id),
            id(client.tenant),
            (&client.name).into(),
            (&client.secret_hash).into(),
            (&client.scopes).into(),
            client.created_at.into(),
        ];
        self.execute(&INSERT, &values).map(drop)
    }

    /// The client with an id, whosever it is: only for finding out who calls.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn client_find(&mut self, client: ClientId) -> Result<Option<Client>, StoreError> {
        self.query_one(&FIND, &[id(client)], read)
    }

    /// The oldest clients of a tenant, at most [`CLIENTS_PAGE_MAX`].
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn client_list(&mut self, tenant: TenantId) -> Result<Vec<Client>, StoreError> {
        self.query_as(&LIST, &[id(tenant), CLIENTS_PAGE_MAX.into()], read)
    }

    /// Replaces the secret of a client of a tenant and refuses the tokens it has; reports whether there is such a client.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn client_set_secret(
        &mut self,
        tenant: TenantId,
        client: ClientId,
        secret_hash: &str,
    ) -> Result<bool, StoreError> {
        Ok(self.execute(&SET_SECRET, &[secret_hash.into(), id(tenant), id(client)])? == 1)
    }

    /// Disables a client of a tenant; answers whether there is one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn client_disable(&mut self, tenant: TenantId, client: ClientId, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.execute(&DISABLE, &[now.into(), id(tenant), id(client)])? == 1)
    }
}
