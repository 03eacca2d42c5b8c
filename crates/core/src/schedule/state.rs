//! The states of a job.

use crate::campaign::{ExecutionStatus, words};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobState {
    /// Waits for its instant.
    Scheduled,
    /// Its audience is being frozen or sent to.
    Running,
    /// Stopped by a person.
    Paused,
    /// Stopped by a policy; a person must decide.
    Held,
    /// Every recipient was sent to, suppressed or skipped.
    Completed,
    /// Every recipient is accounted for; some failed, expired, were canceled or are uncertain.
    CompletedWithFailures,
    /// Every recipient is accounted for and nobody was sent to, though somebody should have been.
    Failed,
    /// Taken back by a person or by policy.
    Canceled,
}

words!(JobState {
    Scheduled => "scheduled",
    Running => "running",
    Paused => "paused",
    Held => "held",
    Completed => "completed",
    CompletedWithFailures => "completed_with_failures",
    Failed => "failed",
    Canceled => "canceled",
});

impl JobState {
    /// Whether the job is over for good.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::CompletedWithFailures | Self::Failed | Self::Canceled)
    }

    /// Whether a job may go from this state to another. A job that waits or stands still may come to its end,
    /// since messages that had left before it was stopped are still answered and the latest finish still passes;
    /// one that never ran cannot complete. One that left recipients uncertain goes on when a person decides about
    /// them, and ends differently when late answers settle the last of them.
    #[must_use]
    pub const fn may_become(self, to: Self) -> bool {
        match self {
            Self::Scheduled => matches!(to, Self::Running | Self::Paused | Self::Held | Self::Canceled),
            Self::Running => !matches!(to, Self::Scheduled | Self::Running),
            Self::Paused => !matches!(to, Self::Paused),
            Self::Held => !matches!(to, Self::Held),
            Self::CompletedWithFailures => matches!(to, Self::Running | Self::Completed | Self::Failed),
            Self::Completed | Self::Failed | Self::Canceled => false,
        }
    }

    /// What the campaign shows. A job canceled before it started leaves the campaign unscheduled, a draft again.
    #[must_use]
    pub const fn execution_status(self, started: bool) -> ExecutionStatus {
        match self {
            Self::Scheduled => ExecutionStatus::Scheduled,
            Self::Running => ExecutionStatus::Running,
            Self::Paused => ExecutionStatus::Paused,
            Self::Held => ExecutionStatus::Held,
            Self::Completed => ExecutionStatus::Completed,
            Self::CompletedWithFailures => ExecutionStatus::CompletedWithFailures,
            Self::Failed => ExecutionStatus::Failed,
            Self::Canceled if started => ExecutionStatus::Canceled,
            Self::Canceled => ExecutionStatus::NotScheduled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_state_stays_unless_it_left_doubt_and_every_other_can_still_end() {
        for &from in JobState::ALL {
            assert!(!from.may_become(from), "{from:?}");
            let leaves = JobState::ALL.iter().any(|&to| from.may_become(to));
            assert_eq!(leaves, !from.is_final() || from == JobState::CompletedWithFailures, "{from:?}");
            assert_eq!(from.may_become(JobState::Canceled), !from.is_final(), "{from:?}");
        }
        let corrections = [
            (JobState::CompletedWithFailures, JobState::Completed),
            (JobState::CompletedWithFailures, JobState::Failed),
        ];
        let finals = || JobState::ALL.iter().filter(|state| state.is_final());
        for (&from, &to) in finals().flat_map(|from| finals().map(move |to| (from, to))) {
            assert_eq!(from.may_become(to), corrections.contains(&(from, to)), "{from:?} to {to:?}");
        }
        assert!(!JobState::Scheduled.may_become(JobState::Completed));
        assert!(!JobState::Running.may_become(JobState::Scheduled));
    }

    #[test]
    fn every_state_but_an_early_cancel_shows_under_its_own_name() {
        for &state in JobState::ALL {
            assert_eq!(state.execution_status(true).as_str(), state.as_str());
            let early = if state == JobState::Canceled { "not_scheduled" } else { state.as_str() };
            assert_eq!(state.execution_status(false).as_str(), early);
        }
    }
}
