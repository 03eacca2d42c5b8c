//! What all jobs of a tenant may send in a minute together.

use super::world::*;
use postrider_core::channel::ChannelKind;
use postrider_core::delivery::DeliveryState::*;
use postrider_core::id::ListId;
use postrider_store::testkit::{Database, fresh_store};
use postrider_store::{Store, StoreError, on_both};

async fn budget(world: &World, channel: ChannelKind, per_minute: Option<u32>) {
    let tenant = world.tenant;
    let set: Result<(), StoreError> =
        world.store.write("test", move |tx| tx.tenant_budget_set(tenant, channel, per_minute)).await;
    set.unwrap();
}

/// A world with two jobs of as many people each, due at once.
async fn two_jobs(store: Store, people: usize, plan: Plan) -> World {
    let mut world = World::new(store, people, plan).await;
    let other = ListId::new(START, &*world.entropy);
    world.add_list(other).await;
    world.add_people(other, people..people * 2).await;
    world.schedule(&[other], &[], START).await;
    world
}

/// How many were sent at the beginning of each second.
async fn seconds(world: &World, machine: &mut Machine, number: usize) -> Vec<usize> {
    let mut sent = Vec::new();
    for _ in 0..number {
        machine.until_quiet().await;
        sent.push(world.channel.taken().len());
        world.clock.advance(1_000);
    }
    sent
}

fn busiest_minute(sent: &[usize]) -> usize {
    sent.windows(61).map(|minute| minute[60] - minute[0]).max().unwrap()
}

on_both! {
    two_jobs_at_once_share_the_budget_of_their_tenant => |store: Store| async move {
        let world = two_jobs(store, 12, Plan { lanes: 4, ..Plan::default() }).await;
        budget(&world, ChannelKind::Email, Some(10)).await;
        let sent = seconds(&world, &mut world.machine().await, 180).await;
        assert!(busiest_minute(&sent) <= 10, "{sent:?}");
        assert!(sent[119] >= 19, "the budget is used: {sent:?}");
        assert_eq!(sent.last(), Some(&24));
        world.check().await;
    };

    the_tighter_of_two_budgets_counts => |store: Store| async move {
        let mut plan = Plan { lanes: 4, ..Plan::default() };
        plan.policy.rate_per_minute = Some(6);
        let world = two_jobs(store, 12, plan).await;
        budget(&world, ChannelKind::Email, Some(8)).await;
        let sent = seconds(&world, &mut world.machine().await, 240).await;
        assert!(busiest_minute(&sent) <= 8, "{sent:?}");
        assert_eq!(sent.last(), Some(&24));
        world.check().await;
    };

    a_budget_of_another_channel_is_none_of_its_business => |store: Store| async move {
        let world = two_jobs(store, 12, Plan::default()).await;
        budget(&world, ChannelKind::Sms, Some(1)).await;
        world.machine().await.until_quiet().await;
        assert_eq!(world.channel.taken().len(), 24);
    };

    a_budget_that_is_taken_away_holds_nobody_back => |store: Store| async move {
        let world = two_jobs(store, 12, Plan::default()).await;
        budget(&world, ChannelKind::Email, Some(1)).await;
        let mut machine = world.machine().await;
        assert_eq!(seconds(&world, &mut machine, 59).await.last(), Some(&1));
        budget(&world, ChannelKind::Email, None).await;
        world.clock.advance(60_000);
        machine.until_quiet().await;
        assert_eq!(world.channel.taken().len(), 24);
        assert_eq!(world.count(Pending).await, 0);
    };

    a_restart_keeps_what_was_taken_from_both_budgets => |store: Store| async move {
        for of_the_tenant in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let database = if store.is_embedded() { Database::Sqlite } else { Database::Postgres };
            let mut plan = Plan::default();
            plan.policy.rate_per_minute = (!of_the_tenant).then_some(6);
            let world = World::new(fresh_store(database, folder.path()).await, 24, plan).await;
            budget(&world, ChannelKind::Email, of_the_tenant.then_some(6)).await;
            let mut sent = Vec::new();
            for _ in 0..122 {
                world.run().await;
                sent.push(world.channel.taken().len());
                world.clock.advance(1_000);
            }
            assert!(busiest_minute(&sent) <= 6, "{sent:?}");
            assert!(sent[119] >= 11, "the budget is used: {sent:?}");
            world.check().await;
        }
    };

    two_nodes_share_the_budget_of_a_job => |store: Store| async move {
        let mut plan = Plan { lanes: 1, window: 1, ..Plan::default() };
        plan.policy.rate_per_minute = Some(6);
        let world = World::new(store, 24, plan).await;
        let (mut one, mut other) = (world.machine_without_rescue(), world.machine_without_rescue());
        let mut sent = Vec::new();
        for _ in 0..122 {
            one.until_quiet().await;
            other.until_quiet().await;
            sent.push(world.channel.taken().len());
            world.clock.advance(1_000);
        }
        assert!(busiest_minute(&sent) <= 6, "{sent:?}");
        assert!(sent[119] >= 11, "the budget is used: {sent:?}");
        world.check().await;
    };
}
