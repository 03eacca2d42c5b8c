//! Making refusals: a stable word and the provider's words, made safe to store.

use postrider_core::channel::{Obstacle, Outcome, Refusal};

/// Longest text of a refusal, in characters.
const TEXT_CHARS_MAX: usize = 500;

/// A refusal whose text holds no control characters and at most [`TEXT_CHARS_MAX`] characters.
pub(crate) fn refusal(reason: &'static str, text: &str) -> Refusal {
    Refusal { reason, text: printable(text, TEXT_CHARS_MAX) }
}

/// The message did not leave, for a reason that is not the recipient's.
pub(crate) fn not_attempted(refusal: Refusal) -> Outcome {
    Outcome::NotAttempted { refusal, obstacle: Obstacle::Route, after_ms: None }
}

/// The first `chars_max` characters of a text, with control characters turned into spaces.
pub(crate) fn printable(text: &str, chars_max: usize) -> String {
    text.trim().chars().take(chars_max).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
