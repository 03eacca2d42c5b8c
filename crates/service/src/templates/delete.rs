//! Deleting.

use super::existing;
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::TemplateId;

impl Service {
    /// Deletes a template that no draft is bound to and no job under way sends. What was sent with it stays known.
    ///
    /// # Errors
    /// `TEMPLATES.NOT_FOUND`, `TEMPLATES.IN_USE`.
    pub async fn delete_template(
        &self,
        actor: &Actor,
        id: TemplateId,
        reply: Reply<TemplateId>,
    ) -> Result<Answered, ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let deleted = self.answer_once("template.delete", actor, reply, move |tx| {
            existing(tx, tenant, id)?;
            if tx.template_is_used(tenant, id)? {
                return Err(Code::TemplateInUse.into());
            }
            tx.template_delete(tenant, id, now)?;
            Ok(id)
        });
        deleted.await
    }
}
