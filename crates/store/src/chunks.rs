//! Chunks: what the engine claims. A chunk is a range of the ledger with a lease, a fence and its own accounts.
//!
//! Invariants: who changes rows of a claimed chunk holds its fence and its row lock; the counters change in the
//! transaction that changes the rows, so they are equal on every read.

use crate::error::StoreError;
use crate::execution::read_budget;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::channel::ChannelKind;
use postrider_core::delivery::{Counts, DeliveryState};
use postrider_core::id::{NodeId, ScheduleId, TenantId};
use postrider_core::pacing::Budget;
use postrider_core::schedule::{JobState, OnUncertain};
use postrider_core::time::Timestamp;

/// The longest time that any node may claim something for, in milliseconds.
pub const LEASE_MAX_MS: i64 = 600_000;
/// Jobs that are looked at for work at once; so many more than ever wait for their rates at once that these do not
/// hide others.
const WORK_MAX: i64 = 1_000;

statements! { "chunks":
    INSERT = "INSERT INTO chunks (manifest_number, chunk, tenant_id, first_seq, last_seq, state, due_at, fence, \
        pending, in_flight, sent, failed, suppressed, skipped, expired, canceled, uncertain) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, 0, 0, 0, $9, $10, 0, 0, 0)";
    /// All tenants: running jobs of a channel that have a chunk ready, the one due first in front. A claimed chunk without
    /// pending rows only waits for its provider, so it does not count as work that a lane has.
    WORK = "SELECT number, due_at, rate_per_minute, budget_at, budget_taken, per_minute, taken_at, taken, claimed FROM \
        (SELECT m.number, j.rate_per_minute, j.budget_at, j.budget_taken, b.per_minute, b.taken_at, b.taken, \
        (SELECT MIN(c.due_at) FROM chunks c WHERE c.manifest_number = m.number AND c.state = 'ready') AS due_at, \
        CASE WHEN j.rate_per_minute IS NULL AND b.per_minute IS NULL THEN 0 ELSE (SELECT COUNT(*) FROM chunks c \
        WHERE c.manifest_number = m.number AND c.state = 'claimed' AND c.pending > 0) END AS claimed \
        FROM schedule_jobs j JOIN manifests m ON m.schedule_id = j.id \
        LEFT JOIN tenant_budgets b ON b.tenant_id = j.tenant_id AND b.channel = j.channel \
        WHERE j.state = 'running' AND j.channel = $1) AS work WHERE due_at IS NOT NULL ORDER BY due_at, number \
        LIMIT $2";
    /// Claimers on a server pass each other instead of queueing for the same row.
    PICK = fork sqlite "SELECT chunk FROM chunks WHERE manifest_number = $1 AND state = 'ready' AND due_at <= $2 \
        ORDER BY due_at, chunk LIMIT 1"
        postgres "SELECT chunk FROM chunks WHERE manifest_number = $1 AND state = 'ready' AND due_at <= $2 \
        ORDER BY due_at, chunk LIMIT 1 FOR UPDATE SKIP LOCKED";
    CLAIM = "UPDATE chunks SET state = 'claimed', node_id = $1, lease_until = $2, fence = fence + 1 \
        WHERE manifest_number = $3 AND chunk = $4 AND state = 'ready' \
        RETURNING fence, first_seq, last_seq, deaths, suspect_seq";
    /// A server locks the chunk, and holds the job's state until the marks are committed.
    HOLD = fork sqlite "SELECT j.state, j.blocked_reason, c.first_seq, c.last_seq FROM chunks c JOIN manifests m \
        ON m.number = c.manifest_number JOIN schedule_jobs j ON j.id = m.schedule_id \
        WHERE c.manifest_number = $1 AND c.chunk = $2 AND c.fence = $3 AND c.state = 'claimed'"
        postgres "SELECT j.state, j.blocked_reason, c.first_seq, c.last_seq FROM chunks c JOIN manifests m \
        ON m.number = c.manifest_number JOIN schedule_jobs j ON j.id = m.schedule_id \
        WHERE c.manifest_number = $1 AND c.chunk = $2 AND c.fence = $3 AND c.state = 'claimed' \
        FOR UPDATE OF c FOR SHARE OF j";
    ADJUST = "UPDATE chunks SET pending = pending + $1, in_flight = in_flight + $2, sent = sent + $3, \
        failed = failed + $4, suppressed = suppressed + $5, skipped = skipped + $6, expired = expired + $7, \
        canceled = canceled + $8, uncertain = uncertain + $9, lease_until = COALESCE($10, lease_until) \
        WHERE manifest_number = $11 AND chunk = $12";
    COMPOSING = "UPDATE chunks SET composing_seq = $1 WHERE manifest_number = $2 AND chunk = $3 AND fence = $4 \
        AND state = 'claimed'";
    CLEARED = "UPDATE chunks SET deaths = 0, composing_seq = NULL, suspect_seq = NULL \
        WHERE manifest_number = $1 AND chunk = $2 AND fence = $3 AND state = 'claimed'";
    RENEW = "UPDATE chunks SET lease_until = $1 WHERE manifest_number = $2 AND chunk = $3 AND fence = $4 \
        AND state = 'claimed'";
    RELEASE = "UPDATE chunks SET state = CASE WHEN pending + in_flight = 0 THEN 'done' ELSE 'ready' END, \
        due_at = COALESCE($1, due_at), node_id = NULL, lease_until = NULL, composing_seq = NULL \
        WHERE manifest_number = $2 AND chunk = $3 RETURNING state";
    /// A claimed chunk finds the rows when it is given back.
    REOPEN = "UPDATE chunks SET state = 'ready', due_at = CASE WHEN state = 'ready' AND due_at < $1 THEN due_at \
        ELSE $1 END WHERE manifest_number = $2 AND chunk = $3 AND state <> 'claimed'";
    /// All tenants: claimed chunks whose lease ran out or ends further ahead than a lease can, or all of them.
    LOST = "SELECT c.manifest_number, c.chunk, c.fence, c.first_seq, c.last_seq, c.deaths, c.suspect_seq, \
        c.composing_seq, m.tenant_id, j.id, j.on_uncertain, j.latest_finish FROM chunks c JOIN manifests m ON m.number = c.manifest_number \
        JOIN schedule_jobs j ON j.id = m.schedule_id WHERE c.state = 'claimed' \
        AND (c.lease_until <= $1 OR CAST($2 AS BIGINT) = 1 OR c.lease_until > $3) \
        ORDER BY c.manifest_number, c.chunk LIMIT 1";
    /// All tenants.
    IS_LOST = "SELECT COUNT(*) FROM chunks WHERE state = 'claimed' \
        AND (lease_until <= $1 OR CAST($2 AS BIGINT) = 1 OR lease_until > $3)";
    /// The old fence is worth nothing from here on. Locks the chunk. The lease is looked at again, under the lock: its
    /// holder may have renewed it since it was read.
    FENCE_OFF = "UPDATE chunks SET fence = fence + 1, deaths = deaths + 1, composing_seq = NULL, \
        suspect_seq = CASE WHEN composing_seq = suspect_seq THEN NULL ELSE COALESCE(composing_seq, suspect_seq) END \
        WHERE manifest_number = $1 AND chunk = $2 AND fence = $3 \
        AND state = 'claimed' AND (lease_until <= $4 OR CAST($5 AS BIGINT) = 1 OR lease_until > $6) \
        RETURNING first_seq, last_seq";
}

/// A chunk, named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChunkKey {
    /// Number of its manifest.
    pub manifest: i64,
    /// Its number in the manifest, from 1.
    pub chunk: i64,
}

/// A running job with a chunk ready.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    /// Its manifest.
    pub manifest: i64,
    /// When the chunk that is due first is due.
    pub due_at: Timestamp,
    /// The job's budget, if it has a rate.
    pub budget: Option<Budget>,
    /// The budget of all jobs of its tenant on the channel, if there is one.
    pub shared: Option<Budget>,
    /// How many of its claimed chunks have pending rows; counted only where there is a budget.
    pub claimed: i64,
}

/// A chunk that is held: who has its fence may change its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Which.
    pub key: ChunkKey,
    /// What the lease is worth: nobody has claimed it since.
    pub fence: i64,
    /// First sequence number.
    pub first_seq: i64,
    /// Last sequence number.
    pub last_seq: i64,
    /// How often a process ended while it held the chunk and nothing has explained it since.
    pub deaths: i64,
    /// The recipient whose message was rendered alone when the process ended, if there is one.
    pub suspect: Option<i64>,
}

/// A chunk whose holder is gone.
#[derive(Debug, Clone, Copy)]
pub struct LostChunk {
    /// The claim that is worth nothing any more.
    pub claim: Claim,
    /// The recipient whose message was rendered alone when the holder ended, if there was one.
    pub composing: Option<i64>,
    /// Whose.
    pub tenant: TenantId,
    /// Of which job.
    pub job: ScheduleId,
    /// What happens to recipients in flight.
    pub on_uncertain: OnUncertain,
    /// Nothing leaves at or after this instant.
    pub latest_finish: Option<Timestamp>,
}

/// The job behind a held chunk, as it stands while the transaction lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldJob {
    /// Where it stands.
    pub state: JobState,
    /// What was said to be in its way.
    pub blocked_reason: Option<String>,
    /// First and last sequence number of the chunk: a part of it may have been split off since it was claimed.
    pub seqs: (i64, i64),
}

/// A lease that ends later was given by a clock that has been set back since, and does not count. Nodes may differ in
/// how long they claim for, so the longest counts.
pub(crate) const fn lease_bound(now: Timestamp) -> Timestamp {
    now.plus_millis(2 * LEASE_MAX_MS)
}

impl Tx<'_> {
    /// Adds a chunk with freshly frozen rows.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn chunk_insert(
        &mut self,
        tenant: TenantId,
        key: ChunkKey,
        seqs: (i64, i64),
        due_at: Timestamp,
        counts: &Counts,
    ) -> Result<(), StoreError> {
        let state = if counts.live() == 0 { "done" } else { "ready" };
        let values = [
            key.manifest.into(),
            key.chunk.into(),
            id(tenant),
            seqs.0.into(),
            seqs.1.into(),
            state.into(),
            due_at.into(),
            counts.of(DeliveryState::Pending).into(),
            counts.of(DeliveryState::Suppressed).into(),
            counts.of(DeliveryState::Skipped).into(),
        ];
        self.execute(&INSERT, &values).map(drop)
    }

    /// Running jobs of a channel with a chunk ready, the one due first in front.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn chunk_work(&mut self, channel: ChannelKind) -> Result<Vec<Work>, StoreError> {
        self.query_as(&WORK, &[channel.as_str().into(), WORK_MAX.into()], |row| {
            Ok(Work {
                manifest: row.next()?,
                due_at: row.next()?,
                budget: read_budget(row)?,
                shared: read_budget(row)?,
                claimed: row.next()?,
            })
        })
    }

    /// Claims the chunk of a manifest that is due first, if one is ready and due.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn chunk_claim(
        &mut self,
        manifest: i64,
        node: NodeId,
        due: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        let picked: Option<i64> = self.query_one(&PICK, &[manifest.into(), due.into()], Row::next)?;
        let Some(chunk) = picked else { return Ok(None) };
        let values = [id(node), lease_until.into(), manifest.into(), chunk.into()];
        self.query_one(&CLAIM, &values, |row| {
            Ok(Claim {
                key: ChunkKey { manifest, chunk },
                fence: row.next()?,
                first_seq: row.next()?,
                last_seq: row.next()?,
                deaths: row.next()?,
                suspect: row.next()?,
            })
        })
    }

    /// Locks a claimed chunk and tells where its job stands; none if the fence is worth nothing any more.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn chunk_hold(&mut self, claim: &Claim) -> Result<Option<HeldJob>, StoreError> {
        let values = [claim.key.manifest.into(), claim.key.chunk.into(), claim.fence.into()];
        self.query_one(&HOLD, &values, |row| {
            Ok(HeldJob {
                state: row.word(JobState::parse)?,
                blocked_reason: row.next()?,
                seqs: (row.next()?, row.next()?),
            })
        })
    }

    /// Moves the counters of a chunk, and its lease if it is given one. Locks the chunk.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn chunk_adjust(
        &mut self,
        key: ChunkKey,
        delta: &Counts,
        lease_until: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let mut values: Vec<Value> = DeliveryState::ALL.iter().map(|&state| delta.of(state).into()).collect();
        values.extend([lease_until.into(), key.manifest.into(), key.chunk.into()]);
        self.execute(&ADJUST, &values).map(drop)
    }

    /// Renews leases; for each, whether it was still held.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn chunks_renew(&mut self, claims: &[Claim], lease_until: Timestamp) -> Result<Vec<bool>, StoreError> {
        let set = |claim: &Claim| {
            vec![lease_until.into(), claim.key.manifest.into(), claim.key.chunk.into(), claim.fence.into()]
        };
        let sets: Vec<Vec<Value>> = claims.iter().map(set).collect();
        Ok(self.execute_many(&RENEW, &sets)?.into_iter().map(|touched| touched == 1).collect())
    }

    /// Notes the recipient of a held chunk whose message is about to be rendered alone. Returns whether the chunk is
    /// still held.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn chunk_composing(&mut self, claim: &Claim, seq: i64) -> Result<bool, StoreError> {
        let values = [seq.into(), claim.key.manifest.into(), claim.key.chunk.into(), claim.fence.into()];
        Ok(self.execute(&COMPOSING, &values)? == 1)
    }

    /// Forgets the deaths in a held chunk: the messages that could have caused them render. Returns whether the chunk is
    /// still held.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn chunk_cleared(&mut self, claim: &Claim) -> Result<bool, StoreError> {
        let values = [claim.key.manifest.into(), claim.key.chunk.into(), claim.fence.into()];
        Ok(self.execute(&CLEARED, &values)? == 1)
    }

    /// Releases a held chunk: done if no recipient in it is live, else ready and due when its earliest pending row is.
    /// Returns whether it is done.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn chunk_release(&mut self, claim: &Claim) -> Result<bool, StoreError> {
        let due_at = self.chunk_earliest(claim)?;
        let values = [due_at.into(), claim.key.manifest.into(), claim.key.chunk.into()];
        let state: Option<String> = self.query_one(&RELEASE, &values, Row::next)?;
        Ok(state.as_deref() == Some("done"))
    }

    /// Lets a chunk be claimed again at once, in which recipients are pending again.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub(crate) fn chunk_reopen(&mut self, key: ChunkKey, now: Timestamp) -> Result<(), StoreError> {
        self.execute(&REOPEN, &[now.into(), key.manifest.into(), key.chunk.into()]).map(drop)
    }

    /// Whether there is a chunk to rescue.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn chunk_is_lost(&mut self, now: Timestamp, every: bool) -> Result<bool, StoreError> {
        Ok(self.query_number(&IS_LOST, &[now.into(), i64::from(every).into(), lease_bound(now).into()])? > 0)
    }

    /// Takes a chunk whose lease ran out by `now` (or, with `every`, any claimed one) from its holder. The row stays
    /// claimed, under a fence of the caller's, who releases it in this transaction.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn chunk_rescue(&mut self, now: Timestamp, every: bool) -> Result<Option<LostChunk>, StoreError> {
        let bound = lease_bound(now);
        let found = self.query_one(&LOST, &[now.into(), i64::from(every).into(), bound.into()], |row| {
            Ok(LostChunk {
                claim: Claim {
                    key: ChunkKey { manifest: row.next()?, chunk: row.next()? },
                    fence: row.next()?,
                    first_seq: row.next()?,
                    last_seq: row.next()?,
                    deaths: row.next()?,
                    suspect: row.next()?,
                },
                composing: row.next()?,
                tenant: row.id()?,
                job: row.id()?,
                on_uncertain: row.word(OnUncertain::parse)?,
                latest_finish: row.next()?,
            })
        })?;
        let Some(mut lost) = found else { return Ok(None) };
        let claim = &mut lost.claim;
        let values = [
            claim.key.manifest.into(),
            claim.key.chunk.into(),
            claim.fence.into(),
            now.into(),
            i64::from(every).into(),
            bound.into(),
        ];
        let fenced = self.query_one(&FENCE_OFF, &values, |row| Ok((row.next()?, row.next()?)))?;
        let Some((first_seq, last_seq)) = fenced else { return Ok(None) };
        // It may have been split since it was read.
        (claim.first_seq, claim.last_seq) = (first_seq, last_seq);
        claim.fence += 1;
        Ok(Some(lost))
    }
}
