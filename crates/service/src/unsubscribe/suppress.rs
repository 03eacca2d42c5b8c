//! Unsubscribing for real: the address is suppressed and the person's consent denied, in one transaction.

use super::UnsubscribeTarget;
use crate::{Service, ServiceError};
use postrider_core::audience::evidence::{EvidenceSource, SourceKind};
use postrider_core::audience::{Consent, SuppressionReason, address_key};
use postrider_core::channel::ChannelKind;
use postrider_core::event::{Event, RecipientFacts};
use postrider_core::id::SuppressionId;
use postrider_core::time::Timestamp;
use postrider_intake::people::{ConsentLedger, Origin, ProfileRecord};
use postrider_store::profiles::ProfileRow;
use postrider_store::recipients::DeliveryRecipient;
use postrider_store::suppressions::SuppressionRow;
use postrider_store::{StoreError, Tx};

impl Service {
    /// Ends all messages of the link's channel to the link's person and address. None if we did not make the token.
    ///
    /// # Errors
    /// A failure of the store; nothing has changed then.
    pub async fn unsubscribe(&self, token: &str) -> Result<Option<UnsubscribeTarget>, ServiceError> {
        let Some(delivery) = self.delivery_of(token).await? else { return Ok(None) };
        let now = self.now();
        let entropy = self.entropy();
        let suppression = SuppressionId::new(now, &*entropy);
        let target = self.store().write_guarded("unsubscribe", move |tx| {
            let Some(recipient) = tx.delivery_recipient(delivery)? else { return Ok(None) };
            let denies = deny_consent(tx, &recipient, now)?;
            let suppresses = suppress(tx, &recipient, suppression, now)?;
            if denies || suppresses {
                let (profile, channel) = (recipient.profile, recipient.channel);
                let facts = RecipientFacts { profile, channel, delivery };
                tx.event_put(recipient.tenant, &Event::unsubscribed(facts), now, &*entropy)?;
            }
            Ok::<_, ServiceError>(Some(UnsubscribeTarget::of(&recipient)))
        });
        target.await
    }
}

/// Answers whether there was a consent that was not denied before.
fn deny_consent(tx: &mut Tx<'_>, recipient: &DeliveryRecipient, now: Timestamp) -> Result<bool, StoreError> {
    tx.profiles_lock(recipient.tenant)?;
    // A person who was forgotten meanwhile has no consent to deny.
    let Some(mut profile) = tx.profile_get(recipient.tenant, recipient.profile)? else { return Ok(false) };
    keep_evidence(tx, recipient, &profile, now)?;
    let consent = consent_of(&mut profile, recipient.channel);
    if *consent == Consent::Denied {
        return Ok(false);
    }
    *consent = Consent::Denied;
    profile.updated_at = now;
    tx.profiles_update(recipient.tenant, &[profile])?;
    Ok(true)
}

/// Writes down that the person followed the link of a campaign; the same campaign again adds nothing.
fn keep_evidence(
    tx: &mut Tx<'_>,
    recipient: &DeliveryRecipient,
    profile: &ProfileRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (id, name) = (recipient.campaign.into(), recipient.campaign_name.clone());
    let source = EvidenceSource { kind: SourceKind::UnsubscribeLink, id, name };
    let denied = |channel| (channel == recipient.channel).then_some(Consent::Denied);
    let record = ProfileRecord { consent: ChannelKind::ALL.map(denied), ..ProfileRecord::default() };
    let mut consents = ConsentLedger::new(Origin { source: &source, said: &[], typing: None }, now);
    consents.note(0, profile.id, Some(profile.consents()), &record);
    consents.save(tx, recipient.tenant)
}

/// Answers whether the address was not on the list before.
fn suppress(
    tx: &mut Tx<'_>,
    recipient: &DeliveryRecipient,
    id: SuppressionId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(address) = &recipient.address else { return Ok(false) };
    let row = SuppressionRow {
        id,
        channel: recipient.channel,
        address: address_key(recipient.channel, address),
        reason: SuppressionReason::Unsubscribed,
        created_at: now,
        expires_at: None,
        erased_at: None,
    };
    Ok(tx.suppression_put(recipient.tenant, &row)?.id == id)
}

const fn consent_of(profile: &mut ProfileRow, channel: ChannelKind) -> &mut Consent {
    match channel {
        ChannelKind::Email => &mut profile.consent_email,
        ChannelKind::Sms => &mut profile.consent_sms,
        ChannelKind::Push => &mut profile.consent_push,
        ChannelKind::DirectMail => &mut profile.consent_direct_mail,
    }
}
