//! Ports to the world: time and chance. Everything that needs either is handed one of these.

use crate::time::Timestamp;
use std::future::Future;
use std::pin::Pin;

/// A boxed future, the shape in which ports answer.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The time by which a process goes; see [`crate::timeline`].
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> Timestamp;

    /// Resolves at or after `instant`; before it only if the clock was set back meanwhile, when whoever waits must look
    /// again.
    fn sleep_until(&self, instant: Timestamp) -> BoxFuture<'static, ()>;

    /// How far the wall clock of this machine is ahead of this clock, in milliseconds, as last compared. None if this
    /// clock follows the wall clock.
    fn wall_ahead_ms(&self) -> Option<i64> {
        None
    }
}

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// A whole number in `0..bound` (`bound` at least 1), good enough for jitter.
#[must_use]
pub fn random_below(entropy: &dyn Entropy, bound: u64) -> u64 {
    let mut bytes = [0_u8; 8];
    entropy.fill(&mut bytes);
    u64::from_be_bytes(bytes) % bound.max(1)
}
