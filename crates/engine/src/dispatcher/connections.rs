//! How many conversations the provider of a route allows, learned from what it refuses.
//!
//! A provider that refuses one more conversation while others work has a limit and is not down. The lane that was
//! refused stays away, and one lane at a time tries again after a pause that grows. Invariants: a lane that is connected
//! is never kept from its work, and as many lanes as ever worked at once since the last smaller limit may connect.

use postrider_core::channel::Obstacle;
use postrider_core::time::{MINUTE_MS, SECOND_MS, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// First pause before a lane tries again for one more connection, in milliseconds; each further one doubles.
const PAUSE_FIRST_MS: i64 = SECOND_MS;
/// Longest such pause, in milliseconds.
const PAUSE_MAX_MS: i64 = MINUTE_MS;

/// The number of a lane on its route.
pub(crate) type LaneNumber = usize;

/// Whether a lane may look for work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may, and counts as connecting until it leaves.
    Go,
    /// Not before this instant; without one, not before a nudge.
    Wait(Option<Timestamp>),
}

/// The lanes of a route that are connected or about to be, and the limit learned.
#[derive(Debug, Default)]
pub(super) struct Connections {
    /// Lanes whose last window was answered, and whether they are without work.
    connected: BTreeMap<LaneNumber, bool>,
    /// Lanes that have work and were not answered yet.
    connecting: BTreeSet<LaneNumber>,
    /// The most lanes that may connect; none until one is refused.
    limit: Option<usize>,
    /// Pauses in a row after which one more lane was refused.
    refusals: u32,
    /// When a lane above the limit may try.
    retry_at: Option<Timestamp>,
    /// The lane that does.
    trial: Option<LaneNumber>,
    /// Whether a lane left the work to one that is connected and idle.
    is_waited_for: bool,
}

impl Connections {
    /// Asks whether a lane may look for work. One that is connected always may; others leave it to connected lanes
    /// without work, then keep to the limit.
    pub(super) fn admit(&mut self, lane: LaneNumber, now: Timestamp) -> Admission {
        if let Some(is_idle) = self.connected.get_mut(&lane) {
            *is_idle = false;
            return Admission::Go;
        }
        if self.connected.values().any(|&is_idle| is_idle) {
            self.is_waited_for = true;
            return Admission::Wait(None);
        }
        let is_full = self.limit.is_some_and(|limit| self.others(lane) >= limit);
        if is_full && self.trial != Some(lane) {
            let retry_at = self.retry_at.filter(|&at| at > now && at.millis_since(now) <= PAUSE_MAX_MS);
            if retry_at.is_some() || self.trial.is_some() {
                return Admission::Wait(retry_at);
            }
            self.trial = Some(lane);
        }
        self.connecting.insert(lane);
        Admission::Go
    }

    /// Whether lanes wait that another one's claim lets go on; asking is answering them.
    pub(super) const fn take_waiting(&mut self) -> bool {
        std::mem::replace(&mut self.is_waited_for, false)
    }

    /// The lane has no work any more, or for now.
    pub(super) fn leave(&mut self, lane: LaneNumber) {
        self.connecting.remove(&lane);
        self.end_trial(lane);
        if let Some(is_idle) = self.connected.get_mut(&lane) {
            *is_idle = true;
        }
    }

    /// Whether the last window of the lane was answered.
    pub(super) fn is_connected(&self, lane: LaneNumber) -> bool {
        self.connected.contains_key(&lane)
    }

    /// The provider answered the lane. Returns whether one more lane may try now.
    pub(super) fn answered(&mut self, lane: LaneNumber, lanes: usize) -> bool {
        let was_trial = self.trial == Some(lane);
        self.closed(lane);
        self.connected.insert(lane, false);
        if self.limit.is_none_or(|limit| self.connected.len() <= limit) {
            return false;
        }
        self.limit = Some(self.connected.len()).filter(|&limit| limit < lanes);
        if was_trial {
            (self.refusals, self.retry_at) = (0, None);
        }
        was_trial
    }

    /// The lane was refused. Returns until when it stays away; none if no other lane is connected or about to be: then
    /// it is an outage, and of the limit only what the provider says of connections is kept.
    pub(super) fn refused(&mut self, lane: LaneNumber, obstacle: Obstacle, now: Timestamp) -> Option<Timestamp> {
        self.closed(lane);
        if self.connected.is_empty() && self.connecting.is_empty() {
            self.limit = (obstacle == Obstacle::Connections).then_some(1);
            (self.refusals, self.retry_at) = (0, None);
            return None;
        }
        let works = self.connected.len().max(1);
        if self.limit.is_none_or(|limit| works < limit) {
            self.limit = Some(works);
            (self.refusals, self.retry_at) = (0, None);
        }
        // Lanes that are refused together are one refusal.
        if self.retry_at.is_none_or(|at| at <= now || at.millis_since(now) > PAUSE_MAX_MS) {
            let pause = (PAUSE_FIRST_MS << self.refusals.min(10)).min(PAUSE_MAX_MS);
            self.refusals = self.refusals.saturating_add(1);
            self.retry_at = Some(now.plus_millis(pause));
        }
        self.retry_at
    }

    /// The lane is not connected any more.
    pub(super) fn closed(&mut self, lane: LaneNumber) {
        self.connected.remove(&lane);
        self.connecting.remove(&lane);
        self.end_trial(lane);
    }

    /// The limit, once every lane that is at work knows whether it is connected.
    pub(super) fn limit(&self) -> Option<usize> {
        self.limit.filter(|_| self.connecting.is_empty() || self.trial.is_some())
    }

    /// Whether fewer lanes may connect than there are.
    pub(super) const fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// How many other lanes are connected or connecting.
    fn others(&self, lane: LaneNumber) -> usize {
        self.connected.keys().chain(&self.connecting).filter(|&&other| other != lane).count()
    }

    fn end_trial(&mut self, lane: LaneNumber) {
        self.trial = self.trial.filter(|&trial| trial != lane);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANES: usize = 10;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    /// Ten lanes begin at once at a provider that allows `allowed`.
    fn storm(allowed: usize) -> Connections {
        let mut connections = Connections::default();
        for lane in 0..LANES {
            assert_eq!(connections.admit(lane, at(0)), Admission::Go);
        }
        for lane in allowed..LANES {
            assert_eq!(
                connections.refused(lane, Obstacle::Connections, at(0)),
                Some(at(PAUSE_FIRST_MS)),
                "others are connecting"
            );
        }
        for lane in 0..allowed {
            connections.answered(lane, LANES);
        }
        connections
    }

    #[test]
    fn lanes_that_begin_at_once_learn_the_limit_without_an_outage() {
        for allowed in 1..LANES {
            let mut connections = storm(allowed);
            assert_eq!(connections.limit(), Some(allowed));
            for lane in 0..LANES {
                let expected = if lane < allowed { Admission::Go } else { Admission::Wait(Some(at(PAUSE_FIRST_MS))) };
                assert_eq!(connections.admit(lane, at(1)), expected, "lane {lane} of {allowed}");
            }
        }
    }

    #[test]
    fn if_all_are_refused_the_last_one_tells_an_outage() {
        let mut connections = Connections::default();
        for lane in 0..3 {
            connections.admit(lane, at(0));
        }
        assert!(connections.refused(0, Obstacle::Connections, at(0)).is_some());
        assert!(connections.refused(1, Obstacle::Connections, at(0)).is_some());
        assert_eq!(connections.refused(2, Obstacle::Connections, at(0)), None);
    }

    #[test]
    fn one_lane_at_a_time_tries_for_more_after_pauses_that_grow() {
        let mut connections = storm(2);
        let (mut now, mut pauses) = (at(0), Vec::new());
        for _ in 0..8 {
            let Admission::Wait(Some(next)) = connections.admit(5, now) else { panic!("not before its time") };
            pauses.push(next.millis_since(now));
            now = next;
            assert_eq!(connections.admit(5, now), Admission::Go);
            assert_eq!(connections.admit(6, now), Admission::Wait(None), "one at a time");
            assert!(connections.refused(5, Obstacle::Connections, now).is_some());
        }
        assert_eq!(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(connections.limit(), Some(2));
    }

    #[test]
    fn a_limit_that_grows_is_followed_at_once_and_forgotten_when_all_lanes_work() {
        let mut connections = storm(2);
        let now = at(PAUSE_FIRST_MS);
        for lane in 2..LANES {
            assert_eq!(connections.admit(lane, now), Admission::Go, "lane {lane}");
            assert!(connections.answered(lane, LANES), "the next one may try");
        }
        assert_eq!(connections.limit(), None);
    }

    #[test]
    fn a_place_that_becomes_free_is_taken_at_once() {
        let mut connections = storm(2);
        connections.closed(0);
        assert_eq!(connections.admit(7, at(1)), Admission::Go);
        assert_eq!(connections.admit(8, at(1)), Admission::Wait(Some(at(PAUSE_FIRST_MS))));
        connections.answered(7, LANES);
        assert_eq!(connections.limit(), Some(2));
    }

    #[test]
    fn a_smaller_limit_is_learned_too() {
        let mut connections = storm(3);
        assert_eq!(connections.refused(2, Obstacle::Connections, at(500)), Some(at(1_500)));
        assert_eq!(connections.limit(), Some(2));
    }

    #[test]
    fn work_goes_to_connected_lanes_without_work_first() {
        let mut connections = Connections::default();
        connections.admit(3, at(0));
        connections.answered(3, LANES);
        connections.leave(3);
        assert_eq!(connections.admit(0, at(1)), Admission::Wait(None));
        assert_eq!(connections.admit(3, at(1)), Admission::Go);
        assert!(connections.take_waiting() && !connections.take_waiting());
        assert_eq!(connections.admit(0, at(1)), Admission::Go, "the connected lane is busy");
        connections.leave(0);
        connections.leave(3);
        connections.closed(3);
        assert_eq!(connections.admit(0, at(2)), Admission::Go, "nobody is connected");
    }
}
