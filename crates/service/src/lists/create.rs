//! Makes a list.

use super::{ListRow, check_description, check_name};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::id::ListId;

/// Make an empty list. Two lists may share a name.
#[derive(Debug, Clone)]
pub struct CreateList {
    /// Name, 1 to [`super::NAME_CHARS_MAX`] characters.
    pub name: String,
    /// Description, at most [`super::DESCRIPTION_CHARS_MAX`] characters.
    pub description: Option<String>,
}

impl Service {
    /// Makes a list.
    ///
    /// # Errors
    /// `REQUEST_INVALID`.
    pub async fn create_list(
        &self,
        actor: &Actor,
        command: CreateList,
        reply: Reply<ListRow>,
    ) -> Result<Answered, ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let list = ListRow {
            id: ListId::new(now, &*self.entropy()),
            name: check_name(&command.name)?,
            description: check_description(command.description.as_deref())?,
            member_count: 0,
            created_at: now,
            updated_at: now,
        };
        self.answer_once("lists.create", actor, reply, move |tx| {
            tx.list_insert(tenant, &list)?;
            Ok(list.clone())
        })
        .await
    }
}
