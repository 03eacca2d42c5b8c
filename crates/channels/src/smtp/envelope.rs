//! Turning a message into what travels: its three commands, and its bytes with dots made safe.
//!
//! Invariant: the bytes between DATA and the final dot hold no bare CR, no bare LF, no NUL, and no line that is a
//! dot alone (RFC 5321 §4.5.2); so a message can neither end early nor begin another.

use super::address::with_ascii_domain;
use super::classify::Parties;
use super::connection::Offers;
use super::mime::{self, Unfit};
use crate::refusal::{Stop, refusal};
use postrider_core::channel::{Body, Message, Outcome};

/// The end of a message, and an empty message.
pub(super) const LONE_DOT: &[u8] = b".\r\n";

/// A message ready to travel.
pub(super) struct Prepared {
    /// Its place in the window.
    pub(super) index: usize,
    from: String,
    to: String,
    /// MAIL, RCPT and DATA.
    commands: Vec<u8>,
    mail_end: usize,
    rcpt_end: usize,
    /// The message with its final dot.
    pub(super) data: Vec<u8>,
}

impl Prepared {
    /// Whose message it is.
    pub(super) fn parties(&self) -> Parties<'_> {
        Parties { from: &self.from, to: &self.to }
    }

    /// The three commands together.
    pub(super) fn commands(&self) -> &[u8] {
        &self.commands
    }

    /// The three commands one by one.
    pub(super) fn each_command(&self) -> [&[u8]; 3] {
        [&self.commands[..self.mail_end], &self.commands[self.mail_end..self.rcpt_end], &self.commands[self.rcpt_end..]]
    }

    /// Where the final dot begins in `data`: once the byte there has left, the server may have the message.
    pub(super) fn dot_at(&self) -> usize {
        self.data.len() - LONE_DOT.len()
    }
}

/// Prepares a message for a server, or says why it cannot go there.
pub(super) fn prepare(index: usize, message: &Message, offers: &Offers) -> Result<Prepared, Outcome> {
    let reject = |reason, text: &str| Outcome::Rejected(refusal(reason, text));
    let Body::Email(email) = &message.body else {
        return Err(reject("wrong_channel", "The message is not an email."));
    };
    let bytes = mime::build(&message.key, &message.to, email).map_err(|unfit| match unfit {
        Unfit::Recipient => reject("address_invalid", "The recipient's address is not an email address."),
        Unfit::Sender => sender_invalid(),
    })?;
    let from = with_ascii_domain(&email.from_address).into_owned();
    let to = with_ascii_domain(&message.to).into_owned();
    let in_utf8 = !from.is_ascii() || !to.is_ascii();
    let is_wide = !bytes.is_ascii();
    if (in_utf8 || is_wide) && !(offers.utf8 && offers.eight_bit) {
        let (reason, text) = ("address_needs_smtputf8", "The server takes no addresses beyond ASCII (RFC 6531).");
        return Err(if to.is_ascii() { Stop::sender(reason, text).into() } else { reject(reason, text) });
    }
    if let Some(limit) = offers.size.filter(|&limit| limit > 0 && bytes.len() as u64 > limit) {
        let text = format!("The message has {} bytes, the server takes {limit}.", bytes.len());
        return Err(reject("message_too_large", &text));
    }
    let mut commands = Vec::with_capacity(128);
    push(&mut commands, &["MAIL FROM:<", &from, ">"]);
    if offers.size.is_some() {
        push(&mut commands, &[" SIZE=", &bytes.len().to_string()]);
    }
    if is_wide {
        push(&mut commands, &[" BODY=8BITMIME"]);
    }
    if in_utf8 || is_wide {
        push(&mut commands, &[" SMTPUTF8"]);
    }
    push(&mut commands, &["\r\n"]);
    let mail_end = commands.len();
    push(&mut commands, &["RCPT TO:<", &to, ">\r\n"]);
    let rcpt_end = commands.len();
    push(&mut commands, &["DATA\r\n"]);
    Ok(Prepared { index, from, to, commands, mail_end, rcpt_end, data: stuff(&bytes) })
}

/// A sender that no server can take: nothing is wrong with the recipient.
pub(crate) fn sender_invalid() -> Outcome {
    Stop::sender("sender_invalid", "The sender's or reply address is not an email address.").into()
}

fn push(out: &mut Vec<u8>, parts: &[&str]) {
    parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
}

/// Doubles leading dots, makes every line end CRLF, drops NUL, and adds the final dot.
fn stuff(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 64 + 16);
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
        let line = &rest[..end];
        // A NUL that goes may uncover a dot, so the first byte that stays decides.
        if line.iter().find(|&&b| b != 0) == Some(&b'.') {
            out.push(b'.');
        }
        if line.contains(&0) {
            out.extend(line.iter().filter(|&&b| b != 0));
        } else {
            out.extend_from_slice(line);
        }
        out.extend_from_slice(b"\r\n");
        let skip = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = rest.get(end + skip..).unwrap_or_default();
    }
    out.extend_from_slice(LONE_DOT);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_and_line_ends_are_made_safe() {
        let table: [(&[u8], &[u8]); 9] = [
            (b"", b".\r\n"),
            (b"a", b"a\r\n.\r\n"),
            (b".", b"..\r\n.\r\n"),
            (b"a\r\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
            (b"a\n.\nb", b"a\r\n..\r\nb\r\n.\r\n"),
            (b"a\r.\rb", b"a\r\n..\r\nb\r\n.\r\n"),
            (b"a\r\r\n.b", b"a\r\n\r\n..b\r\n.\r\n"),
            (b"\0.\0", b"..\r\n.\r\n"),
            (b"a\0b\n", b"ab\r\n.\r\n"),
        ];
        for (input, expected) in table {
            let shown = String::from_utf8_lossy(input).into_owned();
            assert_eq!(stuff(input), expected, "{shown:?}");
        }
    }
}
