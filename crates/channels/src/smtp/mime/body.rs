//! Encoding the text of a part (RFC 2045 §6): as it is where that is safe, quoted-printable or base64 elsewhere.
//!
//! Invariant: what is written is seven-bit, has CRLF line ends only, and no line longer than 998 bytes.

use base64::Engine as _;

/// Longest line that may be sent as it is, in bytes without CRLF (RFC 5322 §2.1.1).
const LINE_BYTES_MAX: usize = 998;
/// Longest line of an encoded part, in bytes (RFC 2045 §6.7 and §6.8).
const ENCODED_LINE_BYTES_MAX: usize = 76;
/// Bytes that make one line of base64.
const BASE64_LINE_BYTES: usize = ENCODED_LINE_BYTES_MAX / 4 * 3;
/// What every boundary begins with after its dashes; quoted-printable and base64 cannot contain it.
pub(super) const BOUNDARY_PREFIX: &str = "=_";

/// How a part is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    SevenBit,
    QuotedPrintable,
    Base64,
}

/// Appends `Content-Type`, `Content-Transfer-Encoding`, the empty line and the text, ending in CRLF.
pub(super) fn push(out: &mut Vec<u8>, subtype: &str, text: &str) {
    let encoding = choose(text);
    let word = match encoding {
        Encoding::SevenBit => "7bit",
        Encoding::QuotedPrintable => "quoted-printable",
        Encoding::Base64 => "base64",
    };
    out.extend_from_slice(b"Content-Type: text/");
    out.extend_from_slice(subtype.as_bytes());
    out.extend_from_slice(b"; charset=utf-8\r\nContent-Transfer-Encoding: ");
    out.extend_from_slice(word.as_bytes());
    out.extend_from_slice(b"\r\n\r\n");
    match encoding {
        Encoding::SevenBit => push_lines(out, text),
        Encoding::QuotedPrintable => push_quoted_printable(out, text),
        Encoding::Base64 => push_base64(out, text),
    }
}

fn choose(text: &str) -> Encoding {
    let bytes = text.as_bytes();
    let (mut wide, mut odd, mut line, mut longest) = (0_usize, false, 0_usize, 0_usize);
    for &byte in bytes {
        match byte {
            b'\n' | b'\r' => line = 0,
            b'\t' | b' '..=b'~' => line += 1,
            128.. => wide += 1,
            _ => odd = true,
        }
        longest = longest.max(line);
    }
    if wide == 0 && !odd && longest <= LINE_BYTES_MAX && !text.contains("--=_") {
        Encoding::SevenBit
    } else if wide * 3 > bytes.len() {
        Encoding::Base64
    } else {
        Encoding::QuotedPrintable
    }
}

/// Calls `each` with every line, whatever ends it: CRLF, LF or CR alone. A break at the end opens no further line.
fn for_each_line<'a>(text: &'a str, mut each: impl FnMut(&'a [u8])) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let end = rest.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
        each(&rest[..end]);
        let skip = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = rest.get(end + skip..).unwrap_or_default();
    }
}

fn push_lines(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + text.len() / 32);
    for_each_line(text, |line| {
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
    });
}

fn push_quoted_printable(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() * 3 / 2);
    for_each_line(text, |line| {
        let mut column = 0;
        for (index, &byte) in line.iter().enumerate() {
            let last = index + 1 == line.len();
            // White space at the end of a line would be lost on the way (RFC 2045 §6.7 rule 3).
            let plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~') || (matches!(byte, b' ' | b'\t') && !last);
            let width = if plain { 1 } else { 3 };
            // One column is kept for the = of a soft break.
            if column + width > ENCODED_LINE_BYTES_MAX - usize::from(!last) {
                out.extend_from_slice(b"=\r\n");
                column = 0;
            }
            if plain {
                out.push(byte);
            } else {
                push_hex(out, byte);
            }
            column += width;
        }
        out.extend_from_slice(b"\r\n");
    });
}

fn push_base64(out: &mut Vec<u8>, text: &str) {
    let mut canonical = Vec::with_capacity(text.len() + text.len() / 16);
    push_lines(&mut canonical, text);
    for line in canonical.chunks(BASE64_LINE_BYTES) {
        out.extend_from_slice(base64::engine::general_purpose::STANDARD.encode(line).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

/// Appends `=` and two hexadecimal digits.
pub(super) fn push_hex(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.extend_from_slice(&[b'=', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_gets_the_lightest_safe_encoding() {
        let table = [
            ("Hello\nthere\n".to_owned(), Encoding::SevenBit),
            (String::new(), Encoding::SevenBit),
            ("x".repeat(998), Encoding::SevenBit),
            ("x".repeat(999), Encoding::QuotedPrintable),
            ("Grüße aus Oslo".to_owned(), Encoding::QuotedPrintable),
            ("a\0b".to_owned(), Encoding::QuotedPrintable),
            ("--=_boundary".to_owned(), Encoding::QuotedPrintable),
            ("Привет".to_owned(), Encoding::Base64),
        ];
        for (text, expected) in table {
            assert_eq!(choose(&text), expected, "{text}");
        }
    }

    #[test]
    fn quoted_printable_keeps_lines_short_and_ends_visible() {
        let mut out = Vec::new();
        push_quoted_printable(&mut out, &format!("{}=\nend \r\t", "é".repeat(60)));
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|line| line.len() <= 76), "{text}");
        assert!(text.ends_with("end=20\r\n=09\r\n"), "{text}");
    }
}
