//! Reading commands and message text.

use super::script::Verb;

/// The end of a message with the line end before it.
const END: &[u8] = b"\r\n.\r\n";

/// Splits a command line into verb and argument.
pub(super) fn parse_command(line: &str) -> Option<(Verb, &str)> {
    let (word, argument) = line.split_once(' ').unwrap_or((line, ""));
    let verbs = [
        ("MAIL", Verb::Mail),
        ("RCPT", Verb::Rcpt),
        ("DATA", Verb::Data),
        ("EHLO", Verb::Ehlo),
        ("HELO", Verb::Helo),
        ("RSET", Verb::Rset),
        ("NOOP", Verb::Noop),
        ("QUIT", Verb::Quit),
        ("AUTH", Verb::Auth),
        ("STARTTLS", Verb::StartTls),
    ];
    verbs.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, verb)| (verb, argument))
}

/// The address in `FROM:<a@b> SIZE=1`, and the parameters behind it.
pub(super) fn parse_path<'a>(argument: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
    let rest = argument.get(prefix.len()..).filter(|_| argument[..prefix.len()].eq_ignore_ascii_case(prefix))?;
    let rest = rest.trim_start().strip_prefix('<')?;
    let mut in_quotes = false;
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_quotes => escaped = true,
            b'"' => in_quotes = !in_quotes,
            b'>' if !in_quotes => return Some((&rest[..at], &rest[at + 1..])),
            _ => {}
        }
    }
    None
}

/// Where a message ends: the length of its text, and of the text with its end. `from` is where to go on searching.
pub(super) fn find_end(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    if bytes.starts_with(&END[2..]) {
        return Some((0, 3));
    }
    let mut at = from;
    while let Some(dot) = bytes[at..].iter().position(|&b| b == b'.').map(|found| at + found) {
        if dot >= 2 && bytes[dot - 2..].starts_with(END) {
            return Some((dot, dot + 3));
        }
        at = dot + 1;
    }
    None
}

/// The text with the dots taken off that were doubled for the way.
pub(super) fn unstuff(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|&b| b == b'\n') {
        out.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
    }
    out
}

/// Whether the text holds a NUL, or a CR or LF that is not part of a CRLF.
pub(super) fn is_unclean(text: &[u8]) -> bool {
    let mut after_cr = false;
    for &byte in text {
        if byte == 0 || (byte == b'\n') != after_cr {
            return true;
        }
        after_cr = byte == b'\r';
    }
    after_cr
}

/// How recipients are told apart.
pub(super) fn recipient_key(address: &str) -> String {
    address.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_ends_only_at_a_dot_between_two_whole_line_ends() {
        assert_eq!(find_end(b".\r\n", 0), Some((0, 3)));
        assert_eq!(find_end(b"a\r\n.\r\nMAIL", 0), Some((3, 6)));
        for bytes in [&b"a\n.\r\n"[..], b"a\r\n.\n", b"a\r\n..\r\n", b"a.\r\n", b"a\r\n.\r"] {
            assert_eq!(find_end(bytes, 0), None);
        }
    }

    #[test]
    fn only_whole_line_ends_are_clean() {
        for unclean in ["a\nb", "a\rb", "a\r", "\n", "a\0", "\r\r\n"] {
            assert!(is_unclean(unclean.as_bytes()), "{unclean:?}");
        }
        assert!(!is_unclean(b"") && !is_unclean(b"a\r\n\r\nb"));
    }

    #[test]
    fn paths_are_read_with_their_parameters() {
        assert_eq!(parse_path("FROM:<a@b> SIZE=1", "FROM:"), Some(("a@b", " SIZE=1")));
        assert_eq!(parse_path("to: <\"a>\\\"\"@b>", "TO:"), Some(("\"a>\\\"\"@b", "")));
        assert_eq!(parse_path("FROM:<>", "FROM:"), Some(("", "")));
        assert_eq!(parse_path("FROM:a@b", "FROM:"), None);
    }
}
