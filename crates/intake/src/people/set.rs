//! Sets of records, each applied in one transaction.

use super::roster::{Applied, Roster};
use super::{ConsentLedger, MatchKey, Origin, ProfileRecord};
use postrider_core::env::Entropy;
use postrider_core::error::Refusal;
use postrider_core::id::TenantId;
use postrider_core::time::Timestamp;
use postrider_store::{StoreError, Tx};

/// What became of each record of a set, in its order.
pub type SetOutcome = Vec<Result<Applied, Refusal>>;

/// Applies at most [`postrider_store::profiles::PROFILES_PER_SET`] records in their order; a refused one leaves the
/// others alone. Where their consents come from is written with them. Runs in
/// [`postrider_store::Store::write_guarded`].
///
/// # Errors
/// Any [`StoreError`]; then nothing was written.
pub fn upsert_set(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    key: MatchKey,
    records: &[&ProfileRecord],
    origin: Origin<'_>,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<SetOutcome, StoreError> {
    tx.profiles_lock(tenant)?;
    let mut roster = Roster::load(tx, tenant, key, records, origin.typing)?;
    let mut consents = ConsentLedger::new(origin, now);
    let apply = |(index, record): (usize, &&ProfileRecord)| {
        let before = if record.speaks_of_consent() { roster.consents(record) } else { None };
        let applied = roster.apply(record, now, entropy)?;
        consents.note(index, applied.profile, before, record);
        Ok(applied)
    };
    let outcome = records.iter().enumerate().map(apply).collect();
    roster.save(tx, tenant)?;
    consents.save(tx, tenant)?;
    Ok(outcome)
}
