//! Which content a campaign sends: whether template and sender exist, are ready and fit the channel.

use crate::ServiceError;
use postrider_content::limits::SUBJECT_MAX_CHARS;
use postrider_content::{CompiledTemplate, TemplateSource};
use postrider_core::channel::ChannelKind;
use postrider_core::content::TemplateStatus;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{SenderProfileId, TemplateId, TenantId};
use postrider_core::visible;
use postrider_store::Tx;
use postrider_store::campaigns::Content;
use postrider_store::templates::Template;
use uuid::Uuid;

/// The content of a campaign, in place of what it had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentCommand {
    /// `templateId`, as written.
    pub template_id: String,
    /// `senderProfileId`, as written; none is the tenant's default for the channel.
    pub sender_profile_id: Option<String>,
    /// `subjectLine`, of email only; blank is none.
    pub subject_line: Option<String>,
}

impl ContentCommand {
    /// Checks the form.
    ///
    /// # Errors
    /// `REQUEST_INVALID` with the path.
    pub fn content(&self) -> Result<Content, Refusal> {
        let subject_line = self.subject_line.clone().filter(|subject| !subject.trim().is_empty());
        if let Some(subject) = &subject_line {
            if subject.chars().count() > SUBJECT_MAX_CHARS {
                let problem = format!("must have at most {SUBJECT_MAX_CHARS} characters");
                return Err(Refusal::invalid("subjectLine", Some(subject), problem));
            }
            visible::check(subject).map_err(|problem| Refusal::invalid("subjectLine", Some(subject), problem))?;
        }
        let sender_profile_id =
            self.sender_profile_id.as_deref().map(|text| uuid("senderProfileId", text)).transpose()?;
        Ok(Content {
            template_id: TemplateId::from(uuid("templateId", &self.template_id)?),
            sender_profile_id: sender_profile_id.map(SenderProfileId::from),
            subject_line,
        })
    }
}

fn uuid(path: &str, text: &str) -> Result<Uuid, Refusal> {
    text.parse().map_err(|_| Refusal::invalid(path, Some(text), "is not a UUID"))
}

/// Refuses content that a campaign of the channel cannot send.
pub(super) fn content_fits(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    channel: ChannelKind,
    content: &Content,
) -> Result<(), ServiceError> {
    if let Some(subject) = content.subject_line.as_deref().filter(|_| channel != ChannelKind::Email) {
        let problem = format!("is for email, not {}", channel.as_str());
        return Err(Refusal::invalid("subjectLine", Some(subject), problem).into());
    }
    let id = content.template_id.to_string();
    let refuse = |code, problem: String| Refusal::field(code, "templateId", Some(&id), problem);
    let template = tx
        .template_get(tenant, content.template_id)?
        .ok_or_else(|| refuse(Code::ContentTemplateNotFound, "is no template of this tenant".to_owned()))?;
    if template.channel != channel {
        let problem = format!("is for {}, the campaign for {}", template.channel.as_str(), channel.as_str());
        return Err(refuse(Code::ContentChannelMismatch, problem).into());
    }
    if !is_published(&template) {
        let problem = format!("is {}, not published", template.status.as_str());
        return Err(refuse(Code::TemplateNotPublished, problem).into());
    }
    if let Some(subject) = &content.subject_line {
        subject_compiles(tx, tenant, &template, subject)?;
    }
    let Some(sender) = content.sender_profile_id else { return Ok(()) };
    let id = sender.to_string();
    let refuse = |code, problem: String| Refusal::field(code, "senderProfileId", Some(&id), problem);
    let sender = tx
        .sender_get(tenant, sender)?
        .filter(|sender| sender.deleted_at.is_none())
        .ok_or_else(|| refuse(Code::ContentSenderProfileNotFound, "is no sender profile of this tenant".to_owned()))?;
    if sender.channel != channel {
        let problem = format!("is for {}, the campaign for {}", sender.channel.as_str(), channel.as_str());
        return Err(refuse(Code::ContentChannelMismatch, problem).into());
    }
    Ok(())
}

/// Whether campaigns may be bound to a template.
pub(crate) fn is_published(template: &Template) -> bool {
    template.status == TemplateStatus::Published && template.published_version.is_some()
}

/// Refuses a subject line that is no template. Trouble in the template's own parts is the preflight's to tell.
fn subject_compiles(tx: &mut Tx<'_>, tenant: TenantId, template: &Template, subject: &str) -> Result<(), ServiceError> {
    let Some(version) = template.published_version else { return Ok(()) };
    let Some(content) = tx.template_version_content(tenant, version)? else { return Ok(()) };
    let Ok(source) = TemplateSource::parse(template.channel, &content) else { return Ok(()) };
    match CompiledTemplate::compile(&source, Some(subject)) {
        Err(error) if error.path == "subjectLine" => {
            Err(Refusal::invalid("subjectLine", Some(subject), error.to_string()).into())
        }
        _ => Ok(()),
    }
}
