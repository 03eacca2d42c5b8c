//! Making an endpoint, and giving it another secret.

use super::endpoint::{check_description, check_events, check_url, new_secret, shown};
use super::{WebhookRow, existing};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::WebhookId;
use postrider_core::webhook::{DisabledReason, ENDPOINTS_MAX, SECRET_OVERLAP_MS};
use postrider_store::Tx;

/// A new endpoint.
#[derive(Clone)]
pub struct CreateWebhook {
    /// Where to.
    pub url: String,
    /// Words of the kinds of events.
    pub events: Vec<String>,
    /// What people call it.
    pub description: Option<String>,
    /// Whether it gets anything.
    pub enabled: bool,
}

/// An endpoint with its new secret, which is shown this once.
#[derive(Clone)]
pub struct NewWebhook {
    /// The endpoint.
    pub webhook: WebhookRow,
    /// `whsec_` and base64.
    pub secret: String,
}

impl Service {
    /// Makes an endpoint.
    ///
    /// # Errors
    /// `REQUEST_INVALID`, `WEBHOOKS.TARGET_REFUSED`, `WEBHOOKS.LIMIT_REACHED`.
    pub async fn create_webhook(
        &self,
        actor: &Actor,
        command: CreateWebhook,
        reply: Reply<NewWebhook>,
    ) -> Result<Answered, ServiceError> {
        let events = check_events(&command.events)?;
        let description = check_description(command.description.as_deref())?;
        check_url(&self.settings().webhook_targets, &command.url)?;
        let (tenant, now, entropy) = (actor.tenant, self.now(), self.entropy());
        let webhook = WebhookRow {
            id: WebhookId::new(now, &*entropy),
            url: command.url,
            description,
            events,
            enabled: command.enabled,
            disabled_reason: (!command.enabled).then_some(DisabledReason::Manual),
            secret: new_secret(&*entropy),
            previous_secret: None,
            previous_secret_until: None,
            failing_since: None,
            last_success_at: None,
            created_at: now,
            updated_at: now,
        };
        let create = move |tx: &mut Tx<'_>| {
            if tx.webhooks_count(tenant)? >= ENDPOINTS_MAX {
                return Err(Code::WebhookLimitReached.into());
            }
            tx.webhook_insert(tenant, &webhook)?;
            Ok(NewWebhook { webhook: webhook.clone(), secret: shown(&webhook.secret) })
        };
        self.answer_once("webhooks.create", actor, reply, create).await
    }

    /// Gives an endpoint another secret. The one before signs beside it for [`SECRET_OVERLAP_MS`]; one before that does
    /// no more.
    ///
    /// # Errors
    /// `WEBHOOKS.NOT_FOUND`.
    pub async fn rotate_webhook_secret(
        &self,
        actor: &Actor,
        id: WebhookId,
        reply: Reply<NewWebhook>,
    ) -> Result<Answered, ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let secret = new_secret(&*self.entropy());
        let rotate = move |tx: &mut Tx<'_>| {
            existing(tx, tenant, id)?;
            tx.webhook_rotate(tenant, id, &secret, now.plus_millis(SECRET_OVERLAP_MS), now)?;
            Ok(NewWebhook { webhook: existing(tx, tenant, id)?, secret: shown(&secret) })
        };
        self.answer_once("webhooks.rotate", actor, reply, rotate).await
    }
}
