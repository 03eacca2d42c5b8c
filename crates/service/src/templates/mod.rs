//! Use cases of the templates.
//!
//! Not here: binding a template to a campaign and committing it. Invariants: what is stored compiles; a published
//! version never changes.

mod check;
mod delete;
mod listing;
mod preview;
mod publish;
mod write;

pub use listing::ListTemplates;
pub use postrider_content::Rendered;
pub use postrider_store::templates::{TemplateFilter, TemplateSummary};
pub use preview::{PreviewTemplate, PreviewedTemplate};
pub use write::{CreateTemplate, UpdateTemplate};

use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::TemplateId;
use postrider_store::Tx;
use postrider_store::templates::Template;

/// A template as its author sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateView {
    /// The template.
    pub template: Template,
    /// Every field its content names, in order.
    pub fields: Vec<String>,
}

impl TemplateView {
    /// The view of a stored template, whose content compiled when it was written.
    fn of(template: Template) -> Self {
        let fields = check::compiled(template.channel, &template.content).map(|compiled| check::fields(&compiled));
        Self { fields: fields.unwrap_or_default(), template }
    }
}

impl Service {
    /// One template.
    ///
    /// # Errors
    /// `TEMPLATES.NOT_FOUND`.
    pub async fn get_template(&self, actor: &Actor, id: TemplateId) -> Result<TemplateView, ServiceError> {
        let tenant = actor.tenant;
        let template = self.store().read("template.get", move |tx| existing(tx, tenant, id)).await?;
        Ok(TemplateView::of(template))
    }
}

/// A template of the tenant.
fn existing(tx: &mut Tx<'_>, tenant: postrider_core::id::TenantId, id: TemplateId) -> Result<Template, ServiceError> {
    tx.template_get(tenant, id)?.ok_or_else(|| Code::TemplateNotFound.into())
}
