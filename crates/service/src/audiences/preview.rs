//! Who belongs to an audience now: how many, and some of them.

use super::{WrittenRule, lists_exist};
use crate::profiles::Profile;
use crate::{Actor, Service, ServiceError};
use postrider_core::audience::rule::{Check, Rule};
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{AudienceId, TenantId};
use postrider_core::preflight::TYPE_MISMATCH;
use postrider_core::schedule::Warning;
use postrider_core::time::Timestamp;
use postrider_core::wording::grouped;
use postrider_store::Tx;
use postrider_store::rules::stored_rule;
use serde_json::Value;

/// Records shown, if none are asked for.
pub const PREVIEW_RECORDS_DEFAULT: i64 = 10;
/// Most records shown (the seed API).
pub const PREVIEW_RECORDS_MAX: i64 = 1_000;

/// Most attributes that are looked through for text where the rule compares with a number.
const LOOKED_THROUGH_MAX: usize = 3;

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
    /// How many profiles fulfil the rule: counted, not guessed.
    pub match_count: i64,
    /// How long the database took, in milliseconds.
    pub execution_ms: i64,
    /// The fields that the rule looks at.
    pub fields: Vec<String>,
    /// What deserves a look: attributes that are text where the rule compares with a number.
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
        let turn = self.wide_look().await;
        let read = self.store().read("audiences.preview", move |tx| {
            let _turn = &turn;
            let rule = match (audience, &written) {
                (Some(audience), _) => {
                    let row = tx.audience_get(tenant, audience)?.ok_or(Code::RuleNotFound)?;
                    stored_rule(&row.rule)?
                }
                (None, Some(rule)) => {
                    lists_exist(tx, tenant, rule)?;
                    rule.clone()
                }
                (None, None) => return Err(Code::RuleNotFound.into()),
            };
            let match_count = tx.rule_count(tenant, &rule, now)?;
            let samples = tx.rule_sample(tenant, &rule, now, limit)?;
            let warnings = text_among_numbers(tx, tenant, &rule, now)?;
            Ok::<_, ServiceError>((rule, match_count, samples, warnings))
        });
        let (rule, match_count, samples, warnings) = read.await?;
        Ok(Previewed {
            audience,
            match_count,
            execution_ms: self.now().millis_since(now).max(0),
            fields: rule.fields().into_iter().collect(),
            warnings,
            samples: samples.into_iter().map(Profile::from).collect(),
        })
    }
}

/// Text is neither less nor more than a number, so a rule that compares the two finds nobody.
fn text_among_numbers(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    rule: &Rule,
    now: Timestamp,
) -> Result<Vec<Warning>, ServiceError> {
    let mut warnings = Vec::new();
    for (name, field) in rule.compared_with_numbers().into_iter().take(LOOKED_THROUGH_MAX) {
        // Every text begins with the empty one, and nothing else does.
        let is_text = Rule::Test(field.clone(), Check::StartsWith(String::new()));
        let people = tx.rule_count(tenant, &is_text, now)?;
        if people > 0 {
            let message = format!(
                "{name} is text for {} people, and the rule compares it with a number, which no text fulfils; send it as a \
                 number.",
                grouped(people)
            );
            warnings.push(Warning { code: TYPE_MISMATCH, message });
        }
    }
    Ok(warnings)
}
