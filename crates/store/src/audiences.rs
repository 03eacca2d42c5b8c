//! Audiences by rule: their names and rules. Who belongs to one is asked in [`crate::rules`].

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::audience::rule::Rule;
use postrider_core::id::{AudienceId, ListId, TenantId};
use postrider_core::time::Timestamp;
use uuid::Uuid;

statements! { "audiences":
    GET = "SELECT id, name, description, rule, member_count, counted_at, created_at, updated_at FROM audiences \
        WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL";
    PAGE = "SELECT id, name, description, rule, member_count, counted_at, created_at, updated_at FROM audiences \
        WHERE tenant_id = $1 AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3";
    COUNT = "SELECT COUNT(*) FROM audiences WHERE tenant_id = $1 AND deleted_at IS NULL";
    INSERT = "INSERT INTO audiences (id, tenant_id, name, description, rule, created_at, updated_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    UPDATE = "UPDATE audiences SET name = $1, description = $2, rule = $3, member_count = $4, counted_at = $5, \
        updated_at = $6 WHERE tenant_id = $7 AND id = $8 AND deleted_at IS NULL";
    DELETE = "UPDATE audiences SET deleted_at = $1 WHERE tenant_id = $2 AND id = $3 AND deleted_at IS NULL";
    /// The caller has found the audience among the tenant's.
    CLEAR_LISTS = "DELETE FROM audience_lists WHERE audience_id IN (SELECT id FROM audiences WHERE tenant_id = $1 AND id = $2)";
    ADD_LIST = "INSERT INTO audience_lists (audience_id, list_id) SELECT a.id, l.id FROM audiences a \
        JOIN lists l ON l.tenant_id = a.tenant_id WHERE a.tenant_id = $1 AND a.id = $2 AND l.id = $3";
    LIST_NAMED = "SELECT a.id FROM audience_lists r JOIN audiences a ON a.id = r.audience_id \
        WHERE a.tenant_id = $1 AND r.list_id = $2 AND a.deleted_at IS NULL LIMIT 1";
    IN_FLIGHT = "SELECT c.id FROM campaign_audiences b JOIN campaigns c ON c.id = b.campaign_id \
        WHERE c.tenant_id = $1 AND b.audience_id = $2 AND c.deleted_at IS NULL \
        AND c.execution_status IN ('scheduled', 'running', 'paused', 'held') LIMIT 1";
}

/// An audience by rule as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudienceRow {
    /// Id.
    pub id: AudienceId,
    /// Name.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// The rule, as JSON.
    pub rule: String,
    /// How many profiles belonged when they were last counted.
    pub member_count: Option<i64>,
    /// When that was.
    pub counted_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl AudienceRow {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id()?,
            name: row.next()?,
            description: row.next()?,
            rule: row.next()?,
            member_count: row.next()?,
            counted_at: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
        })
    }
}

impl Tx<'_> {
    /// One audience that is not deleted.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn audience_get(&mut self, tenant: TenantId, audience: AudienceId) -> Result<Option<AudienceRow>, StoreError> {
        self.query_one(&GET, &[id(tenant), id(audience)], AudienceRow::read)
    }

    /// Audiences, newest first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn audiences_page(
        &mut self,
        tenant: TenantId,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<AudienceRow>, StoreError> {
        self.query_as(&PAGE, &[id(tenant), limit.into(), offset.into()], AudienceRow::read)
    }

    /// How many audiences there are.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn audiences_count(&mut self, tenant: TenantId) -> Result<i64, StoreError> {
        self.query_number(&COUNT, &[id(tenant)])
    }

    /// Writes a new audience, which nobody has counted, and the lists that its rule names.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn audience_insert(&mut self, tenant: TenantId, audience: &AudienceRow, rule: &Rule) -> Result<(), StoreError> {
        let values = [
            id(audience.id),
            id(tenant),
            (&audience.name).into(),
            audience.description.as_ref().into(),
            (&audience.rule).into(),
            audience.created_at.into(),
            audience.updated_at.into(),
        ];
        self.execute(&INSERT, &values)?;
        self.add_lists(tenant, audience.id, rule)
    }

    /// Writes an audience back, with the lists that its rule names.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn audience_update(&mut self, tenant: TenantId, audience: &AudienceRow, rule: &Rule) -> Result<(), StoreError> {
        let values = [
            (&audience.name).into(),
            audience.description.as_ref().into(),
            (&audience.rule).into(),
            audience.member_count.into(),
            audience.counted_at.into(),
            audience.updated_at.into(),
            id(tenant),
            id(audience.id),
        ];
        self.execute(&UPDATE, &values)?;
        self.execute(&CLEAR_LISTS, &[id(tenant), id(audience.id)])?;
        self.add_lists(tenant, audience.id, rule)
    }

    fn add_lists(&mut self, tenant: TenantId, audience: AudienceId, rule: &Rule) -> Result<(), StoreError> {
        let mut lists: Vec<ListId> = rule.lists().into_iter().map(|(_, list)| list).collect();
        lists.sort_unstable();
        lists.dedup();
        let sets: Vec<Vec<Value>> = lists.into_iter().map(|list| vec![id(tenant), id(audience), id(list)]).collect();
        self.execute_many(&ADD_LIST, &sets).map(drop)
    }

    /// Takes an audience out of sight; whether there was such an audience.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn audience_delete(
        &mut self,
        tenant: TenantId,
        audience: AudienceId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.execute(&DELETE, &[now.into(), id(tenant), id(audience)]).map(|rows| rows > 0)
    }

    /// Whether a rule that is not deleted names the list.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn list_named_by_rule(&mut self, tenant: TenantId, list: ListId) -> Result<bool, StoreError> {
        self.query(&LIST_NAMED, &[id(tenant), id(list)]).map(|rows| !rows.is_empty())
    }

    /// Whether a campaign that is scheduled, running, paused or held has the list or rule among its audiences.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn audience_in_flight(&mut self, tenant: TenantId, audience: Uuid) -> Result<bool, StoreError> {
        self.query(&IN_FLIGHT, &[id(tenant), audience.into()]).map(|rows| !rows.is_empty())
    }
}
