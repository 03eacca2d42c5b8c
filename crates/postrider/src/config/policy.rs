//! `[policy]`: what jobs do that do not say it themselves.

use super::section::Section;

const LATEST_START_DEFAULT_MS: u64 = 3_600_000;

/// Thirty days.
const LATEST_START_MAX_MS: u64 = 2_592_000_000;

/// What a job does that could not start in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMissed {
    /// It sends late.
    Send,
    /// It waits for a person.
    Hold,
    /// It is canceled.
    Cancel,
}

/// What becomes of messages of which nobody can know whether they left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUncertain {
    /// They wait for a person.
    Hold,
    /// They are sent again.
    Retry,
    /// They count as sent.
    AssumeSent,
}

/// The defaults of jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// When the latest start has passed.
    pub on_missed: OnMissed,
    /// When a hand-off has no answer.
    pub on_uncertain: OnUncertain,
    /// How late a job may start, in milliseconds after its instant.
    pub latest_start_ms: u64,
}

impl Policy {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let on_missed = section.word("on_missed", &["send", "hold", "cancel"], |word| match word {
            "send" => Some(OnMissed::Send),
            "hold" => Some(OnMissed::Hold),
            "cancel" => Some(OnMissed::Cancel),
            _ => None,
        });
        let on_uncertain = section.word("on_uncertain", &["hold", "retry", "assume_sent"], |word| match word {
            "hold" => Some(OnUncertain::Hold),
            "retry" => Some(OnUncertain::Retry),
            "assume_sent" => Some(OnUncertain::AssumeSent),
            _ => None,
        });
        let latest_start_ms = section.integer("latest_start_ms", LATEST_START_DEFAULT_MS, 0..=LATEST_START_MAX_MS);
        section.finish();
        Self {
            on_missed: on_missed.map_or(OnMissed::Hold, |given| given.value),
            on_uncertain: on_uncertain.map_or(OnUncertain::Hold, |given| given.value),
            latest_start_ms,
        }
    }
}
