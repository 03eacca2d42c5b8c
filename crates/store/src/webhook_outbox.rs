//! Events on their way out, as the engine handles them: claimed under a lease, recorded under a fence.
//!
//! The engine works for all tenants; rows it writes are found by ids that it read with their tenant. Invariant: of two
//! nodes that claim at once one gets a delivery, and whoever lost it in between changes nothing of it any more.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::id::{EventId, TenantId, WebhookId};
use postrider_core::time::Timestamp;
use postrider_core::webhook::{DisabledReason, WebhookState};

statements! { "webhook_outbox":
    /// All tenants.
    NEXT_DUE = "SELECT MIN(due_at) FROM webhook_deliveries WHERE state = 'pending'";
    /// All tenants. Endpoints for which something is due, in the order of ids, after one.
    DUE_ENDPOINTS = "SELECT e.id, e.tenant_id, e.failing_since FROM webhook_endpoints e WHERE e.id > $1 AND EXISTS \
        (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.due_at <= $2) \
        ORDER BY e.id LIMIT $3";
    ENDPOINT = "SELECT url, secret, CASE WHEN previous_secret_until > $1 THEN previous_secret END, enabled, \
        deleted_at FROM webhook_endpoints WHERE tenant_id = $2 AND id = $3";
    DUE = "SELECT event_id, body, attempt, round_attempt, fence FROM webhook_deliveries WHERE endpoint_id = $1 \
        AND tenant_id = $2 AND state = 'pending' AND due_at <= $3 ORDER BY due_at, event_id LIMIT $4";
    TAKE = "UPDATE webhook_deliveries SET fence = fence + 1, attempt = attempt + 1, due_at = $1 \
        WHERE endpoint_id = $2 AND event_id = $3 AND fence = $4 AND state = 'pending' AND tenant_id = $5";
    SETTLE = "UPDATE webhook_deliveries SET state = $1, due_at = $2, settled_at = $3, reason = $4, \
        round_attempt = round_attempt + 1 WHERE endpoint_id = $5 AND event_id = $6 AND fence = $7 \
        AND state = 'pending' AND tenant_id = $8";
    ATTEMPT = "INSERT INTO webhook_attempts (endpoint_id, event_id, attempt, at, duration_ms, status, error, response) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    SUCCEEDED = "UPDATE webhook_endpoints SET failing_since = NULL, last_success_at = $1 WHERE id = $2 AND tenant_id = $3";
    FAILED = "UPDATE webhook_endpoints SET failing_since = COALESCE(failing_since, $1) WHERE id = $2 AND tenant_id = $3";
    FAILING_SINCE = "SELECT failing_since FROM webhook_endpoints WHERE id = $1 AND tenant_id = $2";
    DISABLE = "UPDATE webhook_endpoints SET enabled = $1, disabled_reason = $2 WHERE tenant_id = $3 AND id = $4 \
        AND enabled = $5";
}

/// An endpoint for which something is due.
#[derive(Debug, Clone, Copy)]
pub struct DueEndpoint {
    /// Which.
    pub webhook: WebhookId,
    /// Whose.
    pub tenant: TenantId,
    /// Since when it only fails, if it does.
    pub failing_since: Option<Timestamp>,
}

/// An event in the hands of a node.
#[derive(Clone)]
pub struct Parcel {
    /// Whose.
    pub tenant: TenantId,
    /// To which endpoint.
    pub webhook: WebhookId,
    /// Which event.
    pub event: EventId,
    /// Where to.
    pub url: String,
    /// What signs: one secret, or two while one replaces the other.
    pub secrets: Vec<Vec<u8>>,
    /// JSON.
    pub body: String,
    /// Number of this attempt, among all.
    pub attempt: i64,
    /// Its number since the event was queued last.
    pub round_attempt: u32,
    fence: i64,
}

impl std::fmt::Debug for Parcel {
    /// Shows ids only: it holds secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Parcel({}, {})", self.webhook, self.event)
    }
}

/// What became of an attempt.
#[derive(Clone)]
pub struct AttemptRecord {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// What the endpoint answered.
    pub status: Option<u16>,
    /// Why there is no answer.
    pub error: Option<String>,
    /// The beginning of the answer.
    pub response: Option<String>,
    /// Where the delivery stands now.
    pub state: WebhookState,
    /// When it is tried again, if it is `pending`.
    pub due_at: Option<Timestamp>,
    /// Stable reason, if it was not delivered.
    pub reason: Option<String>,
}

impl Tx<'_> {
    /// When something is due next, or was.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn outbox_next_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.query_one(&NEXT_DUE, &[], Row::next)?.flatten())
    }

    /// Endpoints for which something is due, in the order of their ids, after one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn outbox_endpoints(
        &mut self,
        after: WebhookId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueEndpoint>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.query_as(&DUE_ENDPOINTS, &[id(after), now.into(), limit.into()], |row| {
            Ok(DueEndpoint { webhook: row.id()?, tenant: row.id()?, failing_since: row.next()? })
        })
    }

    /// Claims up to `limit` of what is due for an endpoint until an instant. If it is disabled or deleted, what waits
    /// for it is given up.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn outbox_claim(
        &mut self,
        endpoint: &DueEndpoint,
        limit: usize,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Vec<Parcel>, StoreError> {
        let (tenant, webhook) = (endpoint.tenant, endpoint.webhook);
        let found = self.query_one(&ENDPOINT, &[now.into(), id(tenant), id(webhook)], |row| {
            let (url, secret, previous): (String, Vec<u8>, Option<Vec<u8>>) = (row.next()?, row.next()?, row.next()?);
            let (enabled, deleted_at): (bool, Option<Timestamp>) = (row.next()?, row.next()?);
            let secrets: Vec<Vec<u8>> = [Some(secret), previous].into_iter().flatten().collect();
            Ok((url, secrets, enabled, deleted_at))
        })?;
        let Some((url, secrets, enabled, deleted_at)) = found else { return Ok(Vec::new()) };
        if !enabled {
            let reason = if deleted_at.is_some() {
                crate::webhooks::ENDPOINT_DELETED
            } else {
                crate::webhooks::ENDPOINT_DISABLED
            };
            self.webhook_give_up(tenant, webhook, reason, now)?;
            return Ok(Vec::new());
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut parcels = self.query_as(&DUE, &[id(webhook), id(tenant), now.into(), limit.into()], |row| {
            Ok(Parcel {
                tenant,
                webhook,
                event: row.id()?,
                url: url.clone(),
                secrets: secrets.clone(),
                body: row.next()?,
                attempt: row.next::<i64>()? + 1,
                round_attempt: u32::try_from(row.next::<i64>()?).unwrap_or(u32::MAX).saturating_add(1),
                fence: row.next()?,
            })
        })?;
        let sets: Vec<_> = parcels
            .iter()
            .map(|parcel| vec![lease_until.into(), id(webhook), id(parcel.event), parcel.fence.into(), id(tenant)])
            .collect();
        let mut taken = self.execute_many(&TAKE, &sets)?.into_iter();
        parcels.retain(|_| taken.next() == Some(1));
        parcels.iter_mut().for_each(|parcel| parcel.fence += 1);
        Ok(parcels)
    }

    /// Writes down what became of an attempt. The attempt is written in any case; the delivery is settled only if it is
    /// still in the same hands.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn outbox_record(&mut self, parcel: &Parcel, record: &AttemptRecord) -> Result<(), StoreError> {
        let (webhook, event) = (id(parcel.webhook), id(parcel.event));
        let settled_at = (record.state != WebhookState::Pending).then(|| record.at.plus_millis(record.duration_ms));
        let values = [
            record.state.as_str().into(),
            record.due_at.into(),
            settled_at.into(),
            record.reason.as_ref().into(),
            webhook.clone(),
            event.clone(),
            parcel.fence.into(),
            id(parcel.tenant),
        ];
        self.execute(&SETTLE, &values)?;
        let values = [
            webhook,
            event,
            parcel.attempt.into(),
            record.at.into(),
            record.duration_ms.into(),
            record.status.map(i64::from).into(),
            record.error.as_ref().into(),
            record.response.as_ref().into(),
        ];
        self.execute(&ATTEMPT, &values).map(drop)
    }

    /// Writes down that an endpoint took an event.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn outbox_succeeded(&mut self, parcel: &Parcel, now: Timestamp) -> Result<(), StoreError> {
        self.execute(&SUCCEEDED, &[now.into(), id(parcel.webhook), id(parcel.tenant)]).map(drop)
    }

    /// Writes down that an endpoint did not take an event; answers since when it takes none.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn outbox_failed(&mut self, parcel: &Parcel, now: Timestamp) -> Result<Timestamp, StoreError> {
        let (webhook, tenant) = (id(parcel.webhook), id(parcel.tenant));
        self.execute(&FAILED, &[now.into(), webhook.clone(), tenant.clone()])?;
        let since: Option<Option<Timestamp>> = self.query_one(&FAILING_SINCE, &[webhook, tenant], Row::next)?;
        Ok(since.flatten().unwrap_or(now))
    }

    /// Disables an endpoint and gives up what waits for it; answers whether it was enabled.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn outbox_disable(
        &mut self,
        tenant: TenantId,
        webhook: WebhookId,
        reason: DisabledReason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let values = [false.into(), reason.as_str().into(), id(tenant), id(webhook), true.into()];
        if self.execute(&DISABLE, &values)? == 0 {
            return Ok(false);
        }
        self.webhook_unsubscribe(tenant, webhook)?;
        self.webhook_give_up(tenant, webhook, crate::webhooks::ENDPOINT_DISABLED, now)?;
        Ok(true)
    }
}
