//! What a message says and who says it: templates, compiled once and rendered for each recipient, the links in them,
//! and the fields of sender profiles.
//!
//! Not here: where templates are kept (`store`), when they are rendered (`engine`), how a message leaves
//! (`channels`). Everything is a pure function of its arguments. Invariants: a template from a stranger costs
//! bounded time, memory and stack; a recipient's data is never markup in HTML.

pub mod foreign;
pub mod html;
mod language;
pub mod limits;
pub mod links;
mod markup;
pub mod render;
pub mod scope;
pub mod sender;
mod shape;
pub mod sms;
pub mod source;
pub mod template;
pub mod text;

pub use foreign::ForeignTag;
pub use html::{EMAIL_CLIP_BYTES, is_clipped};
pub use links::{UnsubscribeKey, token, unsubscribe_url, verify};
pub use render::Rendered;
pub use scope::{CampaignContext, CampaignFields, RecipientFields};
pub use sender::SenderDetails;
pub use sms::{SmsEncoding, SmsLength, sms_length};
pub use source::{DirectMailSource, EmailSource, PushSource, SmsSource, TemplateSource};
pub use template::{CompiledTemplate, TemplateError};

/// Whether a template can compare a text with a number: the text is one, with a point before its fraction.
#[must_use]
pub fn is_number(text: &str) -> bool {
    language::number_of(text).is_some()
}
