//! Many jobs of one instant: how many transactions they take, in which order they start, and what one bad job costs.

use super::world::*;
use crate::driver::Progress;
use crate::engine::Engine;
use crate::starter::BATCH_MAX;
use postrider_core::id::{ListId, ManifestId, ScheduleId, TenantId};
use postrider_store::conditions::{Condition, Part, Stops};
use postrider_store::tenants::Tenant;
use postrider_store::{DatabaseUrl, Store, StoreError, on_both, statements};
use std::collections::BTreeMap;
use std::sync::Arc;

const JOBS: usize = 130;

statements! { "starting":
    BY_STATE = "SELECT state, COUNT(*) FROM schedule_jobs GROUP BY state ORDER BY state";
    BEGUN = "SELECT COUNT(*) FROM schedule_jobs WHERE tenant_id = $1 AND started_at IS NOT NULL";
    MANIFESTS = "SELECT COUNT(DISTINCT number) FROM manifests";
}

impl World {
    /// Adds jobs to the world's list, so that there are `number`, all due at [`START`].
    async fn crowd(&mut self, number: usize) {
        let list = self.list;
        for _ in 1..number {
            self.schedule(&[list], &[], START).await;
        }
    }

    async fn by_state(&self) -> BTreeMap<String, i64> {
        let read = self.store.read("test", |tx| tx.query_as(&BY_STATE, &[], |row| Ok((row.next()?, row.next()?))));
        read.await.unwrap_or_else(|error: StoreError| panic!("{error}")).into_iter().collect()
    }

    async fn begun(&self, tenant: TenantId) -> i64 {
        let read = self.store.read("test", move |tx| tx.query_number(&BEGUN, &[postrider_store::value::id(tenant)]));
        read.await.unwrap_or_else(|error: StoreError| panic!("{error}"))
    }

    async fn manifests(&self) -> i64 {
        let read = self.store.read("test", |tx| tx.query_number(&MANIFESTS, &[]));
        read.await.unwrap_or_else(|error: StoreError| panic!("{error}"))
    }

    fn ops(&self) -> BTreeMap<&'static str, u64> {
        self.store.meter().ops_so_far().into_iter().map(|(op, times)| (op, times.count)).collect()
    }
}

fn states(states: &[(&str, usize)]) -> BTreeMap<String, i64> {
    states.iter().map(|(state, count)| ((*state).to_owned(), i64::try_from(*count).unwrap())).collect()
}

on_both! {
    a_window_that_is_marked_after_all_sending_was_stopped_does_not_leave => |store: Store| async move {
        let world = World::new(store.clone(), 10, Plan::default()).await;
        let conditions = Arc::clone(store.conditions());
        let stop = Condition { reason: "test", sentence: "It is a test.".into(), stops: Stops::Sending };
        let begins = Arc::clone(&conditions);
        world.traps.before("chunk.turn", move || begins.begin(Part::Clock, stop));
        let mut machine = world.machine().await;
        machine.until_quiet().await;
        assert!(!conditions.allow_sending(), "the lane came as far as its turn");
        assert!(world.channel.taken().is_empty());
        world.check().await;
        conditions.end(Part::Clock);
        world.clock.advance(1_000);
        machine.until_quiet().await;
        assert_eq!(world.channel.taken().len(), 10);
        world.check().await;
    };

    an_engine_that_cannot_use_the_epoch_file_says_so_and_starts_when_it_can => |store: Store| async move {
        let DatabaseUrl::Sqlite(path) = store.url().clone() else { return };
        let world = World::new(store.clone(), 10, Plan::default()).await;
        let note = format!("{}.epoch", path.display());
        std::fs::create_dir(&note).unwrap();
        let engine = Engine::start(world.parts());
        let condition = loop {
            match store.conditions().of(Part::Jobs) {
                Some(condition) => break condition,
                None => tokio::task::yield_now().await,
            }
        };
        assert_eq!(condition.reason, "engine_not_started");
        assert!(condition.sentence.contains(".epoch") && condition.sentence.contains("writable"), "{condition:?}");
        assert!(!store.conditions().allow_sending());
        std::fs::remove_dir(&note).unwrap();
        world.finished().await;
        engine.stop().await;
        assert_eq!(store.conditions().of(Part::Jobs), None);
        assert_eq!(world.channel.taken().len(), 10);
    };

    jobs_of_one_instant_start_in_few_transactions => |store: Store| async move {
        let mut world = World::new(store, 3, Plan::default()).await;
        world.crowd(JOBS).await;
        let mut machine = world.machine().await;
        for _ in 0..3 {
            machine.step("starter").await;
        }
        assert_eq!(world.by_state().await, states(&[("running", JOBS)]));
        let planner = machine.tasks.iter_mut().find(|task| task.name() == "planner").unwrap();
        while planner.tick().await.unwrap() == Progress::More {}
        let ops = world.ops();
        let jobs = u64::try_from(JOBS).unwrap();
        let batches = jobs.div_ceil(u64::try_from(BATCH_MAX).unwrap());
        assert_eq!(ops["job.start"], batches, "{ops:?}");
        assert_eq!(ops["manifest.open"], 1, "a planner with work claims without looking: {ops:?}");
        assert_eq!((ops["manifest.claim"], ops["manifest.freeze"]), (jobs + 1, jobs), "{ops:?}");
        machine.until_quiet().await;
        assert_eq!(world.by_state().await, states(&[("completed", JOBS)]));
        world.check().await;
    };

    two_nodes_start_every_job_once => |store: Store| async move {
        let mut world = World::new(store, 1, Plan::default()).await;
        world.crowd(JOBS).await;
        let (mut one, mut other) = (world.machine().await, world.machine_without_rescue());
        for _ in 0..4 {
            tokio::join!(one.step("starter"), other.step("starter"));
        }
        assert_eq!(world.by_state().await, states(&[("running", JOBS)]));
        assert_eq!(world.manifests().await, i64::try_from(JOBS).unwrap());
        one.until_quiet().await;
        assert_eq!(world.channel.taken().len(), JOBS);
        world.check().await;
    };

    a_tenant_with_many_jobs_does_not_hold_up_another => |store: Store| async move {
        let mut world = World::new(store, 1, Plan::default()).await;
        world.crowd(JOBS).await;
        let first = world.tenant;
        world.become_another_tenant().await;
        let (other, list) = (world.tenant, world.list);
        // It is the last in the order of instants and ids.
        world.schedule(&[list], &[], START.plus_millis(5)).await;
        world.clock.advance(5);
        let mut machine = world.machine().await;
        machine.step("starter").await;
        assert_eq!((world.begun(other).await, world.begun(first).await), (1, BATCH_MAX - 1));
    };

    a_job_that_cannot_start_holds_up_no_other => |store: Store| async move {
        let mut world = World::new(store, 1, Plan::default()).await;
        let bad = world.job;
        world.crowd(5).await;
        // Its manifest is there already, as nothing that works leaves it.
        world.open_manifest(bad).await;
        let mut machine = world.machine().await;
        machine.step("starter").await;
        assert_eq!(world.by_state().await, states(&[("running", 4), ("scheduled", 1)]));
        // It rests; jobs that come later start meanwhile.
        let list = world.list;
        world.schedule(&[list], &[], START).await;
        machine.step("starter").await;
        assert_eq!(world.by_state().await, states(&[("running", 5), ("scheduled", 1)]));
        world.alter("DELETE FROM manifests WHERE schedule_id IN (SELECT id FROM schedule_jobs WHERE state = 'scheduled')").await;
        machine.step("starter").await;
        assert_eq!(world.by_state().await["scheduled"], 1, "it is tried again after a minute, not at once");
        world.clock.advance(60_000);
        machine.step("starter").await;
        assert_eq!(world.by_state().await, states(&[("running", 6)]));
        machine.until_quiet().await;
        assert_eq!(world.by_state().await, states(&[("completed", 6)]));
        world.check().await;
    };
}

impl World {
    async fn open_manifest(&self, job: ScheduleId) {
        let (tenant, entropy) = (self.tenant, Arc::clone(&self.entropy));
        let open = self.store.write("test", move |tx| {
            let manifest = ManifestId::new(START, &*entropy);
            tx.manifests_open(&[(tenant, job, manifest)], START)?;
            Ok::<_, StoreError>(())
        });
        open.await.unwrap();
    }

    /// Everything that is made from here on belongs to another tenant.
    async fn become_another_tenant(&mut self) {
        self.tenant = TenantId::new(START, &*self.entropy);
        self.list = ListId::new(START, &*self.entropy);
        let row = Tenant {
            id: self.tenant,
            name: "other".into(),
            default_timezone: None,
            mail_cutoff_minutes: 0,
            require_unsubscribe_link: true,
            mail_unknown: true,
            created_at: START,
            updated_at: START,
        };
        self.store.write("seed", move |tx| tx.tenant_insert(&row)).await.unwrap();
        self.add_list(self.list).await;
        self.add_people(self.list, 0..1).await;
    }
}
