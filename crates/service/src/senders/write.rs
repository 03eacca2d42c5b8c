//! Making, changing and deleting sender profiles.

use super::{SenderView, existing};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_content::SenderDetails;
use postrider_core::channel::ChannelKind;
use postrider_core::content::check_name;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{SenderProfileId, TenantId};
use postrider_store::Tx;
use postrider_store::senders::SenderProfile;
use serde_json::{Map, Value};

/// A new sender profile.
#[derive(Clone)]
pub struct CreateSender {
    /// Name.
    pub name: String,
    /// Word of a channel.
    pub channel: String,
    /// The fields of its channel.
    pub fields: Map<String, Value>,
}

/// Changes to a sender profile; what is absent stays, what is null is cleared.
#[derive(Clone, Default)]
pub struct UpdateSender {
    /// Another name.
    pub name: Option<String>,
    /// Fields of its channel.
    pub fields: Map<String, Value>,
}

impl Service {
    /// Makes a sender profile.
    ///
    /// # Errors
    /// `REQUEST_INVALID`, `SENDER_PROFILES.DOMAIN_NOT_ALLOWED`.
    pub async fn create_sender(
        &self,
        actor: &Actor,
        command: CreateSender,
        reply: Reply<SenderView>,
    ) -> Result<Answered, ServiceError> {
        check_name(&command.name)?;
        let channel = ChannelKind::read("channel", &command.channel)?;
        let details = SenderDetails::parse(channel, &json(command.fields))?;
        details.check_seen()?;
        let now = self.now();
        let sender = SenderProfile {
            id: SenderProfileId::new(now, &*self.entropy()),
            name: command.name,
            channel,
            details: details.to_json(),
            created_at: now,
            updated_at: now,
            deleted_at: None,
        };
        let tenant = actor.tenant;
        let created = self.answer_once("sender.create", actor, reply, move |tx| {
            let domain = allowed_domain(tx, tenant, &details)?;
            tx.sender_insert(tenant, &sender)?;
            tx.sender_domain_note(tenant, sender.id, domain.as_deref())?;
            Ok(SenderView::of(sender.clone())?)
        });
        created.await
    }

    /// Changes a sender profile. A job sends with the fields that stand when it starts.
    ///
    /// # Errors
    /// `SENDER_PROFILES.NOT_FOUND`, `REQUEST_INVALID`, `SENDER_PROFILES.DOMAIN_NOT_ALLOWED`.
    pub async fn update_sender(
        &self,
        actor: &Actor,
        id: SenderProfileId,
        command: UpdateSender,
        reply: Reply<SenderView>,
    ) -> Result<Answered, ServiceError> {
        if let Some(name) = &command.name {
            check_name(name)?;
        }
        let tenant = actor.tenant;
        let now = self.now();
        let updated = self.answer_once("sender.update", actor, reply, move |tx| {
            let mut sender = existing(tx, tenant, id)?;
            if let Some(name) = &command.name {
                sender.name.clone_from(name);
            }
            let fields = merged(&sender.details, &command.fields)?;
            let details = SenderDetails::parse(sender.channel, &json(fields))?;
            details.check_seen()?;
            let domain = allowed_domain(tx, tenant, &details)?;
            sender.details = details.to_json();
            sender.updated_at = now;
            tx.sender_update(tenant, &sender)?;
            tx.sender_domain_note(tenant, sender.id, domain.as_deref())?;
            Ok(SenderView::of(sender)?)
        });
        updated.await
    }

    /// Deletes a sender profile with which no draft and no job under way sends. What was sent with it stays known.
    ///
    /// # Errors
    /// `SENDER_PROFILES.NOT_FOUND`, `SENDER_PROFILES.IN_USE`.
    pub async fn delete_sender(
        &self,
        actor: &Actor,
        id: SenderProfileId,
        reply: Reply<SenderProfileId>,
    ) -> Result<Answered, ServiceError> {
        let tenant = actor.tenant;
        let now = self.now();
        let deleted = self.answer_once("sender.delete", actor, reply, move |tx| {
            let mut sender = existing(tx, tenant, id)?;
            if tx.sender_is_used(tenant, &sender)? {
                return Err(Code::SenderProfileInUse.into());
            }
            sender.deleted_at = Some(now);
            sender.updated_at = now;
            tx.sender_update(tenant, &sender)?;
            Ok(id)
        });
        deleted.await
    }
}

/// The domain of an email's sender, if the tenant may send from it.
fn allowed_domain(tx: &mut Tx<'_>, tenant: TenantId, details: &SenderDetails) -> Result<Option<String>, ServiceError> {
    let (SenderDetails::Email(email), Some(domain)) = (details, details.email_domain()) else { return Ok(None) };
    match tx.sender_domain_verdict(tenant, &domain)?.problem() {
        None => Ok(Some(domain)),
        Some(problem) => {
            let address = Some(email.from_email.as_str());
            Err(Refusal::field(Code::SenderDomainNotAllowed, "fromEmail", address, problem).into())
        }
    }
}

/// The stored fields with changes laid over them.
fn merged(stored: &str, changes: &Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    let mut fields: Map<String, Value> = serde_json::from_str(stored)
        .map_err(|_| Refusal::invalid("body", None, "cannot be laid over the stored fields, which cannot be read"))?;
    fields.extend(changes.clone());
    Ok(fields)
}

/// Fields as JSON; null is absent.
fn json(mut fields: Map<String, Value>) -> String {
    fields.retain(|_, value| !value.is_null());
    Value::Object(fields).to_string()
}
