//! Freezes audiences, chunk by chunk, while others already send what is frozen.
//!
//! One transaction freezes one chunk, or a few small ones: it checks the lease, reads members after the cursor, decides,
//! writes, and moves the cursor. Invariant: memory is that of one chunk, whatever the size of the audience.

mod named;
mod page;

use crate::cluster::{Cluster, Signals};
use crate::driver::{Progress, Task};
use crate::settings::ChannelSettings;
use page::{Page, judge};
pub(crate) use page::{is_suppressed, suppression_keys};
use postrider_core::delivery::{Counts, DeliveryState, chunk_size};
use postrider_core::env::BoxFuture;
use postrider_core::schedule::JobState;
use postrider_core::time::Timestamp;
use postrider_store::chunks::ChunkKey;
use postrider_store::job_audiences::JobAudiences;
use postrider_store::manifests::{Cursor, Freezing};
use postrider_store::rules::MembersPage;
use postrider_store::wake::Topic;
use postrider_store::{StoreError, Tx};
use std::sync::Arc;

/// Manifests that one engine freezes at once, so that a long audience does not hold up a short one.
pub(crate) const PLANNERS: usize = 4;
/// Memberships after which a transaction begins no further chunk: the few small chunks of a small audience, or the first
/// ones of a large audience, are frozen together.
const TOGETHER_MAX: i64 = 100;

/// The task; several run beside each other, each with a manifest of its own.
pub(crate) struct Planner {
    cluster: Arc<Cluster>,
    /// The manifest that is being frozen, and its audiences once they were read.
    freezing: Option<(Freezing, Option<Arc<JobAudiences>>)>,
    /// Whether there was work at the last look: then the planner claims without looking first.
    is_busy: bool,
}

/// What one transaction did.
enum Frozen {
    /// Some chunks, with room for more.
    Chunks,
    /// The last one.
    Whole,
    /// Nothing: somebody else has the lease.
    Lost,
}

impl Planner {
    pub(crate) const fn new(cluster: Arc<Cluster>) -> Self {
        Self { cluster, freezing: None, is_busy: false }
    }

    async fn freeze_one(&mut self) -> Result<Progress, StoreError> {
        if self.freezing.is_none() {
            if !self.cluster.may_send() {
                return Ok(Progress::Idle { next: None });
            }
            let now = self.cluster.now();
            if !self.is_busy {
                let open = self.cluster.store.read("manifest.open", move |tx| tx.manifest_is_open(now));
                self.is_busy = open.await?;
            }
            if self.is_busy {
                self.freezing = self.claim(now).await?.map(|freezing| (freezing, None));
            }
            // Other planners hold the remaining manifests.
            self.is_busy = self.freezing.is_some();
        }
        let Some((freezing, audiences)) = self.freezing.clone() else { return Ok(Progress::Idle { next: None }) };
        let (now, lease_until) = (self.cluster.now(), self.cluster.lease_until());
        let channel = self.cluster.settings.channel(freezing.channel);
        let step = self.cluster.store.write_guarded("manifest.freeze", move |tx| {
            let audiences = match &audiences {
                Some(audiences) => Arc::clone(audiences),
                None => Arc::new(tx.schedule_audiences(freezing.job)?),
            };
            let frozen = freeze_chunks(tx, &freezing, &audiences, channel, now, lease_until)?;
            Ok::<_, StoreError>((frozen, audiences))
        });
        let (frozen, audiences) = match step.await {
            Ok(done) => done,
            Err(error) => {
                // Whether it happened or not, the next claim goes on from the cursor.
                self.freezing = None;
                return Err(self.give_back(freezing, error).await);
            }
        };
        match frozen {
            Frozen::Chunks => self.freezing = Some((freezing, Some(audiences))),
            Frozen::Lost => self.freezing = None,
            Frozen::Whole => {
                self.freezing = None;
                Signals::raise(&self.cluster.signals.settled);
            }
        }
        self.cluster.nudge(Topic::Deliveries);
        Ok(Progress::More)
    }

    async fn claim(&self, now: Timestamp) -> Result<Option<Freezing>, StoreError> {
        let (node, lease_until) = (self.cluster.node, self.cluster.lease_until());
        self.cluster.store.write_guarded("manifest.claim", move |tx| tx.manifest_claim(node, now, lease_until)).await
    }

    /// Lets others go on at once after a failure, unless they would fail the same way: then the lease has to run out,
    /// and the manifests behind this one do not wait for it.
    async fn give_back(&self, freezing: Freezing, error: StoreError) -> StoreError {
        if matches!(error, StoreError::Corrupt { .. } | StoreError::Failed(_)) {
            tracing::error!(manifest = freezing.manifest, job = %freezing.job, "freezing an audience failed");
        } else {
            self.release(freezing).await;
        }
        error
    }

    /// If that fails too, the lease runs out by itself.
    async fn release(&self, freezing: Freezing) {
        let release = self.cluster.store.write_guarded("manifest.release", move |tx| tx.manifest_release(&freezing));
        if let Err(error) = release.await {
            tracing::debug!(%error, manifest = freezing.manifest, "a manifest keeps its lease until it runs out");
        }
    }
}

impl Task for Planner {
    fn name(&self) -> &'static str {
        "planner"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(self.freeze_one())
    }

    fn close(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            if let Some((freezing, _)) = self.freezing.take() {
                self.release(freezing).await;
            }
        })
    }
}

/// Freezes the next chunk, and those after it while they are small.
fn freeze_chunks(
    tx: &mut Tx<'_>,
    freezing: &Freezing,
    audiences: &JobAudiences,
    channel: ChannelSettings,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Frozen, StoreError> {
    let Some(mut cursor) = tx.manifest_keep(freezing, lease_until)? else { return Ok(Frozen::Lost) };
    // Who takes a job back need not wait until its audience is whole: it is frozen as far as it came.
    let canceled = tx.manifest_job_state(freezing)?.is_none_or(JobState::is_final);
    if freezing.is_test && !canceled {
        let page = named::judge_named(tx, freezing, now)?;
        write_chunk(tx, freezing, &mut cursor, &page, now)?;
        cursor.matched = cursor.last_seq;
        tx.manifest_advance(freezing.manifest, &cursor)?;
        tx.manifest_freeze(freezing.manifest, now)?;
        return Ok(Frozen::Whole);
    }
    // A job that tries failed recipients again has no audience of its own.
    let audiences_number = if freezing.parent.is_some() { 1 } else { audiences.include.len() };
    let is_whole = |cursor: &Cursor| usize::try_from(cursor.audience).is_ok_and(|at| at >= audiences_number);
    let enough_at = cursor.matched + TOGETHER_MAX;
    let mut has_room = !canceled && !is_whole(&cursor);
    while has_room {
        freeze_chunk(tx, freezing, audiences, channel, &mut cursor, now)?;
        has_room = !is_whole(&cursor) && cursor.matched < enough_at;
    }
    tx.manifest_advance(freezing.manifest, &cursor)?;
    if canceled || is_whole(&cursor) {
        tx.manifest_freeze(freezing.manifest, now)?;
        return Ok(Frozen::Whole);
    }
    Ok(Frozen::Chunks)
}

/// Freezes one chunk and moves the cursor, which the caller writes.
fn freeze_chunk(
    tx: &mut Tx<'_>,
    freezing: &Freezing,
    audiences: &JobAudiences,
    channel: ChannelSettings,
    cursor: &mut Cursor,
    now: Timestamp,
) -> Result<(), StoreError> {
    let size = chunk_size(cursor.matched, channel.lanes, channel.window);
    let source = usize::try_from(cursor.audience).ok().and_then(|at| audiences.include.get(at));
    let MembersPage { members, next } = match (freezing.parent, source) {
        (Some(parent), _) => tx.manifest_failed(freezing, parent, cursor.profile, size)?,
        (None, Some(source)) => tx.manifest_members(freezing, audiences, source, cursor.profile, size)?,
        (None, None) => MembersPage { members: Vec::new(), next: None },
    };
    cursor.matched += i64::try_from(members.len()).unwrap_or(size);
    let page = judge(tx, freezing, members, now)?;
    write_chunk(tx, freezing, cursor, &page, now)?;
    cursor.profile = next;
    if next.is_none() {
        cursor.audience += 1;
    }
    Ok(())
}

/// Writes the rows of a page and the chunk that they make, and counts.
fn write_chunk(
    tx: &mut Tx<'_>,
    freezing: &Freezing,
    cursor: &mut Cursor,
    page: &Page,
    now: Timestamp,
) -> Result<(), StoreError> {
    let added = tx.ledger_freeze(freezing.manifest, cursor.last_seq, &page.rows, now)?;
    let mut counts = Counts::default();
    for (row, _) in page.rows.iter().zip(&added).filter(|(_, added)| **added) {
        counts.add(row.state, 1);
        page::extend_hash(&mut cursor.audience_hash, row);
    }
    let frozen = counts.frozen();
    cursor.excluded += page.excluded;
    cursor.duplicates += page.repeated + i64::try_from(page.rows.len()).unwrap_or_default() - frozen;
    if frozen > 0 {
        let seqs = (cursor.last_seq + 1, cursor.last_seq + frozen);
        cursor.last_seq += frozen;
        cursor.last_chunk += 1;
        let key = ChunkKey { manifest: freezing.manifest, chunk: cursor.last_chunk };
        debug_assert_eq!(counts.of(DeliveryState::InFlight), 0, "nobody is frozen in flight");
        tx.chunk_insert(freezing.tenant, key, seqs, freezing.due_at, &counts)?;
    }
    Ok(())
}
