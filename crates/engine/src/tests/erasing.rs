//! People who are erased while a job runs.

use super::world::*;
use postrider_core::channel::{ChannelKind, Outcome, Refusal};
use postrider_core::delivery::DeliveryState::*;
use postrider_core::id::*;
use postrider_core::schedule::JobState;
use postrider_store::deliveries::{Delivery, LedgerFilter};
use postrider_store::erasing::sweep;
use postrider_store::erasures::ErasureBy;
use postrider_store::testkit::{Database, fresh_store, holders};
use postrider_store::{Store, on_both};

/// More transactions than an erasure has.
const STEPS_MAX: u64 = 40;
const ADDRESS: &str = "p0@example.org";

impl World {
    /// The first person of the list, whose address is [`ADDRESS`].
    async fn first(&self) -> ProfileId {
        let tenant = self.tenant;
        let find = self.store.read("test", move |tx| {
            let found = tx.profiles_by_keys(tenant, postrider_store::profiles::MatchKey::Email, &[ADDRESS])?;
            Ok::<_, postrider_store::StoreError>(found[0].id)
        });
        find.await.unwrap()
    }

    /// Deletes a profile, as the service does; the sweep is still to come.
    async fn begin_erasure(&self, person: ProfileId) {
        let (tenant, now, entropy) = (self.tenant, self.clock_now(), self.entropy.clone());
        let begin = self.store.write_guarded("profile.erase", move |tx| {
            tx.profiles_lock(tenant)?;
            let row = tx.profile_get(tenant, person)?.unwrap();
            tx.erasure_begin(tenant, &row, ErasureBy::CommandLine, now, &*entropy)
        });
        begin.await.unwrap();
    }

    async fn erase(&self, person: ProfileId) {
        self.begin_erasure(person).await;
        sweep(&self.store, self.tenant, person, self.clock_now()).await.unwrap();
    }

    /// The delivery of the job to a person.
    async fn delivery_to(&self, person: ProfileId) -> Delivery {
        let (tenant, job) = (self.tenant, self.job);
        let read = self.store.read("test", move |tx| {
            let accounts = tx.accounts(tenant, job)?.unwrap();
            tx.deliveries_page(tenant, accounts.manifest_number, 0, &LedgerFilter::default(), 5_000)
        });
        let rows: Vec<Delivery> = read.await.unwrap();
        rows.into_iter().find(|row| row.profile == person).unwrap()
    }

    /// No table has the address, everybody is accounted for, and the channel took so many messages to the person.
    async fn is_forgotten(&self, times: usize) {
        assert_eq!(holders(&self.store, ADDRESS).await, Vec::<String>::new());
        assert_eq!(self.channel.taken().iter().filter(|to| *to == ADDRESS).count(), times);
        self.check().await;
    }
}

on_both! {
    who_is_erased_before_the_turn_is_skipped => |store: Store| async move {
        let world = World::new(store, 10, Plan::default()).await;
        let person = world.first().await;
        let mut machine = world.machine().await;
        for name in ["starter", "planner"] {
            machine.step(name).await;
        }
        world.erase(person).await;
        assert_eq!(world.delivery_to(person).await.address, None);
        machine.until_quiet().await;
        let row = world.delivery_to(person).await;
        assert_eq!((row.state, row.reason.as_deref()), (Skipped, Some("profile_gone")));
        assert!(row.erased_at.is_some());
        assert_eq!((world.count(Sent).await, world.job().await.state), (9, JobState::Completed));
        world.is_forgotten(0).await;
    };

    who_is_erased_before_the_audience_is_frozen_is_not_in_it => |store: Store| async move {
        let world = World::new(store, 10, Plan::default()).await;
        world.erase(world.first().await).await;
        world.run().await;
        assert_eq!((world.count(Sent).await, world.counts().await.frozen()), (9, 9));
        world.is_forgotten(0).await;
    };

    who_is_erased_on_the_way_ends_as_it_ends_and_leaves_no_address => |store: Store| async move {
        let world = World::new(store, 4, Plan { lanes: 1, ..Plan::default() }).await;
        let person = world.first().await;
        world.channel.answers(|to, _| Outcome::HandedOff { provider_ref: format!("250 accepted for {to}") });
        let lane = world.with_a_window_away().await;
        world.erase(person).await;
        assert_eq!(world.delivery_to(person).await.state, InFlight);
        world.traps.let_go();
        lane.await.unwrap().until_quiet().await;
        let row = world.delivery_to(person).await;
        assert_eq!((row.state, row.provider_ref), (Sent, None));
        assert_eq!((world.count(Sent).await, world.job().await.state), (4, JobState::Completed));
        world.is_forgotten(1).await;
    };

    who_is_refused_after_the_erasure_leaves_no_words_of_the_server => |store: Store| async move {
        let world = World::new(store, 4, Plan { lanes: 1, ..Plan::default() }).await;
        let person = world.first().await;
        world.channel.answers(|to, _| Outcome::Rejected(Refusal { reason: "mailbox_unknown", text: format!("<{to}>: unknown") }));
        let lane = world.with_a_window_away().await;
        world.erase(person).await;
        world.traps.let_go();
        lane.await.unwrap().until_quiet().await;
        assert_eq!(world.delivery_to(person).await.state, Failed);
        assert_eq!(holders(&world.store, "p1@example.org").await.len(), 3, "others keep what the server said");
        world.is_forgotten(0).await;
    };

    who_is_erased_while_put_off_is_not_tried_again => |store: Store| async move {
        let world = World::new(store, 4, Plan { lanes: 1, ..Plan::default() }).await;
        let person = world.first().await;
        world.channel.answers(|to, _| {
            let refusal = Refusal { reason: "greylisted", text: format!("{to}: later") };
            Outcome::Deferred { refusal, after_ms: Some(1_000) }
        });
        world.run().await;
        assert_eq!(world.delivery_to(person).await.state, Pending);
        world.erase(person).await;
        world.channel.answers(|_, _| Outcome::HandedOff { provider_ref: "ok".into() });
        world.clock.advance(3_600_000);
        world.run().await;
        let row = world.delivery_to(person).await;
        assert_eq!((row.state, row.reason.as_deref()), (Skipped, Some("profile_gone")));
        assert_eq!(world.count(Sent).await, 3);
        assert_eq!(holders(&world.store, ADDRESS).await, Vec::<String>::new());
        world.check().await;
    };

    who_is_erased_stays_suppressed_when_a_file_brings_the_address_back => |store: Store| async move {
        let world = World::new(store, 4, Plan::default()).await;
        world.erase(world.first().await).await;
        let mut back = world.somebody();
        back.email = Some(ADDRESS.into());
        let back = world.add_profiles(world.list, vec![back]).await[0];
        world.run().await;
        let row = world.delivery_to(back).await;
        assert_eq!((row.state, row.reason.as_deref()), (Suppressed, Some("suppressed")));
        assert_eq!(world.channel.taken().len(), 3);
        let tenant = world.tenant;
        let reach = world.store.read("test", move |tx| {
            let filter = postrider_store::suppressions::SuppressionFilter { address: Some(ADDRESS.into()), ..Default::default() };
            tx.suppressions_list(tenant, &filter, 10)
        });
        assert_eq!(reach.await.unwrap().len(), 1, "the entry is found by the address");
    };
}

/// Ends the process after each transaction of an erasure in turn; the janitor of the next one finishes it.
async fn crash_while_erasing(database: Database) {
    for step in 1..STEPS_MAX {
        let folder = tempfile::tempdir().unwrap();
        let store = fresh_store(database, folder.path()).await;
        let world = World::new(store, 4, Plan { kind: ChannelKind::Email, ..Plan::default() }).await;
        world.run().await;
        let person = world.first().await;
        let fell = world.run_into_with(Trap::After(step), async |_| world.erase(person).await).await;
        world.clock.advance(60_001);
        world.run().await;
        let tenant = world.tenant;
        let read = world.store.read("test", move |tx| {
            Ok::<_, postrider_store::StoreError>((tx.profile_get(tenant, person)?, tx.erasure_get(tenant, person)?))
        });
        let (profile, erasure) = read.await.unwrap();
        if profile.is_none() {
            assert!(erasure.is_some_and(|erasure| erasure.finished_at.is_some()), "step {step}");
            world.is_forgotten(1).await;
        }
        if !fell {
            assert!(step > 6, "an erasure has several steps");
            return;
        }
    }
    panic!("an erasure has more than {STEPS_MAX} transactions");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_that_a_crash_cut_off_is_finished_on_sqlite() {
    crash_while_erasing(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_that_a_crash_cut_off_is_finished_on_postgres() {
    crash_while_erasing(Database::Postgres).await;
}
