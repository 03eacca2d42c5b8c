//! Attributes of a tenant's profiles: their names, their kinds, and how many people have each.
//!
//! The counts go by the kind of each value, whatever the kind of the attribute is: values that are older than the
//! kind stay as they are. Invariant: whoever changes the attributes of a profile changes the counts in the same
//! transaction, under [`Tx::profiles_lock`].

use crate::error::StoreError;
use crate::lookup::among;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::attribute::{AttributeKind, looks_like_date};
use postrider_core::audience::rule::PeopleByKind;
use postrider_core::id::TenantId;
use std::collections::BTreeMap;

statements! { "attributes":
    NAME = "INSERT INTO attribute_names (tenant_id, name, kind) VALUES ($1, $2, $3) \
        ON CONFLICT (tenant_id, name) DO UPDATE SET kind = excluded.kind";
    COUNT = "INSERT INTO attribute_counts (tenant_id, name, kind, people) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (tenant_id, name, kind) DO UPDATE SET people = attribute_counts.people + excluded.people";
    ALL = "SELECT n.name, n.kind, c.kind, c.people FROM attribute_names AS n LEFT JOIN attribute_counts AS c \
        ON c.tenant_id = n.tenant_id AND c.name = n.name AND c.people > 0 WHERE n.tenant_id = $1 ORDER BY n.name";
    NAMES = "SELECT name FROM attribute_names WHERE tenant_id = $1 ORDER BY name";
}

/// An attribute that profiles of a tenant carry or have carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// The kind that new values must have; absent if nobody has had it since kinds are kept.
    pub kind: Option<AttributeKind>,
    /// How many people have a value of each kind; kinds that nobody has are left out.
    pub people: BTreeMap<AttributeKind, i64>,
}

/// By name and kind, how many more people have a value of that kind; fewer if it is negative.
pub type AttributeCounts = BTreeMap<(String, AttributeKind), i64>;

/// The kind of a stored value; none of null.
#[must_use]
pub fn kind_of(value: &serde_json::Value) -> Option<AttributeKind> {
    match value {
        serde_json::Value::Null | serde_json::Value::Object(_) => None,
        serde_json::Value::Bool(_) => Some(AttributeKind::Boolean),
        serde_json::Value::Number(_) => Some(AttributeKind::Number),
        serde_json::Value::Array(_) => Some(AttributeKind::List),
        serde_json::Value::String(text) if looks_like_date(text) => Some(AttributeKind::Date),
        serde_json::Value::String(_) => Some(AttributeKind::Text),
    }
}

impl Tx<'_> {
    /// Every attribute of the tenant, by name.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn attributes(&mut self, tenant: TenantId) -> Result<Vec<Attribute>, StoreError> {
        let mut found: Vec<Attribute> = Vec::new();
        for row in &mut self.query(&ALL, &[id(tenant)])? {
            let (name, kind): (String, _) = (row.next()?, row.optional_word(AttributeKind::parse)?);
            let counted = row.optional_word(AttributeKind::parse)?;
            let people: Option<i64> = row.next()?;
            if found.last().is_none_or(|last| last.name != name) {
                found.push(Attribute { name, kind, people: BTreeMap::new() });
            }
            if let (Some(last), Some(counted), Some(people)) = (found.last_mut(), counted, people) {
                last.people.insert(counted, people);
            }
        }
        Ok(found)
    }

    /// Every attribute that a profile of the tenant has ever carried, by name.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn attribute_names(&mut self, tenant: TenantId) -> Result<Vec<String>, StoreError> {
        self.query_as(&NAMES, &[id(tenant)], Row::next)
    }

    /// The kinds of the attributes of these names, as far as they have one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn attribute_kinds(
        &mut self,
        tenant: TenantId,
        names: &[&str],
    ) -> Result<BTreeMap<String, AttributeKind>, StoreError> {
        if names.is_empty() {
            return Ok(BTreeMap::new());
        }
        let among = among(self.dialect(), 2);
        let sql = format!(
            "SELECT name, kind FROM attribute_names WHERE tenant_id = $1 AND kind IS NOT NULL AND name {among}"
        );
        let mut kinds = BTreeMap::new();
        for row in &mut self.query_text(&sql, &[id(tenant), names.into()])? {
            kinds.insert(row.next()?, row.word(AttributeKind::parse)?);
        }
        Ok(kinds)
    }

    /// How many people have a value of each kind in the attributes of these names; those that nobody has are left out.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn attribute_people(&mut self, tenant: TenantId, names: &[&str]) -> Result<PeopleByKind, StoreError> {
        let mut people = PeopleByKind::new();
        if names.is_empty() {
            return Ok(people);
        }
        let among = among(self.dialect(), 2);
        let sql = format!(
            "SELECT name, kind, people FROM attribute_counts WHERE tenant_id = $1 AND people > 0 AND name {among}"
        );
        for row in &mut self.query_text(&sql, &[id(tenant), names.into()])? {
            let name: String = row.next()?;
            let (kind, count) = (row.word(AttributeKind::parse)?, row.next()?);
            people.entry(name).or_default().insert(kind, count);
        }
        Ok(people)
    }

    /// Gives attributes their kinds; those that are not known become known.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn attribute_kinds_set<'n>(
        &mut self,
        tenant: TenantId,
        kinds: impl IntoIterator<Item = (&'n str, AttributeKind)>,
    ) -> Result<(), StoreError> {
        let sets: Vec<Vec<Value>> =
            kinds.into_iter().map(|(name, kind)| vec![id(tenant), name.into(), kind.as_str().into()]).collect();
        self.execute_many(&NAME, &sets).map(drop)
    }

    /// Changes how many people have values.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn attribute_counts_add(&mut self, tenant: TenantId, counts: &AttributeCounts) -> Result<(), StoreError> {
        let changed = counts.iter().filter(|(_, change)| **change != 0);
        let sets: Vec<Vec<Value>> = changed
            .map(|((name, kind), change)| vec![id(tenant), name.into(), kind.as_str().into(), (*change).into()])
            .collect();
        self.execute_many(&COUNT, &sets).map(drop)
    }

    /// Counts a profile that is erased no longer; `attributes` is the stored JSON of the profile.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn attribute_counts_forget(&mut self, tenant: TenantId, attributes: &str) -> Result<(), StoreError> {
        let values: BTreeMap<String, serde_json::Value> = serde_json::from_str(attributes).unwrap_or_default();
        let counts = values.into_iter().filter_map(|(name, value)| Some(((name, kind_of(&value)?), -1))).collect();
        self.attribute_counts_add(tenant, &counts)
    }
}
