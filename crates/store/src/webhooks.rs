//! Endpoints: where a tenant wants events to be sent, and of which kinds.
//!
//! Invariant: an endpoint has a subscription for each of its kinds while it is enabled, and none otherwise, so whoever
//! stores an event looks at nothing else.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::event::EventKind;
use postrider_core::id::{TenantId, WebhookId};
use postrider_core::time::Timestamp;
use postrider_core::webhook::{DisabledReason, ENDPOINTS_MAX};

statements! { "webhooks":
    GET = "SELECT id, url, description, events, enabled, disabled_reason, secret, previous_secret, \
        previous_secret_until, failing_since, last_success_at, created_at, updated_at FROM webhook_endpoints \
        WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL";
    LIST = "SELECT id, url, description, events, enabled, disabled_reason, secret, previous_secret, \
        previous_secret_until, failing_since, last_success_at, created_at, updated_at FROM webhook_endpoints \
        WHERE tenant_id = $1 AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $2";
    COUNT = "SELECT COUNT(*) FROM webhook_endpoints WHERE tenant_id = $1 AND deleted_at IS NULL";
    INSERT = "INSERT INTO webhook_endpoints (id, tenant_id, url, description, events, enabled, disabled_reason, secret, \
        created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    UPDATE = "UPDATE webhook_endpoints SET url = $1, description = $2, events = $3, enabled = $4, \
        disabled_reason = $5, failing_since = CASE WHEN CAST($6 AS BIGINT) = 1 THEN NULL ELSE failing_since END, \
        updated_at = $7 WHERE tenant_id = $8 AND id = $9 AND deleted_at IS NULL";
    ROTATE = "UPDATE webhook_endpoints SET previous_secret = secret, previous_secret_until = $1, secret = $2, \
        updated_at = $3 WHERE tenant_id = $4 AND id = $5 AND deleted_at IS NULL";
    DELETE = "UPDATE webhook_endpoints SET deleted_at = $1, enabled = $2, previous_secret = NULL, \
        previous_secret_until = NULL WHERE tenant_id = $3 AND id = $4 AND deleted_at IS NULL";
    SUBSCRIBE = "INSERT INTO webhook_subscriptions (tenant_id, kind, endpoint_id) VALUES ($1, $2, $3) \
        ON CONFLICT DO NOTHING";
    UNSUBSCRIBE = "DELETE FROM webhook_subscriptions WHERE tenant_id = $1 AND endpoint_id = $2";
    /// What waits when an endpoint is disabled or deleted is not tried any more.
    GIVE_UP = "UPDATE webhook_deliveries SET state = 'failed', reason = $1, due_at = NULL, settled_at = $2, \
        fence = fence + 1 WHERE endpoint_id = $3 AND tenant_id = $4 AND state = 'pending'";
}

/// Stable reason of a delivery that waited when its endpoint was disabled.
pub const ENDPOINT_DISABLED: &str = "endpoint_disabled";
/// Stable reason of a delivery that waited when its endpoint was deleted.
pub const ENDPOINT_DELETED: &str = "endpoint_deleted";

/// An endpoint.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookRow {
    /// Id.
    pub id: WebhookId,
    /// Where to; may hold a token.
    pub url: String,
    /// What people call it.
    pub description: Option<String>,
    /// What it wants to know of.
    pub events: Vec<EventKind>,
    /// Whether it gets anything.
    pub enabled: bool,
    /// Why it does not.
    pub disabled_reason: Option<DisabledReason>,
    /// What signs.
    pub secret: Vec<u8>,
    /// What signs beside it, for a while.
    pub previous_secret: Option<Vec<u8>>,
    /// Until when it does.
    pub previous_secret_until: Option<Timestamp>,
    /// The first failure after the last success.
    pub failing_since: Option<Timestamp>,
    /// The last success.
    pub last_success_at: Option<Timestamp>,
    /// Since when.
    pub created_at: Timestamp,
    /// The last change by a person.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for WebhookRow {
    /// Shows the id only: secrets and URLs must not reach a log by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookRow({})", self.id)
    }
}

fn read(row: &mut Row) -> Result<WebhookRow, StoreError> {
    Ok(WebhookRow {
        id: row.id()?,
        url: row.next()?,
        description: row.next()?,
        events: row.word(|words| words.split_whitespace().map(EventKind::parse).collect())?,
        enabled: row.next()?,
        disabled_reason: row.optional_word(DisabledReason::parse)?,
        secret: row.next()?,
        previous_secret: row.next()?,
        previous_secret_until: row.next()?,
        failing_since: row.next()?,
        last_success_at: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    })
}

fn words(events: &[EventKind]) -> String {
    events.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" ")
}

impl Tx<'_> {
    /// One endpoint.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn webhook_get(&mut self, tenant: TenantId, webhook: WebhookId) -> Result<Option<WebhookRow>, StoreError> {
        self.query_one(&GET, &[id(tenant), id(webhook)], read)
    }

    /// All endpoints, newest first; there are at most [`ENDPOINTS_MAX`].
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn webhooks_list(&mut self, tenant: TenantId) -> Result<Vec<WebhookRow>, StoreError> {
        self.query_as(&LIST, &[id(tenant), ENDPOINTS_MAX.into()], read)
    }

    /// How many endpoints there are.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn webhooks_count(&mut self, tenant: TenantId) -> Result<i64, StoreError> {
        self.query_number(&COUNT, &[id(tenant)])
    }

    /// Adds an endpoint with its subscriptions.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn webhook_insert(&mut self, tenant: TenantId, row: &WebhookRow) -> Result<(), StoreError> {
        let values = [
            id(row.id),
            id(tenant),
            (&row.url).into(),
            row.description.as_ref().into(),
            words(&row.events).into(),
            row.enabled.into(),
            row.disabled_reason.map(DisabledReason::as_str).into(),
            Value::Blob(row.secret.clone()),
            row.created_at.into(),
            row.updated_at.into(),
        ];
        self.execute(&INSERT, &values)?;
        self.webhook_subscribe(tenant, row)
    }

    /// Changes what people can change of an endpoint. One that was disabled and is not any more begins without
    /// failures; for one that is disabled nothing waits any more.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn webhook_update(&mut self, tenant: TenantId, row: &WebhookRow, forgive: bool) -> Result<(), StoreError> {
        let values = [
            (&row.url).into(),
            row.description.as_ref().into(),
            words(&row.events).into(),
            row.enabled.into(),
            row.disabled_reason.map(DisabledReason::as_str).into(),
            i64::from(forgive).into(),
            row.updated_at.into(),
            id(tenant),
            id(row.id),
        ];
        self.execute(&UPDATE, &values)?;
        self.webhook_subscribe(tenant, row)?;
        if !row.enabled {
            self.webhook_give_up(tenant, row.id, ENDPOINT_DISABLED, row.updated_at)?;
        }
        Ok(())
    }

    /// Gives an endpoint a new secret; the old one signs beside it until an instant.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn webhook_rotate(
        &mut self,
        tenant: TenantId,
        webhook: WebhookId,
        secret: &[u8],
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let values = [until.into(), secret.into(), now.into(), id(tenant), id(webhook)];
        self.execute(&ROTATE, &values).map(drop)
    }

    /// Deletes an endpoint; its log stays for its time. Answers whether there was one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn webhook_delete(&mut self, tenant: TenantId, webhook: WebhookId, now: Timestamp) -> Result<bool, StoreError> {
        self.execute(&UNSUBSCRIBE, &[id(tenant), id(webhook)])?;
        let deleted = self.execute(&DELETE, &[now.into(), false.into(), id(tenant), id(webhook)])? == 1;
        self.webhook_give_up(tenant, webhook, ENDPOINT_DELETED, now)?;
        Ok(deleted)
    }

    /// Ends the waiting of all deliveries to an endpoint.
    pub(crate) fn webhook_give_up(
        &mut self,
        tenant: TenantId,
        webhook: WebhookId,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(&GIVE_UP, &[reason.into(), now.into(), id(webhook), id(tenant)]).map(drop)
    }

    /// Takes all subscriptions of an endpoint away.
    pub(crate) fn webhook_unsubscribe(&mut self, tenant: TenantId, webhook: WebhookId) -> Result<(), StoreError> {
        self.execute(&UNSUBSCRIBE, &[id(tenant), id(webhook)]).map(drop)
    }

    fn webhook_subscribe(&mut self, tenant: TenantId, row: &WebhookRow) -> Result<(), StoreError> {
        self.webhook_unsubscribe(tenant, row.id)?;
        let kinds = row.events.iter().filter(|_| row.enabled);
        let sets: Vec<Vec<Value>> = kinds.map(|kind| vec![id(tenant), kind.as_str().into(), id(row.id)]).collect();
        self.execute_many(&SUBSCRIBE, &sets).map(drop)
    }
}
