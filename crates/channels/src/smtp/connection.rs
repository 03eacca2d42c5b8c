//! One connection to a mail server: commands out, replies in, each within its time.
//!
//! Not here: which command follows which. Invariant: replies are read strictly in order, and none is ever taken for
//! the answer to a command that had not been sent when it arrived.

use super::reply::{Reply, parse};
use super::timeouts::SmtpTimeouts;
use crate::refusal::Stop;
use crate::wire::Wire;
use postrider_core::channel::{Line, Obstacle};
use postrider_core::env::BoxFuture;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Most bytes that have to be taken within one wait.
const PIECE_BYTES: usize = 16 * 1024;

/// A connection, greeted and ready for mail.
pub(super) struct Connection {
    pub(super) wire: Wire,
    /// Bytes that have arrived and not been read as replies.
    inbox: Vec<u8>,
    pub(super) offers: Offers,
    pub(super) timeouts: SmtpTimeouts,
    /// Whether the server has taken a message on this connection.
    pub(super) has_delivered: bool,
    /// The listener that learns when the server sends something.
    pub(super) line: Arc<dyn Line>,
}

/// No listener.
pub(super) struct NoLine;

impl Line for NoLine {
    fn heard(&self) {}

    fn answered(&self) {}

    fn may_leave(&self) -> bool {
        true
    }

    fn cut(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::pending())
    }
}

/// What the server announced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Offers {
    /// Commands may be sent in groups (RFC 2920).
    pub(super) pipelining: bool,
    /// Bodies may hold bytes above 127 (RFC 6152).
    pub(super) eight_bit: bool,
    /// Addresses may hold them too (RFC 6531).
    pub(super) utf8: bool,
    /// The server wants to hear the size; 0 is no limit (RFC 1870).
    pub(super) size: Option<u64>,
    /// TLS can be started (RFC 3207).
    pub(super) starttls: bool,
    /// Login by PLAIN (RFC 4616).
    pub(super) auth_plain: bool,
    /// Login by LOGIN.
    pub(super) auth_login: bool,
}

/// Why a connection is of no use any more.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) stop: Stop,
    /// Whether the server (or the network) ended it, as happens to a connection kept too long.
    pub(super) was_closed: bool,
    /// How many bytes of the write that failed may have left.
    pub(super) left: usize,
}

impl From<Stop> for Broken {
    fn from(stop: Stop) -> Self {
        Self { stop, was_closed: false, left: 0 }
    }
}

impl Broken {
    pub(super) fn new(reason: &'static str, text: &str) -> Self {
        Self::from(Stop::route(reason, text))
    }

    /// The same, as what keeps one more connection from being opened.
    pub(super) fn of_connections(mut self) -> Self {
        self.stop.obstacle = Obstacle::Connections;
        self
    }

    fn closed(text: &str) -> Self {
        Self { was_closed: true, ..Self::new("connection_lost", text) }
    }
}

impl Connection {
    pub(super) fn new(wire: Wire, timeouts: SmtpTimeouts, line: Arc<dyn Line>) -> Self {
        Self { wire, inbox: Vec::new(), offers: Offers::default(), timeouts, has_delivered: false, line }
    }

    /// Whether the connection can still be used after it lay idle: open, and nothing said out of turn.
    pub(super) async fn is_fresh(&mut self) -> bool {
        self.inbox.is_empty() && !self.wire.has_news().await
    }

    /// Whether bytes wait that nobody asked for.
    pub(super) fn has_unread(&self) -> bool {
        !self.inbox.is_empty()
    }

    /// Writes commands. Every reply asked for before must have been read.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        if self.has_unread() {
            return Err(self.read_unasked());
        }
        let mut left = 0;
        // A server that takes a little now and then must not hold the connection for ever.
        let all = timeout(self.timeouts.final_reply, self.write_pieces(bytes, &mut left)).await;
        let broken = match all.unwrap_or(Ok(false)) {
            Ok(true) => return Ok(()),
            Ok(false) => Broken::new("write_timeout", "The server did not take what was written in time."),
            Err(error) => Broken::closed(&format!("The connection broke while writing: {error}.")),
        };
        Err(Broken { left, ..broken })
    }

    /// Writes piece by piece; returns whether each was taken in time. `left` is the number of bytes that may have left.
    async fn write_pieces(&mut self, bytes: &[u8], left: &mut usize) -> io::Result<bool> {
        let mut begun = 0;
        for piece in bytes.chunks(PIECE_BYTES) {
            // A caller that drops this in the middle of a piece does not learn how much of it has left.
            *left = begun + piece.len();
            let mut gone = 0;
            let taken = timeout(self.timeouts.write, self.wire.write(piece, &mut gone)).await;
            *left = begun + gone;
            match taken {
                Ok(written) => written?,
                Err(_) => return Ok(false),
            }
            begun += piece.len();
            if begun < bytes.len() {
                self.line.heard();
            }
        }
        Ok(true)
    }

    /// A reply that nobody asked for; a server that closes may say so at any time (RFC 5321 §3.8).
    fn read_unasked(&self) -> Broken {
        match parse(&self.inbox) {
            Ok(Some((reply, _))) if reply.code == 421 => Broken::closed(&reply.line()),
            _ => Broken::new("protocol_error", "The server said something that nobody asked for."),
        }
    }

    /// Reads the next reply, which must be there as a whole within `wait`.
    pub(super) async fn reply(&mut self, wait: Duration) -> Result<Reply, Broken> {
        let Self { wire, inbox, line, .. } = self;
        match timeout(wait, read_reply(wire, inbox)).await {
            Ok(result) => result.inspect(|_| line.heard()),
            Err(_) => Err(Broken::new("reply_timeout", "The server did not answer in time.")),
        }
    }

    /// Writes one command and reads its reply.
    pub(super) async fn ask(&mut self, command: &[u8], wait: Duration) -> Result<Reply, Broken> {
        self.write(command).await?;
        self.reply(wait).await
    }

    /// Says goodbye and closes.
    pub(super) async fn quit(&mut self) {
        let wait = self.timeouts.farewell;
        let farewell = async {
            let _answer = self.ask(b"QUIT\r\n", wait).await;
            self.wire.shut_down().await;
        };
        let _in_time = timeout(wait, farewell).await;
    }
}

async fn read_reply(wire: &mut Wire, inbox: &mut Vec<u8>) -> Result<Reply, Broken> {
    loop {
        match parse(inbox) {
            Ok(Some((reply, length))) => {
                inbox.drain(..length);
                return Ok(reply);
            }
            Ok(None) => {}
            Err(_) => return Err(Broken::new("protocol_error", "The server's answer is not a reply of SMTP.")),
        }
        match wire.read(inbox).await {
            Ok(0) => return Err(Broken::closed("The server closed the connection.")),
            Ok(_) => {}
            Err(error) => return Err(Broken::closed(&format!("The connection broke while reading: {error}."))),
        }
    }
}
