//! Manifests: frozen audiences, and the freezing of them chunk by chunk. Who is frozen is read in
//! [`crate::manifest_members`].
//!
//! A manifest is frozen under one lease. Invariant: the cursor, the counters and the ledger rows of a chunk are
//! written in one transaction, so a crash repeats at most one chunk and changes nothing.

use crate::chunks::lease_bound;
use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::channel::ChannelKind;
use postrider_core::id::{CampaignId, ManifestId, NodeId, ProfileId, ScheduleId, TenantId};
use postrider_core::schedule::JobState;
use postrider_core::time::Timestamp;

/// Length of the hash chain's links, in bytes (SHA-256).
pub const AUDIENCE_HASH_BYTES: usize = 32;
/// The lock under which manifests get their numbers.
const NUMBER_LOCK: i64 = 0x6d61_6e69_6665_7374;

statements! { "manifests":
    OPEN = "INSERT INTO manifests (number, id, tenant_id, schedule_id, cursor_audience, last_seq, last_chunk, matched, \
        excluded, duplicates, audience_hash, fence, created_at) \
        VALUES ((SELECT COALESCE(MAX(number), 0) + 1 FROM manifests), $1, $2, $3, 0, 0, 0, 0, 0, 0, $4, 0, $5)";
    /// All tenants. Planners on a server skip each other's manifests.
    UNFROZEN = fork sqlite "SELECT m.number, m.tenant_id, m.schedule_id, j.channel, j.due_at, j.is_test, m.created_at, \
        (SELECT p.number FROM manifests p WHERE p.schedule_id = j.parent_schedule_id) FROM manifests m \
        JOIN schedule_jobs j ON j.id = m.schedule_id \
        WHERE m.frozen_at IS NULL AND (m.lease_until IS NULL OR m.lease_until <= $1 OR m.lease_until > $2) \
        ORDER BY m.number LIMIT 1"
        postgres "SELECT m.number, m.tenant_id, m.schedule_id, j.channel, j.due_at, j.is_test, m.created_at, \
        (SELECT p.number FROM manifests p WHERE p.schedule_id = j.parent_schedule_id) FROM manifests m \
        JOIN schedule_jobs j ON j.id = m.schedule_id \
        WHERE m.frozen_at IS NULL AND (m.lease_until IS NULL OR m.lease_until <= $1 OR m.lease_until > $2) \
        ORDER BY m.number LIMIT 1 \
        FOR UPDATE OF m SKIP LOCKED";
    /// All tenants.
    IS_OPEN = "SELECT COUNT(*) FROM manifests WHERE frozen_at IS NULL \
        AND (lease_until IS NULL OR lease_until <= $1 OR lease_until > $2)";
    CLAIM = "UPDATE manifests SET node_id = $1, lease_until = $2, fence = fence + 1 WHERE number = $3 \
        AND frozen_at IS NULL AND (lease_until IS NULL OR lease_until <= $4 OR lease_until > $5) RETURNING fence";
    KEEP = "UPDATE manifests SET lease_until = $1 WHERE number = $2 AND fence = $3 AND node_id IS NOT NULL \
        AND frozen_at IS NULL RETURNING cursor_audience, cursor_profile_id, last_seq, last_chunk, matched, excluded, \
        duplicates, audience_hash";
    /// All tenants: the number is the engine's own.
    OWNER = "SELECT tenant_id, schedule_id FROM manifests WHERE number = $1";
    CAMPAIGN = "SELECT name, category FROM campaigns WHERE tenant_id = $1 AND id = $2";
    STATE = "SELECT state FROM schedule_jobs WHERE tenant_id = $1 AND id = $2";
    ADVANCE = "UPDATE manifests SET cursor_audience = $1, cursor_profile_id = $2, last_seq = $3, last_chunk = $4, \
        matched = $5, excluded = $6, duplicates = $7, audience_hash = $8 WHERE number = $9";
    FREEZE = "UPDATE manifests SET frozen_at = $1, node_id = NULL, lease_until = NULL WHERE number = $2";
    RELEASE = "UPDATE manifests SET node_id = NULL, lease_until = NULL WHERE number = $1 AND fence = $2";
    /// All tenants. Only for the one process that owns an embedded database.
    RELEASE_ALL = "UPDATE manifests SET node_id = NULL, lease_until = NULL, fence = fence + 1 \
        WHERE node_id IS NOT NULL AND frozen_at IS NULL";
}

/// A manifest that is to be frozen, as claimed.
#[derive(Debug, Clone, Copy)]
pub struct Freezing {
    /// Its number.
    pub manifest: i64,
    /// Whose.
    pub tenant: TenantId,
    /// For which job.
    pub job: ScheduleId,
    /// Channel.
    pub channel: ChannelKind,
    /// When its deliveries are due.
    pub due_at: Timestamp,
    /// Whether it is of a test send, which names its people.
    pub is_test: bool,
    /// When the job began: what dates relative to now in its rules are relative to.
    pub begun_at: Timestamp,
    /// The manifest whose failed recipients it tries again, if it is of such a job.
    pub parent: Option<i64>,
    /// What the lease is worth: nobody has claimed it since.
    pub fence: i64,
}

/// How far a manifest is frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Which of the included audiences is being read, from 0 in order of position.
    pub audience: i64,
    /// The last profile read of it.
    pub profile: Option<ProfileId>,
    /// Last sequence number given.
    pub last_seq: i64,
    /// Last chunk made.
    pub last_chunk: i64,
    /// Memberships looked at.
    pub matched: i64,
    /// Of these, taken out by an excluded audience.
    pub excluded: i64,
    /// Of these, the same person or address again.
    pub duplicates: i64,
    /// The hash chain so far.
    pub audience_hash: Vec<u8>,
}

impl Tx<'_> {
    /// Opens the manifests of jobs that begin. Do it last: the lock under which manifests get their numbers is held until
    /// the transaction ends.
    ///
    /// # Errors
    /// Any [`StoreError`]; `Conflict` if a job has one.
    pub fn manifests_open(
        &mut self,
        jobs: &[(TenantId, ScheduleId, ManifestId)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if jobs.is_empty() {
            return Ok(());
        }
        self.wait_lock(NUMBER_LOCK)?;
        let set = |&(tenant, job, manifest): &(TenantId, ScheduleId, ManifestId)| {
            vec![id(manifest), id(tenant), id(job), vec![0; AUDIENCE_HASH_BYTES].into(), now.into()]
        };
        let sets: Vec<_> = jobs.iter().map(set).collect();
        self.execute_many(&OPEN, &sets).map(drop)
    }

    /// Whether there is a manifest to claim.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn manifest_is_open(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.query_number(&IS_OPEN, &[now.into(), lease_bound(now).into()])? > 0)
    }

    /// Claims the oldest manifest that is not frozen and that no planner is freezing.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn manifest_claim(
        &mut self,
        node: NodeId,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Option<Freezing>, StoreError> {
        let bound = lease_bound(now);
        let found = self.query_one(&UNFROZEN, &[now.into(), bound.into()], |row| {
            Ok(Freezing {
                manifest: row.next()?,
                tenant: row.id()?,
                job: row.id()?,
                channel: row.word(ChannelKind::parse)?,
                due_at: row.next()?,
                is_test: row.next()?,
                begun_at: row.next()?,
                parent: row.next()?,
                fence: 0,
            })
        })?;
        let Some(freezing) = found else { return Ok(None) };
        let values = [id(node), lease_until.into(), freezing.manifest.into(), now.into(), bound.into()];
        let fence = self.query_one(&CLAIM, &values, Row::next)?;
        Ok(fence.map(|fence| Freezing { fence, ..freezing }))
    }

    /// Renews the lease and answers how far the manifest is frozen; none if the lease is lost. Locks the manifest.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn manifest_keep(&mut self, freezing: &Freezing, lease_until: Timestamp) -> Result<Option<Cursor>, StoreError> {
        let values = [lease_until.into(), freezing.manifest.into(), freezing.fence.into()];
        self.query_one(&KEEP, &values, |row| {
            Ok(Cursor {
                audience: row.next()?,
                profile: row.optional_id()?,
                last_seq: row.next()?,
                last_chunk: row.next()?,
                matched: row.next()?,
                excluded: row.next()?,
                duplicates: row.next()?,
                audience_hash: row.next()?,
            })
        })
    }

    /// Whose a manifest is, and for which job.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn manifest_owner(&mut self, manifest: i64) -> Result<Option<(TenantId, ScheduleId)>, StoreError> {
        self.query_one(&OWNER, &[manifest.into()], |row| Ok((row.id()?, row.id()?)))
    }

    /// The name and the category of a campaign, deleted or not.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn manifest_campaign(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
    ) -> Result<Option<(String, String)>, StoreError> {
        self.query_one(&CAMPAIGN, &[id(tenant), id(campaign)], |row| Ok((row.next()?, row.next()?)))
    }

    /// Where the job of a manifest stands.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn manifest_job_state(&mut self, freezing: &Freezing) -> Result<Option<JobState>, StoreError> {
        self.query_one(&STATE, &[id(freezing.tenant), id(freezing.job)], |row| row.word(JobState::parse))
    }

    /// Moves the cursor.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn manifest_advance(&mut self, manifest: i64, cursor: &Cursor) -> Result<(), StoreError> {
        let values = [
            cursor.audience.into(),
            cursor.profile.map_or(Value::Null, id),
            cursor.last_seq.into(),
            cursor.last_chunk.into(),
            cursor.matched.into(),
            cursor.excluded.into(),
            cursor.duplicates.into(),
            Value::Blob(cursor.audience_hash.clone()),
            manifest.into(),
        ];
        self.execute(&ADVANCE, &values).map(drop)
    }

    /// Says that nobody more will be added.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn manifest_freeze(&mut self, manifest: i64, now: Timestamp) -> Result<(), StoreError> {
        self.execute(&FREEZE, &[now.into(), manifest.into()]).map(drop)
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn manifest_release(&mut self, freezing: &Freezing) -> Result<(), StoreError> {
        self.execute(&RELEASE, &[freezing.manifest.into(), freezing.fence.into()]).map(drop)
    }

    /// Takes the leases of all earlier processes. Only for the one process that owns an embedded database.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn manifests_release_all(&mut self) -> Result<(), StoreError> {
        self.execute(&RELEASE_ALL, &[]).map(drop)
    }
}
