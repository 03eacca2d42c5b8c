//! What we do to an email's HTML: put the preheader in, make the text part of it, tell whether it will be clipped.
//!
//! Not here: rendering. Invariant: bounded work on any HTML, however deep.

use html2text::render::TextDecorator;

/// Size from which Gmail clips an email, in bytes of HTML: 102 KB.
pub const EMAIL_CLIP_BYTES: usize = 102 * 1024;
/// Most tags in HTML that a text part is made from.
pub const TEXT_FROM_HTML_MAX_TAGS: usize = 20_000;
/// Deepest nesting of HTML that a text part is made from.
pub const TEXT_FROM_HTML_MAX_DEPTH: usize = 200;
/// Width that no paragraph reaches: mail programs wrap lines themselves.
const UNWRAPPED: usize = 100_000;
/// Length of a ruled line in a text part, in characters.
const RULE_CHARS: usize = 40;
/// Elements that have no end tag (HTML Living Standard §13.1.2).
const VOID: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];
/// Hides the preheader from the body, not from the inbox.
const PREHEADER_OPEN: &str = "<span style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">";

/// Whether mail programs show only the beginning of this HTML.
#[must_use]
pub const fn is_clipped(html: &str) -> bool {
    html.len() > EMAIL_CLIP_BYTES
}

/// Puts the preheader, plain text, at the beginning of the body, hidden.
#[must_use]
pub fn with_preheader(html: &str, preheader: &str) -> String {
    let at = body_start(html);
    let mut whole = String::with_capacity(html.len() + PREHEADER_OPEN.len() + preheader.len() + 64);
    whole.push_str(&html[..at]);
    whole.push_str(PREHEADER_OPEN);
    for c in preheader.trim().chars() {
        match c {
            '<' => whole.push_str("&lt;"),
            '>' => whole.push_str("&gt;"),
            '&' => whole.push_str("&amp;"),
            c => whole.push(c),
        }
    }
    whole.push_str("</span>");
    whole.push_str(&html[at..]);
    whole
}

/// Where the body's content begins: after `<body>`, else after the head, the `<html>` tag or the doctype.
fn body_start(html: &str) -> usize {
    let mut start = 0;
    for tag in Tags::of(html) {
        match tag.name.as_str() {
            "body" if !tag.is_end => return tag.end,
            "head" if tag.is_end => start = tag.end,
            "html" | "!doctype" if !tag.is_end => start = tag.end,
            _ => {}
        }
    }
    start
}

/// Makes a text part: paragraphs unwrapped, links as `words <url>`. None if the HTML is too large or too deep.
#[must_use]
pub fn to_text(html: &str) -> Option<String> {
    if !is_convertible(html) {
        return None;
    }
    let config = html2text::config::with_decorator(MailText::default()).raw_mode(true);
    let text = config.string_from_read(html.as_bytes(), UNWRAPPED).ok()?;
    Some(tidy(&text))
}

/// Whether HTML keeps [`TEXT_FROM_HTML_MAX_TAGS`] and [`TEXT_FROM_HTML_MAX_DEPTH`].
fn is_convertible(html: &str) -> bool {
    let (mut count, mut depth) = (0_usize, 0_usize);
    for tag in Tags::of(html) {
        count += 1;
        if tag.is_end {
            depth = depth.saturating_sub(1);
        } else if !tag.name.starts_with('!') && !VOID.contains(&tag.name.as_str()) {
            depth += 1;
        }
        if count > TEXT_FROM_HTML_MAX_TAGS || depth > TEXT_FROM_HTML_MAX_DEPTH {
            return false;
        }
    }
    true
}

/// Trims lines, keeps at most one blank line in a row, and shortens ruled lines.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.lines() {
        let line = line.trim_end();
        if line.trim().is_empty() {
            blank += 1;
            continue;
        }
        if !tidied.is_empty() {
            tidied.push_str(if blank > 0 { "\n\n" } else { "\n" });
        }
        blank = 0;
        if line.chars().all(|c| c == '─') {
            tidied.extend(std::iter::repeat_n('-', RULE_CHARS));
        } else {
            tidied.push_str(line);
        }
    }
    tidied
}

/// One tag of HTML: its lower-case name, and the byte after it.
struct Tag {
    name: String,
    is_end: bool,
    end: usize,
}

/// The tags of HTML, comments left out.
struct Tags<'a> {
    html: &'a str,
    at: usize,
}

impl<'a> Tags<'a> {
    const fn of(html: &'a str) -> Self {
        Self { html, at: 0 }
    }
}

impl Iterator for Tags<'_> {
    type Item = Tag;

    fn next(&mut self) -> Option<Tag> {
        loop {
            let start = self.at + self.html[self.at..].find('<')?;
            let rest = &self.html[start..];
            if rest.starts_with("<!--") {
                self.at = rest[4..].find("-->").map_or(self.html.len(), |found| start + 4 + found + 3);
                continue;
            }
            let is_end = rest[1..].starts_with('/');
            let name_at = start + 1 + usize::from(is_end);
            let name: String = self.html[name_at..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '!')
                .map(|c| c.to_ascii_lowercase())
                .collect();
            if name.is_empty() {
                self.at = name_at;
                continue;
            }
            self.at = end_of_tag(self.html, name_at);
            return Some(Tag { name, is_end, end: self.at });
        }
    }
}

/// The byte after a tag's `>`, quoted attribute values passed over.
fn end_of_tag(html: &str, from: usize) -> usize {
    let mut quote = None;
    for (at, byte) in html.bytes().enumerate().skip(from) {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    html.len()
}

/// How HTML looks as the text of a mail.
#[derive(Clone, Debug, Default)]
struct MailText {
    /// Targets of the links that are open.
    links: Vec<String>,
}

impl TextDecorator for MailText {
    type Annotation = ();

    fn decorate_link_start(&mut self, url: &str) -> (String, ()) {
        self.links.push(url.trim().to_owned());
        (String::new(), ())
    }

    fn decorate_link_end(&mut self) -> String {
        match self.links.pop() {
            // Angle brackets delimit a URL in text (RFC 3986, appendix C).
            Some(url) if !url.is_empty() && !url.starts_with('#') => format!(" <{url}>"),
            _ => String::new(),
        }
    }

    fn decorate_em_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_em_end(&self) -> String {
        String::new()
    }

    fn decorate_strong_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_strong_end(&self) -> String {
        String::new()
    }

    fn decorate_strikeout_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_strikeout_end(&self) -> String {
        String::new()
    }

    fn decorate_code_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_code_end(&self) -> String {
        String::new()
    }

    fn decorate_superscript_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_superscript_end(&self) -> String {
        String::new()
    }

    fn decorate_preformat_first(&self) {}

    fn decorate_preformat_cont(&self) {}

    fn decorate_image(&mut self, _: &str, title: &str) -> (String, ()) {
        (title.to_owned(), ())
    }

    fn header_prefix(&self, _: usize) -> String {
        String::new()
    }

    fn quote_prefix(&self) -> String {
        "> ".to_owned()
    }

    fn unordered_item_prefix(&self) -> String {
        "* ".to_owned()
    }

    fn ordered_item_prefix(&self, number: i64) -> String {
        format!("{number}. ")
    }

    fn make_subblock_decorator(&self) -> Self {
        self.clone()
    }
}
