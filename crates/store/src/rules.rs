//! Who fulfils a rule: counted, shown, and read page by page.
//!
//! A rule is asked of the database as one condition, never of profiles that were fetched. A page reads profiles in
//! the order of their ids and looks at a bounded number of them, however few it finds, so no transaction lasts long.

use crate::error::StoreError;
use crate::profiles::{COLUMNS, ProfileRow};
use crate::rule_sql::Conditions;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::audience::rule::{Json, Rule, parse};
use postrider_core::error::Refusal;
use postrider_core::id::{ProfileId, TenantId};
use postrider_core::time::Timestamp;
use std::collections::BTreeSet;

/// Profiles that a page looks at, at most.
pub const LOOKED_AT_MAX: i64 = 5_000;

statements! { "rules":
    /// The last of the profiles that a page looks at; none if fewer are left.
    PAGE_END = "SELECT id FROM profiles WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT 1 OFFSET $3";
}

/// A page of the members of an audience.
pub struct MembersPage<T> {
    /// Who they are, in the order of their ids.
    pub members: Vec<T>,
    /// After whom the next page begins; none if nobody is left.
    pub next: Option<ProfileId>,
}

/// Reads a rule as a client wrote it; its path is `rule`.
///
/// # Errors
/// `REQUEST_INVALID` with the path of what is wrong.
pub fn rule_of(json: &serde_json::Value) -> Result<Rule, Refusal> {
    parse(&json_of(json))
}

/// Reads a stored rule.
///
/// # Errors
/// [`StoreError::Corrupt`] if it is none any more.
pub fn stored_rule(text: &str) -> Result<Rule, StoreError> {
    let corrupt = |found: String| StoreError::Corrupt { column: 0, expected: "a rule", found };
    let json = serde_json::from_str(text).map_err(|error| corrupt(error.to_string()))?;
    rule_of(&json).map_err(|refusal| corrupt(refusal.message()))
}

fn json_of(value: &serde_json::Value) -> Json {
    match value {
        serde_json::Value::Null => Json::Null,
        serde_json::Value::Bool(value) => Json::Bool(*value),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Json::Int(number),
            (None, number) => Json::Real(number.unwrap_or(f64::INFINITY)),
        },
        serde_json::Value::String(text) => Json::Text(text.clone()),
        serde_json::Value::Array(items) => Json::List(items.iter().map(json_of).collect()),
        serde_json::Value::Object(members) => {
            Json::Map(members.iter().map(|(name, value)| (name.clone(), json_of(value))).collect())
        }
    }
}

impl Tx<'_> {
    /// How many profiles of the tenant fulfil a rule, dates relative to now being relative to `now`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn rule_count(&mut self, tenant: TenantId, rule: &Rule, now: Timestamp) -> Result<i64, StoreError> {
        let mut values = vec![id(tenant)];
        let condition = Conditions::new(self.dialect(), now, &mut values).of(rule);
        let sql = format!("SELECT COUNT(*) FROM profiles AS p WHERE p.tenant_id = $1 AND {condition}");
        self.query_once(&sql, &values)?.first_mut().map_or(Ok(0), Row::next)
    }

    /// The first profiles that fulfil a rule, in the order of their ids.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn rule_sample(
        &mut self,
        tenant: TenantId,
        rule: &Rule,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<ProfileRow>, StoreError> {
        let mut values = vec![id(tenant)];
        let condition = Conditions::new(self.dialect(), now, &mut values).of(rule);
        values.push(limit.into());
        let sql = format!(
            "SELECT {COLUMNS} FROM profiles AS p WHERE p.tenant_id = $1 AND {condition} ORDER BY p.id LIMIT ${}",
            values.len()
        );
        self.query_once(&sql, &values)?.iter_mut().map(ProfileRow::read).collect()
    }

    /// Up to `limit` profiles after one that fulfil a rule, of the next [`LOOKED_AT_MAX`].
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn rule_people(
        &mut self,
        tenant: TenantId,
        rule: &Rule,
        now: Timestamp,
        after: ProfileId,
        limit: i64,
    ) -> Result<MembersPage<ProfileRow>, StoreError> {
        let end = self.rule_page_end(tenant, after)?;
        let mut values = vec![id(tenant), id(after)];
        let mut sql = format!("SELECT {COLUMNS} FROM profiles AS p WHERE p.tenant_id = $1 AND p.id > $2");
        Conditions::new(self.dialect(), now, &mut values).page(&mut sql, rule, end, limit);
        let mut rows = self.query_once(&sql, &values)?;
        let members: Vec<ProfileRow> = rows.iter_mut().map(ProfileRow::read).collect::<Result<_, _>>()?;
        let full = i64::try_from(members.len()).is_ok_and(|found| found == limit);
        let next = if full { members.last().map(|member| member.id) } else { end };
        Ok(MembersPage { members, next })
    }

    /// Looks at the next [`LOOKED_AT_MAX`] profiles after one: how many fulfil a rule, and the first `limit` of them.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn rule_look(
        &mut self,
        tenant: TenantId,
        rule: &Rule,
        now: Timestamp,
        after: ProfileId,
        limit: i64,
    ) -> Result<(i64, MembersPage<ProfileRow>), StoreError> {
        let next = self.rule_page_end(tenant, after)?;
        let mut values = vec![id(tenant), id(after)];
        let mut place = String::from("FROM profiles AS p WHERE p.tenant_id = $1 AND p.id > $2");
        if let Some(end) = next {
            values.push(id(end));
            place.push_str(" AND p.id <= $3");
        }
        let condition = Conditions::new(self.dialect(), now, &mut values).of(rule);
        let count = format!("SELECT COUNT(*) {place} AND {condition}");
        let count = self.query_once(&count, &values)?.first_mut().map_or(Ok(0), Row::next)?;
        let mut members = Vec::new();
        if limit > 0 && count > 0 {
            values.push(limit.into());
            let sample = format!("SELECT {COLUMNS} {place} AND {condition} ORDER BY p.id LIMIT ${}", values.len());
            members = self.query_once(&sample, &values)?.iter_mut().map(ProfileRow::read).collect::<Result<_, _>>()?;
        }
        Ok((count, MembersPage { members, next }))
    }

    /// Those of the profiles that fulfil a rule; at most [`crate::lookup::LOOKUP_MAX`] are asked about.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub(crate) fn rule_among(
        &mut self,
        tenant: TenantId,
        rule: &Rule,
        now: Timestamp,
        profiles: &[ProfileId],
    ) -> Result<BTreeSet<ProfileId>, StoreError> {
        if profiles.is_empty() {
            return Ok(BTreeSet::new());
        }
        let mut values = vec![id(tenant)];
        let places: Vec<String> = (2..profiles.len() + 2).map(|place| format!("${place}")).collect();
        values.extend(profiles.iter().map(|profile| id(*profile)));
        let condition = Conditions::new(self.dialect(), now, &mut values).of(rule);
        let places = places.join(", ");
        let sql =
            format!("SELECT p.id FROM profiles AS p WHERE p.tenant_id = $1 AND p.id IN ({places}) AND {condition}");
        self.query_once(&sql, &values)?.iter_mut().map(Row::id).collect()
    }

    /// The last profile that a page after `after` looks at; none if it looks at all that are left.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub(crate) fn rule_page_end(
        &mut self,
        tenant: TenantId,
        after: ProfileId,
    ) -> Result<Option<ProfileId>, StoreError> {
        let values = [id(tenant), id(after), Value::Int(LOOKED_AT_MAX - 1)];
        self.query_one(&PAGE_END, &values, Row::id)
    }
}
