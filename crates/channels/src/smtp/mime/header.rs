//! Writing header fields (RFC 5322 §2.2, RFC 2047) from anything a person typed.
//!
//! Invariant: whatever the value, exactly one field is written, without control characters inside it.

use base64::Engine as _;

/// Longest line that needs no folding, in bytes without CRLF (RFC 5322 §2.1.1).
const LINE_BYTES: usize = 76;
/// Longest encoded word, in bytes (RFC 2047 §2).
const ENCODED_WORD_BYTES_MAX: usize = 75;
/// What an encoded word costs beside its text: `=?UTF-8?Q?` and `?=`.
const ENCODED_WORD_FRAME: usize = 12;
/// Longest display name written in quotes, in bytes; a longer one is encoded, because only that can be folded.
const QUOTED_BYTES_MAX: usize = 60;

/// A value on one line: white space and line breaks become single spaces at the ends and between words, other
/// control characters vanish.
pub(super) fn clean(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\t' | '\r' | '\n' | ' ' => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.truncate(out.trim_end_matches(' ').len());
    out
}

/// Writes an unstructured field such as `Subject`.
pub(super) fn push_text(out: &mut Vec<u8>, name: &str, value: &str) {
    let value = clean(value);
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    let plain =
        is_printable_ascii(&value) && !value.contains("=?") && value.split(' ').all(|w| w.len() <= LINE_BYTES - 4);
    if plain {
        let mut column = name.len() + 1;
        for (index, word) in value.split(' ').enumerate() {
            // The first word stays beside the name: a line of white space alone must not arise.
            if index > 0 && column + 1 + word.len() > LINE_BYTES {
                out.extend_from_slice(b"\r\n");
                column = 0;
            }
            if !value.is_empty() {
                out.push(b' ');
            }
            out.extend_from_slice(word.as_bytes());
            column += 1 + word.len();
        }
    } else {
        out.push(b' ');
        push_encoded(out, &value, name.len() + 2);
    }
    out.extend_from_slice(b"\r\n");
}

/// Writes an address field such as `From`. The address must have been checked.
pub(super) fn push_address(out: &mut Vec<u8>, name: &str, display: &str, address: &str) {
    let display = clean(display);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    let mut column = name.len() + 2;
    if !display.is_empty() {
        if is_printable_ascii(&display) && !display.contains("=?") && display.len() <= QUOTED_BYTES_MAX {
            push_quoted(out, &display);
            column += display.len() + 2;
        } else {
            column = push_encoded(out, &display, column);
        }
        if column + address.len() + 3 > LINE_BYTES {
            out.extend_from_slice(b"\r\n");
        }
        out.push(b' ');
    }
    out.push(b'<');
    out.extend_from_slice(address.as_bytes());
    out.extend_from_slice(b">\r\n");
}

/// Writes a field whose value is ASCII without spaces, such as an id or a URL in angle brackets.
pub(super) fn push_token(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": <");
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b">\r\n");
}

fn is_printable_ascii(value: &str) -> bool {
    value.bytes().all(|b| (b' '..=b'~').contains(&b))
}

fn push_quoted(out: &mut Vec<u8>, display: &str) {
    out.push(b'"');
    for byte in display.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Writes encoded words, each of whole characters, on folded lines; answers the column reached.
fn push_encoded(out: &mut Vec<u8>, value: &str, mut column: usize) -> usize {
    let wide = value.bytes().filter(|b| !b.is_ascii()).count();
    let base64 = wide * 3 > value.len();
    let mut rest = value;
    loop {
        let room = ENCODED_WORD_BYTES_MAX.min(LINE_BYTES.saturating_sub(column)).saturating_sub(ENCODED_WORD_FRAME);
        let end = fitting(rest, room, base64);
        let (word, after) = rest.split_at(end);
        if !word.is_empty() {
            out.extend_from_slice(if base64 { b"=?UTF-8?B?" } else { b"=?UTF-8?Q?" });
            let before = out.len();
            if base64 {
                out.extend_from_slice(base64::engine::general_purpose::STANDARD.encode(word).as_bytes());
            } else {
                word.bytes().for_each(|byte| push_q(out, byte));
            }
            column += out.len() - before + ENCODED_WORD_FRAME;
            out.extend_from_slice(b"?=");
        }
        if after.is_empty() {
            return column;
        }
        rest = after;
        out.extend_from_slice(b"\r\n ");
        column = 1;
    }
}

/// How many bytes of the text fit into `room` encoded bytes without cutting a character.
fn fitting(text: &str, room: usize, base64: bool) -> usize {
    let (mut end, mut used) = (0, 0);
    for c in text.chars() {
        let length = c.len_utf8();
        used += if base64 { length } else { c.encode_utf8(&mut [0; 4]).bytes().map(q_length).sum() };
        let needed = if base64 { used.div_ceil(3) * 4 } else { used };
        if needed > room {
            break;
        }
        end += length;
    }
    end
}

const fn is_q_plain(byte: u8) -> bool {
    // The narrow set of RFC 2047 §5 (3), which is right in a phrase too.
    byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'*' | b'+' | b'-' | b'/')
}

const fn q_length(byte: u8) -> usize {
    if is_q_plain(byte) || byte == b' ' { 1 } else { 3 }
}

fn push_q(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b' ' => out.push(b'_'),
        byte if is_q_plain(byte) => out.push(byte),
        byte => super::body::push_hex(out, byte),
    }
}
