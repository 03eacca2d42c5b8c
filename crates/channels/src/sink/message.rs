//! The text of a message, and its end.

use super::script::{Answer, Verb};
use super::session::{Next, Session};
use super::words::{find_end, is_unclean, unstuff};
use std::io;

/// Most bytes of a message without an announced limit.
const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

impl Session {
    /// Reads the text of a message up to its final dot, and answers that.
    pub(super) async fn read_message(&mut self) -> io::Result<Next> {
        let mut searched = 0;
        let (text, whole) = loop {
            let bytes = &self.inbox[self.read..];
            if let Some(found) = find_end(bytes, searched) {
                break found;
            }
            // The end may have begun in the last four bytes.
            searched = bytes.len().saturating_sub(4);
            if bytes.len() > MESSAGE_BYTES_MAX || !self.fill().await? {
                return Ok(Next::Close);
            }
        };
        if is_unclean(&self.inbox[self.read..self.read + text]) {
            self.shared.mailbox.count_violation();
        }
        let next = if self.to.is_empty() || self.from.is_none() {
            self.say("554 5.5.1 no valid recipients")
        } else if self.is_too_large(text) {
            self.say("552 5.3.4 message too large")
        } else {
            self.end_message(text).await?
        };
        self.read += whole;
        self.check_alone();
        self.forget();
        Ok(next)
    }

    /// The script decides; a message is taken before its success is said.
    async fn end_message(&mut self, text: usize) -> io::Result<Next> {
        match self.consult(Verb::Dot, "").await? {
            Answer::Proceed | Answer::After(..) => {
                let number = self.take(text).await;
                Ok(self.say(&format!("250 2.0.0 Ok: queued as {number}")))
            }
            Answer::Reply(reply) => {
                if reply.starts_with('2') {
                    self.take(text).await;
                }
                let next = self.say(&reply);
                Ok(if reply.starts_with("421") { Next::Close } else { next })
            }
            Answer::Close { bytes, keep } => {
                if keep {
                    self.take(text).await;
                }
                self.say_raw(&bytes);
                Ok(Next::Close)
            }
        }
    }

    async fn take(&self, text: usize) -> u64 {
        let bytes = &self.inbox[self.read..self.read + text];
        let from = self.from.as_deref().unwrap_or_default();
        self.shared.mailbox.take(from, &self.to, || unstuff(bytes)).await
    }
}
