//! The fields of a profile, as rules name them.

use super::ATTRIBUTE_NAME_CHARS_MAX;
use crate::channel::ChannelKind;

/// A field of a profile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// A field that every profile can have, as text.
    Text(TextField),
    /// A line of the postal address: `address.city`.
    AddressLine(&'static str),
    /// The postal address as a whole: `address`.
    Address,
    /// The device tokens: `push_tokens`.
    PushTokens,
    /// What the person said about a channel: `consent.email`.
    Consent(Consented),
    /// When the profile was made.
    CreatedAt,
    /// When the profile last changed.
    UpdatedAt,
    /// A field of the tenant's own.
    Attribute(Key),
}

/// A well-known field of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextField {
    /// `email`
    Email,
    /// `phone`
    Phone,
    /// `customer_id`
    CustomerId,
    /// `first_name`
    FirstName,
    /// `last_name`
    LastName,
    /// `timezone`
    Timezone,
    /// `locale`
    Locale,
}

impl TextField {
    const ALL: [Self; 7] =
        [Self::Email, Self::Phone, Self::CustomerId, Self::FirstName, Self::LastName, Self::Timezone, Self::Locale];

    /// The name in rules, records and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::CustomerId => "customer_id",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Timezone => "timezone",
            Self::Locale => "locale",
        }
    }
}

/// The channel of a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consented(pub ChannelKind);

impl PartialOrd for Consented {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Consented {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.as_str().cmp(other.0.as_str())
    }
}

/// The name of an attribute: letters, digits and underscores, so that it can stand in a JSON path as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What kind of value a field has, which decides what can be asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One text.
    Text,
    /// `granted`, `denied` or `unknown`.
    Consent,
    /// A list of texts.
    List,
    /// An instant.
    Date,
    /// Something that is only there or not.
    Whole,
    /// Whatever the tenant put there.
    Any,
}

/// Lines of an address.
pub(super) const ADDRESS_LINES: [&str; 8] =
    ["name", "company", "line1", "line2", "city", "region", "postal_code", "country"];
/// What attributes may be written with.
const ATTRIBUTES: &str = "attributes.";
/// Names that mean something else in a template, so that no attribute can have them.
const RESERVED: [&str; 3] = ["campaign", "sender", "unsubscribe_url"];

/// Whether templates use a name for something else.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// Whether an attribute can have this name: a letter or underscore, then letters, digits and underscores.
#[must_use]
pub fn is_attribute_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let starts = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    starts
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.len() <= ATTRIBUTE_NAME_CHARS_MAX
        && !is_reserved(name)
}

impl Field {
    /// The field of that name. A bare name that is none of the well-known ones is an attribute.
    ///
    /// # Errors
    /// What is wrong with the name, as a clause.
    pub fn parse(name: &str) -> Result<Self, &'static str> {
        if let Some(name) = name.strip_prefix(ATTRIBUTES) {
            if Self::well_known(name).is_some() || name == "consent" {
                return Err("is no attribute but a field of its own; leave out the prefix attributes.");
            }
            return Self::attribute(name);
        }
        if let Some(line) = name.strip_prefix("address.") {
            let line = ADDRESS_LINES.into_iter().find(|known| *known == line);
            let problem = "is not a line of an address; those are name, company, line1, line2, city, region, \
                postal_code, country";
            return line.map(Self::AddressLine).ok_or(problem);
        }
        if let Some(channel) = name.strip_prefix("consent.") {
            let channel = ChannelKind::parse(channel).map(Consented);
            return channel.map(Self::Consent).ok_or("is not a channel; those are email, sms, push, direct_mail");
        }
        match Self::well_known(name) {
            Some(field) => Ok(field),
            None if name == "consent" => Err("needs a channel, such as consent.email"),
            None => Self::attribute(name),
        }
    }

    /// Every field that each profile can have, in the order in which people think of them.
    #[must_use]
    pub fn standard() -> Vec<Self> {
        let texts = TextField::ALL.into_iter().map(Self::Text);
        let lines = ADDRESS_LINES.into_iter().map(Self::AddressLine);
        let consents = ChannelKind::ALL.iter().map(|&channel| Self::Consent(Consented(channel)));
        let others = [Self::PushTokens, Self::CreatedAt, Self::UpdatedAt];
        texts.chain([Self::Address]).chain(lines).chain(consents).chain(others).collect()
    }

    fn well_known(name: &str) -> Option<Self> {
        match name {
            "address" => Some(Self::Address),
            "push_tokens" => Some(Self::PushTokens),
            "created_at" => Some(Self::CreatedAt),
            "updated_at" => Some(Self::UpdatedAt),
            name => TextField::ALL.into_iter().find(|field| field.as_str() == name).map(Self::Text),
        }
    }

    fn attribute(name: &str) -> Result<Self, &'static str> {
        if is_attribute_name(name) {
            Ok(Self::Attribute(Key(name.to_owned())))
        } else {
            Err("is neither a field of a profile nor a name for an attribute: letters, digits and underscores, no \
                digit first, at most 64")
        }
    }

    /// The name, in the form that says what it is.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Text(field) => field.as_str().to_owned(),
            Self::AddressLine(line) => format!("address.{line}"),
            Self::Address => "address".to_owned(),
            Self::PushTokens => "push_tokens".to_owned(),
            Self::Consent(channel) => format!("consent.{}", channel.0.as_str()),
            Self::CreatedAt => "created_at".to_owned(),
            Self::UpdatedAt => "updated_at".to_owned(),
            Self::Attribute(key) => format!("{ATTRIBUTES}{}", key.as_str()),
        }
    }

    /// What kind of value it has.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Text(_) | Self::AddressLine(_) => Kind::Text,
            Self::Address => Kind::Whole,
            Self::PushTokens => Kind::List,
            Self::Consent(_) => Kind::Consent,
            Self::CreatedAt | Self::UpdatedAt => Kind::Date,
            Self::Attribute(_) => Kind::Any,
        }
    }
}
