//! What a preflight knows of the bound template: it is rendered for real people of the audience.

use super::audience::glance;
use super::facts::sender_of;
use super::fields::Watched;
use crate::campaigns::is_published;
use crate::schedules::Sample;
use crate::{ServiceError, Settings};
use postrider_content::text::to_text;
use postrider_content::{
    CampaignContext, CampaignFields, CompiledTemplate, ForeignTag, RecipientFields, Rendered, SenderDetails,
    TemplateError, TemplateSource, sms_length, unsubscribe_url,
};
use postrider_core::id::{ProfileId, TemplateVersionId, TenantId};
use postrider_core::preflight::TemplateFacts;
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::campaigns::Campaign;
use postrider_store::profiles::ProfileRow;
use postrider_store::senders::SenderProfile;
use std::collections::BTreeSet;

/// Stands in for the token of an unsubscribe link, in the same length.
const SAMPLE_TOKEN: &str = "0000000000000000000000000000000000000000000";

/// Characters of a merge tag that are shown.
const TAG_MAX_CHARS: usize = 40;

/// For whom, and as what, a template is rendered.
pub(super) struct Rendering<'a> {
    /// The campaign, whose subject line counts.
    pub campaign: &'a Campaign,
    /// Who it would come from.
    pub sender: Option<&'a SenderProfile>,
    /// People of the audience.
    pub samples: &'a [ProfileRow],
    /// Where unsubscribe links lead.
    pub public_url: &'a str,
}

/// A template with the facts that it tells by itself.
pub(super) struct ReadTemplate {
    /// The facts; rendering and counting complete them.
    pub facts: TemplateFacts,
    /// Whether it has a subject of its own.
    pub has_subject: bool,
    /// None if it does not compile.
    compiled: Option<CompiledTemplate>,
}

/// Reads the template that a campaign is bound to, in the version that a job sends.
pub(super) fn read_template(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    campaign: &Campaign,
) -> Result<Option<ReadTemplate>, ServiceError> {
    let Some(template) = campaign.template_id else { return Ok(None) };
    let Some(template) = tx.template_get(tenant, template)? else { return Ok(None) };
    let mut facts = TemplateFacts {
        id: template.id.to_string(),
        channel: template.channel,
        published: is_published(&template),
        render_failure: None,
        renders_for_most: false,
        unknown_fields: Vec::new(),
        foreign_tags: Vec::new(),
        empty_fields: Vec::new(),
        text_fields: Vec::new(),
        shows_unsubscribe_link: true,
        html_octets: None,
        sms_parts: None,
    };
    // A job sends the published version, whatever has been written since.
    let published = match template.published_version {
        Some(version) => tx.template_version_content(tenant, version)?,
        None => None,
    };
    let content = published.as_ref().unwrap_or(&template.content);
    let source = match TemplateSource::parse(template.channel, content) {
        Ok(source) => source,
        Err(refusal) => {
            facts.render_failure = Some(refusal.message());
            return Ok(Some(ReadTemplate { facts, has_subject: false, compiled: None }));
        }
    };
    let has_subject = matches!(&source, TemplateSource::Email(email) if !email.subject.trim().is_empty());
    let compiled = match CompiledTemplate::compile(&source, campaign.subject_line.as_deref()) {
        Ok(compiled) => {
            let names: BTreeSet<String> = tx.attribute_names(tenant)?.into_iter().collect();
            facts.unknown_fields = compiled.unknown_fields(|name| names.contains(name));
            facts.foreign_tags = compiled.foreign_tags().iter().map(tag_with_place).collect();
            Some(compiled)
        }
        Err(error) => {
            facts.render_failure = Some(clause(&error));
            None
        }
    };
    Ok(Some(ReadTemplate { facts, has_subject, compiled }))
}

impl ReadTemplate {
    /// The fields whose values are to be looked at.
    pub(super) fn watched(&self) -> Watched {
        self.compiled.as_ref().map(|it| Watched::of(it, &self.facts.unknown_fields)).unwrap_or_default()
    }

    /// Renders for every sample; without one, for nobody in particular, which tells sizes but no failures.
    pub(super) fn render(&mut self, rendering: &Rendering<'_>) {
        let Some(compiled) = &self.compiled else { return };
        if rendering.samples.is_empty() {
            if let Ok(rendered) = rendering.render(compiled, &RecipientFields::default()) {
                measure(&rendered, &mut self.facts);
            }
            return;
        }
        let mut rendered_for = 0;
        for person in rendering.samples {
            match rendering.render(compiled, &recipient_fields(person)) {
                Ok(rendered) => {
                    rendered_for += 1;
                    measure(&rendered, &mut self.facts);
                }
                Err(error) => {
                    self.facts.render_failure.get_or_insert_with(|| clause(&error));
                }
            }
        }
        self.facts.renders_for_most = rendered_for * 2 > rendering.samples.len();
    }
}

impl Rendering<'_> {
    fn render(&self, compiled: &CompiledTemplate, recipient: &RecipientFields<'_>) -> Result<Rendered, TemplateError> {
        let sender = self.sender.and_then(|sender| {
            let details = SenderDetails::parse(sender.channel, &sender.details).ok()?;
            Some(details.fields(&sender.name))
        });
        let fields = CampaignFields { campaign_name: self.campaign.name.clone(), sender: sender.unwrap_or_default() };
        let url = unsubscribe_url(self.public_url, SAMPLE_TOKEN);
        compiled.render(&CampaignContext::new(&fields), recipient, &url)
    }
}

/// The first person of the audience whom a job would reach.
///
/// # Errors
/// A failure of the store.
pub(crate) fn first_recipient(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    campaign: &Campaign,
    now: Timestamp,
) -> Result<Option<ProfileId>, ServiceError> {
    let audiences = tx.campaign_audiences(tenant, campaign.id)?;
    let found = glance(tx, tenant, campaign, &audiences, None, now)?;
    Ok(found.samples.first().map(|person| person.id))
}

/// Messages as people of the audience would get them, at most as many as a preflight renders. Those that fail are
/// left out: the preflight tells of them.
///
/// # Errors
/// A failure of the store.
pub(crate) fn samples(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    campaign: &Campaign,
    version: TemplateVersionId,
    settings: &Settings,
    now: Timestamp,
) -> Result<Vec<Sample>, ServiceError> {
    let content = tx.template_version_content(tenant, version)?.unwrap_or_default();
    let Ok(source) = TemplateSource::parse(campaign.channel, &content) else { return Ok(Vec::new()) };
    let Ok(compiled) = CompiledTemplate::compile(&source, campaign.subject_line.as_deref()) else {
        return Ok(Vec::new());
    };
    let audiences = tx.campaign_audiences(tenant, campaign.id)?;
    let people = glance(tx, tenant, campaign, &audiences, None, now)?.samples;
    let sender = sender_of(tx, tenant, campaign)?;
    let rendering =
        Rendering { campaign, sender: sender.as_ref(), samples: &people, public_url: settings.public_url.as_str() };
    let sample = |person: &ProfileRow| {
        let (subject, text) = match rendering.render(&compiled, &recipient_fields(person)).ok()? {
            Rendered::Email { subject, text, .. } => (Some(subject), text),
            Rendered::Sms { text } => (None, text),
            Rendered::Push { title, body, .. } => (Some(title), body),
            Rendered::DirectMail { source, .. } => (None, source),
        };
        Some(Sample { profile: person.id, subject, text })
    };
    Ok(people.iter().filter_map(sample).collect())
}

fn measure(rendered: &Rendered, facts: &mut TemplateFacts) {
    match rendered {
        Rendered::Email { html, text, .. } => {
            facts.html_octets = facts.html_octets.max(Some(html.len()));
            // What the HTML hides or comments out shows nobody a way out.
            facts.shows_unsubscribe_link &= text.contains(SAMPLE_TOKEN) || to_text(html).contains(SAMPLE_TOKEN);
        }
        Rendered::Sms { text } => facts.sms_parts = facts.sms_parts.max(Some(sms_length(text).segments)),
        Rendered::Push { .. } | Rendered::DirectMail { .. } => {}
    }
}

fn recipient_fields(person: &ProfileRow) -> RecipientFields<'_> {
    RecipientFields {
        email: person.email.as_deref(),
        phone: person.phone.as_deref(),
        customer_id: person.customer_id.as_deref(),
        first_name: person.first_name.as_deref(),
        last_name: person.last_name.as_deref(),
        timezone: person.timezone.as_deref(),
        locale: person.locale.as_deref(),
        address_json: person.address.as_deref(),
        attributes_json: &person.attributes,
    }
}

/// A tag of another system as it is written, shortened, with its place.
fn tag_with_place(found: &ForeignTag) -> String {
    let ForeignTag { path, line, column, tag } = found;
    let shown: String = tag.chars().take(TAG_MAX_CHARS).collect();
    let dots = if shown.len() < tag.len() { "…" } else { "" };
    format!("{shown}{dots} ({path}, line {line}, column {column})")
}

/// Where it fails and why, for the middle of a sentence.
fn clause(error: &TemplateError) -> String {
    format!("{}, {error}", error.path)
}
