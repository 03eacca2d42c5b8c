//! What an author wrote, by channel: the `content` of a template in the API (contract, section 10).
//!
//! Shape and size only; whether it compiles is told by [`crate::template`].

use crate::limits;
use crate::shape;
use postrider_core::channel::ChannelKind;
use postrider_core::error::Refusal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Formats of printed pieces.
pub const DIRECT_MAIL_FORMATS: [&str; 4] = ["letter_a4", "letter_us", "postcard_a6", "postcard_4x6"];

/// Where contents stand in a request.
const ROOT: &str = "content";
/// What is said of a field that does not belong there.
const UNKNOWN: &str = "is not a field of this channel's content";

/// The content of a template.
#[derive(Clone, PartialEq, Eq)]
pub enum TemplateSource {
    /// An email.
    Email(EmailSource),
    /// A text message.
    Sms(SmsSource),
    /// A push notification.
    Push(PushSource),
    /// A printed piece.
    DirectMail(DirectMailSource),
}

/// Content of an email.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailSource {
    /// Subject line; may be empty when every campaign gives its own.
    pub subject: String,
    /// HTML part.
    pub html: String,
    /// Text part; made from the HTML when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Line that inboxes show after the subject; plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preheader: Option<String>,
}

/// Content of a text message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsSource {
    /// The text.
    pub text: String,
}

/// Content of a push notification.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushSource {
    /// Title.
    pub title: String,
    /// Text.
    pub body: String,
    /// What a tap opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Further data for the app; values are templates, keys are not.
    #[serde(default, deserialize_with = "map_or_null", skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, String>,
}

/// Content of a printed piece.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectMailSource {
    /// One of [`DIRECT_MAIL_FORMATS`].
    pub format: String,
    /// The piece: HTML when it begins with `<`, else plain text.
    pub source: String,
}

impl TemplateSource {
    /// Reads the content of a template of `channel`. Refused with `REQUEST_INVALID` and a path such as `content.html`.
    pub fn parse(channel: ChannelKind, json: &str) -> Result<Self, Refusal> {
        let source = match channel {
            ChannelKind::Email => Self::Email(shape::read(json, ROOT, UNKNOWN)?),
            ChannelKind::Sms => Self::Sms(shape::read(json, ROOT, UNKNOWN)?),
            ChannelKind::Push => Self::Push(shape::read(json, ROOT, UNKNOWN)?),
            ChannelKind::DirectMail => Self::DirectMail(shape::read(json, ROOT, UNKNOWN)?),
        };
        source.check()?;
        Ok(source)
    }

    /// The channel it is for.
    #[must_use]
    pub const fn channel(&self) -> ChannelKind {
        match self {
            Self::Email(_) => ChannelKind::Email,
            Self::Sms(_) => ChannelKind::Sms,
            Self::Push(_) => ChannelKind::Push,
            Self::DirectMail(_) => ChannelKind::DirectMail,
        }
    }

    /// The JSON that [`parse`](Self::parse) reads back.
    #[must_use]
    pub fn to_json(&self) -> String {
        match self {
            Self::Email(source) => serde_json::to_string(source),
            Self::Sms(source) => serde_json::to_string(source),
            Self::Push(source) => serde_json::to_string(source),
            Self::DirectMail(source) => serde_json::to_string(source),
        }
        .expect("strings and maps of strings always have a JSON form")
    }

    /// Sizes, and what may not be empty.
    fn check(&self) -> Result<(), Refusal> {
        match self {
            Self::Email(email) => {
                chars("subject", &email.subject, limits::SUBJECT_MAX_CHARS)?;
                bytes("html", &email.html, limits::HTML_MAX_BYTES)?;
                not_blank("html", &email.html)?;
                bytes("text", email.text.as_deref().unwrap_or(""), limits::TEXT_MAX_BYTES)?;
                chars("preheader", email.preheader.as_deref().unwrap_or(""), limits::PREHEADER_MAX_CHARS)
            }
            Self::Sms(sms) => {
                chars("text", &sms.text, limits::SMS_TEXT_MAX_CHARS)?;
                not_blank("text", &sms.text)
            }
            Self::Push(push) => push.check(),
            Self::DirectMail(piece) => {
                if !DIRECT_MAIL_FORMATS.contains(&piece.format.as_str()) {
                    let problem = format!("must be one of {}", DIRECT_MAIL_FORMATS.join(", "));
                    return Err(Refusal::invalid("content.format", Some(&piece.format), problem));
                }
                bytes("source", &piece.source, limits::DIRECT_MAIL_SOURCE_MAX_BYTES)?;
                not_blank("source", &piece.source)
            }
        }
    }
}

impl PushSource {
    fn check(&self) -> Result<(), Refusal> {
        chars("title", &self.title, limits::PUSH_TITLE_MAX_CHARS)?;
        chars("body", &self.body, limits::PUSH_BODY_MAX_CHARS)?;
        not_blank("body", &self.body)?;
        chars("url", self.url.as_deref().unwrap_or(""), limits::PUSH_URL_MAX_CHARS)?;
        if self.data.len() > limits::PUSH_DATA_MAX_ENTRIES {
            let problem = format!("must have at most {} entries", limits::PUSH_DATA_MAX_ENTRIES);
            return Err(Refusal::invalid("content.data", None, problem));
        }
        for (key, value) in &self.data {
            if key.is_empty() || key.contains('\0') || key.chars().count() > limits::PUSH_DATA_KEY_MAX_CHARS {
                let problem = format!("must have keys of 1 to {} characters", limits::PUSH_DATA_KEY_MAX_CHARS);
                return Err(Refusal::invalid("content.data", Some(key), problem));
            }
            chars(&format!("data.{key}"), value, limits::PUSH_DATA_VALUE_MAX_CHARS)?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for TemplateSource {
    /// Shows the channel only: contents do not belong in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TemplateSource({})", self.channel().as_str())
    }
}

/// Reads a map; null is absent.
fn map_or_null<'de, D: serde::Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

fn chars(field: &str, text: &str, max: usize) -> Result<(), Refusal> {
    no_nul(field, text)?;
    if text.chars().count() > max {
        return Err(Refusal::invalid(format!("content.{field}"), None, format!("must have at most {max} characters")));
    }
    Ok(())
}

fn bytes(field: &str, text: &str, max: usize) -> Result<(), Refusal> {
    no_nul(field, text)?;
    if text.len() > max {
        return Err(Refusal::invalid(format!("content.{field}"), None, format!("must have at most {max} bytes")));
    }
    Ok(())
}

fn not_blank(field: &str, text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::invalid(format!("content.{field}"), None, "must not be empty"));
    }
    Ok(())
}

/// NUL is text nowhere: neither in mail nor in a database's text column.
fn no_nul(field: &str, text: &str) -> Result<(), Refusal> {
    if text.contains('\0') {
        return Err(Refusal::invalid(format!("content.{field}"), None, "must not contain the character NUL"));
    }
    Ok(())
}
