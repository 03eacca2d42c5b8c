//! One record.

use super::roster::Roster;
use super::{MatchKey, Operation, ProfileRecord};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::env::Entropy;
use postrider_core::error::Refusal;
use postrider_core::id::{ProfileId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::{StoreError, Tx};
use serde_json::{Map, Value};

/// Make or change the profile of a record.
#[derive(Clone)]
pub struct UpsertProfile {
    /// What is known.
    pub record: Map<String, Value>,
    /// By what its profile is found.
    pub match_key: MatchKey,
}

/// What became of a record.
#[derive(Debug, Clone)]
pub struct ProfileUpserted {
    /// What it did.
    pub operation: Operation,
    /// Whose record it was.
    pub id: ProfileId,
    /// When it was taken.
    pub accepted_at: Timestamp,
    /// By what its profile was found.
    pub match_key: MatchKey,
}

/// What became of each record of a set, in its order.
pub(crate) type SetOutcome = Vec<Result<(Operation, ProfileId), Refusal>>;

/// Applies at most [`postrider_store::profiles::PROFILES_PER_SET`] records in their order; a refused one leaves the
/// others alone. Runs in [`postrider_store::Store::write_guarded`].
///
/// # Errors
/// Any [`StoreError`]; then nothing was written.
pub(crate) fn upsert_set(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    key: MatchKey,
    records: &[&ProfileRecord],
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<SetOutcome, StoreError> {
    tx.profiles_lock(tenant)?;
    let mut roster = Roster::load(tx, tenant, key, records)?;
    let outcome = records.iter().map(|record| roster.apply(record, now, entropy)).collect();
    roster.save(tx, tenant)?;
    Ok(outcome)
}

/// What [`upsert_set`] would do; nothing is written.
///
/// # Errors
/// Any [`StoreError`].
pub(crate) fn preview_set(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    key: MatchKey,
    records: &[&ProfileRecord],
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<SetOutcome, StoreError> {
    let mut roster = Roster::load(tx, tenant, key, records)?;
    Ok(records.iter().map(|record| roster.apply(record, now, entropy)).collect())
}

impl Service {
    /// Makes or changes one profile.
    ///
    /// # Errors
    /// `REQUEST_INVALID` with the path of a wrong field, `PROFILES.KEY_TAKEN`, `PROFILES.MATCH_AMBIGUOUS`.
    pub async fn upsert_profile(
        &self,
        actor: &Actor,
        command: UpsertProfile,
        reply: Reply<ProfileUpserted>,
    ) -> Result<Answered, ServiceError> {
        let UpsertProfile { record, match_key } = command;
        let record = ProfileRecord::parse("record", &record)?;
        let (tenant, now, entropy) = (actor.tenant, self.now(), self.entropy());
        self.answer_once_guarded("profiles.upsert", actor, reply, move |tx| {
            let outcome = upsert_set(tx, tenant, match_key, &[&record], now, &*entropy)?;
            let (operation, id) = outcome.into_iter().next().expect("one record has one outcome")?;
            Ok(ProfileUpserted { operation, id, accepted_at: now, match_key })
        })
        .await
    }
}
