//! Where a stored person is reached: the addresses in a profile, read in one place for all that need them.

use crate::profiles::ProfileRow;
use postrider_core::address::PostalAddress;
use postrider_core::audience::{Recipient, destination};
use postrider_core::channel::ChannelKind;
use postrider_core::push::{PushService, PushToken};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The devices of a profile as addresses ([`PushToken::address`]), in order. A text alone is a token of FCM.
#[must_use]
pub fn push_tokens(json: &str) -> Vec<String> {
    let items: Vec<Json> = serde_json::from_str(json).unwrap_or_default();
    items.iter().filter_map(push_token).map(|token| token.address()).collect()
}

fn push_token(item: &Json) -> Option<PushToken> {
    let text = |place: &str| item.pointer(place).and_then(Json::as_str).map(str::to_owned);
    if let Json::String(token) = item {
        return Some(PushToken::plain(token));
    }
    if let Some(endpoint) = text("/endpoint") {
        return Some(PushToken::Subscription { endpoint, p256dh: text("/keys/p256dh")?, auth: text("/keys/auth")? });
    }
    let service = PushService::parse(&text("/service")?)?;
    Some(PushToken::Device { service, token: text("/token")?, app: text("/app") })
}

/// The postal address of a profile with its name line; any of its fields may be absent.
#[must_use]
pub fn postal_address(json: &str, first_name: Option<&str>, last_name: Option<&str>) -> Option<PostalAddress> {
    let mut fields: BTreeMap<String, String> = serde_json::from_str(json).ok()?;
    let mut take = |name: &str| fields.remove(name).unwrap_or_default();
    let address = PostalAddress {
        name: take("name"),
        company: take("company"),
        line1: take("line1"),
        line2: take("line2"),
        city: take("city"),
        region: take("region"),
        postal_code: take("postal_code"),
        country: take("country"),
    };
    Some(address.named_for(first_name, last_name))
}

impl ProfileRow {
    /// The postal address with its name line, if there is one.
    #[must_use]
    pub fn postal_address(&self) -> Option<PostalAddress> {
        let json = self.address.as_deref()?;
        postal_address(json, self.first_name.as_deref(), self.last_name.as_deref())
    }

    /// Every address by its channel, in the form in which suppressions compare it: all device tokens, too.
    #[must_use]
    pub fn addresses(&self) -> Vec<(ChannelKind, String)> {
        let postal = self.postal_address();
        let tokens = self.push_tokens.as_deref().map(push_tokens).unwrap_or_default();
        let of = |channel: ChannelKind, push_token: Option<&str>| {
            let recipient = Recipient {
                email: self.email.as_deref(),
                phone: self.phone.as_deref(),
                push_token,
                postal: postal.as_ref(),
                consent: postrider_core::audience::Consent::Unknown,
                mails_unknown: true,
                suppressed: false,
            };
            destination(&recipient, channel).ok().map(|place| (channel, place.address_key))
        };
        let single = [ChannelKind::Email, ChannelKind::Sms, ChannelKind::DirectMail].map(|channel| of(channel, None));
        let pushed = tokens.iter().map(|token| of(ChannelKind::Push, Some(token)));
        single.into_iter().chain(pushed).flatten().collect()
    }
}
