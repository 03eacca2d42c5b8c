//! Who belongs to an audience now: how many, and some of them.

use super::{WrittenRule, lists_exist, rule_warnings};
use crate::profiles::Profile;
use crate::wide_look::WideLook;
use crate::{Actor, Service, ServiceError, StoreError};
use postrider_core::audience::rule::Rule;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{AudienceId, ProfileId, TenantId};
use postrider_core::schedule::Warning;
use postrider_store::rules::stored_rule;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Records shown, if none are asked for.
pub const PREVIEW_RECORDS_DEFAULT: i64 = 10;
/// Most records shown (the seed API).
pub const PREVIEW_RECORDS_MAX: i64 = 1_000;

/// How long a preview may take; after that it returns what it has found.
pub const PREVIEW_MAX: Duration = Duration::from_secs(5);

/// What to look at.
#[derive(Debug, Clone)]
pub enum PreviewAudience {
    /// A stored audience.
    Stored(AudienceId),
    /// A rule that is not stored.
    Rule(Value),
}

/// Who belongs.
#[derive(Clone)]
pub struct Previewed {
    /// The audience, if it is a stored one.
    pub audience: Option<AudienceId>,
    /// How many profiles fulfil the rule, of those that were looked at.
    pub match_count: i64,
    /// Whether all were looked at in [`PREVIEW_MAX`].
    pub is_exact: bool,
    /// How long the database took, in milliseconds.
    pub execution_ms: i64,
    /// The fields that the rule looks at.
    pub fields: Vec<String>,
    /// What deserves a look in the rule.
    pub warnings: Vec<Warning>,
    /// The first of those who belong, in the order of their ids.
    pub samples: Vec<Profile>,
}

impl Service {
    /// Counts who belongs to an audience at this instant, and shows some.
    ///
    /// # Errors
    /// `REQUEST_INVALID`, `AUDIENCES.NOT_FOUND`, `LISTS.NOT_FOUND`.
    pub async fn preview_audience(
        &self,
        actor: &Actor,
        what: PreviewAudience,
        limit: Option<i64>,
    ) -> Result<Previewed, ServiceError> {
        let limit = limit.unwrap_or(PREVIEW_RECORDS_DEFAULT);
        if !(1..=PREVIEW_RECORDS_MAX).contains(&limit) {
            let problem = format!("must be 1 to {PREVIEW_RECORDS_MAX}");
            return Err(Refusal::invalid("limit", Some(&limit.to_string()), problem).into());
        }
        let (tenant, now) = (actor.tenant, self.now());
        let (audience, written) = match &what {
            PreviewAudience::Stored(audience) => (Some(*audience), None),
            PreviewAudience::Rule(json) => (None, Some(WrittenRule::read(json)?.rule)),
        };
        let turn = Arc::new(self.wide_look(tenant).await?);
        let held = Arc::clone(&turn);
        let read = self.store().read("audiences.preview_rule", move |tx| {
            let _held = &held;
            let rule = match (audience, &written) {
                (Some(audience), _) => {
                    let row = tx.audience_get(tenant, audience)?.ok_or(Code::RuleNotFound)?;
                    stored_rule(&row.rule)?
                }
                (None, Some(rule)) => lists_exist(tx, tenant, rule).map(|()| rule.clone())?,
                (None, None) => return Err(ServiceError::from(Code::RuleNotFound)),
            };
            let warnings = rule_warnings(tx, tenant, &rule)?;
            Ok((rule, warnings))
        });
        let (rule, warnings): (Rule, Vec<Warning>) = read.await?;
        let mut preview = Previewed {
            audience,
            match_count: 0,
            is_exact: true,
            execution_ms: 0,
            fields: rule.fields().into_iter().collect(),
            samples: Vec::new(),
            warnings,
        };
        self.look_through(tenant, &rule, limit, &turn, &mut preview).await?;
        preview.execution_ms = self.now().millis_since(now).max(0);
        Ok(preview)
    }

    /// Looks at all profiles, a page in each transaction, so that none lasts long, until the time is over.
    async fn look_through(
        &self,
        tenant: TenantId,
        rule: &Rule,
        limit: i64,
        turn: &Arc<WideLook>,
        preview: &mut Previewed,
    ) -> Result<(), ServiceError> {
        let now = self.now();
        let mut next = Some(ProfileId::from(Uuid::nil()));
        while let Some(after) = next {
            let spent = Duration::from_millis(u64::try_from(self.now().millis_since(now)).unwrap_or(0));
            let left = PREVIEW_MAX.saturating_sub(spent);
            if left.is_zero() {
                preview.is_exact = false;
                return Ok(());
            }
            let wanted = limit - i64::try_from(preview.samples.len()).unwrap_or(limit);
            let (rule, turn) = (rule.clone(), Arc::clone(turn));
            let look = self.store().read_within("audiences.preview", left, move |tx| {
                let _turn = &turn;
                tx.rule_look(tenant, &rule, now, after, wanted)
            });
            let (count, page) = match look.await {
                Ok(found) => found,
                Err(StoreError::TimedOut | StoreError::Busy(_)) => {
                    preview.is_exact = false;
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            };
            preview.match_count += count;
            preview.samples.extend(page.members.into_iter().map(Profile::from));
            next = page.next;
        }
        Ok(())
    }
}
