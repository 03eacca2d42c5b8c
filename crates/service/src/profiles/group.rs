//! The people of a list or of an audience, page by page, so that files of any length are made in constant memory.

use super::Profile;
use crate::{Actor, Service, ServiceError};
use postrider_core::attribute::AttributeKind;
use postrider_core::error::Code;
use postrider_core::id::{AudienceId, ListId, ProfileId};
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::rules::stored_rule;
use std::sync::Arc;

/// People read at a time.
const PEOPLE_PER_PAGE: i64 = 200;

/// Who is meant.
#[derive(Debug, Clone, Copy)]
pub enum Group {
    /// The members of a list.
    List(ListId),
    /// Those who fulfil the rule of an audience.
    Audience(AudienceId),
}

/// A page of people, in the order of their ids. It can be empty and yet have a next one.
#[derive(Clone)]
pub struct GroupPage {
    /// Who they are.
    pub people: Vec<Profile>,
    /// After whom the next page begins; none after the last.
    pub next: Option<ProfileId>,
}

impl Service {
    /// The people of a group after one of them. Dates in a rule are relative to `now`, which is the same for all pages.
    ///
    /// # Errors
    /// `LISTS.NOT_FOUND`, `AUDIENCES.NOT_FOUND`.
    pub async fn group_page(
        &self,
        actor: &Actor,
        group: Group,
        now: Timestamp,
        after: ProfileId,
    ) -> Result<GroupPage, ServiceError> {
        let tenant = actor.tenant;
        match group {
            Group::List(list) => {
                let read = move |tx: &mut Tx<'_>| {
                    tx.list_get(tenant, list)?.ok_or(Code::ListNotFound)?;
                    let rows = tx.list_members_after(tenant, list, after, PEOPLE_PER_PAGE)?;
                    let is_full = i64::try_from(rows.len()).is_ok_and(|found| found == PEOPLE_PER_PAGE);
                    let next = rows.last().map(|row| row.id).filter(|_| is_full);
                    Ok(GroupPage { people: rows.into_iter().map(Profile::from).collect(), next })
                };
                self.store().read("lists.export", read).await
            }
            Group::Audience(audience) => {
                let turn = Arc::new(self.wide_look(tenant).await?);
                let read = move |tx: &mut Tx<'_>| {
                    let _turn = &turn;
                    let row = tx.audience_get(tenant, audience)?.ok_or(Code::RuleNotFound)?;
                    let page = tx.rule_people(tenant, &stored_rule(&row.rule)?, now, after, PEOPLE_PER_PAGE)?;
                    let people = page.members.into_iter().map(Profile::from).collect();
                    Ok(GroupPage { people, next: page.next })
                };
                self.store().read("audiences.export", read).await
            }
        }
    }

    /// All attributes that people of the tenant have carried, by name, with their kinds.
    ///
    /// # Errors
    /// Failures of the store.
    pub async fn attribute_kinds(&self, actor: &Actor) -> Result<Vec<(String, Option<AttributeKind>)>, ServiceError> {
        let tenant = actor.tenant;
        let attributes = self.store().read("profiles.attribute_kinds", move |tx| tx.attributes(tenant)).await?;
        Ok(attributes.into_iter().map(|attribute| (attribute.name, attribute.kind)).collect())
    }
}
