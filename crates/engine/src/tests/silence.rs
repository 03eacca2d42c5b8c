//! Providers that fall silent: no recipient waits behind a silent conversation, is lost, or gets two messages.

use super::world::*;
use crate::engine::Engine;
use futures_util::future::{Either, select};
use postrider_core::channel::{ChannelKind, Outcome};
use postrider_core::delivery::DeliveryState::*;
use postrider_core::id::ListId;
use postrider_core::schedule::{JobState, OnUncertain, Policy};
use postrider_store::conditions::Part;
use postrider_store::{Store, on_both};
use std::pin::pin;

/// Recipients of these worlds.
const PEOPLE: usize = 200;
/// Messages of a window.
const WINDOW: usize = 4;
/// After how long a conversation is silent.
const SILENCE_MS: i64 = 10_000;
/// How soon an engine stops, even if providers are silent.
const STOP_MS: i64 = 8_000;

fn two_lanes(policy: impl FnOnce(&mut Policy)) -> Plan {
    let mut plan = Plan { lanes: 2, window: WINDOW, ..Plan::default() };
    policy(&mut plan.policy);
    plan
}

/// A world in which the first windows fell silent, and its engine.
async fn silent_world(store: Store, windows: usize, arrive: bool, plan: Plan) -> (World, Engine) {
    let world = World::new(store, PEOPLE, plan).await;
    world.channel.fall_silent(windows, arrive);
    let engine = Engine::start(world.parts());
    // At most as many as there are places.
    world.until_silent(windows.min(2)).await;
    (world, engine)
}

impl World {
    /// Lets running engines go on until this many windows are silent. Returns how many recipients are in them: windows of
    /// recipients that are tried again may be smaller than others.
    async fn until_silent(&self, windows: usize) -> usize {
        while self.channel.silent() < windows {
            assert!(self.clock_now() < START.plus_millis(600_000), "{windows} windows do not fall silent");
            self.clock.advance(1);
            self.claims_and_nodes().await;
        }
        let silent = usize::try_from(self.count(InFlight).await).unwrap();
        assert!((windows..=windows * WINDOW).contains(&silent), "{silent}");
        silent
    }

    /// What the board says of the route.
    fn route_condition(&self) -> Option<&'static str> {
        self.store.conditions().of(Part::Route(ChannelKind::Email)).map(|condition| condition.reason)
    }

    /// Stops an engine, for which the world's clock goes on by no more than [`STOP_MS`].
    async fn stopped(&self, engine: Engine) {
        let stop_by = self.clock_now().plus_millis(STOP_MS);
        let mut stop = pin!(engine.stop());
        for _ in 0..100_000 {
            let turn = pin!(self.count(InFlight));
            if let Either::Left(_) = select(&mut stop, turn).await {
                return;
            }
            if self.clock_now() < stop_by {
                self.clock.advance(2);
            }
        }
        panic!("the engine does not stop");
    }
}

/// Recipients that are not in flight leave over other conversations.
async fn others_take_over(store: Store, arrive: bool) {
    let (world, engine) = silent_world(store, 2, arrive, two_lanes(|_| {})).await;
    world.clock.advance(SILENCE_MS / 2);
    assert_eq!(world.count(Sent).await, 0, "both places are taken");
    world.clock.advance(SILENCE_MS / 2);
    world.until(Sent, PEOPLE - 2 * WINDOW).await;
    assert_eq!(world.count(InFlight).await, 2 * WINDOW as i64, "they are still waited for");
    world.check().await;
    world.channel.speak();
    world.finished().await;
    world.stopped(engine).await;
    assert_eq!((world.count(Sent).await, world.channel.taken().len()), (PEOPLE as i64, PEOPLE));
    assert_eq!(world.job().await.blocked_reason, None);
    world.check().await;
}

/// An engine whose windows have been silent for this long stops.
async fn stop_in_silence(store: Store, arrive: bool, age_ms: i64) {
    let (world, engine) = silent_world(store, 2, arrive, two_lanes(|_| {})).await;
    world.clock.advance(age_ms);
    world.stopped(engine).await;
    let in_doubt = if arrive { 2 * WINDOW as i64 } else { 0 };
    assert_eq!((world.count(Uncertain).await, world.count(InFlight).await), (in_doubt, 0));
    assert_eq!(world.claims_and_nodes().await, (0, 0));
    world.check().await;
    world.channel.speak();
    let engine = Engine::start(world.parts());
    world.finished().await;
    world.stopped(engine).await;
    let counts = world.counts().await;
    assert_eq!((counts.of(Sent), counts.of(Uncertain)), (PEOPLE as i64 - in_doubt, in_doubt));
    assert_eq!(world.channel.taken().len(), PEOPLE, "no second message");
    world.check().await;
}

on_both! {
    recipients_behind_silent_conversations_leave_over_others => |store: Store| others_take_over(store, true);

    recipients_behind_conversations_that_lost_their_messages_leave_over_others =>
        |store: Store| others_take_over(store, false);

    an_engine_that_stops_names_those_in_doubt_and_loses_nobody => |store: Store| stop_in_silence(store, true, 0);

    an_engine_that_stops_after_a_chunk_was_split_names_those_in_doubt =>
        |store: Store| stop_in_silence(store, true, SILENCE_MS + 1_000);

    an_engine_that_stops_knows_which_messages_have_not_left => |store: Store| stop_in_silence(store, false, SILENCE_MS + 1_000);

    silence_of_all_connections_is_shown_until_the_first_answer => |store: Store| async move {
        let (world, engine) = silent_world(store, 4, true, two_lanes(|_| {})).await;
        let since = world.clock_now();
        world.clock.advance(SILENCE_MS);
        world.until_silent(4).await;
        world.clock.advance(SILENCE_MS);
        let mut told = None;
        while told.is_none() {
            world.clock.advance(1);
            told = world.job().await.blocked_reason;
        }
        let told = told.unwrap();
        assert!(told.starts_with("relay_silent: no answer since "), "{told}");
        assert!(told.contains(&since.to_string()[..19]), "{told}: {since}");
        assert_eq!(world.route_condition(), Some("relay_silent"));
        assert_eq!((world.count(Sent).await, world.channel.silent()), (0, 4), "no more than twice the places wait");
        world.check().await;
        world.channel.speak();
        world.until(Sent, PEOPLE).await;
        world.finished().await;
        assert_eq!((world.job().await.blocked_reason, world.route_condition()), (None, None));
        world.stopped(engine).await;
        assert_eq!(world.channel.taken().len(), PEOPLE);
        world.check().await;
    };

    a_job_with_a_rate_goes_on_while_one_conversation_is_silent => |store: Store| async move {
        let world = World::new(store, PEOPLE, two_lanes(|policy| policy.rate_per_minute = Some(5_900))).await;
        world.channel.fall_silent(1, true);
        let engine = Engine::start(world.parts());
        while world.channel.silent() == 0 {
            world.clock.advance(1);
            world.claims_and_nodes().await;
        }
        world.clock.advance(SILENCE_MS);
        let others = (PEOPLE - WINDOW) as i64;
        while world.count(Sent).await < others {
            assert!(world.clock_now() < START.plus_millis(120_000), "{:?}", world.counts().await);
            world.clock.advance(1);
        }
        assert_eq!((world.count(InFlight).await, world.channel.silent()), (WINDOW as i64, 1));
        world.channel.speak();
        world.finished().await;
        world.stopped(engine).await;
        assert_eq!(world.channel.taken().len(), PEOPLE);
        world.check().await;
    };

    another_campaign_flows_while_the_first_one_waits => |store: Store| async move {
        let (mut world, engine) = silent_world(store, 2, true, two_lanes(|_| {})).await;
        let list = ListId::new(START, &*world.entropy);
        world.add_list(list).await;
        world.add_people(list, PEOPLE..PEOPLE + 30).await;
        let due_at = world.clock_now();
        world.schedule(&[list], &[], due_at).await;
        world.clock.advance(SILENCE_MS);
        world.finished().await;
        assert_eq!((world.count(Sent).await, world.channel.silent()), (30, 2));
        world.channel.speak();
        world.stopped(engine).await;
        world.check().await;
    };

    recipients_that_are_tried_again_are_released_as_well => |store: Store| async move {
        let world = World::new(store, PEOPLE, two_lanes(|_| {})).await;
        // Every third one is put off, so that the windows of the second round are scattered.
        world.channel.answers(|to, tried| match to[1..].split('@').next().and_then(|n| n.parse::<usize>().ok()) {
            Some(n) if n % 3 == 0 && tried == 1 => Outcome::Deferred { refusal: refusal("greylisted"), after_ms: None },
            _ => handed_off(),
        });
        let engine = Engine::start(world.parts());
        world.until(Sent, PEOPLE - PEOPLE.div_ceil(3)).await;
        world.channel.fall_silent(2, true);
        world.clock.advance(60_000);
        let silent = world.until_silent(2).await;
        world.clock.advance(SILENCE_MS);
        world.until(Sent, PEOPLE - silent).await;
        world.check().await;
        world.channel.speak();
        world.finished().await;
        world.stopped(engine).await;
        assert_eq!((world.count(Sent).await, world.channel.taken().len()), (PEOPLE as i64, PEOPLE));
        world.check().await;
    };

    an_answer_that_comes_after_the_rescue_of_a_split_chunk_is_the_truth => |store: Store| async move {
        let world = World::new(store, PEOPLE, two_lanes(|policy| policy.on_uncertain = OnUncertain::Hold)).await;
        let mut machine = world.machine().await;
        machine.step("starter").await;
        while world.count(Pending).await < PEOPLE as i64 {
            machine.step("planner").await;
        }
        machine.step("scout").await;
        world.channel.fall_silent(1, true);
        let silent = tokio::spawn(async move {
            machine.step_one("lane").await;
            machine
        });
        world.until_silent(1).await;
        world.clock.advance(SILENCE_MS);
        let mut other = world.machine_without_rescue();
        for _ in 0..200 {
            other.until_quiet().await;
            if world.count(Sent).await == (PEOPLE - WINDOW) as i64 {
                break;
            }
            world.clock.advance(1);
        }
        assert_eq!(world.count(Sent).await, (PEOPLE - WINDOW) as i64, "{:?}", world.counts().await);
        world.check().await;
        // No keeper renews the lease.
        world.clock.advance(LEASE_MS);
        other.until_quiet().await;
        assert_eq!(world.count(Uncertain).await, WINDOW as i64);
        world.channel.speak();
        silent.await.unwrap().until_quiet().await;
        assert_eq!((world.count(Sent).await, world.count(Uncertain).await), (PEOPLE as i64, 0));
        assert_eq!(world.channel.taken().len(), PEOPLE);
        assert_eq!(world.job().await.state, JobState::Completed);
        world.check().await;
    };
}
