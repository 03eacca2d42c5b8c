//! Making refusals: a stable word and the provider's words, made safe to store.

use postrider_core::channel::{Obstacle, Outcome, Refusal};

/// Longest text of a refusal, in characters.
pub(crate) const TEXT_CHARS_MAX: usize = 500;

/// A refusal whose text holds no control characters and at most [`TEXT_CHARS_MAX`] characters.
pub(crate) fn refusal(reason: &'static str, text: &str) -> Refusal {
    Refusal { reason, text: printable(text, TEXT_CHARS_MAX) }
}

/// Why nothing leaves now, whoever the recipient is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stop {
    /// The word and the text.
    pub(crate) refusal: Refusal,
    /// What it concerns.
    pub(crate) obstacle: Obstacle,
    /// How long to stay away, in milliseconds, if that is known.
    pub(crate) after_ms: Option<u64>,
}

impl Stop {
    /// Something that concerns the whole route.
    pub(crate) fn route(reason: &'static str, text: &str) -> Self {
        Self { refusal: refusal(reason, text), obstacle: Obstacle::Route, after_ms: None }
    }

    /// Something that only a person can change: the sender is not accepted.
    pub(crate) fn sender(reason: &'static str, text: &str) -> Self {
        Self { obstacle: Obstacle::Sender, ..Self::route(reason, text) }
    }
}

impl From<Stop> for Outcome {
    /// A message that did not leave.
    fn from(stop: Stop) -> Self {
        let Stop { refusal, obstacle, after_ms } = stop;
        Self::NotAttempted { refusal, obstacle, after_ms }
    }
}

/// The first `chars_max` characters of a text, with control characters turned into spaces.
pub(crate) fn printable(text: &str, chars_max: usize) -> String {
    text.trim().chars().take(chars_max).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
