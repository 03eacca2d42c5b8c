//! Time and chance that tests set.

use postrider_core::env::{BoxFuture, Clock, Entropy};
use postrider_core::time::Timestamp;
use std::sync::Mutex;
use tokio::sync::watch;

/// A clock that stands still until it is told otherwise.
pub struct FixedClock(watch::Sender<Timestamp>);

impl FixedClock {
    pub fn at(instant: Timestamp) -> Self {
        Self(watch::Sender::new(instant))
    }

    /// Moves the clock by so many milliseconds, negative ones back.
    pub fn advance(&self, millis: i64) {
        self.0.send_modify(|now| *now = now.plus_millis(millis));
    }

    /// Sets the clock.
    pub fn set(&self, instant: Timestamp) {
        self.0.send_replace(instant);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    fn sleep_until(&self, instant: Timestamp) -> BoxFuture<'static, ()> {
        let mut now = self.0.subscribe();
        Box::pin(async move {
            // An error means that the clock is gone, and then nobody waits for it.
            drop(now.wait_for(|now| *now >= instant).await);
        })
    }
}

/// Chance that is the same in every run (SplitMix64).
pub struct SeededEntropy(Mutex<u64>);

impl SeededEntropy {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.0.lock().unwrap();
        for chunk in buffer.chunks_mut(8) {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut bits = *state;
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            bits ^= bits >> 31;
            chunk.copy_from_slice(&bits.to_be_bytes()[..chunk.len()]);
        }
    }
}
