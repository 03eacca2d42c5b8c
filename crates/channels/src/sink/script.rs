//! What a test can make a sink say and do.

use std::sync::Arc;
use std::time::Duration;

/// A step of a conversation, about to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'a> {
    /// Number of the connection, from 0.
    pub connection: u64,
    /// Number of the message on this connection, from 0.
    pub message: u64,
    /// What the client did.
    pub verb: Verb,
    /// The rest of the command line.
    pub argument: &'a str,
}

/// What a client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Connected; the answer is the greeting.
    Connect,
    /// EHLO.
    Ehlo,
    /// HELO.
    Helo,
    /// STARTTLS.
    StartTls,
    /// AUTH, with its secret already read.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA.
    Data,
    /// The end of a message.
    Dot,
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// QUIT.
    Quit,
}

/// What the sink does at a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// As an ordinary server.
    Proceed,
    /// This reply, without its last CRLF; it has the effect of its code.
    Reply(String),
    /// Write these bytes and close. `keep` says whether a message that just ended is taken nevertheless.
    Close {
        /// Bytes to write first, perhaps part of a reply.
        bytes: Vec<u8>,
        /// Take the message first.
        keep: bool,
    },
    /// Wait, then do something.
    After(Duration, Box<Answer>),
}

/// Decides the answers of a sink.
pub type Hook = Arc<dyn Fn(&Step<'_>) -> Answer + Send + Sync>;
