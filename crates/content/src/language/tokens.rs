//! Reads the inside of a tag as words, numbers, texts and signs.

use super::habits;
use super::syntax::Fault;

/// A piece of a tag.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Name(String),
    Text(String),
    Int(i128),
    Float(f64),
    /// An operator, a bracket, a comma or the like.
    Sign(&'static str),
    /// The end of the tag: `}}`, `%}`, and whether it takes the white space behind it away.
    End {
        block: bool,
        trims: bool,
    },
}

/// Signs, longer ones first.
const SIGNS: [&str; 25] = [
    "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "|", ".", ",", ":", "(", ")", "[",
    "]", "{", "}",
];

/// Reads the tokens of one tag.
pub(crate) struct Lexer<'s> {
    source: &'s str,
    /// Where the tag begins.
    start: usize,
    /// Whether it is `{% … %}`.
    block: bool,
    at: usize,
    /// Brackets that are open: `}` does not end the tag within them.
    open: usize,
}

impl<'s> Lexer<'s> {
    /// Begins behind the opening braces of the tag at `start`.
    pub(crate) const fn new(source: &'s str, start: usize, inside: usize, block: bool) -> Self {
        Self { source, start, block, at: inside, open: 0 }
    }

    /// Where the next token would begin.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// Where the tag begins.
    pub(crate) const fn start(&self) -> usize {
        self.start
    }

    /// Whether the tag is `{% … %}`.
    pub(crate) const fn is_block(&self) -> bool {
        self.block
    }

    /// The next token and where it begins.
    ///
    /// # Errors
    /// A character that cannot stand there, a text or a tag without an end.
    pub(crate) fn next(&mut self) -> Result<(Token, usize), Fault> {
        let bytes = self.source.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        let start = self.at;
        let rest = &self.source[start..];
        let Some(first) = rest.chars().next() else { return Err(self.unclosed()) };
        if let Some(end) = self.end(rest) {
            return Ok((end, start));
        }
        if self.open == 0 && rest.starts_with(if self.block { "}}" } else { "%}" }) {
            return Err(self.unexpected(first, rest));
        }
        match first {
            'a'..='z' | 'A'..='Z' | '_' => {
                let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                self.at += length;
                Ok((Token::Name(rest[..length].to_owned()), start))
            }
            '0'..='9' => self.number(rest).map(|token| (token, start)),
            '"' | '\'' => self.text(first).map(|token| (token, start)),
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                let Some(sign) = sign.copied().filter(|sign| self.open > 0 || !matches!(*sign, "}" | ")" | "]")) else {
                    return Err(self.unexpected(first, rest));
                };
                match sign {
                    "(" | "[" | "{" => self.open += 1,
                    ")" | "]" | "}" => self.open -= 1,
                    _ => {}
                }
                self.at += sign.len();
                Ok((Token::Sign(sign), start))
            }
        }
    }

    /// The end of the tag, if it is here.
    fn end(&mut self, rest: &str) -> Option<Token> {
        let trims = rest.starts_with('-');
        let closer = rest.strip_prefix(['-', '+']).unwrap_or(rest);
        let is_block = closer.starts_with("%}");
        if self.open > 0 || is_block != self.block || !(is_block || closer.starts_with("}}")) {
            return None;
        }
        self.at += rest.len() - closer.len() + 2;
        Some(Token::End { block: is_block, trims })
    }

    fn number(&mut self, rest: &str) -> Result<Token, Fault> {
        let digits = |text: &str| text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'_').count();
        let start = self.at;
        let mut length = digits(rest);
        let fraction = rest[length..].strip_prefix('.').map_or(0, digits);
        if fraction > 0 {
            length += 1 + fraction;
        }
        self.at += length;
        let text = rest[..length].replace('_', "");
        let token = if fraction > 0 { text.parse().ok().map(Token::Float) } else { text.parse().ok().map(Token::Int) };
        token.ok_or_else(|| Fault::new(start, "this number is too large"))
    }

    fn text(&mut self, quote: char) -> Result<Token, Fault> {
        let start = self.at;
        let mut text = String::new();
        let mut rest = self.source[start + 1..].char_indices();
        while let Some((offset, c)) = rest.next() {
            match c {
                c if c == quote => {
                    self.at = start + 1 + offset + 1;
                    return Ok(Token::Text(text));
                }
                '\\' => match rest.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 'r')) => text.push('\r'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, other)) => text.push(other),
                    None => break,
                },
                c => text.push(c),
            }
        }
        Err(Fault::new(start, format!("this text is never closed: write {quote} behind it")))
    }

    /// The fault of a tag that does not end.
    fn unclosed(&self) -> Fault {
        let (open, close) = if self.block { ("{%", "%}") } else { ("{{", "}}") };
        Fault::new(self.start, format!("this {open} is never closed: write {close} behind it"))
    }

    /// The fault of a character that cannot stand there.
    fn unexpected(&self, c: char, rest: &str) -> Fault {
        Fault::new(self.at, habits::unexpected(c, rest, self.block))
    }

    /// The fault of what follows a mistake: of the tag as a whole, if it has no end before the next one begins.
    pub(crate) fn blame(&self, fault: Fault) -> Fault {
        let inside = &self.source[self.start + 2..];
        let close = inside.find(if self.block { "%}" } else { "}}" });
        let next = ["{{", "{%", "{#"].into_iter().filter_map(|open| inside.find(open)).min();
        let is_closed = match (close, next) {
            (None, _) => false,
            (Some(close), Some(next)) => close < next,
            (Some(_), None) => true,
        };
        if is_closed || fault.at <= self.start { fault } else { self.blame_unclosed(fault) }
    }

    /// A tag with the other kind of end is told so; another one is not closed.
    fn blame_unclosed(&self, fault: Fault) -> Fault {
        let other = if self.block { "}}" } else { "%}" };
        let rest = self.source.get(fault.at..).unwrap_or("");
        if rest.starts_with(other) { fault } else { self.unclosed() }
    }
}
