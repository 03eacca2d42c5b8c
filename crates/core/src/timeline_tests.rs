//! The timeline under sources that jump, drift, come back and fall silent.

use super::*;
use proptest::prelude::*;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// The time of the wall clock when the monotonic one is 0.
const EPOCH: i64 = 1_777_626_000 * SECOND;

/// A machine whose wall clock is `ahead_us` of the true time, and a timeline that looks at it once a second.
struct Machine {
    now_us: i64,
    ahead_us: i64,
    timeline: Timeline,
}

impl Machine {
    fn new() -> Self {
        Self { now_us: 0, ahead_us: 0, timeline: Timeline::begin(exact(0, 0), None) }
    }

    /// Lets time pass, while the wall clock gains this many microseconds a second.
    fn pass_drifting(&mut self, seconds: i64, drift_us: i64) -> Course {
        for _ in 0..seconds {
            self.now_us += SECOND;
            self.ahead_us += drift_us;
            self.timeline.observe(exact(self.now_us, self.ahead_us));
        }
        self.timeline.course()
    }

    fn pass(&mut self, seconds: i64) -> Course {
        self.pass_drifting(seconds, 0)
    }

    /// How far the timeline is ahead of the true time, in milliseconds.
    fn error_ms(&self) -> i64 {
        self.timeline.at(self.now_us).millis_since(Timestamp::from_millis((EPOCH + self.now_us) / 1_000))
    }
}

fn exact(now_us: i64, ahead_us: i64) -> Reading {
    Reading { before_us: now_us, source_us: EPOCH + now_us + ahead_us, after_us: now_us }
}

#[test]
fn a_steady_clock_is_followed_to_the_millisecond() {
    let mut machine = Machine::new();
    assert_eq!(machine.pass(3_600), Course::Followed { moved_us: 0 });
    assert_eq!(machine.error_ms(), 0);
    machine.ahead_us = -40_000;
    assert_eq!(machine.pass(1), Course::Followed { moved_us: -40_000 });
    assert_eq!(machine.error_ms(), -40);
}

#[test]
fn a_jump_of_any_size_is_ignored_until_the_clock_has_been_steady_for_a_minute() {
    for (ahead_us, is_runaway) in [
        (400_000, false),
        (-400_000, false),
        (5 * SECOND, false),
        (5 * SECOND + 1, true),
        (-5 * SECOND - 1, true),
        (10 * MINUTE, true),
        (2 * HOUR, true),
        (-2 * HOUR, true),
    ] {
        let mut machine = Machine::new();
        machine.pass(10);
        machine.ahead_us = ahead_us;
        for second in 0..60 {
            let course = machine.pass(1);
            assert_eq!(course, Course::Ignored { ahead_us }, "second {second}");
            assert_eq!(course.is_runaway(), is_runaway, "{ahead_us}");
            assert_eq!(machine.error_ms(), 0);
        }
        assert_eq!(machine.pass(1), Course::Followed { moved_us: ahead_us });
        assert_eq!(machine.error_ms(), ahead_us.div_euclid(1_000));
        assert_eq!(machine.pass(1), Course::Followed { moved_us: 0 });
    }
}

#[test]
fn a_clock_that_comes_back_has_changed_nothing() {
    for away_s in [1, 3, 59] {
        let mut machine = Machine::new();
        machine.pass(10);
        machine.ahead_us = 2 * HOUR;
        assert!(machine.pass(away_s).is_runaway());
        machine.ahead_us = 0;
        assert!(!machine.pass(1).is_runaway(), "starts are free at once");
        assert_eq!(machine.error_ms(), 0);
        assert_eq!(machine.pass(60), Course::Followed { moved_us: 0 });
    }
}

#[test]
fn a_clock_that_jumps_again_and_again_is_never_followed() {
    let mut machine = Machine::new();
    for jump in 1..=20 {
        machine.ahead_us = jump * HOUR;
        assert!(machine.pass(59).is_runaway());
        assert_eq!(machine.error_ms(), 0);
    }
    machine.pass(2);
    assert_eq!(machine.error_ms(), 20 * 3_600_000);
}

#[test]
fn a_drift_of_more_than_a_tenth_of_a_second_in_a_minute_is_not_followed() {
    for drift_us in [2_000_i64, 5_000, 100_000, -2_000, -100_000] {
        let mut machine = Machine::new();
        let seconds = (RUNAWAY_US / drift_us.abs()) + 60;
        assert!(machine.pass_drifting(seconds, drift_us).is_runaway(), "{drift_us}");
        assert!(machine.error_ms().abs() <= PLAY_US / 1_000 + 1, "{drift_us}: {}", machine.error_ms());
    }
    let mut slow = Machine::new();
    slow.pass_drifting(24 * 3_600, 500);
    assert!((slow.error_ms() - slow.ahead_us / 1_000).abs() <= 131, "a clock that is slewed is followed");
}

#[test]
fn a_jump_during_a_suspend_that_the_monotonic_clock_counted_is_none() {
    let mut machine = Machine::new();
    machine.now_us += 8 * HOUR;
    assert_eq!(machine.pass(1), Course::Followed { moved_us: 0 });
    // Where it was not counted, the wall clock is ahead by as much.
    machine.ahead_us = 8 * HOUR;
    assert!(machine.pass(60).is_runaway());
    assert_eq!(machine.pass(1), Course::Followed { moved_us: 8 * HOUR });
}

#[test]
fn an_unwatched_minute_proves_nothing() {
    let mut machine = Machine::new();
    machine.ahead_us = 2 * HOUR;
    machine.pass(1);
    machine.now_us += HOUR;
    assert!(machine.pass(1).is_runaway(), "the process was stopped for an hour");
    assert_eq!(machine.error_ms(), 0);
}

#[test]
fn a_clock_behind_the_last_instant_that_was_noted_must_be_steady_first() {
    let noted = |ahead_us: i64| Some(Timestamp::from_millis((EPOCH + ahead_us) / 1_000));
    for (heard, is_runaway) in [(None, false), (noted(-HOUR), false), (noted(4 * SECOND), false), (noted(HOUR), true)] {
        let timeline = Timeline::begin(exact(0, 0), heard);
        assert_eq!(timeline.course().is_runaway(), is_runaway, "{heard:?}");
        let mut machine = Machine { timeline, ..Machine::new() };
        assert_eq!(machine.error_ms(), if is_runaway { 3_600_000 } else { 0 });
        assert_eq!(machine.pass(59).is_runaway(), is_runaway);
        assert!(!machine.pass(2).is_runaway());
        assert_eq!(machine.error_ms(), 0);
    }
}

#[test]
fn only_a_clock_behind_what_was_noted_is_in_dispute_until_it_is_followed() {
    let heard = Some(Timestamp::from_millis((EPOCH + 2 * HOUR) / 1_000));
    let mut machine = Machine { timeline: Timeline::begin(exact(0, 0), heard), ..Machine::new() };
    for _ in 0..59 {
        assert_eq!(machine.pass(1), Course::Disputed { ahead_us: -2 * HOUR });
    }
    assert!(!machine.pass(2).is_runaway());
    machine.ahead_us = -HOUR;
    assert_eq!(machine.pass(1), Course::Ignored { ahead_us: -HOUR });
}

#[test]
fn other_processes_get_the_time_to_follow_a_great_move() {
    for (ahead_us, settles) in [(2 * HOUR, true), (-2 * HOUR, true), (5 * SECOND, false), (-400_000, false)] {
        let mut machine = Machine::new();
        machine.timeline = machine.timeline.settling_for(40 * SECOND);
        assert_eq!(machine.pass(10), Course::Followed { moved_us: 0 });
        machine.ahead_us = ahead_us;
        machine.pass(60);
        let course = machine.pass(1);
        let moved = Course::Followed { moved_us: ahead_us };
        assert_eq!(course, if settles { Course::Settling { moved_us: ahead_us } } else { moved });
        assert_eq!(machine.error_ms(), ahead_us / 1_000);
        let course = machine.pass(39);
        assert_eq!(matches!(course, Course::Settling { moved_us: 0 }), settles, "{ahead_us}");
        assert_eq!(machine.pass(1), Course::Followed { moved_us: 0 });
    }
}

#[test]
fn a_slow_answer_after_a_small_move_moves_no_further_than_the_clock_did() {
    let mut machine = Machine::new();
    machine.pass(10);
    // The source was read at the beginning of the time that the answer took.
    let (before_us, after_us) = (11 * SECOND, 12 * SECOND - 100_000);
    let reading = Reading { before_us, source_us: EPOCH + before_us - 20_000, after_us };
    assert_eq!(machine.timeline.observe(reading), Course::Followed { moved_us: -20_000 });
    machine.now_us = 12 * SECOND;
    machine.ahead_us = -20_000;
    assert_eq!(machine.pass(1), Course::Followed { moved_us: 0 });
}

#[test]
fn a_slow_answer_moves_nothing_and_a_very_slow_one_is_not_used() {
    let answered = |now_us: i64, took_us: i64, ahead_us: i64| Reading {
        before_us: now_us - took_us,
        source_us: EPOCH + now_us - took_us / 2 + ahead_us,
        after_us: now_us,
    };
    let mut timeline = Timeline::begin(answered(SECOND, 2_000, 0), None);
    let lag = |timeline: &Timeline| timeline.at(0).millis_since(Timestamp::from_millis(EPOCH / 1_000));
    assert_eq!(lag(&timeline), -1, "it is never ahead of the source");
    for (second, took_us) in [(2, 400_000), (3, 900_000), (4, 30_000), (5, 2_000)] {
        assert_eq!(timeline.observe(answered(second * SECOND, took_us, 0)), Course::Followed { moved_us: 0 });
    }
    let before = timeline.course();
    assert_eq!(timeline.observe(answered(6 * SECOND, 1_000_001, 2 * HOUR)), before);
    assert!(timeline.observe(answered(8 * SECOND, 1_000_000, 2 * HOUR)).is_runaway());
}

proptest! {
    #[test]
    fn whatever_a_clock_does_the_timeline_moves_only_after_a_steady_minute(
        steps in proptest::collection::vec((1_i64..90, -20_i64..20, -3_000_i64..3_000), 1..40),
    ) {
        let mut machine = Machine::new();
        for (seconds, jump_s, drift_us) in steps {
            machine.ahead_us += jump_s * SECOND;
            for _ in 0..seconds {
                let before = machine.error_ms();
                let course = machine.pass_drifting(1, drift_us);
                let moved = machine.error_ms() - before;
                match course {
                    Course::Ignored { ahead_us } | Course::Disputed { ahead_us } => {
                        prop_assert_eq!(moved, 0);
                        prop_assert_eq!(course.is_runaway(), ahead_us.abs() > RUNAWAY_US);
                    }
                    Course::Followed { .. } | Course::Settling { .. } => {
                        prop_assert!((machine.error_ms() - machine.ahead_us.div_euclid(1_000)).abs() <= 1);
                    }
                }
            }
        }
    }
}
