//! How long a conversation waits.

use std::time::Duration;

/// Waiting times of a conversation. Each one covers the whole of what is waited for: a reply that arrives byte by byte,
/// or line by line, has no more time than one that arrives at once.
///
/// Before the end of a message nothing is in doubt, so these waits are shorter than RFC 5321 §4.5.3.2 allows: a
/// conversation that is given up costs nothing but a new one. A shorter wait for the final reply makes duplicates
/// (RFC 5321 §4.5.3.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmtpTimeouts {
    /// For the name to be found, for the connection to any of its addresses, and for a TLS handshake, each: 30 s.
    pub connect: Duration,
    /// For the greeting: 30 s.
    pub greeting: Duration,
    /// For the reply to EHLO or HELO: 30 s.
    pub hello: Duration,
    /// For the reply to STARTTLS: 30 s.
    pub starttls: Duration,
    /// For the whole login: 30 s.
    pub login: Duration,
    /// For the reply to MAIL: 30 s.
    pub mail: Duration,
    /// For the reply to RCPT: 30 s.
    pub rcpt: Duration,
    /// For the reply to DATA: 30 s.
    pub data: Duration,
    /// For the server to take the next 16 KiB of what is written: 30 s. A whole write has no more than `final_reply`.
    pub write: Duration,
    /// For the reply to the end of a message: 10 min (RFC 5321 §4.5.3.2.6).
    pub final_reply: Duration,
    /// For the reply to RSET: 10 s.
    pub reset: Duration,
    /// For the whole farewell: 2 s, since nothing depends on it.
    pub farewell: Duration,
}

impl SmtpTimeouts {
    /// For a person who waits: 10 s for each step.
    pub(super) const PROBE: Self =
        Self { final_reply: Duration::from_secs(10), ..Self::alike(Duration::from_secs(10)) };

    /// The same for every wait but that for the final reply and those of the end.
    #[must_use]
    pub const fn alike(wait: Duration) -> Self {
        Self {
            connect: wait,
            greeting: wait,
            hello: wait,
            starttls: wait,
            login: wait,
            mail: wait,
            rcpt: wait,
            data: wait,
            write: wait,
            final_reply: Duration::from_secs(10 * 60),
            reset: Duration::from_secs(10),
            farewell: Duration::from_secs(2),
        }
    }
}

impl Default for SmtpTimeouts {
    fn default() -> Self {
        Self::alike(Duration::from_secs(30))
    }
}
