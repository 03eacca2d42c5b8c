//! The log of what was sent to an endpoint.

use super::{WebhookAttempt, WebhookDelivery, existing};
use crate::{Actor, Page, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::{EventId, WebhookId};
use postrider_core::webhook::WebhookState;

/// Which deliveries.
#[derive(Debug, Clone, Copy)]
pub struct ListWebhookDeliveries {
    /// In this state only.
    pub state: Option<WebhookState>,
    /// Most deliveries of the page.
    pub limit: i64,
    /// Older than this one.
    pub before: Option<EventId>,
}

/// A delivery with its attempts.
#[derive(Debug, Clone)]
pub struct WebhookDeliveryDetail {
    /// The delivery.
    pub delivery: WebhookDelivery,
    /// Newest first.
    pub attempts: Vec<WebhookAttempt>,
}

impl Service {
    /// Deliveries to an endpoint, newest first.
    ///
    /// # Errors
    /// `WEBHOOKS.NOT_FOUND`.
    pub async fn webhook_deliveries(
        &self,
        actor: &Actor,
        id: WebhookId,
        list: ListWebhookDeliveries,
    ) -> Result<Page<WebhookDelivery, EventId>, ServiceError> {
        let tenant = actor.tenant;
        let items = self.store().read("webhooks.deliveries", move |tx| {
            existing(tx, tenant, id)?;
            Ok::<_, ServiceError>(tx.webhook_deliveries(tenant, id, list.before, list.state, list.limit + 1)?)
        });
        Ok(Page::of(items.await?, list.limit, |delivery| (delivery.created_at, delivery.event)))
    }

    /// One delivery with its attempts.
    ///
    /// # Errors
    /// `WEBHOOKS.NOT_FOUND`, `WEBHOOKS.DELIVERY_NOT_FOUND`.
    pub async fn webhook_delivery(
        &self,
        actor: &Actor,
        id: WebhookId,
        event: EventId,
    ) -> Result<WebhookDeliveryDetail, ServiceError> {
        let tenant = actor.tenant;
        let detail = self.store().read("webhooks.delivery", move |tx| {
            existing(tx, tenant, id)?;
            let delivery = tx.webhook_delivery(tenant, id, event)?.ok_or(Code::WebhookDeliveryNotFound)?;
            let attempts = tx.webhook_attempts(tenant, id, event)?;
            Ok::<_, ServiceError>(WebhookDeliveryDetail { delivery, attempts })
        });
        detail.await
    }
}
