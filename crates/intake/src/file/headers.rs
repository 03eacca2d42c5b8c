//! What columns are called in the world, and which field each means.

use super::fold::letters;
use super::languages;
use super::transliterate::transliterate;
use crate::people::ADDRESS_FIELDS;

/// Well-known fields of one text.
pub const FIELDS: [&str; 8] =
    ["email", "phone", "customer_id", "first_name", "last_name", "timezone", "locale", "push_tokens"];

/// The channels of a consent column, as bits in the order of [`crate::people::CONSENT_CHANNELS`].
pub type Channels = u8;
/// Email.
pub const EMAIL: Channels = 0b0001;
/// Text messages.
pub const SMS: Channels = 0b0010;
/// Push notifications.
pub const PUSH: Channels = 0b0100;
/// Printed mail.
pub const DIRECT_MAIL: Channels = 0b1000;
/// All of them.
pub const EVERY_CHANNEL: Channels = 0b1111;

/// What a column is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// A well-known field of one text.
    Field(&'static str),
    /// A field of the postal address.
    Address(&'static str),
    /// A first name if there is no other, else the last name.
    Name,
    /// Yes is consent, no a denial.
    OptIn(Channels),
    /// Yes is a denial, no is consent.
    Negated(Channels),
    /// Yes is a denial, no says nothing.
    OptOut(Channels),
    /// Any date is a denial.
    OptOutDate(Channels),
    /// A word such as `unsubscribed`, which is a denial; kept as an attribute too.
    Status,
    /// A column of our own file of refused rows.
    Ours,
}

/// Channels by their name; none is all of them.
const CHANNELS: [(&str, Channels); 4] = [("email", EMAIL), ("sms", SMS), ("push", PUSH), ("direct_mail", DIRECT_MAIL)];

impl Meaning {
    /// The meaning that a field word stands for, such as `email`, `address.city`, `consent.sms` or `opt_out`.
    pub fn of_word(word: &str) -> Option<Self> {
        let (kind, channel) = word.split_once('.').unwrap_or((word, ""));
        if kind == "address" {
            return ADDRESS_FIELDS.into_iter().find(|field| *field == channel).map(Self::Address);
        }
        let named = || CHANNELS.into_iter().find(|(name, _)| *name == channel).map(|(_, channels)| channels);
        let channels = || if channel.is_empty() { Some(EVERY_CHANNEL) } else { named() };
        match kind {
            "consent" => named().map(Self::OptIn),
            "!consent" => named().map(Self::Negated),
            "opt_out" => channels().map(Self::OptOut),
            "opt_out_at" => channels().map(Self::OptOutDate),
            _ if !channel.is_empty() => None,
            "status" => Some(Self::Status),
            "name" => Some(Self::Name),
            "-" => Some(Self::Ours),
            _ => FIELDS.into_iter().find(|field| *field == kind).map(Self::Field),
        }
    }
}

/// What a header means, if it is known.
pub fn meaning(header: &str) -> Option<Meaning> {
    languages::header(&letters(header))
}

/// A name in snake_case that templates can use, made of a header; empty if nothing is left of it.
pub fn snake_case(header: &str) -> String {
    let mut name = String::new();
    let mut gap = false;
    for c in transliterate(header).chars() {
        if c.is_ascii_alphanumeric() {
            if gap && !name.is_empty() {
                name.push('_');
            }
            gap = false;
            name.push(c);
        } else {
            gap = true;
        }
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("column_{name}") } else { name }
}
