//! The suppression list, page by page.

use super::SuppressionRow;
use super::create::normalize_text;
use crate::{Actor, Service, ServiceError};
use postrider_core::channel::ChannelKind;
use postrider_core::error::Refusal;
use postrider_core::id::SuppressionId;
use postrider_core::time::Timestamp;
use postrider_store::suppressions::SuppressionFilter;

/// Which entries.
#[derive(Debug, Clone)]
pub struct ListSuppressions {
    /// Of this channel only.
    pub channel: Option<ChannelKind>,
    /// Of this address only, written as on its entry.
    pub address: Option<String>,
    /// Most entries of the page.
    pub limit: i64,
    /// After the last entry seen.
    pub after: Option<(Timestamp, SuppressionId)>,
}

/// Entries, newest first.
#[derive(Debug, Clone)]
pub struct SuppressionPage {
    /// The entries.
    pub items: Vec<SuppressionRow>,
    /// Where the next page begins, if there is one.
    pub next: Option<(Timestamp, SuppressionId)>,
}

impl Service {
    /// Entries of the suppression list, newest first.
    ///
    /// # Errors
    /// `REQUEST_INVALID` for control characters in the address.
    pub async fn suppressions(&self, actor: &Actor, query: ListSuppressions) -> Result<SuppressionPage, ServiceError> {
        let limit = query.limit;
        if query.address.as_deref().is_some_and(|address| address.contains(char::is_control)) {
            return Err(Refusal::invalid("address", None, "contains a control character").into());
        }
        let channel = query.channel.unwrap_or(ChannelKind::Email);
        // An address that cannot be one is on no entry; it is compared as it is.
        let address = query.address.map(|text| normalize_text(channel, &text).unwrap_or(text));
        let filter = SuppressionFilter { channel: query.channel, address, after: query.after };
        let tenant = actor.tenant;
        let list = self.store().read("suppressions.list", move |tx| tx.suppressions_list(tenant, &filter, limit + 1));
        let mut items = list.await?;
        let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if more {
            items.pop();
        }
        let next = items.last().filter(|_| more).map(|row| (row.created_at, row.id));
        Ok(SuppressionPage { items, next })
    }
}
