//! Which state a recipient may go to, and when a job is over.

use super::{Counts, DeliveryState};
use crate::schedule::JobState;

impl DeliveryState {
    /// Whether a recipient may be frozen into this state.
    #[must_use]
    pub const fn may_begin(self) -> bool {
        matches!(self, Self::Pending | Self::Suppressed | Self::Skipped)
    }

    /// Whether a recipient may go from this state to another. What is handed off stays handed off, and nobody
    /// comes back to `pending` whom the provider may have, unless an `uncertain` one is tried again by policy.
    #[must_use]
    pub const fn may_become(self, to: Self) -> bool {
        match self {
            // It may leave, or be found on the second look unable to; then an earlier attempt in doubt shows again, or
            // is settled by a late answer.
            Self::Pending => !matches!(to, Self::Pending),
            // It comes back with an answer, without having left, or not at all.
            Self::InFlight => matches!(
                to,
                Self::Pending | Self::Sent | Self::Failed | Self::Expired | Self::Canceled | Self::Uncertain
            ),
            // A late answer settles it, or the policy does.
            Self::Uncertain => matches!(to, Self::Pending | Self::Sent | Self::Failed),
            // It failed for a reason that proved not to be the recipient's (`alike`), before the job was over.
            Self::Failed => matches!(to, Self::Pending),
            Self::Sent | Self::Suppressed | Self::Skipped | Self::Expired | Self::Canceled => false,
        }
    }
}

/// Where a pending recipient ends who will not be tried any more: one whom an earlier attempt may have reached is
/// `uncertain`, whatever ended the waiting.
#[must_use]
pub const fn given_up(in_doubt: bool, state: DeliveryState) -> DeliveryState {
    if in_doubt { DeliveryState::Uncertain } else { state }
}

/// The final state that a job has with these counts; none while a recipient is live. It stays true when a late answer
/// moves the counts of a finished job. A canceled job stays canceled.
#[must_use]
pub const fn final_state(state: JobState, counts: &Counts) -> Option<JobState> {
    match (state, job_end(counts)) {
        (JobState::Canceled, Some(_)) => Some(JobState::Canceled),
        (_, end) => end,
    }
}

/// How a job ends whose recipients stand so; none while one is live. A job that was canceled ends as `canceled`,
/// whatever its counts. An empty audience is complete.
#[must_use]
pub const fn job_end(counts: &Counts) -> Option<JobState> {
    if counts.live() != 0 {
        return None;
    }
    let missed =
        counts.of(DeliveryState::Failed) + counts.of(DeliveryState::Expired) + counts.of(DeliveryState::Canceled);
    let reached = counts.of(DeliveryState::Sent);
    let doubtful = counts.of(DeliveryState::Uncertain);
    Some(match (missed, reached, doubtful) {
        (0, _, 0) => JobState::Completed,
        (_, 0, 0) => JobState::Failed,
        _ => JobState::CompletedWithFailures,
    })
}
