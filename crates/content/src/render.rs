//! One template, one recipient, one message.
//!
//! Not here: addresses, headers and the hand-off. Invariant: the text part of an email is never empty.

use crate::html;
use crate::scope::{CampaignContext, RecipientFields, Scope};
use crate::template::{CompiledTemplate, Shape, TemplateError};
use crate::text;
use minijinja::Value;
use std::collections::BTreeMap;

/// What one recipient gets.
#[derive(Clone, PartialEq, Eq)]
pub enum Rendered {
    /// An email.
    Email {
        /// One line, without control characters.
        subject: String,
        /// HTML part.
        html: String,
        /// Text part, never empty.
        text: String,
    },
    /// A text message.
    Sms {
        /// The text.
        text: String,
    },
    /// A push notification.
    Push {
        /// Title.
        title: String,
        /// Text.
        body: String,
        /// What a tap opens.
        url: Option<String>,
        /// Further data for the app.
        data: BTreeMap<String, String>,
    },
    /// A printed piece.
    DirectMail {
        /// `letter_a4`, `letter_us`, `postcard_a6` or `postcard_4x6`.
        format: String,
        /// The piece.
        source: String,
    },
}

impl std::fmt::Debug for Rendered {
    /// Shows the channel only: a message does not belong in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Email { .. } => "Rendered(email)",
            Self::Sms { .. } => "Rendered(sms)",
            Self::Push { .. } => "Rendered(push)",
            Self::DirectMail { .. } => "Rendered(direct_mail)",
        })
    }
}

impl CompiledTemplate {
    /// Renders the message of one recipient. A field that is absent renders as nothing; an error tells the part and the place.
    pub fn render(
        &self,
        campaign: &CampaignContext,
        recipient: &RecipientFields<'_>,
        unsubscribe_url: &str,
    ) -> Result<Rendered, TemplateError> {
        let scope = Scope::new(&self.words, campaign, recipient, unsubscribe_url).map_err(|_| TemplateError {
            path: "content".to_owned(),
            line: None,
            column: None,
            message: "the recipient's stored fields are not a JSON object".to_owned(),
        })?;
        let scope = Value::from_object(scope);
        match &self.shape {
            Shape::Email { subject, text, preheader } => self.email(&scope, subject, *text, *preheader),
            Shape::Sms => Ok(Rendered::Sms { text: self.part("text", &scope)? }),
            Shape::Push { url, data } => {
                let value = |key: &String| Ok((key.clone(), self.part(&format!("data.{key}"), &scope)?));
                Ok(Rendered::Push {
                    title: one_line(&self.part("title", &scope)?),
                    body: self.part("body", &scope)?,
                    url: if *url { Some(self.part("url", &scope)?.trim().to_owned()) } else { None },
                    data: data.iter().map(value).collect::<Result<_, _>>()?,
                })
            }
            Shape::DirectMail { format, part } => {
                Ok(Rendered::DirectMail { format: format.clone(), source: self.part(part, &scope)? })
            }
        }
    }

    fn email(
        &self,
        scope: &Value,
        subject: &str,
        has_text: bool,
        has_preheader: bool,
    ) -> Result<Rendered, TemplateError> {
        let subject = one_line(&self.part(subject, scope)?);
        let html = self.part("html", scope)?;
        let mut text = if has_text { self.part("text", scope)? } else { text::to_text(&html) };
        if text.trim().is_empty() {
            text.clone_from(&subject);
        }
        let html = if has_preheader { html::with_preheader(&html, &self.part("preheader", scope)?) } else { html };
        Ok(Rendered::Email { subject, html, text })
    }
}

/// Folds white space and control characters into single spaces.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}
