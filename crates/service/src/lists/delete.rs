//! Deletes a list.

use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::ListId;

impl Service {
    /// Takes a list out of sight. Its profiles stay; drafts that include it then fail their preflight.
    ///
    /// # Errors
    /// `LISTS.NOT_FOUND`; `LISTS.IN_USE` while a campaign in flight has it, a rule names it or an import fills it.
    pub async fn delete_list(&self, actor: &Actor, list: ListId) -> Result<(), ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let delete = self.store().write("lists.delete", move |tx| {
            tx.list_get(tenant, list)?.ok_or(Code::ListNotFound)?;
            let is_used = tx.audience_in_flight(tenant, list.into())?
                || tx.list_named_by_rule(tenant, list)?
                || tx.import_runs_into(tenant, list)?;
            if is_used {
                return Err(Code::ListInUse.into());
            }
            tx.list_delete(tenant, list, now)?;
            Ok::<_, ServiceError>(())
        });
        delete.await
    }
}
