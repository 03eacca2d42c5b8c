//! What a record says, checked.

use super::MatchKey;
use super::attribute::attribute;
use super::field::{at, invalid, line, postal_address, text};
use super::push::push_tokens;
use postrider_core::address::{PostalAddress, normalize_customer_id, normalize_email, normalize_phone};
use postrider_core::audience::Consent;
use postrider_core::error::Refusal;
use postrider_core::time::Zone;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Longest name, customer id or line of an address, in characters.
pub const TEXT_CHARS_MAX: usize = 255;
/// Longest language tag, in characters (RFC 5646 §4.4.1).
const LOCALE_CHARS_MAX: usize = 35;

/// Fields of an address.
pub const ADDRESS_FIELDS: [&str; 8] = ["name", "company", "line1", "line2", "city", "region", "postal_code", "country"];
/// Channels for which consent is kept, in the order of [`ProfileRecord::consent`].
pub const CONSENT_CHANNELS: [&str; 4] = ["email", "sms", "push", "direct_mail"];

/// What becomes of one field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is cleared.
    Clear,
    /// It becomes this.
    Set(T),
}

impl<T> Change<T> {
    fn to(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }

    /// What it becomes, if it becomes anything.
    pub const fn set(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }

    /// Applies it to a stored column; returns whether that changes anything.
    pub fn apply(&self, stored: &mut Option<T>) -> bool
    where
        T: Clone + PartialEq,
    {
        let value = match self {
            Self::Keep => return false,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        };
        let changes = stored.as_ref() != value;
        if changes {
            *stored = value.cloned();
        }
        changes
    }
}

/// A record whose every field has its right form.
#[derive(Clone, Default)]
pub struct ProfileRecord {
    pub email: Change<String>,
    pub phone: Change<String>,
    pub customer_id: Change<String>,
    pub first_name: Change<String>,
    pub last_name: Change<String>,
    pub timezone: Change<String>,
    pub locale: Change<String>,
    /// As JSON.
    pub push_tokens: Change<String>,
    /// As JSON. An address is one value: it is replaced whole, never mixed with an older one.
    pub address: Change<String>,
    /// Each channel by itself.
    pub consent: [Option<Consent>; 4],
    /// Whether a consent that the profile denies stays denied whatever the record says.
    pub keeps_denials: bool,
    /// Which denials stayed when the record was applied, in the order of [`CONSENT_CHANNELS`].
    pub denials_kept: OnceLock<[bool; 4]>,
    pub attributes: BTreeMap<String, Option<Value>>,
    /// Where the record stands in its request, for later refusals.
    pub path: String,
}

impl ProfileRecord {
    /// Checks every field. `path` is where the record stands, such as `records[3]`.
    ///
    /// # Errors
    /// `REQUEST_INVALID` with the path of the first wrong field.
    pub fn parse(path: &str, fields: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut record = Self { path: path.to_owned(), ..Self::default() };
        for (name, value) in fields {
            record.read(path, name, value)?;
        }
        Ok(record)
    }

    fn read(&mut self, parent: &str, name: &str, value: &Value) -> Result<(), Refusal> {
        let path = &at(parent, name);
        match name {
            "email" => self.email = address(path, value, normalize_email)?,
            "phone" => self.phone = address(path, value, normalize_phone)?,
            "customer_id" => self.customer_id = customer_id(path, value)?,
            "first_name" => self.first_name = Change::to(line(path, value)?),
            "last_name" => self.last_name = Change::to(line(path, value)?),
            "timezone" => self.timezone = timezone(path, value)?,
            "locale" => self.locale = locale(path, value)?,
            "push_tokens" => self.push_tokens = push_tokens(path, value)?,
            "address" => self.address = postal(path, value)?,
            "consent" => self.read_consent(path, value)?,
            _ => {
                self.attributes.insert(name.to_owned(), attribute(parent, name, value)?);
            }
        }
        Ok(())
    }

    fn read_consent(&mut self, path: &str, value: &Value) -> Result<(), Refusal> {
        let channels = match value {
            Value::Null => {
                self.consent = [Some(Consent::Unknown); 4];
                return Ok(());
            }
            Value::Object(channels) => channels,
            other => return Err(invalid(path, other, "must be an object of channels")),
        };
        for (channel, word) in channels {
            let path = at(path, channel);
            let Some(place) = CONSENT_CHANNELS.iter().position(|known| known == channel) else {
                return Err(Refusal::invalid(path, None, "is not a channel; those are email, sms, push, direct_mail"));
            };
            let consent = match word {
                Value::Null => Some(Consent::Unknown),
                Value::String(word) => Consent::parse(word),
                _ => None,
            };
            let problem = "must be granted, denied or unknown";
            self.consent[place] = Some(consent.ok_or_else(|| invalid(&path, word, problem))?);
        }
        Ok(())
    }

    /// Whether a consent that is `stored` stays as it is although the record says something else: a file does not revive
    /// what a person denied.
    pub fn keeps_denial(&self, stored: Consent, said: Consent) -> bool {
        self.keeps_denials && stored == Consent::Denied && said != Consent::Denied
    }

    /// Whether it says anything about consent.
    pub fn speaks_of_consent(&self) -> bool {
        self.consent.iter().any(Option::is_some)
    }

    /// The value by which its profile is found.
    ///
    /// # Errors
    /// `REQUEST_INVALID` if it has none.
    pub fn key(&self, key: MatchKey) -> Result<&str, Refusal> {
        let change = match key {
            MatchKey::Email => &self.email,
            MatchKey::Phone => &self.phone,
            MatchKey::CustomerId => &self.customer_id,
        };
        let missing = || Refusal::invalid(at(&self.path, key.as_str()), None, "is needed: it is the match key");
        change.set().map(String::as_str).ok_or_else(missing)
    }
}

fn address(
    path: &str,
    value: &Value,
    normalize: impl Fn(&str) -> Result<String, &'static str>,
) -> Result<Change<String>, Refusal> {
    let Some(text) = text(path, value)? else { return Ok(Change::Clear) };
    normalize(text).map(Change::Set).map_err(|problem| invalid(path, value, problem))
}

/// Text, or a whole number as many systems count their customers.
fn customer_id(path: &str, value: &Value) -> Result<Change<String>, Refusal> {
    match value {
        Value::Number(number) if number.is_i64() || number.is_u64() => Ok(Change::Set(number.to_string())),
        other => {
            let Some(text) = line(path, other)? else { return Ok(Change::Clear) };
            normalize_customer_id(&text).map(Change::Set).map_err(|problem| invalid(path, other, problem))
        }
    }
}

fn timezone(path: &str, value: &Value) -> Result<Change<String>, Refusal> {
    let Some(name) = text(path, value)? else { return Ok(Change::Clear) };
    let zone = Zone::find(name).ok_or_else(|| invalid(path, value, "is not a zone of the IANA database"))?;
    Ok(Change::Set(zone.name().to_owned()))
}

/// Letters and digits in parts of one to eight (RFC 5646 §2.1); `de_DE` is written `de-DE`.
fn locale(path: &str, value: &Value) -> Result<Change<String>, Refusal> {
    let Some(tag) = text(path, value)? else { return Ok(Change::Clear) };
    let tag = tag.replace('_', "-");
    let whole = tag.len() <= LOCALE_CHARS_MAX
        && tag.starts_with(|c: char| c.is_ascii_alphabetic())
        && tag.split('-').all(|part| matches!(part.len(), 1..=8) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if whole { Ok(Change::Set(tag)) } else { Err(invalid(path, value, "is not a language tag such as de-DE")) }
}

fn postal(path: &str, value: &Value) -> Result<Change<String>, Refusal> {
    let fields = match value {
        Value::Null => return Ok(Change::Clear),
        Value::Object(fields) => fields,
        other => return Err(invalid(path, other, "must be an object")),
    };
    let address = postal_address(path, fields)?;
    Ok(if address.is_empty() { Change::Clear } else { Change::Set(address_json(&address)) })
}

/// An address as it is stored: only what is given, by name.
fn address_json(address: &PostalAddress) -> String {
    let values = [
        &address.name,
        &address.company,
        &address.line1,
        &address.line2,
        &address.city,
        &address.region,
        &address.postal_code,
        &address.country,
    ];
    let given = ADDRESS_FIELDS.into_iter().zip(values).filter(|(_, value)| !value.is_empty());
    let fields: BTreeMap<&str, &String> = given.collect();
    serde_json::to_string(&fields).unwrap_or_default()
}
