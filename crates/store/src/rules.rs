//! Who fulfils a rule: counted and shown. A rule is asked of the database as one condition, never of profiles that
//! were fetched.

use crate::error::StoreError;
use crate::profiles::{COLUMNS, ProfileRow};
use crate::rule_sql::Conditions;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::audience::rule::{Json, Rule, parse};
use postrider_core::error::Refusal;
use postrider_core::id::TenantId;
use postrider_core::time::Timestamp;

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
}
