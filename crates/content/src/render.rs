//! One template, one recipient, one message.
//!
//! Not here: addresses, headers and the hand-off. Invariant: the text part of an email is never empty.

use crate::language::{Budget, Value};
use crate::scope::{self, CampaignContext, RecipientFields};
use crate::template::{CompiledTemplate, Shape, TemplateError};
use crate::{html, limits, text};
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
    /// Renders the message of one recipient. A field that is absent renders as nothing; an error tells the part and the
    /// place.
    ///
    /// # Errors
    /// What a value of the recipient does not allow, and whatever takes more than [`limits`] say.
    pub fn render(
        &self,
        campaign: &CampaignContext,
        recipient: &RecipientFields<'_>,
        unsubscribe_url: &str,
    ) -> Result<Rendered, TemplateError> {
        let mut budget = Budget::new();
        let fields = scope::fields(&self.names, campaign, recipient, unsubscribe_url, &mut budget)
            .map_err(|message| TemplateError::of_all(message.to_owned()))?;
        let mut message = Message { template: self, fields: &fields, budget };
        match &self.shape {
            Shape::Email { subject, text, preheader } => message.email(subject, *text, *preheader),
            Shape::Sms => Ok(Rendered::Sms { text: message.part("text")? }),
            Shape::Push { url, data } => {
                let title = one_line(&message.part("title")?);
                let body = message.part("body")?;
                let url = if *url { Some(message.part("url")?.trim().to_owned()) } else { None };
                let mut value = |key: &String| Ok((key.clone(), message.part(&format!("data.{key}"))?));
                Ok(Rendered::Push { title, body, url, data: data.iter().map(&mut value).collect::<Result<_, _>>()? })
            }
            Shape::DirectMail { format, part } => {
                Ok(Rendered::DirectMail { format: format.clone(), source: message.part(part)? })
            }
        }
    }
}

/// Bytes of HTML of which one step of work makes the text.
const TEXT_BYTES_PER_STEP: usize = 8;

/// A message that is being rendered: its parts share one budget.
struct Message<'t, 'f> {
    template: &'t CompiledTemplate,
    fields: &'f [Value<'t>],
    budget: Budget,
}

impl Message<'_, '_> {
    fn part(&mut self, part: &str) -> Result<String, TemplateError> {
        self.template.part(part, Some(self.fields), &mut self.budget)
    }

    fn email(&mut self, subject: &str, has_text: bool, has_preheader: bool) -> Result<Rendered, TemplateError> {
        let subject = one_line(&self.part(subject)?);
        let mut html = self.part("html")?;
        html.shrink_to_fit();
        let mut text = if has_text {
            self.part("text")?
        } else {
            let failed = |message| TemplateError { path: "content.html".to_owned(), ..TemplateError::of_all(message) };
            self.budget.steps(html.len() / TEXT_BYTES_PER_STEP).map_err(|stop| failed(stop.message()))?;
            text::to_text_within(&html, limits::OUTPUT_MAX_BYTES).ok_or_else(|| {
                failed(format!("the text of the HTML has more than {} bytes", limits::OUTPUT_MAX_BYTES))
            })?
        };
        if text.trim().is_empty() {
            text.clone_from(&subject);
        }
        let html = if has_preheader { html::with_preheader(&html, &self.part("preheader")?) } else { html };
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
