//! Deletes a list.

use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::ListId;

impl Service {
    /// Takes a list out of sight. Its profiles stay.
    ///
    /// # Errors
    /// `LISTS.NOT_FOUND`.
    pub async fn delete_list(&self, actor: &Actor, list: ListId) -> Result<(), ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let deleted = self.store().write("lists.delete", move |tx| tx.list_delete(tenant, list, now)).await?;
        if deleted { Ok(()) } else { Err(Code::ListNotFound.into()) }
    }
}
