//! The accounts of a job: what was frozen, and where everybody stands. Summed over chunks, never over recipients,
//! so a read costs the same for ten thousand and ten million.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::delivery::{Counts, DeliveryState};
use postrider_core::id::{ManifestId, ScheduleId, TenantId};
use postrider_core::time::Timestamp;

statements! { "accounts":
    MANIFEST = "SELECT number, id, matched, excluded, duplicates, audience_hash, frozen_at FROM manifests \
        WHERE tenant_id = $1 AND schedule_id = $2";
    COUNTS = "SELECT CAST(COALESCE(SUM(pending), 0) AS BIGINT), CAST(COALESCE(SUM(in_flight), 0) AS BIGINT), \
        CAST(COALESCE(SUM(sent), 0) AS BIGINT), CAST(COALESCE(SUM(failed), 0) AS BIGINT), \
        CAST(COALESCE(SUM(suppressed), 0) AS BIGINT), CAST(COALESCE(SUM(skipped), 0) AS BIGINT), \
        CAST(COALESCE(SUM(expired), 0) AS BIGINT), CAST(COALESCE(SUM(canceled), 0) AS BIGINT), \
        CAST(COALESCE(SUM(uncertain), 0) AS BIGINT) FROM chunks WHERE manifest_number = $1 AND tenant_id = $2";
}

/// A frozen, or freezing, audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accounts {
    /// The short key of its ledger.
    pub manifest_number: i64,
    /// Its id.
    pub manifest: ManifestId,
    /// Memberships of included audiences looked at so far.
    pub matched: i64,
    /// Of these, taken out by an excluded audience.
    pub excluded: i64,
    /// Of these, the same person or address again.
    pub duplicates: i64,
    /// Hash chain over everybody in the ledger.
    pub audience_hash: Vec<u8>,
    /// When the last recipient was frozen.
    pub frozen_at: Option<Timestamp>,
    /// Where everybody stands.
    pub counts: Counts,
}

impl Tx<'_> {
    /// The accounts of a job; none before its audience begins to be frozen.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn accounts(&mut self, tenant: TenantId, job: ScheduleId) -> Result<Option<Accounts>, StoreError> {
        let manifest = self.query_one(&MANIFEST, &[id(tenant), id(job)], |row| {
            Ok(Accounts {
                manifest_number: row.next()?,
                manifest: row.id()?,
                matched: row.next()?,
                excluded: row.next()?,
                duplicates: row.next()?,
                audience_hash: row.next()?,
                frozen_at: row.next()?,
                counts: Counts::default(),
            })
        })?;
        let Some(mut accounts) = manifest else { return Ok(None) };
        accounts.counts = self.manifest_counts(tenant, accounts.manifest_number)?;
        Ok(Some(accounts))
    }

    /// Where everybody of a manifest stands: the sum over its chunks.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn manifest_counts(&mut self, tenant: TenantId, manifest: i64) -> Result<Counts, StoreError> {
        Ok(self.query_one(&COUNTS, &[manifest.into(), id(tenant)], read_counts)?.unwrap_or_default())
    }
}

/// Reads the nine counters in the order of [`DeliveryState::ALL`].
pub(crate) fn read_counts(row: &mut Row) -> Result<Counts, StoreError> {
    let mut counts = Counts::default();
    for &state in DeliveryState::ALL {
        counts.add(state, row.next()?);
    }
    Ok(counts)
}
