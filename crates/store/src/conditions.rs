//! What keeps this process from its work, as its parts met it last.
//!
//! Kept in memory, like [`crate::health`]: what cannot be stored cannot be shown from the database. The log has one line
//! when a condition begins and one when it ends.

use postrider_core::channel::ChannelKind;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// A part of the process that can be kept from its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The clock by which jobs start.
    Clock,
    /// The jobs of the database as a whole.
    Jobs,
    /// The route of a channel.
    Route(ChannelKind),
}

/// What a condition stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stops {
    /// Nothing: it is only shown.
    Nothing,
    /// No job starts and no chunk is rescued; jobs that run go on.
    Starts,
    /// No job starts, no message leaves and no event is posted.
    Sending,
}

/// Something that keeps a part from its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Stable word, snake_case, such as `relay_silent`.
    pub reason: &'static str,
    /// One sentence for the operator, without addresses or secrets.
    pub sentence: String,
    /// What it stops.
    pub stops: Stops,
}

impl Condition {
    /// The reason and the sentence, on one line: what `blockedReason` shows.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{}: {}", self.reason, self.sentence)
    }
}

/// The conditions of one process.
#[derive(Debug, Default)]
pub struct Conditions(Mutex<BTreeMap<Part, Condition>>);

impl Conditions {
    /// Notes a condition in place of an earlier one of the same part. Logs it if its reason is new.
    pub fn begin(&self, part: Part, condition: Condition) {
        let (reason, sentence) = (condition.reason, condition.sentence.clone());
        let before = self.with(|conditions| conditions.insert(part, condition));
        if before.is_none_or(|before| before.reason != reason) {
            tracing::warn!(?part, reason, "{sentence}");
        }
    }

    /// Notes that nothing keeps a part from its work any more. Returns whether something did.
    pub fn end(&self, part: Part) -> bool {
        let before = self.with(|conditions| conditions.remove(&part));
        if let Some(before) = &before {
            tracing::warn!(?part, reason = before.reason, "the condition has ended");
        }
        before.is_some()
    }

    /// What keeps a part from its work.
    #[must_use]
    pub fn of(&self, part: Part) -> Option<Condition> {
        self.with(|conditions| conditions.get(&part).cloned())
    }

    /// Every condition, by part.
    #[must_use]
    pub fn all(&self) -> Vec<(Part, Condition)> {
        self.with(|conditions| conditions.iter().map(|(part, condition)| (*part, condition.clone())).collect())
    }

    /// Whether a job may start and a chunk may be rescued.
    #[must_use]
    pub fn allow_starts(&self) -> bool {
        self.stops() < Stops::Starts
    }

    /// Whether messages and events may leave.
    #[must_use]
    pub fn allow_sending(&self) -> bool {
        self.stops() < Stops::Sending
    }

    fn stops(&self) -> Stops {
        self.with(|conditions| conditions.values().map(|condition| condition.stops).max().unwrap_or(Stops::Nothing))
    }

    fn with<R>(&self, act: impl FnOnce(&mut BTreeMap<Part, Condition>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_condition_decides_what_is_allowed() {
        let conditions = Conditions::default();
        assert!(conditions.allow_starts() && conditions.allow_sending());
        let condition = |stops| Condition { reason: "test", sentence: "It is a test.".into(), stops };
        conditions.begin(Part::Route(ChannelKind::Email), condition(Stops::Nothing));
        assert!(conditions.allow_starts() && conditions.allow_sending());
        conditions.begin(Part::Clock, condition(Stops::Starts));
        assert!(!conditions.allow_starts() && conditions.allow_sending());
        conditions.begin(Part::Jobs, condition(Stops::Sending));
        assert!(!conditions.allow_starts() && !conditions.allow_sending());
        assert!(conditions.end(Part::Jobs) && conditions.end(Part::Clock));
        assert!(conditions.allow_starts() && conditions.allow_sending());
        assert_eq!(conditions.all().len(), 1);
        assert!(!conditions.end(Part::Clock), "it had ended");
    }
}
