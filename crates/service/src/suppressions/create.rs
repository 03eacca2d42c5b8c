//! Puts an address on the suppression list.

use super::SuppressionRow;
use crate::idempotency::{Answered, Reply};
use crate::profiles::postal_address;
use crate::{Actor, Service, ServiceError};
use postrider_core::address::{normalize_email, normalize_phone};
use postrider_core::audience::SuppressionReason;
use postrider_core::channel::ChannelKind;
use postrider_core::error::Refusal;
use postrider_core::event::{BounceFacts, Event};
use postrider_core::id::SuppressionId;
use postrider_core::push::push_key;
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use serde_json::{Map, Value};

/// Longest device token, in characters.
const TOKEN_CHARS_MAX: usize = 4_096;

/// What is suppressed.
#[derive(Clone)]
pub enum SuppressedAddress {
    /// An email address or its domain, a phone number, a device token.
    Text(String),
    /// A postal address by its fields.
    Postal(Map<String, Value>),
}

/// Suppress an address on a channel.
#[derive(Clone)]
pub struct CreateSuppression {
    /// For messages of this channel.
    pub channel: ChannelKind,
    /// The address.
    pub address: SuppressedAddress,
    /// Why.
    pub reason: SuppressionReason,
    /// Until when, in the future; for ever if absent.
    pub expires_at: Option<Timestamp>,
}

impl Service {
    /// Suppresses an address from now on. If it is suppressed already, the longer time counts and the entry there
    /// is answered.
    ///
    /// # Errors
    /// `REQUEST_INVALID` for an address that cannot be one, or an expiry that has passed.
    pub async fn create_suppression(
        &self,
        actor: &Actor,
        command: CreateSuppression,
        reply: Reply<SuppressionRow>,
    ) -> Result<Answered, ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        if command.expires_at.is_some_and(|at| at <= now) {
            let text = command.expires_at.map(|at| at.to_string());
            return Err(Refusal::invalid("expiresAt", text.as_deref(), "must be in the future").into());
        }
        let row = SuppressionRow {
            id: SuppressionId::new(now, &*self.entropy()),
            channel: command.channel,
            address: normalize(command.channel, &command.address)?,
            reason: command.reason,
            created_at: now,
            expires_at: command.expires_at,
            erased_at: None,
        };
        let entropy = self.entropy();
        let put = move |tx: &mut Tx<'_>| {
            let stored = tx.suppression_put(tenant, &row)?;
            if row.reason == SuppressionReason::Bounced && stored.id == row.id {
                let facts = BounceFacts { suppression: row.id, channel: row.channel };
                tx.event_put(tenant, &Event::bounced(facts), now, &*entropy)?;
            }
            Ok(stored)
        };
        self.answer_once("suppressions.create", actor, reply, put).await
    }
}

/// The form in which recipients are compared with it.
fn normalize(channel: ChannelKind, address: &SuppressedAddress) -> Result<String, Refusal> {
    let text = match (channel, address) {
        (ChannelKind::DirectMail, SuppressedAddress::Postal(fields)) => {
            let key = postal_address("address", fields)?.key();
            return if key.is_empty() { Err(Refusal::invalid("address", None, "is empty")) } else { Ok(key) };
        }
        (ChannelKind::DirectMail, SuppressedAddress::Text(_)) => {
            return Err(Refusal::invalid("address", None, "must be an object of address fields for direct_mail"));
        }
        (_, SuppressedAddress::Postal(_)) => return Err(Refusal::invalid("address", None, "must be text")),
        (_, SuppressedAddress::Text(text)) => text,
    };
    normalize_text(channel, text).map_err(|problem| Refusal::invalid("address", Some(text), problem))
}

/// As [`normalize`], for channels whose addresses are one text. An email domain is written with or without `@`.
pub(super) fn normalize_text(channel: ChannelKind, text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    match channel {
        ChannelKind::Email => {
            let domain = text.strip_prefix('@').unwrap_or(text);
            if domain.contains('@') {
                return normalize_email(text);
            }
            let any =
                normalize_email(&format!("any@{domain}")).map_err(|_| "is neither an email address nor a domain")?;
            Ok(postrider_core::address::email_domain(&any).to_owned())
        }
        ChannelKind::Sms => normalize_phone(text),
        ChannelKind::Push if text.is_empty() => Err("is empty"),
        ChannelKind::Push if text.chars().count() > TOKEN_CHARS_MAX => Err("is longer than 4096 characters"),
        ChannelKind::Push if text.contains(char::is_control) => Err("contains a control character"),
        ChannelKind::Push => Ok(push_key(text)),
        ChannelKind::DirectMail => Ok(text.to_owned()),
    }
}
