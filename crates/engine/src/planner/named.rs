//! Freezes the people that a test send names: a handful, in one transaction, at the places at which they were named.

use super::page::{Page, is_suppressed, key_of, suppression_keys};
use crate::dispatcher::PROFILE_GONE;
use postrider_core::audience::{SUPPRESSED, address_key};
use postrider_core::delivery::DeliveryState;
use postrider_core::time::Timestamp;
use postrider_store::ledger::FrozenRow;
use postrider_store::manifests::Freezing;
use postrider_store::{StoreError, Tx};

/// Decides about everybody named: who was refused when the test was asked for stays so, and the suppression list may
/// have grown since. Consent is looked at again before each message, as for everybody.
pub(super) fn judge_named(tx: &mut Tx<'_>, freezing: &Freezing, now: Timestamp) -> Result<Page, StoreError> {
    let people = tx.test_recipients(freezing.job)?;
    let keys: Vec<String> = people.iter().map(|one| address_key(freezing.channel, &one.address)).collect();
    let wanted = suppression_keys(freezing.channel, keys.iter().map(String::as_str));
    let entries = tx.suppressions_active(freezing.tenant, freezing.channel, &wanted, now)?;
    let rows = people.into_iter().zip(&keys).map(|(one, key)| {
        if one.address.is_empty() {
            // Erased since the test was asked for.
            let (state, reason) = (DeliveryState::Skipped, Some(PROFILE_GONE));
            return FrozenRow { profile: one.profile, address: None, address_key: None, state, reason };
        }
        let refused = one.refused.or_else(|| is_suppressed(&entries, freezing.channel, key).then_some(SUPPRESSED));
        FrozenRow {
            profile: one.profile,
            address: Some(one.address),
            address_key: refused.is_none().then(|| key_of(key)),
            state: if refused.is_some() { DeliveryState::Suppressed } else { DeliveryState::Pending },
            reason: refused,
        }
    });
    Ok(Page { rows: rows.collect(), excluded: 0, repeated: 0 })
}
