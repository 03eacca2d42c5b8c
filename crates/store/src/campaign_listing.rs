//! Pages of campaigns, newest first: stable while campaigns are added.

use crate::campaigns::{Campaign, read_campaign, select_from, tags_text};
use crate::error::StoreError;
use crate::tx::Tx;
use crate::value::{Value, id};
use postrider_core::campaign::{AuthoringStatus, ExecutionStatus};
use postrider_core::channel::ChannelKind;
use postrider_core::id::{CampaignId, TenantId};
use postrider_core::time::Timestamp;
use std::fmt::Write as _;

/// Which campaigns a listing shows; what is none does not matter.
#[derive(Debug, Clone, Default)]
pub struct CampaignFilter {
    /// Where they stand for their authors.
    pub status: Option<AuthoringStatus>,
    /// Where they stand for their recipients.
    pub execution_status: Option<ExecutionStatus>,
    /// Their channel.
    pub channel: Option<ChannelKind>,
    /// Their category.
    pub category: Option<String>,
    /// A tag they have, letter for letter.
    pub tag: Option<String>,
    /// A part of their name or external id; capitals of ASCII do not matter.
    pub search: Option<String>,
}

impl Tx<'_> {
    /// At most `limit` campaigns that are older than `after`, newest first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaigns_list(
        &mut self,
        tenant: TenantId,
        filter: &CampaignFilter,
        after: Option<(Timestamp, CampaignId)>,
        limit: i64,
    ) -> Result<Vec<Campaign>, StoreError> {
        let mut query = Query { sql: select_from().to_owned(), values: Vec::new() };
        query.add(" WHERE c.deleted_at IS NULL AND c.tenant_id = ", id(tenant));
        let words = [
            ("authoring_status", filter.status.map(AuthoringStatus::as_str)),
            ("execution_status", filter.execution_status.map(ExecutionStatus::as_str)),
            ("channel", filter.channel.map(ChannelKind::as_str)),
            ("category", filter.category.as_deref()),
        ];
        for (column, word) in words {
            if let Some(word) = word {
                query.add(&format!(" AND c.{column} = "), word.into());
            }
        }
        if let Some(tag) = &filter.tag {
            // The tag as it stands in the JSON array, quotes included. REPLACE looks for it letter for letter on both
            // databases, which LIKE does not.
            let tag = tags_text(std::slice::from_ref(tag));
            query.add(" AND REPLACE(c.tags, ", tag.trim_matches(['[', ']']).into());
            query.sql.push_str(", '') <> c.tags");
        }
        if let Some(search) = &filter.search {
            let pattern = format!("%{}%", like_escaped(search));
            query.add(" AND (LOWER(c.name) LIKE LOWER(", (&pattern).into());
            query.add(") ESCAPE '!' OR LOWER(c.external_id) LIKE LOWER(", pattern.into());
            query.sql.push_str(") ESCAPE '!')");
        }
        if let Some((created_at, campaign)) = after {
            query.add(" AND (c.created_at, c.id) < (", created_at.into());
            query.add(", ", id(campaign));
            query.sql.push(')');
        }
        query.add(" ORDER BY c.created_at DESC, c.id DESC LIMIT ", limit.into());
        self.query_text(&query.sql, &query.values)?.iter_mut().map(read_campaign).collect()
    }
}

/// SQL put together from constants, and the values that its placeholders stand for.
struct Query {
    sql: String,
    values: Vec<Value>,
}

impl Query {
    /// Appends constant text and a placeholder.
    fn add(&mut self, text: &str, value: Value) {
        self.values.push(value);
        let place = self.values.len();
        let _ = write!(self.sql, "{text}${place}");
    }
}

/// The text with the signs of LIKE made harmless, for `ESCAPE '!'`.
fn like_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            escaped.push('!');
        }
        escaped.push(c);
    }
    escaped
}
