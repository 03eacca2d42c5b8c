//! Pages of templates.

use crate::{Actor, Page, Service, ServiceError};
use postrider_core::id::TemplateId;
use postrider_core::time::Timestamp;
use postrider_store::templates::{TemplateFilter, TemplateSummary};

/// Which page of which templates.
#[derive(Debug, Clone, Default)]
pub struct ListTemplates {
    /// What is listed.
    pub filter: TemplateFilter,
    /// After which entry.
    pub after: Option<(Timestamp, TemplateId)>,
    /// Entries of the page.
    pub limit: i64,
}

impl Service {
    /// Templates without their contents, newest first.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn list_templates(
        &self,
        actor: &Actor,
        query: ListTemplates,
    ) -> Result<Page<TemplateSummary, TemplateId>, ServiceError> {
        let tenant = actor.tenant;
        let ListTemplates { filter, after, limit } = query;
        let rows = self.store().read("template.list", move |tx| {
            tx.templates_list(tenant, &filter, after, limit + 1).map_err(ServiceError::from)
        });
        Ok(Page::of(rows.await?, limit, |last| (last.created_at, last.id)))
    }
}
