//! Publishing and putting away.

use super::{TemplateView, check, existing};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::content::TemplateStatus;
use postrider_core::error::Code;
use postrider_core::id::{TemplateId, TemplateVersionId};

impl Service {
    /// Freezes the content as the template's newest version. Campaigns bound to the template take that version until
    /// they are committed. Content that is published already makes no second version.
    ///
    /// # Errors
    /// `TEMPLATES.NOT_FOUND`, `TEMPLATES.ARCHIVED`, `TEMPLATES.INVALID`.
    pub async fn publish_template(
        &self,
        actor: &Actor,
        id: TemplateId,
        reply: Reply<TemplateView>,
    ) -> Result<Answered, ServiceError> {
        let tenant = actor.tenant;
        let now = self.now();
        let version = TemplateVersionId::new(now, &*self.entropy());
        let published = self.answer_once("template.publish", actor, reply, move |tx| {
            let mut template = existing(tx, tenant, id)?;
            if template.status == TemplateStatus::Archived {
                return Err(Code::TemplateArchived.into());
            }
            let newest = match template.published_version {
                Some(newest) => tx.template_version_content(tenant, newest)?,
                None => None,
            };
            if newest.as_ref() == Some(&template.content) {
                return Ok(TemplateView::of(template));
            }
            let fields = check::fields(&check::compiled(template.channel, &template.content)?);
            tx.template_version_insert(tenant, id, version, &template.content, now)?;
            template.status = TemplateStatus::Published;
            template.published_version = Some(version);
            template.updated_at = now;
            tx.template_update(tenant, &template)?;
            Ok(TemplateView { template, fields })
        });
        published.await
    }

    /// Puts a template away. Jobs that were committed with it still send; archiving twice changes nothing.
    ///
    /// # Errors
    /// `TEMPLATES.NOT_FOUND`.
    pub async fn archive_template(
        &self,
        actor: &Actor,
        id: TemplateId,
        reply: Reply<TemplateView>,
    ) -> Result<Answered, ServiceError> {
        let tenant = actor.tenant;
        let now = self.now();
        let archived = self.answer_once("template.archive", actor, reply, move |tx| {
            let mut template = existing(tx, tenant, id)?;
            if template.status != TemplateStatus::Archived {
                template.status = TemplateStatus::Archived;
                template.updated_at = now;
                tx.template_update(tenant, &template)?;
            }
            Ok(TemplateView::of(template))
        });
        archived.await
    }
}
