//! Holding everything that a database would send until a person confirms.

use crate::campaign::words;

/// Why nothing is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldReason {
    /// A person asked for it.
    Operator,
    /// The database is a copy, or an older state of one.
    Copy,
    /// The database may be a copy: what would prove the opposite is missing.
    Unproven,
}

words!(HoldReason { Operator => "held_by_operator", Copy => "restored_copy", Unproven => "copy_or_moved" });

impl HoldReason {
    /// The reason in one sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Operator => "An operator holds all jobs.",
            Self::Copy => "This database is a copy, or an older state, of one that has sent.",
            Self::Unproven => "This database may be a copy of one that has sent.",
        }
    }
}
