//! A job that has begun, as the engine leaves it: one recipient in the ledger, who waits.

use super::TestApp;
use postrider_core::delivery::DeliveryState;
use postrider_core::env::Clock as _;
use postrider_core::id::{DeliveryId, ManifestId, NodeId, ProfileId, ScheduleId, TenantId};
use postrider_core::schedule::JobState;
use postrider_store::execution::JobMove;
use postrider_store::ledger::FrozenRow;
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
        tx.manifest_open(tenant, job, manifest, now)?;
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
