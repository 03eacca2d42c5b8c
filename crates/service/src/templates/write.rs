//! Making and changing drafts.

use super::check::{CheckedContent, check};
use super::{TemplateView, existing};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::channel::ChannelKind;
use postrider_core::content::{TemplateStatus, check_name};
use postrider_core::error::Code;
use postrider_core::id::TemplateId;
use postrider_store::templates::Template;

/// A new template.
#[derive(Clone)]
pub struct CreateTemplate {
    /// Name.
    pub name: String,
    /// Word of a channel.
    pub channel: String,
    /// Content, as JSON.
    pub content: String,
}

/// Changes to a template; what is absent stays.
#[derive(Clone, Default)]
pub struct UpdateTemplate {
    /// Another name.
    pub name: Option<String>,
    /// Other content, as JSON.
    pub content: Option<String>,
}

impl Service {
    /// Makes a draft.
    ///
    /// # Errors
    /// `REQUEST_INVALID`, `TEMPLATES.INVALID`.
    pub async fn create_template(
        &self,
        actor: &Actor,
        command: CreateTemplate,
        reply: Reply<TemplateView>,
    ) -> Result<Answered, ServiceError> {
        check_name(&command.name)?;
        let channel = ChannelKind::read("channel", &command.channel)?;
        let content = command.content;
        let CheckedContent { json, fields } = self.rendering(move || check(channel, &content)).await??;
        let now = self.now();
        let template = Template {
            id: TemplateId::new(now, &*self.entropy()),
            name: command.name,
            channel,
            status: TemplateStatus::Draft,
            content: json,
            published_version: None,
            created_at: now,
            updated_at: now,
        };
        let tenant = actor.tenant;
        let created = self.answer_once("template.create", actor, reply, move |tx| {
            tx.template_insert(tenant, &template)?;
            Ok(TemplateView { template: template.clone(), fields: fields.clone() })
        });
        created.await
    }

    /// Changes name or content. A published version keeps what it says until the next publish.
    ///
    /// # Errors
    /// `TEMPLATES.NOT_FOUND`, `TEMPLATES.ARCHIVED`, `REQUEST_INVALID`, `TEMPLATES.INVALID`.
    pub async fn update_template(
        &self,
        actor: &Actor,
        id: TemplateId,
        command: UpdateTemplate,
        reply: Reply<TemplateView>,
    ) -> Result<Answered, ServiceError> {
        if let Some(name) = &command.name {
            check_name(name)?;
        }
        let tenant = actor.tenant;
        // The channel never changes, so content may be compiled for it before the transaction that writes.
        let before = self.store().read("template.get", move |tx| existing(tx, tenant, id)).await?;
        let content = match command.content {
            Some(json) => Some(self.rendering(move || check(before.channel, &json)).await??),
            None => None,
        };
        let now = self.now();
        let updated = self.answer_once("template.update", actor, reply, move |tx| {
            let mut template = existing(tx, tenant, id)?;
            if template.status == TemplateStatus::Archived {
                return Err(Code::TemplateArchived.into());
            }
            if let Some(name) = &command.name {
                template.name.clone_from(name);
            }
            if let Some(content) = &content {
                template.content.clone_from(&content.json);
            }
            template.updated_at = now;
            tx.template_update(tenant, &template)?;
            Ok(TemplateView::of(template))
        });
        updated.await
    }
}
