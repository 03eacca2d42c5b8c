//! A database that an older program left in the middle of its work, in the hands of this one.

use super::world::*;
use postrider_core::delivery::DeliveryState::*;
use postrider_core::schedule::JobState;
use postrider_store::testkit::{Database, fresh_store, of_version};
use postrider_store::{Store, StoreError, statement};

/// The first schema there was.
const FIRST: i64 = 1;
const PEOPLE: usize = 11;

/// An older program has sent some of a job's messages and taken another job; both go on.
async fn goes_on(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(fresh_store(database, folder.path()).await, PEOPLE, Plan::default()).await;
    assert!(world.run_into(Trap::Window(2)).await, "there are two windows at least");
    let (begun, list) = (world.job, world.list);
    world.schedule(&[list], &[], START.plus_millis(LEASE_MS)).await;
    let url = of_version(FIRST, &world.store, database, folder.path()).await;

    world.store = Store::open(&url).await.unwrap();
    assert!(world.store.schema_version().await.unwrap() > FIRST);
    let prepared = world
        .store
        .read("prepare", |tx| statement::ALL.iter().copied().flatten().try_for_each(|statement| tx.prepare(statement)));
    prepared.await.unwrap_or_else(|error: StoreError| panic!("{error}"));
    world.check().await;
    world.clock.advance(LEASE_MS + 1);
    world.run().await;
    let later = world.job;
    for job in [begun, later] {
        world.job = job;
        let counts = world.counts().await;
        let (sent, uncertain) = (counts.of(Sent), counts.of(Uncertain));
        assert_eq!((sent + uncertain, counts.frozen()), (PEOPLE as i64, PEOPLE as i64), "{counts:?}");
        assert_eq!(uncertain > 0, job == begun, "only the window that was cut off is in doubt: {counts:?}");
        let job = world.job().await;
        let end = if uncertain > 0 { JobState::CompletedWithFailures } else { JobState::Completed };
        assert_eq!((job.state, job.is_test), (end, false));
    }
    world.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_of_the_first_schema_goes_on_on_sqlite() {
    goes_on(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_of_the_first_schema_goes_on_on_postgres() {
    goes_on(Database::Postgres).await;
}
