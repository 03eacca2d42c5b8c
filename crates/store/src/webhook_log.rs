//! Deliveries of events as people read them, send them again, and as they are forgotten in time.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::id::{EventId, TenantId, WebhookId};
use postrider_core::time::Timestamp;
use postrider_core::webhook::WebhookState;

/// Attempts that are told of one delivery, at most; the newest.
const ATTEMPTS_TOLD_MAX: i64 = 100;
/// Deliveries that are forgotten in one transaction.
const FORGOTTEN_MAX: i64 = 5_000;

statements! { "webhook_log":
    /// Ids begin with the time, so their order is that of the events. No state is any state.
    PAGE = "SELECT event_id, kind, body, state, attempt, due_at, reason, created_at, settled_at FROM webhook_deliveries \
        WHERE endpoint_id = $1 AND tenant_id = $2 AND event_id < $3 ORDER BY event_id DESC LIMIT $4";
    PAGE_IN_STATE = "SELECT event_id, kind, body, state, attempt, due_at, reason, created_at, settled_at \
        FROM webhook_deliveries WHERE endpoint_id = $1 AND tenant_id = $2 AND event_id < $3 AND state = $4 \
        ORDER BY event_id DESC LIMIT $5";
    GET = "SELECT event_id, kind, body, state, attempt, due_at, reason, created_at, settled_at FROM webhook_deliveries \
        WHERE endpoint_id = $1 AND tenant_id = $2 AND event_id = $3";
    ATTEMPTS = "SELECT a.attempt, a.at, a.duration_ms, a.status, a.error, a.response FROM webhook_attempts a \
        JOIN webhook_deliveries d ON d.endpoint_id = a.endpoint_id AND d.event_id = a.event_id \
        WHERE a.endpoint_id = $1 AND a.event_id = $2 AND d.tenant_id = $3 ORDER BY a.attempt DESC LIMIT $4";
    REPLAY = "UPDATE webhook_deliveries SET state = 'pending', due_at = $1, round_attempt = 0, reason = NULL, \
        settled_at = NULL, fence = fence + 1 WHERE endpoint_id = $2 AND tenant_id = $3 AND event_id = $4 \
        AND state <> 'pending'";
    REPLAY_FAILED = "UPDATE webhook_deliveries SET state = 'pending', due_at = $1, round_attempt = 0, reason = NULL, \
        settled_at = NULL, fence = fence + 1 WHERE endpoint_id = $2 AND tenant_id = $3 AND state = 'failed' \
        AND created_at >= $4";
    TEST = "INSERT INTO webhook_deliveries (endpoint_id, event_id, tenant_id, kind, body, state, attempt, \
        round_attempt, fence, due_at, created_at) VALUES ($1, $2, $3, $4, $5, 'pending', 0, $6, 0, $7, $7)";
    /// All tenants.
    OLD = "SELECT endpoint_id, event_id FROM webhook_deliveries WHERE created_at < $1 ORDER BY created_at LIMIT $2";
    FORGET_ATTEMPTS = "DELETE FROM webhook_attempts WHERE endpoint_id = $1 AND event_id = $2";
    FORGET = "DELETE FROM webhook_deliveries WHERE endpoint_id = $1 AND event_id = $2";
    /// All tenants.
    FORGET_ENDPOINTS = "DELETE FROM webhook_endpoints WHERE deleted_at < $1 AND NOT EXISTS \
        (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = webhook_endpoints.id)";
}

/// An event on its way to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// The event; `webhook-id` on its way out.
    pub event: EventId,
    /// Its kind.
    pub kind: String,
    /// Its body, JSON.
    pub body: String,
    /// Where it stands.
    pub state: WebhookState,
    /// Attempts so far.
    pub attempts: i64,
    /// When it is tried next, if it is.
    pub due_at: Option<Timestamp>,
    /// Why it failed, or failed last.
    pub reason: Option<String>,
    /// When it happened.
    pub created_at: Timestamp,
    /// When it was delivered or given up.
    pub settled_at: Option<Timestamp>,
}

/// An attempt.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookAttempt {
    /// Which, from 1. A number that is missing was made by a process that did not live to write it down.
    pub attempt: i64,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// What the endpoint answered, if it did.
    pub status: Option<i64>,
    /// Why there is no answer: a stable reason, and a sentence after a colon.
    pub error: Option<String>,
    /// The beginning of the answer.
    pub response: Option<String>,
}

impl std::fmt::Debug for WebhookAttempt {
    /// Shows no answer: it is the tenant's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookAttempt({}, {:?})", self.attempt, self.status)
    }
}

fn read(row: &mut Row) -> Result<WebhookDelivery, StoreError> {
    Ok(WebhookDelivery {
        event: row.id()?,
        kind: row.next()?,
        body: row.next()?,
        state: row.word(WebhookState::parse)?,
        attempts: row.next()?,
        due_at: row.next()?,
        reason: row.next()?,
        created_at: row.next()?,
        settled_at: row.next()?,
    })
}

impl Tx<'_> {
    /// Deliveries to an endpoint before `before` (all if absent), newest first, at most `limit`, all or those in one
    /// state.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn webhook_deliveries(
        &mut self,
        tenant: TenantId,
        webhook: WebhookId,
        before: Option<EventId>,
        state: Option<WebhookState>,
        limit: i64,
    ) -> Result<Vec<WebhookDelivery>, StoreError> {
        let before = before.unwrap_or_else(|| EventId::from(uuid::Uuid::max()));
        let mut values = vec![id(webhook), id(tenant), id(before)];
        let statement = match state {
            None => &PAGE,
            Some(state) => {
                values.push(state.as_str().into());
                &PAGE_IN_STATE
            }
        };
        values.push(limit.into());
        self.query_as(statement, &values, read)
    }

    /// One delivery.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn webhook_delivery(
        &mut self,
        tenant: TenantId,
        webhook: WebhookId,
        event: EventId,
    ) -> Result<Option<WebhookDelivery>, StoreError> {
        self.query_one(&GET, &[id(webhook), id(tenant), id(event)], read)
    }

    /// The attempts at one delivery, newest first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn webhook_attempts(
        &mut self,
        tenant: TenantId,
        webhook: WebhookId,
        event: EventId,
    ) -> Result<Vec<WebhookAttempt>, StoreError> {
        let values = [id(webhook), id(event), id(tenant), ATTEMPTS_TOLD_MAX.into()];
        self.query_as(&ATTEMPTS, &values, |row| {
            Ok(WebhookAttempt {
                attempt: row.next()?,
                at: row.next()?,
                duration_ms: row.next()?,
                status: row.next()?,
                error: row.next()?,
                response: row.next()?,
            })
        })
    }

    /// Sends a delivery again, from the first attempt on; one that waits goes on waiting.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn webhook_replay(
        &mut self,
        tenant: TenantId,
        webhook: WebhookId,
        event: EventId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let values = [now.into(), id(webhook), id(tenant), id(event)];
        self.execute(&REPLAY, &values).map(drop)
    }

    /// Sends all again that happened since an instant and failed; answers how many.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn webhook_replay_failed(
        &mut self,
        tenant: TenantId,
        webhook: WebhookId,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.execute(&REPLAY_FAILED, &[now.into(), id(webhook), id(tenant), since.into()])
    }

    /// Queues an event of no kind that anybody subscribes to, for one endpoint, after `tries` attempts that count.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn webhook_test(
        &mut self,
        tenant: TenantId,
        webhook: WebhookId,
        event: EventId,
        tries: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let kind = postrider_core::webhook::TEST_KIND;
        let data = serde_json::json!({ "webhookId": webhook.to_string() });
        let body = crate::events::body(kind, now, data);
        let values =
            [id(webhook), id(event), id(tenant), kind.into(), body.into(), i64::from(tries).into(), now.into()];
        self.execute(&TEST, &values).map(drop)
    }

    /// Forgets deliveries that are older than an instant, a bounded number at a time, and endpoints that were deleted
    /// before it; answers whether there may be more of it.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn webhooks_forget(&mut self, before: Timestamp) -> Result<bool, StoreError> {
        let old = self.query_as(&OLD, &[before.into(), FORGOTTEN_MAX.into()], |row| {
            Ok(vec![Value::Uuid(row.next()?), Value::Uuid(row.next()?)])
        })?;
        self.execute_many(&FORGET_ATTEMPTS, &old)?;
        self.execute_many(&FORGET, &old)?;
        self.execute(&FORGET_ENDPOINTS, &[before.into()])?;
        Ok(i64::try_from(old.len()).is_ok_and(|forgotten| forgotten == FORGOTTEN_MAX))
    }
}
