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
    /// It was in reserve and is not needed any more: it ends its conversation.
    Close,
}

/// The lanes of a route that are connected or about to be, and the limit learned.
#[derive(Debug)]
pub(super) struct Connections {
    /// How many lanes may work at once. Those with this number and above are in reserve.
    places: usize,
    /// Lanes whose last window was answered, and whether they are without work.
    connected: BTreeMap<LaneNumber, bool>,
    /// Lanes that have work and were not answered yet.
    connecting: BTreeSet<LaneNumber>,
    /// Lanes whose conversation is silent, and whether they were connected before.
    silent: BTreeMap<LaneNumber, bool>,
    /// Lanes that were silent in the window that they hand over.
    returned: BTreeSet<LaneNumber>,
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
    /// No lane is connected.
    pub(super) fn new(places: usize) -> Self {
        Self {
            places,
            connected: BTreeMap::new(),
            connecting: BTreeSet::new(),
            silent: BTreeMap::new(),
            returned: BTreeSet::new(),
            limit: None,
            refusals: 0,
            retry_at: None,
            trial: None,
            is_waited_for: false,
        }
    }

    /// Asks whether a lane may look for work. One that is connected always may; others leave it to connected lanes
    /// without work, then keep to the limit.
    pub(super) fn admit(&mut self, lane: LaneNumber, now: Timestamp) -> Admission {
        self.returned.remove(&lane);
        let is_reserve = lane >= self.places;
        if let Some(is_idle) = self.connected.get_mut(&lane) {
            *is_idle = false;
            if is_reserve && self.connected.len() + self.connecting.len() > self.places {
                self.closed(lane);
                return Admission::Close;
            }
            return Admission::Go;
        }
        if is_reserve && self.silent.is_empty() {
            return Admission::Wait(None);
        }
        if self.connected.values().any(|&is_idle| is_idle) {
            self.is_waited_for = true;
            return Admission::Wait(None);
        }
        if self.others(lane) >= self.places {
            return Admission::Wait(None);
        }
        let is_full = self.limit.is_some_and(|limit| self.others(lane) + self.silent.len() >= limit);
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

    /// The conversation of the lane is silent: its place is free.
    pub(super) fn fell_silent(&mut self, lane: LaneNumber) {
        // A lane that goes on being silent says so again.
        let was_connected = self.connected.contains_key(&lane) || self.silent.get(&lane) == Some(&true);
        self.closed(lane);
        self.silent.insert(lane, was_connected);
    }

    /// The conversation of the lane is not silent any more, or has ended.
    pub(super) fn spoke(&mut self, lane: LaneNumber) {
        match self.silent.remove(&lane) {
            Some(true) => drop(self.connected.insert(lane, false)),
            Some(false) => drop(self.connecting.insert(lane)),
            None => return,
        }
        self.returned.insert(lane);
    }

    /// Whether the lane was silent since it was admitted; the question resets the answer.
    pub(super) fn take_returned(&mut self, lane: LaneNumber) -> bool {
        self.returned.remove(&lane)
    }

    /// Whether a lane waits for an answer, or is about to.
    pub(super) fn is_waiting(&self) -> bool {
        !self.silent.is_empty() || !self.connecting.is_empty()
    }

    /// Whether another lane is connected.
    pub(super) fn has_other_connected(&self, lane: LaneNumber) -> bool {
        self.connected.keys().any(|&other| other != lane)
    }

    /// Whether the last window of the lane was answered.
    pub(super) fn is_connected(&self, lane: LaneNumber) -> bool {
        self.connected.contains_key(&lane)
    }

    /// The provider answered the lane. Returns whether one more lane may try now.
    pub(super) fn answered(&mut self, lane: LaneNumber) -> bool {
        let was_trial = self.trial == Some(lane);
        self.closed(lane);
        self.connected.insert(lane, false);
        let works = self.connected.len() + self.silent.len();
        if self.limit.is_none_or(|limit| works <= limit) {
            return false;
        }
        self.limit = Some(works).filter(|&limit| limit < self.places);
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
            self.limit = (obstacle == Obstacle::Connections).then_some(self.silent.len().max(1));
            (self.refusals, self.retry_at) = (0, None);
            return None;
        }
        let works = (self.connected.len() + self.silent.len()).max(1);
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
        self.silent.remove(&lane);
        self.end_trial(lane);
    }

    /// The limit, once every lane that is at work knows whether it is connected; none if it leaves all places.
    pub(super) fn limit(&self) -> Option<usize> {
        self.limit.filter(|&limit| limit < self.places && (self.connecting.is_empty() || self.trial.is_some()))
    }

    /// Whether fewer lanes may connect than there are.
    pub(super) fn is_limited(&self) -> bool {
        self.limit.is_some_and(|limit| limit < self.places)
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
        let mut connections = Connections::new(LANES);
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
            connections.answered(lane);
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
        let mut connections = Connections::new(LANES);
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
            assert!(connections.answered(lane), "the next one may try");
        }
        assert_eq!(connections.limit(), None);
    }

    #[test]
    fn a_place_that_becomes_free_is_taken_at_once() {
        let mut connections = storm(2);
        connections.closed(0);
        assert_eq!(connections.admit(7, at(1)), Admission::Go);
        assert_eq!(connections.admit(8, at(1)), Admission::Wait(Some(at(PAUSE_FIRST_MS))));
        connections.answered(7);
        assert_eq!(connections.limit(), Some(2));
    }

    #[test]
    fn a_smaller_limit_is_learned_too() {
        let mut connections = storm(3);
        assert_eq!(connections.refused(2, Obstacle::Connections, at(500)), Some(at(1_500)));
        assert_eq!(connections.limit(), Some(2));
    }

    #[test]
    fn a_lane_in_reserve_takes_the_place_of_a_silent_one_and_gives_it_back() {
        let mut connections = Connections::new(2);
        for lane in 0..4 {
            let expected = if lane < 2 { Admission::Go } else { Admission::Wait(None) };
            assert_eq!(connections.admit(lane, at(0)), expected, "lane {lane}");
        }
        connections.answered(0);
        connections.answered(1);
        connections.fell_silent(0);
        assert_eq!(connections.admit(2, at(1)), Admission::Go);
        assert_eq!(connections.admit(3, at(1)), Admission::Wait(None), "one silent, one place");
        connections.answered(2);
        connections.spoke(0);
        assert!(connections.take_returned(0) && !connections.take_returned(0));
        assert_eq!(connections.admit(0, at(2)), Admission::Go, "it is connected and has a place");
        assert_eq!(connections.admit(2, at(2)), Admission::Close);
        assert_eq!(connections.admit(2, at(3)), Admission::Wait(None));
    }

    #[test]
    fn a_lane_that_stays_silent_keeps_that_it_was_connected() {
        let mut connections = Connections::new(2);
        connections.admit(0, at(0));
        connections.answered(0);
        connections.fell_silent(0);
        connections.fell_silent(0);
        connections.spoke(0);
        assert!(connections.is_connected(0));
        connections.admit(1, at(0));
        connections.fell_silent(1);
        connections.fell_silent(1);
        connections.spoke(1);
        assert!(!connections.is_connected(1), "it never was");
    }

    #[test]
    fn the_provider_counts_silent_conversations_too() {
        let mut connections = storm(LANES);
        (0..3).for_each(|lane| connections.fell_silent(lane));
        connections.admit(LANES, at(1));
        assert!(connections.refused(LANES, Obstacle::Connections, at(1)).is_some());
        assert_eq!(connections.limit(), None, "the provider takes as many as are configured");
        assert_eq!(connections.admit(LANES, at(2)), Admission::Wait(Some(at(1 + PAUSE_FIRST_MS))));
        connections.closed(0);
        assert_eq!(connections.admit(LANES, at(2)), Admission::Go, "one that was silent has ended");
    }

    #[test]
    fn work_goes_to_connected_lanes_without_work_first() {
        let mut connections = Connections::new(LANES);
        connections.admit(3, at(0));
        connections.answered(3);
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
