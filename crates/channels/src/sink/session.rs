//! One conversation of a sink: reading, writing, and asking the script.
//!
//! Replies are collected and written when there is nothing more to read, so a client that pipelines is answered in
//! as few writes as it made. Not here: what a command does (`commands`), message text (`message`).

use super::Shared;
use super::script::{Answer, Step, Verb};
use super::words::parse_command;
use crate::wire::Wire;
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;

/// Longest command line, in bytes; login lines may be long (RFC 4954 §4).
const COMMAND_BYTES_MAX: usize = 12 * 1024;

/// What follows a step of a conversation.
pub(super) enum Next {
    Continue,
    /// Begin TLS, then go on.
    Encrypt,
    Close,
}

/// The state of one conversation.
pub(super) struct Session {
    pub(super) shared: Arc<Shared>,
    pub(super) wire: Wire,
    number: u64,
    pub(super) inbox: Vec<u8>,
    /// How much of the inbox has been dealt with.
    pub(super) read: usize,
    outbox: Vec<u8>,
    /// Messages begun and ended, or refused at MAIL, before the present one.
    pub(super) messages: u64,
    pub(super) from: Option<String>,
    pub(super) to: Vec<String>,
    pub(super) logged_in: bool,
}

/// Holds one conversation to its end.
pub(super) async fn run(stream: TcpStream, shared: Arc<Shared>) {
    let number = shared.mailbox.next_connection();
    // Without it a reply could wait for the acknowledgement of the one before.
    let _best_effort = stream.set_nodelay(true);
    let mut encrypt = shared.options.tls.as_ref().is_some_and(|tls| tls.implicit);
    let mut greeted = false;
    let mut session = Session {
        logged_in: shared.options.login.is_none(),
        shared,
        wire: Wire::Plain(stream),
        number,
        inbox: Vec::new(),
        read: 0,
        outbox: Vec::new(),
        messages: 0,
        from: None,
        to: Vec::new(),
    };
    loop {
        if encrypt {
            session.wire = match (session.wire, &session.shared.acceptor) {
                (Wire::Plain(stream), Some(acceptor)) => match acceptor.accept(stream).await {
                    Ok(stream) => Wire::Tls(Box::new(TlsStream::Server(stream))),
                    Err(_) => return,
                },
                (wire, _) => wire,
            };
        }
        // A broken connection ends its session and nothing else.
        let Ok(Next::Encrypt) = session.hold(!greeted).await else { break };
        (encrypt, greeted) = (true, true);
    }
    session.wire.shut_down().await;
}

impl Session {
    async fn hold(&mut self, greet: bool) -> io::Result<Next> {
        let mut next = if greet { self.command(Verb::Connect, "").await? } else { Next::Continue };
        loop {
            match next {
                Next::Continue => {}
                Next::Encrypt | Next::Close => {
                    self.flush().await?;
                    return Ok(next);
                }
            }
            let Some(line) = self.next_line().await? else { return Ok(Next::Close) };
            next = match parse_command(&line) {
                Some((Verb::Auth, argument)) => self.authenticate(argument).await?,
                Some((verb, argument)) => self.command(verb, argument).await?,
                None => self.say("500 5.5.2 unknown command"),
            };
        }
    }

    /// Asks the script what to do, and waits as long as it says.
    pub(super) async fn consult(&mut self, verb: Verb, argument: &str) -> io::Result<Answer> {
        let Some(hook) = &self.shared.options.hook else { return Ok(Answer::Proceed) };
        let mut answer = hook(&Step { connection: self.number, message: self.messages, verb, argument });
        while let Answer::After(wait, then) = answer {
            self.flush().await?;
            tokio::time::sleep(wait).await;
            answer = *then;
        }
        Ok(answer)
    }

    pub(super) fn say(&mut self, reply: &str) -> Next {
        self.say_raw(reply.as_bytes());
        self.say_raw(b"\r\n");
        Next::Continue
    }

    pub(super) fn say_raw(&mut self, bytes: &[u8]) {
        self.outbox.extend_from_slice(bytes);
    }

    /// Notes commands that came in a group although groups were not offered.
    pub(super) fn check_alone(&self) {
        if !self.shared.options.pipelining && self.inbox.len() > self.read {
            self.shared.mailbox.count_violation();
        }
    }

    /// The next line without its end; nothing when the client has gone.
    pub(super) async fn next_line(&mut self) -> io::Result<Option<String>> {
        let mut searched = 0;
        loop {
            let bytes = &self.inbox[self.read..];
            if let Some(length) = bytes[searched..].iter().position(|&b| b == b'\n').map(|found| searched + found) {
                let line = bytes[..length].strip_suffix(b"\r").unwrap_or(&bytes[..length]);
                let line = String::from_utf8_lossy(line).into_owned();
                self.read += length + 1;
                self.check_alone();
                return Ok(Some(line));
            }
            searched = bytes.len();
            if searched > COMMAND_BYTES_MAX || !self.fill().await? {
                return Ok(None);
            }
        }
    }

    /// Says what is to be said, then waits for more from the client; false when it has gone.
    pub(super) async fn fill(&mut self) -> io::Result<bool> {
        self.flush().await?;
        self.inbox.drain(..self.read);
        self.read = 0;
        Ok(self.wire.read(&mut self.inbox).await? > 0)
    }

    pub(super) async fn flush(&mut self) -> io::Result<()> {
        let split = self.shared.options.split_replies_at.unwrap_or(0).min(self.outbox.len());
        let mut left = 0;
        for piece in [&self.outbox[..split], &self.outbox[split..]] {
            if !piece.is_empty() {
                self.wire.write(piece, &mut left).await?;
                tokio::task::yield_now().await;
            }
        }
        self.outbox.clear();
        Ok(())
    }
}
