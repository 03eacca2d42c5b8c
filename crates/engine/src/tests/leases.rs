//! A lease belongs to its holder alone until it ends, and to no node afterwards.

use super::world::*;
use postrider_core::channel::Outcome;
use postrider_core::delivery::DeliveryState::*;
use postrider_core::schedule::{JobState, OnUncertain};
use postrider_core::time::{HOUR_MS, MINUTE_MS};
use postrider_store::{Store, on_both};

fn one_lane() -> Plan {
    Plan { lanes: 1, ..Plan::default() }
}

on_both! {
    no_recipient_is_rescued_before_the_lease_ends => |store: Store| async move {
        let world = World::new(store, 4, one_lane()).await;
        let slow = world.with_a_window_away().await;
        let mut other = world.machine_without_rescue();
        world.clock.advance(LEASE_MS - 1);
        other.step("rescuer").await;
        assert_eq!((world.count(InFlight).await, world.count(Uncertain).await), (4, 0));
        world.clock.advance(1);
        other.step("rescuer").await;
        assert_eq!((world.count(InFlight).await, world.count(Uncertain).await), (0, 4));
        assert_eq!(world.attempts().await, ["uncertain"; 4], "each has an attempt that says so");
        world.traps.let_go();
        slow.await.unwrap();
        world.check().await;
    };

    a_late_answer_changes_no_final_recipient => |store: Store| async move {
        let mut plan = one_lane();
        plan.policy.on_uncertain = OnUncertain::AssumeSent;
        let world = World::new(store, 4, plan).await;
        world.channel.answers(|_, _| Outcome::Rejected(refusal("mailbox_unavailable")));
        let slow = world.with_a_window_away().await;
        world.clock.advance(LEASE_MS);
        world.machine_without_rescue().step("rescuer").await;
        assert_eq!(world.count(Sent).await, 4, "the policy counts them as sent");
        world.traps.let_go();
        slow.await.unwrap().until_quiet().await;
        assert_eq!((world.count(Sent).await, world.count(Failed).await), (4, 0));
        assert_eq!(world.store.meter().refused_so_far(), 0, "no code tried to change them");
        world.check().await;
    };

    after_a_pause_nothing_leaves_at_the_latest_finish => |store: Store| async move {
        const FINISH_MS: i64 = 10_000;
        let mut plan = one_lane();
        plan.policy.latest_finish = Some(START.plus_millis(FINISH_MS));
        let world = World::new(store, 4, plan).await;
        let mut machine = world.machine().await;
        world.traps.stand_still_after("chunk.turn", &world.clock, FINISH_MS);
        machine.until_quiet().await;
        assert!(world.channel.taken().is_empty());
        assert_eq!((world.count(Expired).await, world.count(Uncertain).await), (4, 0));
        world.check().await;
    };

    after_a_pause_beyond_the_lease_no_marked_message_leaves => |store: Store| async move {
        let world = World::new(store, 4, one_lane()).await;
        let mut machine = world.machine().await;
        for name in ["starter", "planner", "scout"] {
            machine.step(name).await;
        }
        world.traps.stand_still_after("chunk.turn", &world.clock, LEASE_MS);
        machine.step("lane").await;
        assert!(world.channel.taken().is_empty(), "another node may have taken the chunk");
        machine.until_quiet().await;
        assert_eq!((world.count(Sent).await, world.channel.taken().len()), (4, 4));
        world.check().await;
    };

    a_recipient_that_may_have_been_reached_never_fails => |store: Store| async move {
        let mut plan = one_lane();
        plan.policy.on_uncertain = OnUncertain::Retry;
        let world = World::new(store, 4, plan).await;
        world.channel.answers(|_, tried| match tried {
            1 => Outcome::Uncertain(refusal("no_answer")),
            _ => Outcome::Rejected(refusal("mailbox_unavailable")),
        });
        let mut machine = world.machine().await;
        for _ in 0..4 {
            machine.until_quiet().await;
            world.clock.advance(MINUTE_MS);
        }
        assert_eq!((world.count(Uncertain).await, world.count(Failed).await), (4, 0));
        world.check().await;
    };

    no_recipient_is_tried_longer_than_the_horizon => |store: Store| async move {
        const WAIT_MS: i64 = 3 * HOUR_MS;
        let world = World::new(store, 1, one_lane()).await;
        let wait = WAIT_MS.unsigned_abs();
        world.channel.answers(move |_, _| Outcome::Deferred { refusal: refusal("mailbox_full"), after_ms: Some(wait) });
        let mut machine = world.machine().await;
        for _ in 0..20 {
            machine.until_quiet().await;
            world.clock.advance(WAIT_MS);
        }
        assert_eq!(world.job().await.state, JobState::Failed);
        let tried = world.channel.offered.lock().unwrap().len();
        assert_eq!(tried, 9, "at once, and every three hours of one day");
        world.check().await;
    };
}
