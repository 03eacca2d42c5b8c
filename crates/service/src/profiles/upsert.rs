//! One record.

use super::{Applied, MatchKey, Operation, Origin, ProfileRecord, source_of, upsert_set};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::id::ProfileId;
use postrider_core::time::Timestamp;
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

impl Service {
    /// Makes or changes one profile.
    ///
    /// # Errors
    /// `REQUEST_INVALID` with the path of a wrong field, `PROFILES.KEY_TAKEN`, `PROFILES.MATCH_AMBIGUOUS`,
    /// `PROFILES.ATTRIBUTE_KIND`.
    pub async fn upsert_profile(
        &self,
        actor: &Actor,
        command: UpsertProfile,
        reply: Reply<ProfileUpserted>,
    ) -> Result<Answered, ServiceError> {
        let UpsertProfile { record, match_key } = command;
        let record = ProfileRecord::parse("record", &record)?;
        let (tenant, now, entropy) = (actor.tenant, self.now(), self.entropy());
        let source = source_of(actor);
        self.answer_once_guarded("profiles.upsert", actor, reply, move |tx| {
            let origin = Origin { source: &source, said: &[], typing: None };
            let outcome = upsert_set(tx, tenant, match_key, &[&record], origin, now, &*entropy)?;
            let Applied { operation, profile: id, .. } =
                outcome.into_iter().next().expect("one record has one outcome")?;
            Ok(ProfileUpserted { operation, id, accepted_at: now, match_key })
        })
        .await
    }
}
