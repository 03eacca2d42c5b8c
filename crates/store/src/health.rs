//! What keeps the database from being used, as this process met it last.
//!
//! Kept in memory: what cannot be stored cannot be shown from there. The log has one line when it begins and one when it
//! ends, however many attempts fail meanwhile.

use crate::error::StoreError;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Trouble is over in the log when a success comes this long after the last failure: connections break one by one.
const STEADY: Duration = Duration::from_secs(1);

/// Why the database does not take writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The disk is full.
    DiskFull,
    /// The database or its file system is read-only.
    ReadOnly,
    /// The server or the file is out of reach.
    Unreachable,
    /// The server does not answer.
    Silent,
}

impl Trouble {
    /// The word for it in `/readyz` and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DiskFull => "disk_full",
            Self::ReadOnly => "read_only",
            Self::Unreachable => "unreachable",
            Self::Silent => "silent",
        }
    }

    /// The reason that a job shows because of it, with what to do.
    #[must_use]
    pub const fn blocks(self) -> &'static str {
        match self {
            Self::DiskFull => "database_full: the disk of the database is full; free some space",
            Self::ReadOnly => "database_read_only: the database takes no writes; make it or its file system writable",
            Self::Unreachable => "database_unreachable: the database cannot be reached; see the log",
            Self::Silent => "database_silent: the database does not answer; look at the server and the network",
        }
    }

    /// What a failure says of the database as a whole; most failures say nothing.
    #[must_use]
    pub const fn of(failure: &StoreError) -> Option<Self> {
        match failure {
            StoreError::Full => Some(Self::DiskFull),
            StoreError::ReadOnly(_) => Some(Self::ReadOnly),
            StoreError::Down(_) | StoreError::Ambiguous(_) => Some(Self::Unreachable),
            StoreError::Silent(_) => Some(Self::Silent),
            _ => None,
        }
    }
}

/// The last thing that went wrong and has not been followed by a success.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    trouble: Option<Trouble>,
    /// The trouble whose beginning is in the log and whose end is not yet.
    logged: Option<Trouble>,
    failed_at: Option<Instant>,
}

impl Health {
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.with(|state| state.trouble)
    }

    /// Remembers a failure if it concerns the whole database.
    pub(crate) fn failed(&self, failure: &StoreError) {
        if let Some(trouble) = Trouble::of(failure) {
            self.is(trouble, &failure.to_string());
        }
    }

    pub(crate) fn is(&self, trouble: Trouble, why: &str) {
        let is_new = self.with(|state| {
            state.failed_at = Some(Instant::now());
            state.trouble = Some(trouble);
            // A server that ends some connections and refuses others is in one trouble.
            let is_new = state.logged.is_none_or(|logged| logged.is_of_disk() != trouble.is_of_disk());
            if is_new {
                state.logged = Some(trouble);
            }
            is_new
        });
        if is_new {
            tracing::warn!(reason = trouble.as_str(), "using the database failed: {why}");
        }
    }

    /// A write was committed.
    pub(crate) fn wrote(&self) {
        self.wrote_at(Instant::now());
    }

    fn wrote_at(&self, now: Instant) {
        let ended = self.with(|state| {
            state.trouble = None;
            let is_steady = state.failed_at.is_none_or(|at| now.saturating_duration_since(at) >= STEADY);
            if is_steady { state.logged.take() } else { None }
        });
        if let Some(trouble) = ended {
            tracing::warn!(reason = trouble.as_str(), "using the database succeeds again");
        }
    }

    /// Whether a success has something to end.
    pub(crate) fn is_pending(&self) -> bool {
        self.with(|state| state.logged.is_some_and(|logged| !logged.is_of_disk()))
    }

    fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Trouble {
    /// Whether only a write shows that it is over.
    const fn is_of_disk(self) -> bool {
        matches!(self, Self::DiskFull | Self::ReadOnly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_ends_with_the_first_success_and_in_the_log_with_the_first_that_lasts() {
        let health = Health::default();
        health.failed(&StoreError::Conflict("of one row".into()));
        assert_eq!((health.trouble(), health.is_pending()), (None, false));
        let begun = Instant::now();
        for _ in 0..3 {
            health.failed(&StoreError::Down("gone".into()));
            assert_eq!(health.trouble(), Some(Trouble::Unreachable));
            health.wrote_at(begun);
            assert_eq!((health.trouble(), health.is_pending()), (None, true), "too early to tell");
        }
        health.wrote_at(Instant::now() + STEADY);
        assert_eq!((health.trouble(), health.is_pending()), (None, false));
    }
}
