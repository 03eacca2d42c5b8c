//! Building an internet message (RFC 5322, RFC 2045) from the parts of an email.
//!
//! Not here: dots and the envelope. Invariant: the same message always gives the same bytes, and no value can
//! add a field, a part or a line end of its own.

mod body;
mod date;
mod header;

use crate::smtp::address::{self, with_ascii_domain};
use postrider_core::channel::EmailBody;

/// Most characters of the message key that go into the boundary (RFC 2046 §5.1.1 allows 70 in all).
const BOUNDARY_KEY_CHARS_MAX: usize = 50;
/// Room made for the header, in bytes.
const HEADER_BYTES: usize = 2048;

/// Why no message can be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// The recipient's address is not one.
    Recipient,
    /// The sender's or the reply address is not one.
    Sender,
}

/// The message as it would travel: CRLF line ends, ASCII unless an address needs SMTPUTF8.
pub(crate) fn build(key: &str, to: &str, email: &EmailBody) -> Result<Vec<u8>, Unfit> {
    if !address::is_valid(to) {
        return Err(Unfit::Recipient);
    }
    let reply_to = email.reply_to.as_deref().filter(|reply_to| !reply_to.is_empty());
    if !address::is_valid(&email.from_address) || !reply_to.is_none_or(address::is_valid) {
        return Err(Unfit::Sender);
    }
    let html = email.html.as_deref().filter(|html| !html.is_empty());
    let room = HEADER_BYTES + (email.text.len() + html.map_or(0, str::len)) * 5 / 4;
    let mut out = Vec::with_capacity(room);
    header::push_address(&mut out, "From", &email.from_name, &with_ascii_domain(&email.from_address));
    header::push_address(&mut out, "To", &email.to_name, &with_ascii_domain(to));
    if let Some(reply_to) = reply_to {
        header::push_address(&mut out, "Reply-To", "", &with_ascii_domain(reply_to));
    }
    header::push_text(&mut out, "Subject", &email.subject);
    out.extend_from_slice(b"Date: ");
    date::push(&mut out, email.date);
    out.extend_from_slice(b"\r\n");
    header::push_token(&mut out, "Message-ID", &message_id(&email.message_id));
    if let Some(url) = &email.unsubscribe_url {
        header::push_token(&mut out, "List-Unsubscribe", &url_for_header(url));
        out.extend_from_slice(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
    }
    if email.is_test {
        out.extend_from_slice(b"X-Postrider-Test: 1\r\n");
    }
    out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    match html {
        None => body::push(&mut out, "plain", &email.text),
        Some(html) => push_alternative(&mut out, key, &email.text, html),
    }
    Ok(out)
}

fn push_alternative(out: &mut Vec<u8>, key: &str, text: &str, html: &str) {
    let boundary = boundary(key);
    let parts = [("plain", text), ("html", html)];
    out.extend_from_slice(b"Content-Type: multipart/alternative;\r\n boundary=\"");
    out.extend_from_slice(boundary.as_bytes());
    out.extend_from_slice(b"\"\r\n");
    for (subtype, part) in parts {
        out.extend_from_slice(b"\r\n--");
        out.extend_from_slice(boundary.as_bytes());
        out.extend_from_slice(b"\r\n");
        body::push(out, subtype, part);
    }
    out.extend_from_slice(b"\r\n--");
    out.extend_from_slice(boundary.as_bytes());
    out.extend_from_slice(b"--\r\n");
}

/// A boundary that no part can contain: no encoded body holds [`body::BOUNDARY_PREFIX`] after dashes.
fn boundary(key: &str) -> String {
    let key = key.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(BOUNDARY_KEY_CHARS_MAX);
    body::BOUNDARY_PREFIX.chars().chain(key).collect()
}

/// Only what a message id may hold (RFC 5322 §3.6.4).
fn message_id(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.@".contains(*c)).take(250).collect()
}

/// A URL with everything percent-encoded that may not stand between angle brackets (RFC 2369 §2, RFC 3986 §2).
fn url_for_header(url: &str) -> String {
    let mut out = Vec::with_capacity(url.len());
    for byte in url.trim().bytes() {
        if byte.is_ascii_graphic() && !b"<>\"\\^`{|},".contains(&byte) {
            out.push(byte);
        } else if !byte.is_ascii_control() {
            let mut hex = Vec::with_capacity(3);
            body::push_hex(&mut hex, byte);
            hex[0] = b'%';
            out.extend_from_slice(&hex);
        }
    }
    // A header line ends at 998 bytes; a longer URL is no URL that anybody could call.
    out.truncate(900);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests;
