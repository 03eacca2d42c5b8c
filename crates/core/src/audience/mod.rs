//! Who of an audience gets a message, and why somebody does not.
//!
//! Not here: which profiles an audience has (the store reads them) and when each message leaves.
//! Invariant: a denial or a suppression holds for every message, whatever its category.

pub mod evidence;
pub mod rule;

use crate::address::{PostalAddress, normalize_email, normalize_phone};
use crate::campaign::words;
use crate::channel::ChannelKind;
use crate::push::push_key;
use crate::time::HOUR_MS;

/// What a person said about a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Consent {
    /// Yes.
    Granted,
    /// No.
    Denied,
    /// Never asked, or not recorded. The tenant's setting `mailUnknown` decides whether such a person gets messages.
    #[default]
    Unknown,
}

words!(Consent { Granted => "granted", Denied => "denied", Unknown => "unknown" });

impl Consent {
    /// Why a person with this consent gets no message; `None` if they may get one. `mails_unknown` is the tenant's
    /// setting for people whose consent is unknown. The one rule about consent: everything that decides who gets a
    /// message follows it.
    #[must_use]
    pub const fn refusal(self, mails_unknown: bool) -> Option<&'static str> {
        match self {
            Self::Denied => Some(CONSENT_DENIED),
            Self::Unknown if !mails_unknown => Some(CONSENT_UNKNOWN),
            Self::Granted | Self::Unknown => None,
        }
    }
}

/// Why an address is never to be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressionReason {
    /// The person asked for it.
    Unsubscribed,
    /// Mail to it came back for good.
    Bounced,
    /// The person called a message spam.
    Complained,
    /// Somebody put it there.
    Manual,
}

words!(SuppressionReason {
    Unsubscribed => "unsubscribed",
    Bounced => "bounced",
    Complained => "complained",
    Manual => "manual",
});

/// Where the count of whom a campaign's audiences reach stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReachStatus {
    /// It was asked for and is not made yet.
    Pending,
    /// It was made.
    Ok,
    /// It could not be made.
    Failed,
}

words!(ReachStatus { Pending => "pending", Ok => "ok", Failed => "failed" });

/// After how long a count of whom audiences reach is called stale, in milliseconds: a day.
pub const REACH_FRESH_MS: i64 = 24 * HOUR_MS;

/// What is known of one recipient.
#[derive(Clone, Copy)]
pub struct Recipient<'a> {
    /// Email address as stored.
    pub email: Option<&'a str>,
    /// Phone number as stored.
    pub phone: Option<&'a str>,
    /// First of the devices, as [`crate::push::PushToken::address`] writes it.
    pub push_token: Option<&'a str>,
    /// Postal address.
    pub postal: Option<&'a PostalAddress>,
    /// Consent for the channel of the campaign.
    pub consent: Consent,
    /// Whether the tenant sends to people whose consent is unknown.
    pub mails_unknown: bool,
    /// Whether the address or its domain stands on the suppression list of the channel and the entry has not
    /// run out.
    pub suppressed: bool,
}

/// Stable reason: the person said no.
pub const CONSENT_DENIED: &str = "consent_denied";
/// Stable reason: the person's consent is unknown, and the tenant sends only to people who said yes.
pub const CONSENT_UNKNOWN: &str = "consent_unknown";
/// Stable reason: the address is on the suppression list.
pub const SUPPRESSED: &str = "suppressed";
/// Stable reason: the profile has no address for the channel.
pub const MISSING_ADDRESS: &str = "missing_address";
/// Stable reason: the profile's address cannot be one.
pub const INVALID_ADDRESS: &str = "invalid_address";

/// Whether a message goes out to a recipient.
#[derive(Clone, PartialEq, Eq)]
pub enum Eligibility {
    /// It does.
    Eligible(Destination),
    /// The person's consent or the suppression list forbids it; the reason is stable.
    Suppressed(&'static str),
    /// There is nowhere to send it; the reason is stable.
    Skipped(&'static str),
}

/// Where a message goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Destination {
    /// The address as the channel needs it: email, E.164 number, device, or postal lines separated by line breaks.
    pub address: String,
    /// The form by which two addresses are compared, and by which suppressions are found.
    pub address_key: String,
}

impl std::fmt::Debug for Eligibility {
    /// Shows no address: it must not reach a log by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Eligible(_) => f.write_str("Eligible"),
            Self::Suppressed(reason) => write!(f, "Suppressed({reason})"),
            Self::Skipped(reason) => write!(f, "Skipped({reason})"),
        }
    }
}

impl std::fmt::Debug for Destination {
    /// Shows no address: it must not reach a log by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Destination")
    }
}

/// Decides about one recipient: first their consent, then the suppression list, then the address.
#[must_use]
pub fn eligibility(recipient: &Recipient<'_>, channel: ChannelKind) -> Eligibility {
    if let Some(reason) = recipient.consent.refusal(recipient.mails_unknown) {
        return Eligibility::Suppressed(reason);
    }
    if recipient.suppressed {
        return Eligibility::Suppressed(SUPPRESSED);
    }
    match destination(recipient, channel) {
        Ok(destination) => Eligibility::Eligible(destination),
        Err(reason) => Eligibility::Skipped(reason),
    }
}

/// Where a recipient is reached on a channel.
///
/// # Errors
/// `missing_address` or `invalid_address`.
pub fn destination(recipient: &Recipient<'_>, channel: ChannelKind) -> Result<Destination, &'static str> {
    let given = |text: Option<&'_ str>| {
        text.map(str::trim).filter(|text| !text.is_empty()).ok_or(MISSING_ADDRESS).map(str::to_owned)
    };
    let address = match channel {
        ChannelKind::Email => normalize_email(&given(recipient.email)?).map_err(|_| INVALID_ADDRESS)?,
        ChannelKind::Sms => normalize_phone(&given(recipient.phone)?).map_err(|_| INVALID_ADDRESS)?,
        ChannelKind::Push => {
            let address = given(recipient.push_token)?;
            return Ok(Destination { address_key: push_key(&address), address });
        }
        ChannelKind::DirectMail => return postal_destination(recipient.postal),
    };
    Ok(Destination { address_key: address.clone(), address })
}

fn postal_destination(postal: Option<&PostalAddress>) -> Result<Destination, &'static str> {
    let postal = postal.filter(|postal| !postal.is_empty()).ok_or(MISSING_ADDRESS)?;
    if !postal.missing().is_empty() {
        return Err(INVALID_ADDRESS);
    }
    Ok(Destination { address: postal.lines().join("\n"), address_key: postal.key() })
}

/// The key of an address as a delivery has it: [`Destination::address_key`] of [`Destination::address`].
#[must_use]
pub fn address_key(channel: ChannelKind, address: &str) -> String {
    match channel {
        ChannelKind::Email | ChannelKind::Sms => address.to_owned(),
        ChannelKind::Push => push_key(address),
        ChannelKind::DirectMail => address.replace('\n', "|").to_uppercase(),
    }
}

#[cfg(test)]
mod tests;
