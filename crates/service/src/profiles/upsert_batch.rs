//! Many records at once.
//!
//! Each set of records is one transaction, the last one together with the record of the answer. A crash between two
//! leaves whole sets behind; the same batch sent again finds them unchanged.

use super::{MatchKey, Operation, Origin, ProfileRecord, source_of, upsert_set};
use crate::idempotency::{Answered, Reply, Writing};
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Refusal;
use postrider_core::id::ProfileId;
use postrider_core::time::Timestamp;
use postrider_store::profiles::PROFILES_PER_SET;
use postrider_store::{StoreError, Tx};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Most records of one batch (the seed API).
pub const BATCH_RECORDS_MAX: usize = 10_000;

/// Make or change the profiles of many records.
#[derive(Clone)]
pub struct UpsertProfiles {
    /// What is known: 1 to [`BATCH_RECORDS_MAX`] records. One that is no object is refused by itself.
    pub records: Vec<Value>,
    /// By what the profiles are found.
    pub match_key: MatchKey,
}

/// What became of one record of a batch.
pub type RecordOutcome = Result<(Operation, ProfileId), Refusal>;

/// What became of a batch.
#[derive(Debug, Clone)]
pub struct BatchUpserted {
    /// One outcome for each record, in its order.
    pub outcomes: Vec<RecordOutcome>,
    /// When it was taken.
    pub accepted_at: Timestamp,
    /// By what the profiles were found.
    pub match_key: MatchKey,
}

/// Records with their places, refused ones included.
type Parsed = Vec<Result<ProfileRecord, Refusal>>;

impl Service {
    /// Makes or changes the profiles of many records, in their order. A bad record never sinks the others.
    ///
    /// # Errors
    /// `REQUEST_INVALID` for no records or too many; what is wrong with a record is its own outcome.
    pub async fn upsert_profiles(
        &self,
        actor: &Actor,
        command: UpsertProfiles,
        reply: Reply<BatchUpserted>,
    ) -> Result<Answered, ServiceError> {
        let UpsertProfiles { records, match_key } = command;
        if records.is_empty() || records.len() > BATCH_RECORDS_MAX {
            let problem = format!("must hold 1 to {BATCH_RECORDS_MAX} records");
            return Err(Refusal::invalid("records", None, problem).into());
        }
        let turn = self.turn(actor, reply.once)?;
        if let Some(answered) = self.answered_before("profiles.upsert_batch.replay", &turn).await? {
            return Ok(answered);
        }
        // Ten thousand records take long enough that other requests would notice.
        let parsed = tokio::task::spawn_blocking(move || {
            records.iter().enumerate().map(|(index, record)| parse(index, record)).collect::<Parsed>()
        });
        let parsed = parsed.await.expect("reading a record does not panic");
        let (tenant, now, entropy) = (actor.tenant, self.now(), self.entropy());
        let source = source_of(actor);
        let write = move |tx: &mut Tx<'_>, set: &[Result<ProfileRecord, Refusal>]| {
            let records: Vec<&ProfileRecord> = set.iter().filter_map(|record| record.as_ref().ok()).collect();
            let origin = Origin { source: &source, said: &[], typing: None };
            let written = upsert_set(tx, tenant, match_key, &records, origin, now, &*entropy)?;
            let mut written =
                written.into_iter().map(|record| record.map(|applied| (applied.operation, applied.profile)));
            let outcome = set.iter().map(|record| match record {
                Ok(_) => written.next().expect("every record of a set has an outcome"),
                Err(refusal) => Err(refusal.clone()),
            });
            Ok::<Vec<RecordOutcome>, StoreError>(outcome.collect())
        };
        let sets: Arc<Vec<Parsed>> = Arc::new(in_sets(parsed));
        let last = sets.len() - 1;
        let mut outcomes = Vec::new();
        for index in 0..last {
            let (sets, write) = (Arc::clone(&sets), write.clone());
            let work = move |tx: &mut Tx<'_>| write(tx, &sets[index]);
            outcomes.extend(self.store().write_guarded("profiles.upsert_batch", work).await?);
        }
        self.answer_turn("profiles.upsert_batch", Writing::Guarded, turn, reply.render, move |tx| {
            let mut outcomes = outcomes.clone();
            outcomes.extend(write(tx, &sets[last])?);
            Ok(BatchUpserted { outcomes, accepted_at: now, match_key })
        })
        .await
    }
}

fn parse(index: usize, record: &Value) -> Result<ProfileRecord, Refusal> {
    let path = format!("records[{index}]");
    let fields: &Map<String, Value> =
        record.as_object().ok_or_else(|| Refusal::invalid(&path, None, "must be an object"))?;
    ProfileRecord::parse(&path, fields)
}

fn in_sets(parsed: Parsed) -> Vec<Parsed> {
    let mut sets = Vec::with_capacity(parsed.len().div_ceil(PROFILES_PER_SET));
    let mut parsed = parsed.into_iter().peekable();
    while parsed.peek().is_some() {
        sets.push(parsed.by_ref().take(PROFILES_PER_SET).collect());
    }
    sets
}
