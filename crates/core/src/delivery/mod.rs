//! One recipient of one frozen audience: its states, and the accounts that they add up to.

pub mod alike;
mod chunk;
mod retry;
mod retryable;
mod transition;

#[cfg(test)]
mod retry_tests;
#[cfg(test)]
mod transition_tests;

pub use chunk::{CHUNK_MAX, chunk_size};
pub use retry::{
    ASSUMED_SENT, ATTEMPTS_MAX, Attempt, LATEST_FINISH, Next, RETRIES_EXHAUSTED, RETRY_HORIZON_MS, ROUTE_REST_MS,
    RetryPolicy, after,
};
pub use retryable::{POISONED, can_pass};
pub use transition::{final_state, given_up, job_end};

use crate::campaign::words;

/// Where a recipient stands. `pending` and `in_flight` are live, the others final
/// (an `uncertain` one may still be settled by a late answer or by policy).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryState {
    /// Still due.
    Pending,
    /// Marked to leave: the provider may get it at any moment.
    InFlight,
    /// The provider has it.
    Sent,
    /// The provider refused it for good, or retries ran out.
    Failed,
    /// Consent or the suppression list forbids it.
    Suppressed,
    /// There is nowhere to send it.
    Skipped,
    /// The latest finish passed before it left.
    Expired,
    /// The job was taken back before it left.
    Canceled,
    /// The provider may have it; nobody can know.
    Uncertain,
}

words!(DeliveryState {
    Pending => "pending",
    InFlight => "in_flight",
    Sent => "sent",
    Failed => "failed",
    Suppressed => "suppressed",
    Skipped => "skipped",
    Expired => "expired",
    Canceled => "canceled",
    Uncertain => "uncertain",
});

impl DeliveryState {
    /// Whether the recipient is accounted for.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::InFlight)
    }

    const fn index(self) -> usize {
        self as usize
    }
}

/// How many recipients stand in each state. `frozen` is by construction the sum of the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts([i64; 9]);

impl Counts {
    /// How many stand in `state`.
    #[must_use]
    pub const fn of(&self, state: DeliveryState) -> i64 {
        self.0[state.index()]
    }

    /// Adds `n` recipients (negative takes away) to `state`.
    pub const fn add(&mut self, state: DeliveryState, n: i64) {
        self.0[state.index()] += n;
    }

    /// Moves `n` recipients between states.
    pub const fn shift(&mut self, from: DeliveryState, to: DeliveryState, n: i64) {
        self.add(from, -n);
        self.add(to, n);
    }

    /// The sum of all states.
    #[must_use]
    pub fn frozen(&self) -> i64 {
        self.0.iter().sum()
    }

    /// How many are still live.
    #[must_use]
    pub const fn live(&self) -> i64 {
        self.of(DeliveryState::Pending) + self.of(DeliveryState::InFlight)
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_recipients_never_changes_the_sum() {
        let mut counts = Counts::default();
        counts.add(DeliveryState::Pending, 10);
        counts.shift(DeliveryState::Pending, DeliveryState::InFlight, 4);
        counts.shift(DeliveryState::InFlight, DeliveryState::Sent, 3);
        assert_eq!(counts.frozen(), 10);
        assert_eq!(counts.live(), 7);
    }
}
