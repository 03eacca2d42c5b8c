//! An event is stored in the transaction of the change that it reports: wherever a process ends, both exist or neither.

use super::receiver::Receiver;
use super::world::*;
use postrider_core::event::EventKind;
use postrider_core::time::Timestamp;
use postrider_store::testkit::{Database, fresh_store};

/// More steps than such a world has.
const STEPS_MAX: u64 = 400;

/// A crash at each step in turn; afterwards and at the end, a start and an end are reported once if and only if they
/// happened.
async fn told_if_and_only_if_it_happened(database: Database, trap: impl Fn(u64) -> Trap) {
    let folder = tempfile::tempdir().unwrap();
    for step in 1..STEPS_MAX {
        let world = World::new(fresh_store(database, folder.path()).await, 3, Plan::default()).await;
        let webhook = world.listen(&Receiver::answering(200), EventKind::ALL).await;
        let fell = world.run_into(trap(step)).await;
        for at in ["the crash", "the end"] {
            let (job, told) = (world.job().await, world.log(webhook, None).await);
            let times = |kind: EventKind| told.iter().filter(|event| event.kind == kind.as_str()).count();
            let happened = |at: Option<Timestamp>| usize::from(at.is_some());
            let (started, finished) = (times(EventKind::ScheduleStarted), times(EventKind::ScheduleFinished));
            assert_eq!(started, happened(job.started_at), "{:?}, at {at}", trap(step));
            assert_eq!(finished, happened(job.finished_at), "{:?}, at {at}", trap(step));
            world.clock.advance(LEASE_MS + 1);
            world.run().await;
        }
        if !fell {
            assert!(step > 3, "the world has more steps than that");
            return;
        }
    }
    panic!("the world never becomes quiet");
}

everywhere! { told_if_and_only_if_it_happened:
    a_crash_before_any_transaction_tells_nothing_false => Trap::Before;
    a_crash_after_any_commit_tells_nothing_false => Trap::After;
}
