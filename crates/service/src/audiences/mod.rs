//! Audiences by rule: who belongs is asked whenever it is needed, and nobody is put there by hand.

mod create;
mod delete;
mod get;
mod preview;
mod update;
mod warnings;

pub use create::CreateAudience;
pub use postrider_store::audiences::AudienceRow;
pub use preview::{PREVIEW_MAX, PREVIEW_RECORDS_DEFAULT, PREVIEW_RECORDS_MAX, PreviewAudience, Previewed};
pub use update::UpdateAudience;
pub use warnings::CheckedAudience;
pub(crate) use warnings::rule_warnings;

use crate::ServiceError;
use postrider_core::audience::rule::Rule;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::TenantId;
use postrider_store::Tx;
use postrider_store::rules::rule_of;
use serde_json::Value;

/// A rule as it was written, and as it was understood.
#[derive(Debug, Clone)]
struct WrittenRule {
    text: String,
    rule: Rule,
}

impl WrittenRule {
    /// # Errors
    /// `REQUEST_INVALID` with the path of what is wrong.
    fn read(json: &Value) -> Result<Self, Refusal> {
        Ok(Self { rule: rule_of(json)?, text: json.to_string() })
    }
}

/// Refuses a rule that names a list which is not there, by the place where it does.
fn lists_exist(tx: &mut Tx<'_>, tenant: TenantId, rule: &Rule) -> Result<(), ServiceError> {
    for (path, list) in rule.lists() {
        if tx.list_get(tenant, list)?.is_none() {
            let id = list.to_string();
            return Err(Refusal::field(Code::ListNotFound, path, Some(&id), "is no list of this tenant").into());
        }
    }
    Ok(())
}
