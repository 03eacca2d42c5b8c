//! Reading replies (RFC 5321 §4.2) and their enhanced status codes (RFC 3463).
//!
//! Not here: what a reply means. Invariant: a byte sequence is read the same whatever pieces it arrives in.

/// Longest line of a reply, in bytes; RFC 5321 §4.5.3.1.5 asks for 512, real servers write more.
const LINE_BYTES_MAX: usize = 4096;
/// Most lines of one reply.
const LINES_MAX: usize = 200;

/// One reply of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Reply code, 200 to 599.
    pub(crate) code: u16,
    /// Enhanced status code, if the text begins with one of the same class.
    pub(crate) enhanced: Option<Enhanced>,
    /// The texts of the lines, joined by line feeds.
    pub(crate) text: String,
}

/// The second and third number of an enhanced status code; the first is that of the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Enhanced {
    /// What it is about.
    pub(crate) subject: u16,
    /// Which case.
    pub(crate) detail: u16,
}

/// The server said something that is not a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Reply {
    /// The reply on one line, as the server wrote it.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.code, self.text.replace('\n', " "))
    }

    /// The first digit of the code.
    pub(crate) const fn class(&self) -> u16 {
        self.code / 100
    }
}

/// Reads one whole reply at the start of the buffer: the reply and its length, or nothing if it is not all there.
pub(crate) fn parse(buffer: &[u8]) -> Result<Option<(Reply, usize)>, Malformed> {
    let mut at = 0;
    let mut code = None;
    let mut text = String::new();
    for _ in 0..LINES_MAX {
        let rest = &buffer[at..];
        let Some(length) = rest.iter().take(LINE_BYTES_MAX).position(|&b| b == b'\n') else {
            return if rest.len() >= LINE_BYTES_MAX { Err(Malformed) } else { check_beginning(rest) };
        };
        let line = rest[..length].strip_suffix(b"\r").unwrap_or(&rest[..length]);
        let (number, last, words) = parse_line(line).ok_or(Malformed)?;
        if *code.get_or_insert(number) != number {
            return Err(Malformed);
        }
        if at > 0 {
            text.push('\n');
        }
        text.push_str(&String::from_utf8_lossy(words));
        at += length + 1;
        if last {
            let enhanced = parse_enhanced(&text, number / 100);
            return Ok(Some((Reply { code: number, enhanced, text }, at)));
        }
    }
    Err(Malformed)
}

/// What has come so far must at least be able to become a reply, so that garbage is not waited for.
fn check_beginning<T>(rest: &[u8]) -> Result<Option<T>, Malformed> {
    if rest.iter().take(3).all(u8::is_ascii_digit) { Ok(None) } else { Err(Malformed) }
}

fn parse_line(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let digits = std::str::from_utf8(line.get(..3)?).ok().filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
    let code: u16 = digits.parse().ok().filter(|code| (200..600).contains(code))?;
    match line.get(3) {
        None => Some((code, true, &[])),
        Some(b' ') => Some((code, true, &line[4..])),
        Some(b'-') => Some((code, false, &line[4..])),
        Some(_) => None,
    }
}

fn parse_enhanced(text: &str, class: u16) -> Option<Enhanced> {
    let word = text.split([' ', '\n']).next()?;
    let mut numbers = word.split('.').map(|n| if n.len() <= 3 { n.parse::<u16>().ok() } else { None });
    let (first, subject, detail) = (numbers.next()??, numbers.next()??, numbers.next()??);
    (first == class && numbers.next().is_none()).then_some(Enhanced { subject, detail })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_read_the_same_at_every_split() {
        let bytes = b"250-mx.example\r\n250-SIZE 100\r\n250 PIPELINING\r\n354 go\r\n";
        for end in 0..46 {
            assert_eq!(parse(&bytes[..end]), Ok(None), "{end}");
        }
        let (reply, length) = parse(bytes).unwrap().unwrap();
        assert_eq!((reply.code, reply.text.as_str(), length), (250, "mx.example\nSIZE 100\nPIPELINING", 46));
    }

    #[test]
    fn enhanced_codes_count_only_in_their_class() {
        let table = [
            ("550 5.1.1 no such user\r\n", Some((1, 1))),
            ("550 5.7.515 no\r\n", Some((7, 515))),
            ("550 4.1.1 no such user\r\n", None),
            ("550 5.1 no\r\n", None),
            ("550 5.1.1.1 no\r\n", None),
            ("421\r\n", None),
            ("250 2.0.0\n", Some((0, 0))),
        ];
        for (line, expected) in table {
            let (reply, length) = parse(line.as_bytes()).unwrap().unwrap();
            assert_eq!(reply.enhanced.map(|e| (e.subject, e.detail)), expected, "{line}");
            assert_eq!(length, line.len());
        }
    }

    #[test]
    fn what_is_no_reply_is_malformed_at_once() {
        for bytes in [
            "HTTP/1.1 200 OK\r\n",
            "H",
            "25x",
            "2500 ok\r\n",
            "199 x\r\n",
            "600 x\r\n",
            "250-a\r\n251 b\r\n",
            "25\r\n",
            "\r\n",
        ] {
            assert_eq!(parse(bytes.as_bytes()), Err(Malformed), "{bytes}");
        }
        assert_eq!(parse(&[b'2'; LINE_BYTES_MAX]), Err(Malformed));
        assert_eq!(parse("250-a\r\n".repeat(LINES_MAX + 1).as_bytes()), Err(Malformed));
    }
}
