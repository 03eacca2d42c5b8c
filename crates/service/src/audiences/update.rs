//! Renames an audience, or changes its rule.

use super::{CheckedAudience, WrittenRule, lists_exist, rule_warnings};
use crate::idempotency::{Answered, Reply};
use crate::lists::{check_description, check_name};
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::AudienceId;
use postrider_store::rules::stored_rule;
use serde_json::Value;

/// Change what is given.
#[derive(Debug, Clone, Default)]
pub struct UpdateAudience {
    /// New name.
    pub name: Option<String>,
    /// New description; `Some(None)` clears it.
    pub description: Option<Option<String>>,
    /// New rule, whole.
    pub rule: Option<Value>,
}

impl Service {
    /// Changes an audience. Jobs that are committed keep the rule that they were committed with.
    ///
    /// # Errors
    /// `AUDIENCES.NOT_FOUND`, `REQUEST_INVALID`, `LISTS.NOT_FOUND`.
    pub async fn update_audience(
        &self,
        actor: &Actor,
        audience: AudienceId,
        command: UpdateAudience,
        reply: Reply<CheckedAudience>,
    ) -> Result<Answered, ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let name = command.name.as_deref().map(check_name).transpose()?;
        let description = command.description.map(|text| check_description(text.as_deref())).transpose()?;
        let changed = command.rule.as_ref().map(WrittenRule::read).transpose()?;
        self.answer_once("audiences.update", actor, reply, move |tx| {
            let mut row = tx.audience_get(tenant, audience)?.ok_or(Code::RuleNotFound)?;
            row.name = name.clone().unwrap_or(row.name);
            row.description = description.clone().unwrap_or(row.description);
            row.updated_at = now;
            let rule = match changed.clone() {
                Some(WrittenRule { text, rule }) => {
                    lists_exist(tx, tenant, &rule)?;
                    if text != row.rule {
                        (row.member_count, row.counted_at) = (None, None);
                    }
                    row.rule = text;
                    rule
                }
                None => stored_rule(&row.rule)?,
            };
            tx.audience_update(tenant, &row, &rule)?;
            let warnings = rule_warnings(tx, tenant, &rule)?;
            Ok(CheckedAudience { audience: row, warnings })
        })
        .await
    }
}
