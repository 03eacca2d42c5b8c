//! What must be true of content before it is stored.

use postrider_content::{CompiledTemplate, TemplateSource};
use postrider_core::channel::ChannelKind;
use postrider_core::error::Refusal;
use postrider_core::visible;

/// Content that has the right shape and compiles.
#[derive(Clone)]
pub(super) struct CheckedContent {
    /// The content as it is stored.
    pub json: String,
    /// Every field it names.
    pub fields: Vec<String>,
}

/// Checks the JSON of a template's content.
///
/// # Errors
/// `REQUEST_INVALID` for its shape; `TEMPLATES.INVALID` with line and column if it does not compile.
pub(super) fn check(channel: ChannelKind, json: &str) -> Result<CheckedContent, Refusal> {
    let source = TemplateSource::parse(channel, json)?;
    if let Some((path, text)) = seen(&source) {
        // Line breaks and the like are dropped where it is rendered.
        let text = text.replace(char::is_control, " ");
        visible::check(&text).map_err(|problem| Refusal::invalid(path, Some(&text), problem))?;
    }
    let compiled = CompiledTemplate::compile(&source, None)?;
    Ok(CheckedContent { json: source.to_json(), fields: fields(&compiled) })
}

/// What a recipient sees before anything else, with its path.
fn seen(source: &TemplateSource) -> Option<(&'static str, &str)> {
    match source {
        TemplateSource::Email(email) => Some(("content.subject", &email.subject)),
        TemplateSource::Push(push) => Some(("content.title", &push.title)),
        TemplateSource::Sms(_) | TemplateSource::DirectMail(_) => None,
    }
}

/// Compiles stored content.
pub(super) fn compiled(channel: ChannelKind, json: &str) -> Result<CompiledTemplate, Refusal> {
    Ok(CompiledTemplate::compile(&TemplateSource::parse(channel, json)?, None)?)
}

/// The fields a template names, in order.
pub(super) fn fields(compiled: &CompiledTemplate) -> Vec<String> {
    compiled.fields().iter().cloned().collect()
}
