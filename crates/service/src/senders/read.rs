//! One sender profile, and pages of them.

use super::{SenderView, existing};
use crate::{Actor, Page, Service, ServiceError};
use postrider_core::channel::ChannelKind;
use postrider_core::id::SenderProfileId;
use postrider_core::time::Timestamp;

/// Which page of which sender profiles.
#[derive(Debug, Clone, Default)]
pub struct ListSenders {
    /// Of this channel only.
    pub channel: Option<ChannelKind>,
    /// After which entry.
    pub after: Option<(Timestamp, SenderProfileId)>,
    /// Entries of the page.
    pub limit: i64,
}

impl Service {
    /// One sender profile.
    ///
    /// # Errors
    /// `SENDER_PROFILES.NOT_FOUND`.
    pub async fn get_sender(&self, actor: &Actor, id: SenderProfileId) -> Result<SenderView, ServiceError> {
        let tenant = actor.tenant;
        let sender = self.store().read("sender.get", move |tx| existing(tx, tenant, id)).await?;
        Ok(SenderView::of(sender)?)
    }

    /// Sender profiles, newest first.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn list_senders(
        &self,
        actor: &Actor,
        query: ListSenders,
    ) -> Result<Page<SenderView, SenderProfileId>, ServiceError> {
        let tenant = actor.tenant;
        let ListSenders { channel, after, limit } = query;
        let rows = self.store().read("sender.list", move |tx| {
            tx.senders_list(tenant, channel, after, limit + 1).map_err(ServiceError::from)
        });
        let page = Page::of(rows.await?, limit, |last| (last.created_at, last.id));
        let items = page.items.into_iter().map(SenderView::of).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }
}
