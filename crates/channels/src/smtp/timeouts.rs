//! How long a conversation waits.

use std::time::Duration;

/// Waiting times of a conversation. A shorter wait for the final reply makes duplicates (RFC 5321 §4.5.3.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmtpTimeouts {
    /// Until the connection stands, and for each TLS handshake: 30 s.
    pub connect: Duration,
    /// For the reply to a command, and for a write to be taken: 5 min (RFC 5321 §4.5.3.2.1 to §4.5.3.2.5).
    pub command: Duration,
    /// For the reply to the end of a message: 10 min (RFC 5321 §4.5.3.2.6).
    pub final_reply: Duration,
    /// For the farewell: 2 s, since nothing depends on it.
    pub farewell: Duration,
}

impl SmtpTimeouts {
    /// For a person who waits: 10 s for each step.
    pub(super) const PROBE: Self = Self {
        connect: Duration::from_secs(10),
        command: Duration::from_secs(10),
        final_reply: Duration::from_secs(10),
        farewell: Duration::from_secs(2),
    };
}

impl Default for SmtpTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            command: Duration::from_secs(5 * 60),
            final_reply: Duration::from_secs(10 * 60),
            farewell: Duration::from_secs(2),
        }
    }
}
