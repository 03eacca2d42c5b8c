//! Who a message comes from: the fields of a sender profile, by channel (contract, section 10).
//!
//! Stored and answered in the same JSON. Invariant: a [`SenderDetails`] was checked, so an address in it is one.

use crate::shape;
use postrider_core::address::{AddressProblem, PostalAddress, normalize_email, normalize_phone};
use postrider_core::channel::ChannelKind;
use postrider_core::error::Refusal;
use postrider_core::{sender_domain, visible};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest display name, in characters.
pub const FROM_NAME_MAX_CHARS: usize = 200;
/// Longest name of an app, in characters.
pub const APP_MAX_CHARS: usize = 200;
/// Longest line of a return address, in characters.
pub const RETURN_ADDRESS_LINE_MAX_CHARS: usize = 200;
/// Longest alphanumeric sender id of a text message, in characters (3GPP TS 23.040 §9.1.2.5).
pub const SENDER_ID_MAX_CHARS: usize = 11;
/// Digits of a short code.
const SHORT_CODE_DIGITS: std::ops::RangeInclusive<usize> = 3..=8;
/// What is said of a field that does not belong there.
const UNKNOWN: &str = "is not a field of a sender profile of this channel";

/// The fields of a sender profile.
#[derive(Clone, PartialEq, Eq)]
pub enum SenderDetails {
    /// Of email.
    Email(EmailSender),
    /// Of text messages.
    Sms(SmsSender),
    /// Of push notifications.
    Push(PushSender),
    /// Of printed mail.
    DirectMail(DirectMailSender),
}

/// Who an email comes from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EmailSender {
    /// Address.
    pub from_email: String,
    /// Display name.
    pub from_name: String,
    /// Where answers go, if not to the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
}

/// Who a text message comes from: exactly one of the two.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SmsSender {
    /// A number in E.164, or a short code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// An alphanumeric sender id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_id: Option<String>,
}

/// Which app a push notification comes from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PushSender {
    /// The app.
    pub app: String,
}

/// Who a printed piece comes from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DirectMailSender {
    /// Where it goes back to.
    pub return_address: ReturnAddress,
}

/// A return address; the fields of a profile's `address`. Absent fields are empty.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ReturnAddress {
    /// Who.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// At which company.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub company: String,
    /// Street and number.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub line1: String,
    /// Anything more of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub line2: String,
    /// City or town.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub city: String,
    /// State, province or county.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// Postal code; read also as `postal_code`, as profiles spell it.
    #[serde(alias = "postal_code", skip_serializing_if = "String::is_empty")]
    pub postal_code: String,
    /// Country.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub country: String,
}

impl SenderDetails {
    /// Reads and checks the fields of a sender profile of `channel`; a null field is an absent one.
    ///
    /// # Errors
    /// `REQUEST_INVALID` with a path such as `fromEmail`.
    pub fn parse(channel: ChannelKind, json: &str) -> Result<Self, Refusal> {
        let mut details = match channel {
            ChannelKind::Email => Self::Email(shape::read(json, "", UNKNOWN)?),
            ChannelKind::Sms => Self::Sms(shape::read(json, "", UNKNOWN)?),
            ChannelKind::Push => Self::Push(shape::read(json, "", UNKNOWN)?),
            ChannelKind::DirectMail => Self::DirectMail(shape::read(json, "", UNKNOWN)?),
        };
        match &mut details {
            Self::Email(email) => email.check()?,
            Self::Sms(sms) => sms.check()?,
            Self::Push(push) => push.app = line("app", &push.app, APP_MAX_CHARS)?,
            Self::DirectMail(piece) => piece.return_address.check()?,
        }
        Ok(details)
    }

    /// The JSON that [`parse`](Self::parse) reads back.
    #[must_use]
    pub fn to_json(&self) -> String {
        match self {
            Self::Email(email) => serde_json::to_string(email),
            Self::Sms(sms) => serde_json::to_string(sms),
            Self::Push(push) => serde_json::to_string(push),
            Self::DirectMail(piece) => serde_json::to_string(piece),
        }
        .expect("structs of strings always have a JSON form")
    }

    /// The channel they are for.
    #[must_use]
    pub const fn channel(&self) -> ChannelKind {
        match self {
            Self::Email(_) => ChannelKind::Email,
            Self::Sms(_) => ChannelKind::Sms,
            Self::Push(_) => ChannelKind::Push,
            Self::DirectMail(_) => ChannelKind::DirectMail,
        }
    }

    /// The domain of an email's sender, as domains are compared.
    #[must_use]
    pub fn email_domain(&self) -> Option<String> {
        match self {
            Self::Email(email) => sender_domain::of_address(&email.from_email).ok(),
            Self::Sms(_) | Self::Push(_) | Self::DirectMail(_) => None,
        }
    }

    /// Checks what recipients see as it is: nothing in it is hidden, and a display name is no address of another domain.
    /// Fields that were stored before this rule existed are not checked.
    ///
    /// # Errors
    /// `REQUEST_INVALID` with a path such as `fromName`.
    pub fn check_seen(&self) -> Result<(), Refusal> {
        let seen = |path: &str, text: &str| {
            visible::check(text).map_err(|problem| Refusal::invalid(path, Some(text), problem))
        };
        match self {
            Self::Email(email) => {
                seen("fromName", &email.from_name)?;
                let domain = self.email_domain().unwrap_or_default();
                if visible::names_another_address(&email.from_name, &domain) {
                    let problem = "holds an email address of another domain than fromEmail";
                    return Err(Refusal::invalid("fromName", Some(&email.from_name), problem));
                }
                seen("fromEmail", &email.from_email)?;
                email.reply_to.as_deref().map_or(Ok(()), |reply_to| seen("replyTo", reply_to))
            }
            Self::Sms(_) => Ok(()),
            Self::Push(push) => seen("app", &push.app),
            Self::DirectMail(piece) => piece
                .return_address
                .named()
                .iter()
                .try_for_each(|(name, text)| seen(&format!("returnAddress.{name}"), text)),
        }
    }

    /// What templates see as `{{ sender.* }}`: the profile's name as `name`, and each field both as templates spell
    /// fields (`from_name`) and as the API does (`fromName`). A return address is its lines, in one text and one by one.
    #[must_use]
    pub fn fields(&self, name: &str) -> BTreeMap<String, String> {
        let mut fields = BTreeMap::from([("name".to_owned(), name.to_owned())]);
        let mut put = |spellings: &[&str], value: &str| {
            fields.extend(spellings.iter().map(|&spelling| (spelling.to_owned(), value.to_owned())));
        };
        match self {
            Self::Email(email) => {
                put(&["from_email", "fromEmail"], &email.from_email);
                put(&["from_name", "fromName"], &email.from_name);
                put(&["reply_to", "replyTo"], email.reply_to.as_deref().unwrap_or(&email.from_email));
            }
            Self::Sms(sms) => {
                put(&["number"], sms.number.as_deref().unwrap_or_default());
                put(&["sender_id", "senderId"], sms.sender_id.as_deref().unwrap_or_default());
            }
            Self::Push(push) => put(&["app"], &push.app),
            Self::DirectMail(piece) => {
                let address = piece.return_address.postal();
                put(&["return_address", "returnAddress"], &address.lines().join("\n"));
                put(&["company"], &address.company);
                put(&["line1"], &address.line1);
                put(&["line2"], &address.line2);
                put(&["city"], &address.city);
                put(&["region"], &address.region);
                put(&["postal_code", "postalCode"], &address.postal_code);
                put(&["country"], &address.country);
            }
        }
        fields
    }
}

impl std::fmt::Debug for SenderDetails {
    /// Shows the channel only: addresses do not belong in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SenderDetails({})", self.channel().as_str())
    }
}

impl EmailSender {
    fn check(&mut self) -> Result<(), Refusal> {
        self.from_email = address("fromEmail", &self.from_email, |text| normalize_email(text).map(drop))?;
        self.from_name = line("fromName", &self.from_name, FROM_NAME_MAX_CHARS)?;
        if let Some(reply_to) = &mut self.reply_to {
            *reply_to = address("replyTo", reply_to, |text| normalize_email(text).map(drop))?;
        }
        Ok(())
    }
}

impl SmsSender {
    /// What a provider is told the message comes from.
    #[must_use]
    pub fn from(&self) -> &str {
        self.number.as_deref().or(self.sender_id.as_deref()).unwrap_or_default()
    }

    fn check(&mut self) -> Result<(), Refusal> {
        match (&mut self.number, &mut self.sender_id) {
            (Some(number), None) => {
                let text = number.trim();
                let short = SHORT_CODE_DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
                *number = if short {
                    text.to_owned()
                } else {
                    normalize_phone(text).map_err(|problem| Refusal::invalid("number", Some(text), problem))?
                };
                Ok(())
            }
            (None, Some(id)) => {
                *id = id.trim().to_owned();
                let allowed = |c: char| c.is_ascii_alphanumeric() || " -_.&".contains(c);
                if id.len() > SENDER_ID_MAX_CHARS || !id.chars().all(allowed) || !id.contains(char::is_alphabetic) {
                    let problem = "must have 1 to 11 letters, digits, blanks or - _ . &, at least one a letter";
                    return Err(Refusal::invalid("senderId", Some(id), problem));
                }
                Ok(())
            }
            (None, None) => Err(Refusal::invalid("number", None, "is required unless senderId is given")),
            (Some(_), Some(id)) => {
                Err(Refusal::invalid("senderId", Some(id), "cannot stand beside number; null clears either"))
            }
        }
    }
}

impl ReturnAddress {
    /// The address in the form that prints itself.
    #[must_use]
    pub fn postal(&self) -> PostalAddress {
        PostalAddress {
            name: self.name.clone(),
            company: self.company.clone(),
            line1: self.line1.clone(),
            line2: self.line2.clone(),
            city: self.city.clone(),
            region: self.region.clone(),
            postal_code: self.postal_code.clone(),
            country: self.country.clone(),
        }
    }

    fn named(&self) -> [(&'static str, &str); 8] {
        [
            ("name", &self.name),
            ("company", &self.company),
            ("line1", &self.line1),
            ("line2", &self.line2),
            ("city", &self.city),
            ("region", &self.region),
            ("postalCode", &self.postal_code),
            ("country", &self.country),
        ]
    }

    fn check(&mut self) -> Result<(), Refusal> {
        let fields = [
            ("name", &mut self.name),
            ("company", &mut self.company),
            ("line1", &mut self.line1),
            ("line2", &mut self.line2),
            ("city", &mut self.city),
            ("region", &mut self.region),
            ("postalCode", &mut self.postal_code),
            ("country", &mut self.country),
        ];
        for (name, field) in fields {
            if !field.is_empty() {
                *field = line(&format!("returnAddress.{name}"), field, RETURN_ADDRESS_LINE_MAX_CHARS)?;
            }
        }
        match self.postal().missing().first() {
            None => Ok(()),
            Some(&"name") => Err(Refusal::invalid("returnAddress.name", None, "is required unless company is given")),
            Some(&"postal_code") => Err(Refusal::invalid("returnAddress.postalCode", None, "is required")),
            Some(missing) => Err(Refusal::invalid(format!("returnAddress.{missing}"), None, "is required")),
        }
    }
}

/// An address as it was written, less blanks around it, once its normal form exists.
fn address(field: &str, text: &str, check: impl FnOnce(&str) -> Result<(), AddressProblem>) -> Result<String, Refusal> {
    check(text).map_err(|problem| Refusal::invalid(field, Some(text), problem))?;
    Ok(text.trim().to_owned())
}

/// One line of text that says something.
fn line(field: &str, text: &str, max: usize) -> Result<String, Refusal> {
    if text.contains(char::is_control) {
        return Err(Refusal::invalid(field, Some(text), "must be one line without control characters"));
    }
    let line = text.trim();
    if line.is_empty() || line.chars().count() > max {
        return Err(Refusal::invalid(field, Some(text), format!("must have 1 to {max} characters")));
    }
    Ok(line.to_owned())
}
