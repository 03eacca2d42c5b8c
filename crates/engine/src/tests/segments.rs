//! Freezing audiences by rule, mixed with lists, with crashes and people who change.

use super::world::*;
use postrider_core::audience::ReachStatus;
use postrider_core::audience::rule::Rule;
use postrider_core::campaign::AudienceSide::{Exclude, Include};
use postrider_core::campaign::AudienceType;
use postrider_core::delivery::DeliveryState::*;
use postrider_core::id::{AudienceId, ListId};
use postrider_store::audiences::AudienceRow;
use postrider_store::campaign_audiences::AudienceBinding;
use postrider_store::profiles::ProfileRow;
use postrider_store::testkit::{Database, fresh_store};
use postrider_store::{Store, StoreError, on_both};

/// Two full chunks and a bit.
const PEOPLE: usize = 1_010;

/// A full chunk and a bit, for worlds that are stopped again and again.
const FEW: usize = 510;

/// Everybody once more, and all whose number ends with 7 taken out: of 510 that is 51.
fn mixed() -> Plan {
    let rules = &[
        (Include, r#"{ "field": "email", "op": "endsWith", "value": "@example.org" }"#),
        (Exclude, r#"{ "field": "first_name", "op": "endsWith", "value": "7" }"#),
    ];
    Plan { window: 500, rules, ..Plan::default() }
}

async fn freeze(world: &World) {
    let mut machine = world.machine().await;
    machine.step("starter").await;
    for _ in 0..8 {
        machine.step("planner").await;
    }
}

async fn crash_while_freezing(database: Database, traps: fn(u64) -> Trap) {
    let folder = tempfile::tempdir().unwrap();
    let mut reference = None;
    for step in 0..60 {
        let world = World::new(fresh_store(database, folder.path()).await, FEW, mixed()).await;
        let fell = world.run_into_with(traps(step), async |machine| {
            machine.step("starter").await;
            for _ in 0..8 {
                machine.step("planner").await;
            }
        });
        let fell = fell.await;
        world.check().await;
        world.clock.advance(LEASE_MS + 1);
        freeze(&world).await;
        world.check().await;
        let accounts = world.accounts().await;
        assert!(accounts.frozen_at.is_some());
        let sums = (accounts.matched, accounts.excluded, accounts.duplicates, accounts.counts.of(Pending));
        assert_eq!(sums, (1_020, 102, 459, 459), "{step}");
        assert_eq!(reference.get_or_insert(accounts.audience_hash.clone()), &accounts.audience_hash, "{step}");
        if step > 0 && !fell {
            assert!(step > 8, "freezing has more steps than that");
            return;
        }
    }
    panic!("freezing never ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_while_freezing_changes_nothing_on_sqlite() {
    crash_while_freezing(Database::Sqlite, Trap::Before).await;
    crash_while_freezing(Database::Sqlite, Trap::After).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_while_freezing_changes_nothing_on_postgres() {
    crash_while_freezing(Database::Postgres, Trap::Before).await;
    crash_while_freezing(Database::Postgres, Trap::After).await;
}

on_both! {
    an_audience_that_cannot_be_read_holds_up_no_other_job => |store: Store| async move {
        let mut world = World::new(store, 3, mixed()).await;
        world.alter("UPDATE schedule_job_audiences SET rule = '{}' WHERE rule IS NOT NULL").await;
        let (broken, list) = (world.job, world.list);
        world.schedule(&[list], &[], START).await;
        let mut machine = world.machine().await;
        machine.step("starter").await;
        machine.step("starter").await;
        let planner = machine.tasks.iter_mut().find(|task| task.name() == "planner").unwrap();
        assert!(planner.tick().await.is_err(), "the first manifest is that of the broken job");
        machine.until_quiet().await;
        assert_eq!(world.accounts().await.counts.of(Sent), 3);
        world.job = broken;
        assert_eq!(world.accounts().await.frozen_at, None, "it waits for somebody to mend it");
    };

    now_is_when_the_job_began_on_every_page => |store: Store| async move {
        let rules = &[
            (Include, r#"{ "field": "created_at", "op": "after", "value": { "ago": "1m" } }"#),
            (Exclude, r#"{ "field": "created_at", "op": "before", "value": { "ago": "1m" } }"#),
        ];
        let world = World::new(store, PEOPLE, Plan { window: 500, rules, ..Plan::default() }).await;
        let mut machine = world.machine().await;
        machine.step("starter").await;
        for _ in 0..8 {
            machine.step_one("planner").await;
            world.clock.advance(LEASE_MS / 2);
        }
        let accounts = world.accounts().await;
        let sums = (accounts.matched, accounts.excluded, accounts.duplicates, accounts.counts.of(Pending));
        assert_eq!(sums, (2_020, 0, 1_010, 1_010));
        assert!(accounts.frozen_at.is_some());
        world.check().await;
    };

    a_rule_that_few_fulfil_is_read_to_its_end => |store: Store| async move {
        let rules = &[(Include, r#"{ "field": "last_name", "op": "equals", "value": "Rare" }"#)];
        let world = World::new(store, 1, Plan { rules, ..Plan::default() }).await;
        let other = ListId::new(START, &*world.entropy);
        world.add_list(other).await;
        world.add_people(other, 1..5_500).await;
        let rare = ProfileRow {
            email: Some("rare@example.org".into()),
            last_name: Some("Rare".into()),
            ..ProfileRow::empty(uuid::Uuid::max().into(), START)
        };
        world.add_profiles(other, vec![rare]).await;
        let mut machine = world.machine().await;
        machine.until_quiet().await;
        let accounts = world.accounts().await;
        assert_eq!((accounts.matched, accounts.duplicates, accounts.counts.of(Sent)), (2, 0, 2));
        world.check().await;
    };

    who_stops_to_fulfil_a_rule_on_the_way_is_left_out_and_nobody_comes_twice => |store: Store| async move {
        let rules = &[(Include, r#"{ "not": { "field": "locale", "op": "exists" } }"#)];
        let world = World::new(store, PEOPLE, Plan { window: 500, rules, ..Plan::default() }).await;
        let mut machine = world.machine().await;
        machine.step("starter").await;
        // The list, then a first page of the rule.
        while world.accounts().await.duplicates == 0 {
            machine.step_one("planner").await;
        }
        world.alter("UPDATE profiles SET locale = 'de'").await;
        machine.until_quiet().await;
        let accounts = world.accounts().await;
        assert_eq!(accounts.matched, accounts.duplicates + accounts.counts.frozen());
        assert_eq!((accounts.counts.of(Sent), accounts.duplicates), (PEOPLE as i64, 500));
        world.check().await;
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stored_rule_that_is_none_is_told_and_sends_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh_store(Database::Sqlite, folder.path()).await;
    let rules = &[(Exclude, r#"{ "field": "email", "op": "resembles" }"#)];
    let world = World::new(store, 3, Plan { rules, ..Plan::default() }).await;
    let job = world.job;
    let read = world.store.read("test", move |tx| tx.schedule_audiences(job).map(drop)).await;
    assert!(matches!(read, Err(StoreError::Corrupt { expected: "a rule", .. })), "{read:?}");
}

/// Binds a rule to the world's campaign and asks for a count.
async fn ask_for_a_count(world: &World, rule: &'static str) {
    let (tenant, campaign, list) = (world.tenant, world.campaign, world.list);
    let audience = AudienceId::new(START, &*world.entropy);
    let row = AudienceRow {
        id: audience,
        name: "rule".into(),
        description: None,
        rule: rule.into(),
        member_count: None,
        counted_at: None,
        created_at: START,
        updated_at: START,
    };
    let bind = |side, audience_id, audience_type| AudienceBinding { side, audience_id, audience_type };
    let bindings =
        [bind(Include, list.into(), AudienceType::Audience), bind(Exclude, audience.into(), AudienceType::Segment)];
    let ask = world.store.write("seed", move |tx| {
        tx.audience_insert(tenant, &row, &Rule::InList(list))?;
        tx.campaign_audiences_replace(tenant, campaign, &bindings)?;
        tx.reach_request(tenant, campaign, START, false)
    });
    ask.await.unwrap_or_else(|error: StoreError| panic!("{error}"));
}

async fn counted(world: &World) -> (ReachStatus, Option<i64>) {
    let (tenant, campaign) = (world.tenant, world.campaign);
    let known = world.store.read("test", move |tx| tx.reach_get(tenant, campaign)).await.unwrap().unwrap();
    (known.status, known.count)
}

on_both! {
    whom_a_campaign_reaches_is_counted_in_the_background => |store: Store| async move {
        let world = World::new(store, 20, Plan::default()).await;
        ask_for_a_count(&world, r#"{ "field": "first_name", "op": "endsWith", "value": "7" }"#).await;
        assert_eq!(counted(&world).await, (ReachStatus::Pending, None));
        world.machine().await.step("counter").await;
        assert_eq!(counted(&world).await, (ReachStatus::Ok, Some(18)));
    };

    a_count_that_cannot_be_made_is_told_and_not_tried_for_ever => |store: Store| async move {
        let world = World::new(store, 3, Plan::default()).await;
        ask_for_a_count(&world, r#"{ "field": "first_name", "op": "resembles" }"#).await;
        world.machine().await.step("counter").await;
        assert_eq!(counted(&world).await, (ReachStatus::Failed, None));
    };

    a_count_whose_maker_died_is_made_by_another => |store: Store| async move {
        let world = World::new(store, 20, Plan::default()).await;
        ask_for_a_count(&world, r#"{ "field": "first_name", "op": "endsWith", "value": "7" }"#).await;
        // Its steps: look, claim, count, settle.
        for step in 1..=4 {
            let died = world.run_into_with(Trap::Before(step), async |machine| machine.step("counter").await);
            died.await;
            assert_eq!(counted(&world).await, (ReachStatus::Pending, None), "{step}");
            world.clock.advance(10 * LEASE_MS + 1);
        }
        world.machine().await.step("counter").await;
        assert_eq!(counted(&world).await, (ReachStatus::Ok, Some(18)));
    };
}
