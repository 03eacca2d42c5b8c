//! What deserves a look in a rule, by the kinds of values that the tenant's people have.

use super::AudienceRow;
use postrider_core::audience::rule::Rule;
use postrider_core::id::TenantId;
use postrider_core::schedule::Warning;
use postrider_store::{StoreError, Tx};

/// An audience with what deserves a look in its rule.
#[derive(Debug, Clone)]
pub struct CheckedAudience {
    /// The audience.
    pub audience: AudienceRow,
    /// What deserves a look.
    pub warnings: Vec<Warning>,
}

/// The warnings of a rule. The kinds are counted when profiles change, so this costs one read of a few rows.
///
/// # Errors
/// Any [`StoreError`].
pub(crate) fn rule_warnings(tx: &mut Tx<'_>, tenant: TenantId, rule: &Rule) -> Result<Vec<Warning>, StoreError> {
    let names: Vec<&str> = rule.attributes().into_iter().collect();
    Ok(rule.warnings(&tx.attribute_people(tenant, &names)?))
}
