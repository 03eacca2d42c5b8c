//! Static lists and their members.
//!
//! Invariant: `member_count` is the number of members. Whoever changes members first writes the list's row, which
//! others then wait for, so the count never misses one.

use crate::error::StoreError;
use crate::profiles::ProfileRow;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::id::{ListId, ProfileId, TenantId};
use postrider_core::time::Timestamp;

statements! { "lists":
    GET = "SELECT id, name, description, member_count, created_at, updated_at FROM lists \
        WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL";
    BY_NAME = "SELECT id, name, description, member_count, created_at, updated_at FROM lists \
        WHERE tenant_id = $1 AND name = $2 AND deleted_at IS NULL ORDER BY created_at, id LIMIT 1";
    PAGE = "SELECT id, name, description, member_count, created_at, updated_at FROM lists \
        WHERE tenant_id = $1 AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3";
    COUNT = "SELECT COUNT(*) FROM lists WHERE tenant_id = $1 AND deleted_at IS NULL";
    INSERT = "INSERT INTO lists (id, tenant_id, name, description, member_count, created_at, updated_at) \
        VALUES ($1, $2, $3, $4, 0, $5, $6)";
    UPDATE = "UPDATE lists SET name = $1, description = $2, updated_at = $3 \
        WHERE tenant_id = $4 AND id = $5 AND deleted_at IS NULL";
    DELETE = "UPDATE lists SET deleted_at = $1 WHERE tenant_id = $2 AND id = $3 AND deleted_at IS NULL";
    /// Waits for whoever changes the same list.
    HOLD = "UPDATE lists SET member_count = member_count WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL";
    /// Only profiles of the list's own tenant become members.
    ADD_MEMBER = "INSERT INTO list_members (list_id, profile_id, added_at) \
        SELECT l.id, p.id, CAST($1 AS BIGINT) FROM lists l JOIN profiles p ON p.tenant_id = l.tenant_id \
        WHERE l.tenant_id = $2 AND l.id = $3 AND p.id = $4 ON CONFLICT (list_id, profile_id) DO NOTHING";
    /// For [`Tx::execute_rows`]. The caller has found the list and the profiles among the tenant's.
    JOIN = fork
        sqlite "INSERT INTO list_members (list_id, profile_id, added_at) VALUES ($1, $2, $3) \
            ON CONFLICT (list_id, profile_id) DO NOTHING"
        postgres "INSERT INTO list_members (list_id, profile_id, added_at) \
            SELECT * FROM UNNEST(CAST($1 AS UUID[]), CAST($2 AS UUID[]), CAST($3 AS BIGINT[])) \
            ON CONFLICT (list_id, profile_id) DO NOTHING";
    /// The caller has found the list among the tenant's.
    REMOVE_MEMBER = "DELETE FROM list_members WHERE list_id = $1 AND profile_id = $2";
    COUNT_CHANGE = "UPDATE lists SET member_count = member_count + CAST($1 AS BIGINT), updated_at = $2 \
        WHERE tenant_id = $3 AND id = $4";
    OF_PERSON = "SELECT l.id, l.name, m.added_at FROM lists l JOIN list_members m ON m.list_id = l.id \
        AND m.profile_id = $1 WHERE l.tenant_id = $2 AND l.deleted_at IS NULL ORDER BY l.name, l.id";
    MEMBERS_AFTER = "SELECT p.id, p.email, p.phone, p.customer_id, p.first_name, p.last_name, \
        p.timezone, p.locale, p.push_tokens, p.address, p.consent_email, p.consent_sms, p.consent_push, \
        p.consent_direct_mail, p.attributes, p.created_at, p.updated_at \
        FROM lists l JOIN list_members m ON m.list_id = l.id \
        JOIN profiles p ON p.tenant_id = l.tenant_id AND p.id = m.profile_id \
        WHERE l.tenant_id = $1 AND l.id = $2 AND l.deleted_at IS NULL AND m.profile_id > $3 \
        ORDER BY m.profile_id LIMIT $4";
    MEMBERS_PAGE = "SELECT m.added_at, p.id, p.email, p.phone, p.customer_id, p.first_name, p.last_name, \
        p.timezone, p.locale, p.push_tokens, p.address, p.consent_email, p.consent_sms, p.consent_push, \
        p.consent_direct_mail, p.attributes, p.created_at, p.updated_at \
        FROM lists l JOIN list_members m ON m.list_id = l.id \
        JOIN profiles p ON p.tenant_id = l.tenant_id AND p.id = m.profile_id \
        WHERE l.tenant_id = $1 AND l.id = $2 AND l.deleted_at IS NULL ORDER BY m.profile_id LIMIT $3 OFFSET $4";
}

/// A list as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    /// Id.
    pub id: ListId,
    /// Name.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// How many members it has.
    pub member_count: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it or its members last changed.
    pub updated_at: Timestamp,
}

impl ListRow {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id()?,
            name: row.next()?,
            description: row.next()?,
            member_count: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
        })
    }
}

/// A member of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// Since when.
    pub added_at: Timestamp,
    /// Who.
    pub profile: ProfileRow,
}

impl Tx<'_> {
    /// One list that is not deleted.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn list_get(&mut self, tenant: TenantId, list: ListId) -> Result<Option<ListRow>, StoreError> {
        self.query_one(&GET, &[id(tenant), id(list)], ListRow::read)
    }

    /// The oldest list of that name.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn list_by_name(&mut self, tenant: TenantId, name: &str) -> Result<Option<ListRow>, StoreError> {
        self.query_one(&BY_NAME, &[id(tenant), name.into()], ListRow::read)
    }

    /// Lists, newest first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn lists_page(&mut self, tenant: TenantId, limit: i64, offset: i64) -> Result<Vec<ListRow>, StoreError> {
        self.query_as(&PAGE, &[id(tenant), limit.into(), offset.into()], ListRow::read)
    }

    /// How many lists there are.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn lists_count(&mut self, tenant: TenantId) -> Result<i64, StoreError> {
        self.query_number(&COUNT, &[id(tenant)])
    }

    /// Writes a new list. It has no members, whatever the row says.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn list_insert(&mut self, tenant: TenantId, list: &ListRow) -> Result<(), StoreError> {
        let description = Value::from(list.description.as_ref());
        let values =
            [id(list.id), id(tenant), (&list.name).into(), description, list.created_at.into(), list.updated_at.into()];
        self.execute(&INSERT, &values).map(drop)
    }

    /// Changes name and description; whether there was such a list.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn list_update(
        &mut self,
        tenant: TenantId,
        list: ListId,
        name: &str,
        description: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let values = [name.into(), description.into(), now.into(), id(tenant), id(list)];
        self.execute(&UPDATE, &values).map(|rows| rows > 0)
    }

    /// Takes a list out of sight; whether there was such a list. Its members stay for the jobs that named it.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn list_delete(&mut self, tenant: TenantId, list: ListId, now: Timestamp) -> Result<bool, StoreError> {
        self.execute(&DELETE, &[now.into(), id(tenant), id(list)]).map(|rows| rows > 0)
    }

    /// Adds members and counts them. For each profile whether it is new on the list; `None` without such a list.
    /// Who is no profile of the tenant is never added.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn list_members_add(
        &mut self,
        tenant: TenantId,
        list: ListId,
        profiles: &[ProfileId],
        now: Timestamp,
    ) -> Result<Option<Vec<bool>>, StoreError> {
        if self.execute(&HOLD, &[id(tenant), id(list)])? == 0 {
            return Ok(None);
        }
        let sets: Vec<Vec<Value>> =
            profiles.iter().map(|&profile| vec![now.into(), id(tenant), id(list), id(profile)]).collect();
        let added = self.execute_many(&ADD_MEMBER, &sets)?;
        self.count_members(tenant, list, added.iter().sum::<u64>().cast_signed(), now)?;
        Ok(Some(added.into_iter().map(|rows| rows > 0).collect()))
    }

    /// As [`Tx::list_members_add`] for profiles that the caller has just read or written under
    /// [`Tx::profiles_lock`], so that they are the tenant's. Returns how many are new on the list; `None` without such a
    /// list.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn list_members_join(
        &mut self,
        tenant: TenantId,
        list: ListId,
        profiles: &[ProfileId],
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        if self.execute(&HOLD, &[id(tenant), id(list)])? == 0 {
            return Ok(None);
        }
        let rows: Vec<Vec<Value>> = profiles.iter().map(|&profile| vec![id(list), id(profile), now.into()]).collect();
        let added = self.execute_rows(&JOIN, &rows)?;
        self.count_members(tenant, list, added.cast_signed(), now)?;
        Ok(Some(added))
    }

    /// Removes members and counts them. For each profile whether it was on the list; `None` without such a list.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn list_members_remove(
        &mut self,
        tenant: TenantId,
        list: ListId,
        profiles: &[ProfileId],
        now: Timestamp,
    ) -> Result<Option<Vec<bool>>, StoreError> {
        if self.execute(&HOLD, &[id(tenant), id(list)])? == 0 {
            return Ok(None);
        }
        let sets: Vec<Vec<Value>> = profiles.iter().map(|&profile| vec![id(list), id(profile)]).collect();
        let removed = self.execute_many(&REMOVE_MEMBER, &sets)?;
        self.count_members(tenant, list, -removed.iter().sum::<u64>().cast_signed(), now)?;
        Ok(Some(removed.into_iter().map(|rows| rows > 0).collect()))
    }

    fn count_members(&mut self, tenant: TenantId, list: ListId, change: i64, now: Timestamp) -> Result<(), StoreError> {
        if change == 0 {
            return Ok(());
        }
        self.execute(&COUNT_CHANGE, &[change.into(), now.into(), id(tenant), id(list)]).map(drop)
    }

    /// The lists that a person is on: id, name and since when, by name.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn lists_of_person(
        &mut self,
        tenant: TenantId,
        profile: ProfileId,
    ) -> Result<Vec<(ListId, String, Timestamp)>, StoreError> {
        self.query_as(&OF_PERSON, &[id(profile), id(tenant)], |row| Ok((row.id()?, row.next()?, row.next()?)))
    }

    /// Members of a list that is not deleted after one of them, in the order of their profile ids.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn list_members_after(
        &mut self,
        tenant: TenantId,
        list: ListId,
        after: ProfileId,
        limit: i64,
    ) -> Result<Vec<ProfileRow>, StoreError> {
        self.query_as(&MEMBERS_AFTER, &[id(tenant), id(list), id(after), limit.into()], ProfileRow::read)
    }

    /// Members of a list that is not deleted, in the order of their profile ids.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn list_members_page(
        &mut self,
        tenant: TenantId,
        list: ListId,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<MemberRow>, StoreError> {
        let values = [id(tenant), id(list), limit.into(), offset.into()];
        self.query_as(&MEMBERS_PAGE, &values, |row| {
            Ok(MemberRow { added_at: row.next()?, profile: ProfileRow::read(row)? })
        })
    }
}
