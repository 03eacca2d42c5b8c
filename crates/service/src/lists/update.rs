//! Renames a list.

use super::{ListRow, check_description, check_name};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::ListId;

/// Change what is given.
#[derive(Debug, Clone, Default)]
pub struct UpdateList {
    /// New name.
    pub name: Option<String>,
    /// New description; `Some(None)` clears it.
    pub description: Option<Option<String>>,
}

impl Service {
    /// Changes name or description of a list.
    ///
    /// # Errors
    /// `LISTS.NOT_FOUND`, `REQUEST_INVALID`.
    pub async fn update_list(
        &self,
        actor: &Actor,
        list: ListId,
        command: UpdateList,
        reply: Reply<ListRow>,
    ) -> Result<Answered, ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let name = command.name.as_deref().map(check_name).transpose()?;
        let description = command.description.map(|text| check_description(text.as_deref())).transpose()?;
        self.answer_once("lists.update", actor, reply, move |tx| {
            let mut row = tx.list_get(tenant, list)?.ok_or(Code::ListNotFound)?;
            row.name = name.clone().unwrap_or(row.name);
            row.description = description.clone().unwrap_or(row.description);
            row.updated_at = now;
            tx.list_update(tenant, list, &row.name, row.description.as_deref(), now)?;
            Ok(row)
        })
        .await
    }
}
