//! Audiences, one or page by page.

use super::AudienceRow;
use crate::lists::{Page, PageOf};
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::AudienceId;

impl Service {
    /// One audience.
    ///
    /// # Errors
    /// `AUDIENCES.NOT_FOUND`.
    pub async fn audience(&self, actor: &Actor, audience: AudienceId) -> Result<AudienceRow, ServiceError> {
        let tenant = actor.tenant;
        let row = self.store().read("audiences.get", move |tx| tx.audience_get(tenant, audience)).await?;
        row.ok_or_else(|| Code::RuleNotFound.into())
    }

    /// Audiences, newest first.
    ///
    /// # Errors
    /// Failures of the store.
    pub async fn audiences(&self, actor: &Actor, page: Page) -> Result<PageOf<AudienceRow>, ServiceError> {
        let tenant = actor.tenant;
        self.store()
            .read("audiences.page", move |tx| {
                let items = tx.audiences_page(tenant, page.size, page.offset())?;
                Ok(PageOf { items, page, total: tx.audiences_count(tenant)? })
            })
            .await
    }
}
