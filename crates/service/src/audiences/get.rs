//! Audiences, one or page by page.

use super::{AudienceRow, CheckedAudience, rule_warnings};
use crate::lists::{Page, PageOf};
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::AudienceId;
use postrider_store::rules::stored_rule;

impl Service {
    /// One audience, with what deserves a look in its rule.
    ///
    /// # Errors
    /// `AUDIENCES.NOT_FOUND`.
    pub async fn audience(&self, actor: &Actor, audience: AudienceId) -> Result<CheckedAudience, ServiceError> {
        let tenant = actor.tenant;
        let read = self.store().read("audiences.get", move |tx| {
            let audience = tx.audience_get(tenant, audience)?.ok_or(Code::RuleNotFound)?;
            let warnings = rule_warnings(tx, tenant, &stored_rule(&audience.rule)?)?;
            Ok::<_, ServiceError>(CheckedAudience { audience, warnings })
        });
        read.await
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
