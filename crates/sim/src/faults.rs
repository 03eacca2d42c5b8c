//! What goes wrong, and how often: drawn once for each seed, so that seeds differ in kind and not only in detail.

use crate::chance::Stream;
use postrider_core::time::{MINUTE_MS, SECOND_MS};
use postrider_store::StoreError;

/// Chances, in a thousand, of each fault at each turn or message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Climate {
    /// A node ends as by `kill -9`, at each turn.
    pub(crate) crash: u64,
    /// A node is told to stop softly, at each turn.
    pub(crate) stop: u64,
    /// A node stands still, perhaps beyond its leases, at each turn.
    pub(crate) pause: u64,
    /// A transaction does not happen.
    pub(crate) refused: u64,
    /// A transaction happens, and the node sees an error.
    pub(crate) lost: u64,
    /// Time passes while somebody is at work, at each turn.
    pub(crate) slow: u64,
    /// A nudge is lost.
    pub(crate) deaf: u64,
    /// The provider does not simply take a message.
    pub(crate) provider: u64,
}

impl Climate {
    /// Nothing goes wrong.
    pub(crate) const fn calm() -> Self {
        Self { crash: 0, stop: 0, pause: 0, refused: 0, lost: 0, slow: 0, deaf: 0, provider: 0 }
    }

    /// A climate with some kinds of faults.
    pub(crate) fn draw(chance: &mut Stream, crashes: bool) -> Self {
        let mut some = |rates: &[u64]| if chance.permille(550) { chance.pick(rates) } else { 0 };
        let climate = Self {
            crash: some(&[2, 5, 15, 40]),
            stop: some(&[1, 3, 10]),
            pause: some(&[2, 5, 15]),
            refused: some(&[5, 20, 80]),
            lost: some(&[5, 20, 80]),
            slow: some(&[10, 50, 200]),
            deaf: some(&[300, 1_000]),
            provider: some(&[20, 100, 300]),
        };
        if crashes { climate } else { Self { crash: 0, stop: 0, ..climate } }
    }
}

/// How long a node stays away after it ended, in milliseconds.
pub(crate) fn downtime_ms(chance: &mut Stream) -> i64 {
    chance.pick(&[0, 50, SECOND_MS, 20 * SECOND_MS, MINUTE_MS])
}

/// How long a node stands still, in milliseconds.
pub(crate) fn pause_ms(chance: &mut Stream) -> i64 {
    chance.pick(&[SECOND_MS, 9 * SECOND_MS, 31 * SECOND_MS, 45 * SECOND_MS, 2 * MINUTE_MS, 15 * MINUTE_MS])
}

/// How much time passes while somebody is at work, in milliseconds.
pub(crate) fn delay_ms(chance: &mut Stream) -> i64 {
    chance.pick(&[1, 7, 250, 2 * SECOND_MS, 12 * SECOND_MS])
}

/// Why a transaction does not happen.
pub(crate) fn refused(chance: &mut Stream) -> StoreError {
    let why = "the world wants it so".to_owned();
    match chance.below(3) {
        0 => StoreError::Down(why),
        1 => StoreError::Full,
        _ => StoreError::Busy(why),
    }
}

/// What a node sees whose transaction happened.
pub(crate) fn lost() -> StoreError {
    StoreError::Ambiguous("the world wants it so".into())
}
