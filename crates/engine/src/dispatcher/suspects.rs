//! Whose fault it is when a route fails: the way's, or that of the message at which it failed.
//!
//! A server that drops the conversation at one recipient cannot be told from one that is down by looking once. The
//! message that headed the failure is remembered: after some failures in a row others go first; and if they are answered and nobody but it fails, its failures count as attempts, which are bounded.
//! Invariant: while a route answers nobody, no attempt is counted.

use std::collections::{BTreeMap, BTreeSet};

/// Failures in a row that a message may head before it is suspected.
const HEADED_MAX: u32 = 3;
/// Suspects that are remembered at once; the oldest are forgotten first.
const REMEMBERED_MAX: usize = 1_024;

/// A message: number of its manifest, and its place there.
pub(super) type Place = (i64, i64);

/// Why a window ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// As far as anybody can tell the route cannot be used.
    Route,
    /// The route answers all others: this was an attempt.
    Message,
}

/// A message that headed failures.
#[derive(Debug, Default)]
struct Suspect {
    failures: u32,
    /// Whether others were answered since the first of them.
    others_answered: bool,
}

/// The messages that headed failures of a route and were not answered since.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    known: BTreeMap<Place, Suspect>,
    /// Who headed a failure since the last answer to anybody, without being proved guilty.
    failing: BTreeSet<Place>,
}

impl Suspects {
    /// The provider answered these.
    pub(super) fn answered(&mut self, places: impl Iterator<Item = Place>) {
        for place in places {
            self.known.remove(&place);
            self.failing.clear();
            for suspect in self.known.values_mut() {
                suspect.others_answered = true;
            }
        }
    }

    /// A window ended early, and this was the first message that did not leave.
    pub(super) fn judge(&mut self, head: Place) -> Fault {
        while self.known.len() >= REMEMBERED_MAX {
            self.known.pop_first();
        }
        let suspect = self.known.entry(head).or_default();
        suspect.failures = suspect.failures.saturating_add(1);
        let is_alone = self.failing.iter().all(|&other| other == head);
        if suspect.failures >= HEADED_MAX && suspect.others_answered && is_alone {
            self.failing.clear();
            return Fault::Message;
        }
        if self.failing.len() < REMEMBERED_MAX {
            self.failing.insert(head);
        }
        Fault::Route
    }

    /// How much a message is suspected: 0 of most; the more, the later it is its turn.
    pub(super) fn suspicion(&self, place: Place) -> u32 {
        self.known.get(&place).map_or(0, |suspect| suspect.failures).saturating_sub(HEADED_MAX - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_that_answers_nobody_is_never_the_fault_of_a_message() {
        let mut suspects = Suspects::default();
        for round in 1..100 {
            for seq in 1..=3 {
                assert_eq!(suspects.judge((1, seq)), Fault::Route, "round {round}");
                assert_eq!(suspects.suspicion((1, seq)), if round < 3 { 0 } else { round - 2 });
            }
        }
        assert_eq!(suspects.suspicion((2, 1)), 0);
    }

    #[test]
    fn who_fails_alone_while_others_are_answered_is_at_fault() {
        let mut suspects = Suspects::default();
        let others = || [(1, 1), (1, 2)].into_iter();
        assert_eq!(suspects.judge((1, 9)), Fault::Route);
        suspects.answered(others());
        assert_eq!(suspects.judge((1, 9)), Fault::Route, "it may be chance");
        assert_eq!(suspects.judge((1, 9)), Fault::Message);
        assert_eq!(suspects.judge((1, 9)), Fault::Message, "nobody is left to be answered");
        assert_eq!(suspects.judge((1, 8)), Fault::Route);
        assert_eq!(suspects.judge((1, 9)), Fault::Route, "another one fails too");
        suspects.answered([(1, 9)].into_iter());
        assert_eq!(suspects.judge((1, 9)), Fault::Route, "what was answered is clear of suspicion");
    }

    #[test]
    fn two_at_fault_do_not_cover_for_each_other() {
        let mut suspects = Suspects::default();
        for seq in [8, 8, 8, 9, 9, 9] {
            suspects.judge((1, seq));
        }
        suspects.answered([(1, 1)].into_iter());
        for _ in 0..3 {
            assert_eq!(suspects.judge((1, 8)), Fault::Message);
            assert_eq!(suspects.judge((1, 9)), Fault::Message);
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut suspects = Suspects::default();
        for seq in 0..5_000 {
            suspects.judge((1, seq));
        }
        assert!(suspects.known.len() <= REMEMBERED_MAX && suspects.failing.len() <= REMEMBERED_MAX);
    }
}
