//! What one recipient would get, without sending anything.

use super::existing;
use crate::profiles::{ProfileRecord, change};
use crate::{Actor, Service, ServiceError};
use postrider_content::{
    CampaignContext, CampaignFields, CompiledTemplate, RecipientFields, Rendered, SenderDetails, TemplateSource,
    unsubscribe_url,
};
use postrider_core::channel::ChannelKind;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{ProfileId, SenderProfileId, TemplateId, TenantId};
use postrider_store::Tx;
use postrider_store::profiles::ProfileRow;
use postrider_store::templates::Template;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Stands for the token in the link of a preview, which unsubscribes nobody.
const PREVIEW_TOKEN: &str = "preview";

/// Whom and what to preview.
#[derive(Clone, Default)]
pub struct PreviewTemplate {
    /// A stored recipient.
    pub profile: Option<ProfileId>,
    /// A made-up recipient, or what differs from the stored one; shaped as in an upsert of profiles.
    pub record: Option<Map<String, Value>>,
    /// For `{{ sender.* }}`.
    pub sender: Option<SenderProfileId>,
    /// Takes the place of an email's subject.
    pub subject_line: Option<String>,
}

/// A rendered template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewedTemplate {
    /// What the recipient would get.
    pub rendered: Rendered,
    /// Fields it names that are neither well-known nor an attribute of any profile: typing errors, most likely.
    pub unknown_fields: Vec<String>,
}

/// Everything a preview reads.
struct Subject {
    template: Template,
    recipient: ProfileRow,
    sender: BTreeMap<String, String>,
    attributes: BTreeSet<String>,
}

impl Service {
    /// Renders a template, draft or not, for one recipient; without one, every field is empty.
    ///
    /// # Errors
    /// `TEMPLATES.NOT_FOUND`, `PROFILES.NOT_FOUND`, `SENDER_PROFILES.NOT_FOUND`, `REQUEST_INVALID`, and
    /// `TEMPLATES.INVALID` with line and column if it cannot be rendered.
    pub async fn preview_template(
        &self,
        actor: &Actor,
        id: TemplateId,
        command: PreviewTemplate,
    ) -> Result<PreviewedTemplate, ServiceError> {
        let tenant = actor.tenant;
        let nobody = ProfileRow::empty(ProfileId::from(uuid::Uuid::nil()), self.now());
        let record = command.record.as_ref().map(|fields| ProfileRecord::parse("record", fields)).transpose()?;
        let subject_line = command.subject_line;
        let link = unsubscribe_url(&self.settings().public_url, PREVIEW_TOKEN);
        let subject = self.store().read("template.preview", move |tx| {
            let template = existing(tx, tenant, id)?;
            let mut recipient = match command.profile {
                Some(profile) => tx.profile_get(tenant, profile)?.ok_or(Code::ProfileNotFound)?,
                None => nobody.clone(),
            };
            if let Some(record) = &record {
                change(&mut recipient, record)?;
            }
            let sender = sender_fields(tx, tenant, command.sender, template.channel)?;
            let attributes = tx.attribute_names(tenant)?.into_iter().collect();
            Ok::<_, ServiceError>(Subject { template, recipient, sender, attributes })
        });
        let subject = subject.await?;
        Ok(self.rendering(move || render(&subject, subject_line.as_deref(), &link)).await??)
    }
}

fn render(subject: &Subject, subject_line: Option<&str>, link: &str) -> Result<PreviewedTemplate, Refusal> {
    let template = &subject.template;
    if let Some(line) = subject_line.filter(|_| template.channel != ChannelKind::Email) {
        return Err(Refusal::invalid("subjectLine", Some(line), "only email has a subject line"));
    }
    let source = TemplateSource::parse(template.channel, &template.content)?;
    let compiled = CompiledTemplate::compile(&source, subject_line)?;
    let campaign = CampaignFields { campaign_name: template.name.clone(), sender: subject.sender.clone() };
    let rendered = compiled.render(&CampaignContext::new(&campaign), &recipient_fields(&subject.recipient), link)?;
    let attributes = attributes_of(&subject.recipient);
    let is_attribute = |name: &str| subject.attributes.contains(name) || attributes.contains(name);
    Ok(PreviewedTemplate { rendered, unknown_fields: compiled.unknown_fields(is_attribute) })
}

/// What a template may say of a profile.
pub(crate) fn recipient_fields(row: &ProfileRow) -> RecipientFields<'_> {
    RecipientFields {
        email: row.email.as_deref(),
        phone: row.phone.as_deref(),
        customer_id: row.customer_id.as_deref(),
        first_name: row.first_name.as_deref(),
        last_name: row.last_name.as_deref(),
        timezone: row.timezone.as_deref(),
        locale: row.locale.as_deref(),
        address_json: row.address.as_deref(),
        attributes_json: &row.attributes,
    }
}

/// Names of a profile's own attributes.
fn attributes_of(row: &ProfileRow) -> BTreeSet<String> {
    serde_json::from_str::<Map<String, Value>>(&row.attributes)
        .unwrap_or_default()
        .into_iter()
        .map(|(k, _)| k)
        .collect()
}

/// `{{ sender.* }}` of a sender profile, which must be of the template's channel.
fn sender_fields(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    sender: Option<SenderProfileId>,
    channel: ChannelKind,
) -> Result<BTreeMap<String, String>, ServiceError> {
    let Some(sender) = sender else { return Ok(BTreeMap::new()) };
    let sender = tx.sender_get(tenant, sender)?.filter(|sender| sender.deleted_at.is_none());
    let sender = sender.ok_or(Code::SenderProfileNotFound)?;
    if sender.channel != channel {
        let problem = format!("belongs to the channel {}", sender.channel.as_str());
        return Err(Refusal::invalid("senderProfileId", Some(&sender.id.to_string()), problem).into());
    }
    Ok(SenderDetails::parse(sender.channel, &sender.details)?.fields(&sender.name))
}
