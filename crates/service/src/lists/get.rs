//! Lists and their members, page by page.

use super::{ListRow, MemberRow};
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::ListId;

/// Entries of a page if none are asked for.
pub const PAGE_SIZE_DEFAULT: i64 = 50;
/// Most entries of a page.
pub const PAGE_SIZE_MAX: i64 = 500;
/// Highest page: beyond it the database would count rows for too long.
pub const PAGE_MAX: i64 = 1_000_000;

/// Which page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// 1 to [`PAGE_MAX`].
    pub number: i64,
    /// 1 to [`PAGE_SIZE_MAX`].
    pub size: i64,
}

impl Page {
    /// The page asked for, or the first one.
    #[must_use]
    pub fn new(number: Option<i64>, size: Option<i64>) -> Self {
        Self {
            number: number.unwrap_or(1).clamp(1, PAGE_MAX),
            size: size.unwrap_or(PAGE_SIZE_DEFAULT).clamp(1, PAGE_SIZE_MAX),
        }
    }

    pub(crate) const fn offset(self) -> i64 {
        (self.number - 1) * self.size
    }
}

/// Entries of one page.
#[derive(Debug, Clone)]
pub struct PageOf<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Which page.
    pub page: Page,
    /// How many there are on all pages.
    pub total: i64,
}

impl Service {
    /// One list.
    ///
    /// # Errors
    /// `LISTS.NOT_FOUND`.
    pub async fn list(&self, actor: &Actor, list: ListId) -> Result<ListRow, ServiceError> {
        let tenant = actor.tenant;
        let row = self.store().read("lists.get", move |tx| tx.list_get(tenant, list)).await?;
        row.ok_or_else(|| Code::ListNotFound.into())
    }

    /// Lists, newest first.
    ///
    /// # Errors
    /// Failures of the store.
    pub async fn lists(&self, actor: &Actor, page: Page) -> Result<PageOf<ListRow>, ServiceError> {
        let tenant = actor.tenant;
        self.store()
            .read("lists.page", move |tx| {
                let items = tx.lists_page(tenant, page.size, page.offset())?;
                Ok(PageOf { items, page, total: tx.lists_count(tenant)? })
            })
            .await
    }

    /// Members of a list, in an order that does not change.
    ///
    /// # Errors
    /// `LISTS.NOT_FOUND`.
    pub async fn list_members(
        &self,
        actor: &Actor,
        list: ListId,
        page: Page,
    ) -> Result<PageOf<MemberRow>, ServiceError> {
        let tenant = actor.tenant;
        self.store()
            .read("lists.members", move |tx| {
                let row = tx.list_get(tenant, list)?.ok_or(Code::ListNotFound)?;
                let items = tx.list_members_page(tenant, list, page.size, page.offset())?;
                Ok(PageOf { items, page, total: row.member_count })
            })
            .await
    }
}
