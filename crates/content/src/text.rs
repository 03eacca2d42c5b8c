//! Makes the text part of an email from its HTML, in one pass.
//!
//! Paragraphs are not wrapped: mail programs do that. Links stay readable as `words <url>` (RFC 3986, appendix C).
//! What the HTML hides is left out.

use crate::markup::{Tag, Token, Tokens, decode};

/// Length of a ruled line, in characters.
const RULE_CHARS: usize = 40;
/// Most blank lines between blocks, plus one.
const BREAKS_MAX: usize = 2;
/// Deepest nesting of lists that is distinguished.
const NESTING_MAX: usize = 100;
/// Deepest nesting of links that is distinguished: HTML allows none, and the end of each one reads all of its words.
const LINK_NESTING_MAX: usize = 4;
/// Deepest list that is indented further.
const INDENT_MAX: usize = 8;
/// Elements with a blank line around them.
const PARAGRAPHS: [&str; 16] =
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre", "figure", "form", "hr"];
/// Elements on lines of their own.
const LINES: [&str; 18] = [
    "div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "main", "nav", "aside", "address",
    "fieldset", "caption", "center", "body", "option",
];
/// Elements that have no end tag (HTML Living Standard §13.1.2).
const VOID: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// The text of HTML. May be empty.
#[must_use]
pub fn to_text(html: &str) -> String {
    let mut writer = Writer::default();
    Tokens::of(html).for_each(|token| writer.token(token));
    writer.text
}

/// The text of HTML, if it has at most so many bytes, but for what one tag adds to them.
pub(crate) fn to_text_within(html: &str, max_bytes: usize) -> Option<String> {
    let mut left = max_bytes;
    let within = to_text_while(html, |written| {
        left = left.checked_sub(written).ok_or(())?;
        Ok::<(), ()>(())
    });
    within.ok()
}

/// The text of HTML, as long as `allows` accepts how many bytes each tag or text adds to it.
pub(crate) fn to_text_while<E>(html: &str, mut allows: impl FnMut(usize) -> Result<(), E>) -> Result<String, E> {
    let mut writer = Writer::default();
    for token in Tokens::of(html) {
        let before = writer.text.len();
        writer.token(token);
        allows(writer.text.len() - before)?;
    }
    Ok(writer.text)
}

#[derive(Default)]
struct Writer {
    text: String,
    /// Line breaks due before the next character.
    breaks: usize,
    /// Whether a space is due before the next character.
    space: bool,
    /// What begins the next line of a list.
    bullet: Option<String>,
    /// Open lists: the number of the next item, if they are numbered.
    lists: Vec<Option<u32>>,
    /// Open links: target, and where their words begin.
    links: Vec<(String, usize)>,
    /// Open `pre` elements.
    preformatted: usize,
    /// The hidden element we are in, and how many of its name are open.
    hidden: Option<(String, usize)>,
}

impl Writer {
    fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Text(text) => self.text(text),
            Token::Tag(tag) => self.tag(&tag),
        }
    }

    fn text(&mut self, text: &str) {
        if self.hidden.is_some() {
            return;
        }
        let decoded = decode(text);
        for c in decoded.chars() {
            match c {
                '\n' if self.preformatted > 0 => self.breaks = (self.breaks + 1).min(BREAKS_MAX),
                ' ' if self.preformatted > 0 => self.put(' '),
                // Invisible padding, which some use to fill the inbox's preview.
                '\u{ad}' | '\u{34f}' | '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{feff}' => {}
                c if c.is_whitespace() => self.space = true,
                c if c.is_control() => {}
                c => self.put(c),
            }
        }
    }

    fn put(&mut self, c: char) {
        if self.text.is_empty() {
            self.breaks = 0;
        }
        let is_line_start = self.breaks > 0 || self.text.is_empty();
        self.text.extend(std::iter::repeat_n('\n', self.breaks));
        if let Some(bullet) = self.bullet.take() {
            self.text.push_str(&bullet);
        } else if self.space && !is_line_start {
            self.text.push(' ');
        }
        self.breaks = 0;
        self.space = false;
        self.text.push(c);
    }

    fn put_str(&mut self, text: &str) {
        text.chars().for_each(|c| self.put(c));
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        if self.pass_hidden(tag) {
            return;
        }
        let name = tag.name.as_str();
        if matches!(name, "ul" | "ol") && self.lists.len() > usize::from(tag.is_end) {
            self.breaks = self.breaks.max(1);
        } else if PARAGRAPHS.contains(&name) {
            self.breaks = BREAKS_MAX;
        } else if LINES.contains(&name) {
            self.breaks = self.breaks.max(1);
        }
        match (name, tag.is_end) {
            ("br", _) => self.breaks = (self.breaks + 1).min(BREAKS_MAX),
            ("td" | "th", _) => self.space = true,
            ("hr", false) => {
                self.put_str(&"-".repeat(RULE_CHARS));
                self.breaks = BREAKS_MAX;
            }
            ("pre", is_end) => {
                self.preformatted = if is_end { self.preformatted.saturating_sub(1) } else { self.preformatted + 1 };
            }
            ("ul" | "ol", false) if self.lists.len() < NESTING_MAX => self.lists.push((name == "ol").then_some(1)),
            ("ul" | "ol", true) => drop(self.lists.pop()),
            ("li", false) => self.item(),
            ("a", false) if self.links.len() < LINK_NESTING_MAX => {
                self.links.push((tag.attribute("href").unwrap_or_default(), self.text.len()));
            }
            ("a", true) => self.end_link(),
            ("img", false) => self.image(tag),
            _ => {}
        }
    }

    /// Passes over elements that the HTML hides. True when there is nothing more to do for the tag.
    fn pass_hidden(&mut self, tag: &Tag<'_>) -> bool {
        if let Some((name, open)) = &mut self.hidden {
            if *name == tag.name {
                if tag.is_end { *open -= 1 } else { *open += 1 }
            }
            if *open == 0 {
                self.hidden = None;
            }
            return true;
        }
        if !tag.is_end && tag.is_hidden() && !VOID.contains(&tag.name.as_str()) {
            self.hidden = Some((tag.name.clone(), 1));
        }
        self.hidden.is_some()
    }

    fn item(&mut self) {
        let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(INDENT_MAX));
        self.bullet = Some(match self.lists.last_mut() {
            Some(Some(number)) => {
                let bullet = format!("{indent}{number}. ");
                *number = number.saturating_add(1);
                bullet
            }
            _ => format!("{indent}* "),
        });
    }

    fn end_link(&mut self) {
        let Some((url, start)) = self.links.pop() else { return };
        let url = url.trim();
        let words = self.text.get(start..).unwrap_or("").trim();
        let says_itself = words == url || url.split_once(':').is_some_and(|(_, address)| address == words);
        if url.is_empty() || url.starts_with('#') || says_itself {
            return;
        }
        // Blocks inside the link ended with it; its target belongs to its words all the same.
        let breaks = if words.is_empty() { 0 } else { std::mem::take(&mut self.breaks) };
        self.space = true;
        self.put_str(&format!("<{url}>"));
        self.breaks = breaks;
    }

    fn image(&mut self, tag: &Tag<'_>) {
        let alt = tag.attribute("alt").unwrap_or_default();
        if !alt.trim().is_empty() {
            self.space = true;
            self.put_str(alt.trim());
            self.space = true;
        }
    }
}
