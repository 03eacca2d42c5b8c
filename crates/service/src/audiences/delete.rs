//! Deletes an audience.

use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::AudienceId;

impl Service {
    /// Takes an audience out of sight. Drafts that include it then fail their preflight.
    ///
    /// # Errors
    /// `AUDIENCES.NOT_FOUND`; `AUDIENCES.IN_USE` while a campaign in flight has it.
    pub async fn delete_audience(&self, actor: &Actor, audience: AudienceId) -> Result<(), ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let delete = self.store().write("audiences.delete", move |tx| {
            tx.audience_get(tenant, audience)?.ok_or(Code::RuleNotFound)?;
            if tx.audience_in_flight(tenant, audience.into())? {
                return Err(Code::AudienceInUse.into());
            }
            tx.audience_delete(tenant, audience, now)?;
            Ok::<_, ServiceError>(())
        });
        delete.await
    }
}
