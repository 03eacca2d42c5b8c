//! What we do to an email's HTML: put the preheader in, and tell whether it will be clipped.
//!
//! Not here: rendering, and the text part (`text`).

use crate::markup::{Token, Tokens};

/// Size from which Gmail clips an email, in bytes of HTML: 102 KB.
pub const EMAIL_CLIP_BYTES: usize = 102 * 1024;
/// Hides the preheader from the body, not from the inbox.
const PREHEADER_OPEN: &str = "<span style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">";

/// Whether mail programs show only the beginning of this HTML.
#[must_use]
pub const fn is_clipped(html: &str) -> bool {
    html.len() > EMAIL_CLIP_BYTES
}

/// Text as HTML, in pieces; good between tags and in quoted attributes. A slash stays a slash, so that links stay whole
/// for readers that do not decode references.
pub(crate) fn escaped(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['<', '>', '&', '"', '\'']).flat_map(|piece| {
        let (plain, reference) = match piece.as_bytes().last() {
            Some(b'<') => (1, "&lt;"),
            Some(b'>') => (1, "&gt;"),
            Some(b'&') => (1, "&amp;"),
            Some(b'"') => (1, "&quot;"),
            Some(b'\'') => (1, "&#39;"),
            _ => (0, ""),
        };
        [&piece[..piece.len() - plain], reference]
    })
}

/// Puts the preheader, plain text, at the beginning of the body, hidden.
#[must_use]
pub fn with_preheader(html: &str, preheader: &str) -> String {
    let at = body_start(html);
    let mut whole = String::with_capacity(html.len() + PREHEADER_OPEN.len() + preheader.len() + 64);
    whole.push_str(&html[..at]);
    whole.push_str(PREHEADER_OPEN);
    for piece in escaped(preheader.trim()) {
        whole.push_str(piece);
    }
    whole.push_str("</span>");
    whole.push_str(&html[at..]);
    whole
}

/// Where the body's content begins: after `<body>`, else after the head, the `<html>` tag or the doctype.
fn body_start(html: &str) -> usize {
    let mut start = 0;
    for token in Tokens::of(html) {
        let Token::Tag(tag) = token else { continue };
        match tag.name.as_str() {
            "body" if !tag.is_end => return tag.end,
            "head" if tag.is_end => start = tag.end,
            "html" | "!doctype" if !tag.is_end => start = tag.end,
            _ => {}
        }
    }
    start
}
