//! A job that has begun, as the engine leaves it: one recipient in the ledger, who waits.

use super::TestApp;
use postrider_core::delivery::{Counts, DeliveryState};
use postrider_core::env::Clock as _;
use postrider_core::id::{DeliveryId, ManifestId, NodeId, ProfileId, ScheduleId, TenantId};
use postrider_core::schedule::JobState;
use postrider_store::chunks::ChunkKey;
use postrider_store::execution::JobMove;
use postrider_store::ledger::{Change, FrozenRow};
use serde_json::Value;

/// Begins the job of an answer of `schedule-jobs` or `send-jobs`, and answers its one delivery.
pub async fn begun(app: &TestApp, tenant: TenantId, job: &Value) -> DeliveryId {
    let manifest: ManifestId = job["manifestId"].as_str().unwrap().parse().unwrap();
    let job: ScheduleId = job["scheduleId"].as_str().unwrap().parse().unwrap();
    let now = app.clock.now();
    let (node, profile) = (NodeId::new(now, &*app.entropy), ProfileId::new(now, &*app.entropy));
    let frozen = app.store.write("test.begin", move |tx| {
        let (from, to) = (JobState::Scheduled, JobState::Running);
        let start = JobMove {
            tenant,
            job,
            from,
            to,
            blocked_reason: None,
            due_by: None,
            started_at: Some(now),
            finished_at: None,
        };
        assert!(tx.job_move(&start)?, "the job waits");
        tx.manifests_open(&[(tenant, job, manifest)], now)?;
        let freezing = tx.manifest_claim(node, now, now.plus_millis(60_000))?.expect("it was just opened");
        let row = FrozenRow {
            profile,
            address: Some("reader1@example.test".to_owned()),
            address_key: Some([1; 16]),
            state: DeliveryState::Pending,
            reason: None,
        };
        tx.ledger_freeze(freezing.manifest, 0, &[row], now).map(drop)
    });
    frozen.await.unwrap();
    DeliveryId::of(manifest, 1)
}

/// Begins the job of such an answer and ends it: its one recipient failed for this reason, or was sent to.
pub async fn ended(app: &TestApp, tenant: TenantId, job: &Value, reason: Option<&'static str>) {
    begun(app, tenant, job).await;
    let job: ScheduleId = job["scheduleId"].as_str().unwrap().parse().unwrap();
    let now = app.clock.now();
    let node = NodeId::new(now, &*app.entropy);
    let end = app.store.write("test.end", move |tx| {
        let manifest = tx.accounts(tenant, job)?.expect("it has begun").manifest_number;
        let key = ChunkKey { manifest, chunk: 1 };
        let to = if reason.is_some() { DeliveryState::Failed } else { DeliveryState::Sent };
        let mut counts = Counts::default();
        counts.add(DeliveryState::Pending, 1);
        tx.chunk_insert(tenant, key, (1, 1), now, &counts)?;
        tx.manifest_freeze(manifest, now)?;
        let claim = tx.chunk_claim(manifest, node, now, now.plus_millis(60_000))?.expect("it is due");
        let change = Change {
            seq: 1,
            from: DeliveryState::Pending,
            attempt: 0,
            to,
            attempts: 1,
            due_at: None,
            settled_at: Some(now),
            reason,
            provider_ref: None,
        };
        tx.ledger_change(manifest, &[change])?;
        let mut delta = Counts::default();
        delta.shift(DeliveryState::Pending, to, 1);
        tx.chunk_adjust(key, &delta, None)?;
        tx.chunk_release(&claim)?;
        let end = JobMove {
            tenant,
            job,
            from: JobState::Running,
            to: if reason.is_some() { JobState::Failed } else { JobState::Completed },
            blocked_reason: None,
            due_by: None,
            started_at: None,
            finished_at: Some(now),
        };
        tx.job_move(&end)
    });
    assert!(end.await.unwrap(), "the job ran");
}
