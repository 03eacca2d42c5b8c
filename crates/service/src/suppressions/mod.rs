//! Addresses that are never to be sent to, put there by hand or by a program.

mod create;
mod list;

pub use create::{CreateSuppression, SuppressedAddress};
pub use list::{ListSuppressions, SuppressionPage};
pub use postrider_store::suppressions::SuppressionRow;

use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::SuppressionId;

impl Service {
    /// One entry, run out or not.
    ///
    /// # Errors
    /// `SUPPRESSIONS.NOT_FOUND`.
    pub async fn suppression(&self, actor: &Actor, id: SuppressionId) -> Result<SuppressionRow, ServiceError> {
        let tenant = actor.tenant;
        let row = self.store().read("suppressions.get", move |tx| tx.suppression_get(tenant, id)).await?;
        row.ok_or_else(|| Code::SuppressionNotFound.into())
    }

    /// Lifts an entry, so that the address may be sent to again.
    ///
    /// # Errors
    /// `SUPPRESSIONS.NOT_FOUND`.
    pub async fn delete_suppression(&self, actor: &Actor, id: SuppressionId) -> Result<(), ServiceError> {
        let tenant = actor.tenant;
        let lifted = self.store().write("suppressions.delete", move |tx| tx.suppression_delete(tenant, id)).await?;
        if lifted { Ok(()) } else { Err(Code::SuppressionNotFound.into()) }
    }
}
