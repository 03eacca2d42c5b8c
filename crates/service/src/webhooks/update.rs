//! Changing an endpoint.

use super::endpoint::{check_description, check_events, check_url};
use super::{WebhookRow, existing};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::id::WebhookId;
use postrider_core::webhook::DisabledReason;
use postrider_store::Tx;

/// Changes to an endpoint; what is absent stays.
#[derive(Clone, Default)]
pub struct UpdateWebhook {
    /// Another URL.
    pub url: Option<String>,
    /// Other kinds of events.
    pub events: Option<Vec<String>>,
    /// Another description, or none.
    pub description: Option<Option<String>>,
    /// On or off.
    pub enabled: Option<bool>,
}

impl Service {
    /// Changes an endpoint. Switching it off ends the waiting of what waits for it; switching it on forgives its
    /// failures.
    ///
    /// # Errors
    /// `WEBHOOKS.NOT_FOUND`, `REQUEST_INVALID`, `WEBHOOKS.TARGET_REFUSED`.
    pub async fn update_webhook(
        &self,
        actor: &Actor,
        id: WebhookId,
        command: UpdateWebhook,
        reply: Reply<WebhookRow>,
    ) -> Result<Answered, ServiceError> {
        let events = command.events.as_deref().map(check_events).transpose()?;
        let description = command.description.map(|text| check_description(text.as_deref())).transpose()?;
        if let Some(url) = &command.url {
            check_url(&self.settings().webhook_targets, url)?;
        }
        let (url, enabled, tenant, now) = (command.url, command.enabled, actor.tenant, self.now());
        let update = move |tx: &mut Tx<'_>| {
            let mut webhook = existing(tx, tenant, id)?;
            let forgives = enabled == Some(true) && !webhook.enabled;
            if let Some(url) = &url {
                webhook.url.clone_from(url);
            }
            if let Some(events) = &events {
                webhook.events.clone_from(events);
            }
            if let Some(description) = &description {
                webhook.description.clone_from(description);
            }
            match enabled {
                Some(true) => (webhook.enabled, webhook.disabled_reason) = (true, None),
                // Why it was off before stays told.
                Some(false) if webhook.enabled => {
                    (webhook.enabled, webhook.disabled_reason) = (false, Some(DisabledReason::Manual));
                }
                Some(false) | None => {}
            }
            webhook.updated_at = now;
            tx.webhook_update(tenant, &webhook, forgives)?;
            existing(tx, tenant, id)
        };
        self.answer_once("webhooks.update", actor, reply, update).await
    }
}
