//! What `doctor` looks at: for each manifest its accounts, counted twice, and what bounds it.
//!
//! All tenants. Each manifest is read in one snapshot, so that a busy engine does not look like a broken one.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use postrider_core::delivery::{Counts, DeliveryState};
use postrider_core::id::{CampaignId, NodeId, ScheduleId, TemplateVersionId, TenantId};
use postrider_core::schedule::JobState;
use postrider_core::time::Timestamp;

/// Faulty rows that are named, at most, of one kind in one manifest.
const NAMED_MAX: i64 = 20;

statements! { "inspection":
    MANIFEST = "SELECT m.number, m.tenant_id, j.id, j.state, m.last_seq, m.matched, m.excluded, m.duplicates, \
        m.frozen_at, j.finished_at FROM manifests m JOIN schedule_jobs j ON j.id = m.schedule_id \
        WHERE m.number > $1 ORDER BY m.number LIMIT 1";
    LEDGER = "SELECT state, COUNT(*), CAST(MAX(attempt) AS BIGINT) FROM deliveries WHERE manifest_number = $1 \
        GROUP BY state";
    REPEATED = "SELECT MIN(seq) FROM deliveries WHERE manifest_number = $1 AND address_key IS NOT NULL \
        GROUP BY address_key HAVING COUNT(*) > 1 LIMIT $2";
    CLAIMED = "SELECT chunk, node_id, lease_until, fence FROM chunks WHERE manifest_number = $1 AND state = 'claimed' \
        ORDER BY chunk LIMIT $2";
    /// All tenants. Few chunks have somebody who failed, and only these are read.
    POISONED = "SELECT j.campaign_id, j.id, j.template_version_id, MIN(d.seq), COUNT(*) FROM manifests m \
        CROSS JOIN schedule_jobs j CROSS JOIN chunks c CROSS JOIN deliveries d WHERE j.id = m.schedule_id \
        AND c.manifest_number = m.number AND c.failed + c.uncertain > 0 AND d.manifest_number = c.manifest_number \
        AND d.seq BETWEEN c.first_seq AND c.last_seq AND d.reason = $1 \
        GROUP BY j.campaign_id, j.id, j.template_version_id ORDER BY j.id DESC LIMIT $2";
    UNEQUAL = "SELECT c.chunk FROM chunks c WHERE c.manifest_number = $1 AND c.chunk > $2 AND \
        (c.pending + c.in_flight + c.sent + c.failed + c.suppressed + c.skipped + c.expired + c.canceled \
        + c.uncertain <> c.last_seq - c.first_seq + 1 OR c.pending < 0 OR c.in_flight < 0 \
        OR (c.state = 'done' AND c.pending + c.in_flight > 0) OR (c.state = 'ready' AND c.in_flight > 0)) \
        ORDER BY c.chunk LIMIT $3";
}

/// A manifest, counted twice.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// Its number.
    pub manifest: i64,
    /// Its job.
    pub job: ScheduleId,
    /// Where the job stands.
    pub state: JobState,
    /// Whether it says that everybody is accounted for. A job that was taken back in mid-send is not over at once.
    pub is_over: bool,
    /// Recipients frozen, as the manifest says; none while freezing goes on.
    pub frozen: Option<i64>,
    /// Memberships looked at, less those excluded and repeated: what should be frozen.
    pub kept: i64,
    /// The sum of the chunks' counters.
    pub chunks: Counts,
    /// The ledger's rows by state.
    pub ledger: Counts,
    /// The most attempts that a recipient has.
    pub attempts_max: i64,
    /// First places of addresses that stand in it more than once; at most 20.
    pub repeated: Vec<i64>,
    /// Claimed chunks with owner, end of lease and fence; at most 20.
    pub claimed: Vec<(i64, Option<NodeId>, Option<Timestamp>, i64)>,
    /// Chunks whose counters do not add up to their range, or do not fit their state; at most 20.
    pub unequal: Vec<i64>,
}

/// A job that could not render the messages of some recipients, because the process ended each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoisonedJob {
    /// Its campaign.
    pub campaign: CampaignId,
    /// The job.
    pub job: ScheduleId,
    /// What it renders.
    pub template_version: TemplateVersionId,
    /// The first of these recipients: its place in the ledger.
    pub first_seq: i64,
    /// How many there are.
    pub recipients: i64,
}

impl Tx<'_> {
    /// Jobs of all tenants with recipients that failed as [`POISONED`](postrider_core::delivery::POISONED): the newest
    /// 20.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn poisoned_jobs(&mut self) -> Result<Vec<PoisonedJob>, StoreError> {
        self.query_as(&POISONED, &[postrider_core::delivery::POISONED.into(), NAMED_MAX.into()], |row| {
            Ok(PoisonedJob {
                campaign: row.id()?,
                job: row.id()?,
                template_version: row.id()?,
                first_seq: row.next()?,
                recipients: row.next()?,
            })
        })
    }

    /// The first manifest after a number, looked through whole. Memory is bounded, time grows with the manifest.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn inspect_after(&mut self, number: i64) -> Result<Option<Inspected>, StoreError> {
        let found = self.query_one(&MANIFEST, &[number.into()], |row| {
            let (manifest, tenant) = (row.next()?, row.id::<TenantId>()?);
            let (job, state) = (row.id()?, row.word(JobState::parse)?);
            let (last_seq, matched): (i64, i64) = (row.next()?, row.next()?);
            let (excluded, duplicates): (i64, i64) = (row.next()?, row.next()?);
            let frozen_at: Option<Timestamp> = row.next()?;
            let finished_at: Option<Timestamp> = row.next()?;
            let inspected = Inspected {
                manifest,
                job,
                state,
                is_over: finished_at.is_some(),
                frozen: frozen_at.map(|_| last_seq),
                kept: matched - excluded - duplicates,
                chunks: Counts::default(),
                ledger: Counts::default(),
                attempts_max: 0,
                repeated: Vec::new(),
                claimed: Vec::new(),
                unequal: Vec::new(),
            };
            Ok((tenant, inspected))
        })?;
        let Some((tenant, mut found)) = found else { return Ok(None) };
        let manifest = found.manifest;
        found.chunks = self.manifest_counts(tenant, manifest)?;
        let parts = self.query_as(&LEDGER, &[manifest.into()], |row| {
            Ok((row.word(DeliveryState::parse)?, row.next::<i64>()?, row.next::<i64>()?))
        })?;
        for (state, rows, attempts) in parts {
            found.ledger.add(state, rows);
            found.attempts_max = found.attempts_max.max(attempts);
        }
        found.repeated = self.query_as(&REPEATED, &[manifest.into(), NAMED_MAX.into()], |row| row.next())?;
        found.claimed = self.query_as(&CLAIMED, &[manifest.into(), NAMED_MAX.into()], |row| {
            Ok((row.next()?, row.optional_id()?, row.next()?, row.next()?))
        })?;
        found.unequal = self.query_as(&UNEQUAL, &[manifest.into(), 0.into(), NAMED_MAX.into()], |row| row.next())?;
        Ok(Some(found))
    }
}
