//! Templates, and the immutable versions that publishing makes of them.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::channel::ChannelKind;
use postrider_core::content::TemplateStatus;
use postrider_core::id::{TemplateId, TemplateVersionId, TenantId};
use postrider_core::time::Timestamp;

/// The columns of a [`TemplateSummary`]: a page of whole contents could take a hundred megabytes.
const SUMMARY_COLUMNS: &str = "id, name, channel, status, published_version_id, created_at, updated_at";

statements! { "templates":
    INSERT = "INSERT INTO templates (id, tenant_id, name, channel, status, content, published_version_id, created_at, \
        updated_at) VALUES ($1, $2, $3, $4, 'draft', $5, NULL, $6, $6)";
    GET = "SELECT id, name, channel, status, content, published_version_id, created_at, updated_at FROM templates \
        WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL";
    UPDATE = "UPDATE templates SET name = $1, status = $2, content = $3, published_version_id = $4, updated_at = $5 \
        WHERE tenant_id = $6 AND id = $7 AND deleted_at IS NULL";
    DELETE = "UPDATE templates SET deleted_at = $1, updated_at = $1 WHERE tenant_id = $2 AND id = $3 \
        AND deleted_at IS NULL";
    /// Drafts that are bound to it, and jobs under way that send a version of it.
    USES = "SELECT (SELECT COUNT(*) FROM campaigns c WHERE c.tenant_id = $1 AND c.template_id = $2 \
        AND c.authoring_status = 'draft' AND c.deleted_at IS NULL) \
        + (SELECT COUNT(*) FROM template_versions v JOIN schedule_jobs j ON j.template_version_id = v.id \
        WHERE v.template_id = $2 AND j.tenant_id = $1 AND j.state IN ('scheduled', 'running', 'paused', 'held'))";
    VERSION_INSERT = "INSERT INTO template_versions (id, tenant_id, template_id, number, content, created_at) \
        SELECT $1, $2, $3, COALESCE(MAX(number), 0) + 1, $4, CAST($5 AS BIGINT) FROM template_versions \
        WHERE tenant_id = $2 AND template_id = $3";
    VERSION_CONTENT = "SELECT content FROM template_versions WHERE tenant_id = $1 AND id = $2";
}

/// A template as it is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its id.
    pub id: TemplateId,
    /// Name.
    pub name: String,
    /// Channel; never changes.
    pub channel: ChannelKind,
    /// Where it stands.
    pub status: TemplateStatus,
    /// What it says now, as JSON; a published version may say something older.
    pub content: String,
    /// The newest published version.
    pub published_version: Option<TemplateVersionId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A template without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateSummary {
    /// Its id.
    pub id: TemplateId,
    /// Name.
    pub name: String,
    /// Channel.
    pub channel: ChannelKind,
    /// Where it stands.
    pub status: TemplateStatus,
    /// The newest published version.
    pub published_version: Option<TemplateVersionId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Which templates a listing shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct TemplateFilter {
    /// Of this channel only.
    pub channel: Option<ChannelKind>,
    /// Of this status only.
    pub status: Option<TemplateStatus>,
}

fn read_summary(row: &mut Row) -> Result<TemplateSummary, StoreError> {
    Ok(TemplateSummary {
        id: row.id()?,
        name: row.next()?,
        channel: row.word(ChannelKind::parse)?,
        status: row.word(TemplateStatus::parse)?,
        published_version: row.optional_id()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    })
}

fn read(row: &mut Row) -> Result<Template, StoreError> {
    Ok(Template {
        id: row.id()?,
        name: row.next()?,
        channel: row.word(ChannelKind::parse)?,
        status: row.word(TemplateStatus::parse)?,
        content: row.next()?,
        published_version: row.optional_id()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    })
}

impl Tx<'_> {
    /// Adds a draft; `status` and `published_version` of the argument are not looked at.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn template_insert(&mut self, tenant: TenantId, template: &Template) -> Result<(), StoreError> {
        let values = [
            id(template.id),
            id(tenant),
            (&template.name).into(),
            template.channel.as_str().into(),
            (&template.content).into(),
            template.created_at.into(),
        ];
        self.execute(&INSERT, &values).map(drop)
    }

    /// One template.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn template_get(&mut self, tenant: TenantId, template: TemplateId) -> Result<Option<Template>, StoreError> {
        self.query_one(&GET, &[id(tenant), id(template)], read)
    }

    /// Writes back everything that may change.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn template_update(&mut self, tenant: TenantId, template: &Template) -> Result<(), StoreError> {
        let values = [
            (&template.name).into(),
            template.status.as_str().into(),
            (&template.content).into(),
            template.published_version.map_or(Value::Null, id),
            template.updated_at.into(),
            id(tenant),
            id(template.id),
        ];
        self.execute(&UPDATE, &values).map(drop)
    }

    /// Whether a draft is bound to a template, or a job under way sends it.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn template_is_used(&mut self, tenant: TenantId, template: TemplateId) -> Result<bool, StoreError> {
        Ok(self.query_number(&USES, &[id(tenant), id(template)])? > 0)
    }

    /// Deletes a template softly: its versions stay for what was sent with them. False if it is gone already.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn template_delete(
        &mut self,
        tenant: TenantId,
        template: TemplateId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.execute(&DELETE, &[now.into(), id(tenant), id(template)])? == 1)
    }

    /// Templates without their contents, newest first, at most `limit`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn templates_list(
        &mut self,
        tenant: TenantId,
        filter: &TemplateFilter,
        after: Option<(Timestamp, TemplateId)>,
        limit: i64,
    ) -> Result<Vec<TemplateSummary>, StoreError> {
        let mut sql = format!("SELECT {SUMMARY_COLUMNS} FROM templates WHERE tenant_id = $1 AND deleted_at IS NULL");
        let mut bound = vec![id(tenant)];
        let words = [
            ("channel", filter.channel.map(ChannelKind::as_str)),
            ("status", filter.status.map(TemplateStatus::as_str)),
        ];
        for (column, word) in words {
            let Some(word) = word else { continue };
            bound.push(word.into());
            sql.push_str(&format!(" AND {column} = ${}", bound.len()));
        }
        if let Some((created_at, last)) = after {
            bound.extend([created_at.into(), id(last)]);
            sql.push_str(&format!(" AND (created_at, id) < (${}, ${})", bound.len() - 1, bound.len()));
        }
        bound.push(limit.into());
        sql.push_str(&format!(" ORDER BY created_at DESC, id DESC LIMIT ${}", bound.len()));
        self.query_text(&sql, &bound)?.iter_mut().map(read_summary).collect()
    }

    /// Freezes content as the template's next version.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn template_version_insert(
        &mut self,
        tenant: TenantId,
        template: TemplateId,
        version: TemplateVersionId,
        content: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let values = [id(version), id(tenant), id(template), content.into(), now.into()];
        self.execute(&VERSION_INSERT, &values).map(drop)
    }

    /// What a published version says, as JSON.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn template_version_content(
        &mut self,
        tenant: TenantId,
        version: TemplateVersionId,
    ) -> Result<Option<String>, StoreError> {
        self.query_one(&VERSION_CONTENT, &[id(tenant), id(version)], Row::next)
    }
}
