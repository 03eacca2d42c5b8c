//! Endpoints for events, and the log of what was sent to them.

mod create;
mod deliveries;
mod endpoint;
mod replay;
mod update;

pub use create::{CreateWebhook, NewWebhook};
pub use deliveries::{ListWebhookDeliveries, WebhookDeliveryDetail};
pub use postrider_store::webhook_log::{WebhookAttempt, WebhookDelivery};
pub use postrider_store::webhooks::WebhookRow;
pub use update::UpdateWebhook;

use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::{TenantId, WebhookId};
use postrider_store::Tx;

impl Service {
    /// All endpoints, newest first; there are few.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn webhooks(&self, actor: &Actor) -> Result<Vec<WebhookRow>, ServiceError> {
        let tenant = actor.tenant;
        Ok(self.store().read("webhooks.list", move |tx| tx.webhooks_list(tenant)).await?)
    }

    /// One endpoint.
    ///
    /// # Errors
    /// `WEBHOOKS.NOT_FOUND`.
    pub async fn webhook(&self, actor: &Actor, id: WebhookId) -> Result<WebhookRow, ServiceError> {
        let tenant = actor.tenant;
        self.store().read("webhooks.get", move |tx| existing(tx, tenant, id)).await
    }

    /// Deletes an endpoint; what waits for it is not sent any more.
    ///
    /// # Errors
    /// `WEBHOOKS.NOT_FOUND`.
    pub async fn delete_webhook(
        &self,
        actor: &Actor,
        id: WebhookId,
        reply: Reply<WebhookId>,
    ) -> Result<Answered, ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let delete = move |tx: &mut Tx<'_>| {
            if tx.webhook_delete(tenant, id, now)? { Ok(id) } else { Err(Code::WebhookNotFound.into()) }
        };
        self.answer_once("webhooks.delete", actor, reply, delete).await
    }
}

fn existing(tx: &mut Tx<'_>, tenant: TenantId, id: WebhookId) -> Result<WebhookRow, ServiceError> {
    tx.webhook_get(tenant, id)?.ok_or_else(|| Code::WebhookNotFound.into())
}

/// An endpoint that gets something.
fn enabled(tx: &mut Tx<'_>, tenant: TenantId, id: WebhookId) -> Result<WebhookRow, ServiceError> {
    let webhook = existing(tx, tenant, id)?;
    if webhook.enabled { Ok(webhook) } else { Err(Code::WebhookDisabled.into()) }
}
