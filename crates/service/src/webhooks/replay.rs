//! Sending something to an endpoint because a person asks: a test, one delivery again, all that failed.

use super::{WebhookDelivery, enabled};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::{EventId, WebhookId};
use postrider_core::time::Timestamp;
use postrider_core::webhook::ATTEMPTS_MAX;
use postrider_store::Tx;

impl Service {
    /// Queues a `webhook.test` event, whatever the endpoint subscribes to. It is tried once.
    ///
    /// # Errors
    /// `WEBHOOKS.NOT_FOUND`, `WEBHOOKS.DISABLED`.
    pub async fn test_webhook(
        &self,
        actor: &Actor,
        id: WebhookId,
        reply: Reply<WebhookDelivery>,
    ) -> Result<Answered, ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let event = EventId::new(now, &*self.entropy());
        let test = move |tx: &mut Tx<'_>| {
            enabled(tx, tenant, id)?;
            tx.webhook_test(tenant, id, event, ATTEMPTS_MAX - 1, now)?;
            Ok(tx.webhook_delivery(tenant, id, event)?.ok_or(Code::WebhookDeliveryNotFound)?)
        };
        self.answer_once("webhooks.test", actor, reply, test).await
    }

    /// Queues a delivery again, with the same id and body. One that still waits goes on waiting.
    ///
    /// # Errors
    /// `WEBHOOKS.NOT_FOUND`, `WEBHOOKS.DELIVERY_NOT_FOUND`, `WEBHOOKS.DISABLED`.
    pub async fn replay_webhook_delivery(
        &self,
        actor: &Actor,
        id: WebhookId,
        event: EventId,
        reply: Reply<WebhookDelivery>,
    ) -> Result<Answered, ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let replay = move |tx: &mut Tx<'_>| {
            enabled(tx, tenant, id)?;
            tx.webhook_replay(tenant, id, event, now)?;
            Ok(tx.webhook_delivery(tenant, id, event)?.ok_or(Code::WebhookDeliveryNotFound)?)
        };
        self.answer_once("webhooks.replay", actor, reply, replay).await
    }

    /// Queues everything again that happened since an instant and failed; answers how much.
    ///
    /// # Errors
    /// `WEBHOOKS.NOT_FOUND`, `WEBHOOKS.DISABLED`.
    pub async fn replay_failed_webhook_deliveries(
        &self,
        actor: &Actor,
        id: WebhookId,
        since: Timestamp,
        reply: Reply<u64>,
    ) -> Result<Answered, ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let replay = move |tx: &mut Tx<'_>| {
            enabled(tx, tenant, id)?;
            Ok(tx.webhook_replay_failed(tenant, id, since, now)?)
        };
        self.answer_once("webhooks.replay_failed", actor, reply, replay).await
    }
}
