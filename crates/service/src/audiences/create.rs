//! Makes an audience.

use super::{AudienceRow, CheckedAudience, WrittenRule, lists_exist, rule_warnings};
use crate::idempotency::{Answered, Reply};
use crate::lists::{check_description, check_name};
use crate::{Actor, Service, ServiceError};
use postrider_core::id::AudienceId;
use serde_json::Value;

/// Make an audience by rule. Two audiences may share a name.
#[derive(Debug, Clone)]
pub struct CreateAudience {
    /// Name, as that of a list.
    pub name: String,
    /// Description, as that of a list.
    pub description: Option<String>,
    /// The rule; see [`postrider_core::audience::rule`].
    pub rule: Value,
}

impl Service {
    /// Makes an audience. Nobody is counted yet.
    ///
    /// # Errors
    /// `REQUEST_INVALID`; `LISTS.NOT_FOUND` if the rule names a list that is not there.
    pub async fn create_audience(
        &self,
        actor: &Actor,
        command: CreateAudience,
        reply: Reply<CheckedAudience>,
    ) -> Result<Answered, ServiceError> {
        let (tenant, now) = (actor.tenant, self.now());
        let name = check_name(&command.name)?;
        let description = check_description(command.description.as_deref())?;
        let WrittenRule { text, rule } = WrittenRule::read(&command.rule)?;
        let audience = AudienceRow {
            id: AudienceId::new(now, &*self.entropy()),
            name,
            description,
            rule: text,
            member_count: None,
            counted_at: None,
            created_at: now,
            updated_at: now,
        };
        self.answer_once("audiences.create", actor, reply, move |tx| {
            lists_exist(tx, tenant, &rule)?;
            tx.audience_insert(tenant, &audience, &rule)?;
            let warnings = rule_warnings(tx, tenant, &rule)?;
            Ok(CheckedAudience { audience: audience.clone(), warnings })
        })
        .await
    }
}
