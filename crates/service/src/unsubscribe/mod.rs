//! The way out: what following an unsubscribe link shows and does.
//!
//! There is no actor here: the token in the link, which only we can make, stands for the one person it was sent to.
//! Invariant: looking changes nothing, and unsubscribing twice is unsubscribing once.

mod mask;
mod suppress;

use crate::{Service, ServiceError};
use postrider_content::{UnsubscribeKey, verify};
use postrider_core::channel::ChannelKind;
use postrider_core::id::DeliveryId;
use postrider_store::recipients::DeliveryRecipient;

/// Whom an unsubscribe link is about, told in a way that a passer-by learns little from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsubscribeTarget {
    /// The channel that is left.
    pub channel: ChannelKind,
    /// The address with most of it hidden, such as `a***@example.com`; none where it would tell too much.
    pub masked_address: Option<String>,
}

impl UnsubscribeTarget {
    fn of(recipient: &DeliveryRecipient) -> Self {
        let masked_address = recipient.address.as_deref().and_then(|address| mask::mask(recipient.channel, address));
        Self { channel: recipient.channel, masked_address }
    }
}

impl Service {
    /// Whom a token is about; none if we did not make it.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn unsubscribe_target(&self, token: &str) -> Result<Option<UnsubscribeTarget>, ServiceError> {
        let Some(delivery) = self.delivery_of(token).await? else { return Ok(None) };
        let recipient = self
            .store()
            .read("unsubscribe.show", move |tx| tx.delivery_recipient(delivery).map_err(ServiceError::from));
        Ok(recipient.await?.as_ref().map(UnsubscribeTarget::of))
    }

    /// The delivery that a token names, if we made the token.
    async fn delivery_of(&self, token: &str) -> Result<Option<DeliveryId>, ServiceError> {
        let key = UnsubscribeKey::new(self.unsubscribe_key().await?);
        Ok(verify(token, &key))
    }
}
