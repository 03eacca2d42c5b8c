//! Reads HTML as tags and text, without building a tree: linear time and no depth, whatever the HTML.
//!
//! Not here: what the tags mean. Comments, conditional ones included, and scripts and styles are left out.

use std::borrow::Cow;

/// A piece of HTML.
pub(crate) enum Token<'a> {
    /// Characters with their references still in them.
    Text(&'a str),
    /// A tag.
    Tag(Tag<'a>),
}

/// A start or end tag.
pub(crate) struct Tag<'a> {
    /// Lower-case name.
    pub(crate) name: String,
    /// Whether it begins with `</`.
    pub(crate) is_end: bool,
    /// The byte after it.
    pub(crate) end: usize,
    /// Everything between the name and the `>`.
    attributes: &'a str,
}

impl Tag<'_> {
    /// Whether its style hides it. Most styles do not, and are told apart without reading them.
    pub(crate) fn is_hidden(&self) -> bool {
        (self.attributes.contains("none") || self.attributes.contains("NONE"))
            && self
                .attribute("style")
                .is_some_and(|style| style.to_ascii_lowercase().replace(' ', "").contains("display:none"))
    }

    /// The value of an attribute, its references decoded.
    pub(crate) fn attribute(&self, wanted: &str) -> Option<String> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            let name_end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=' || c == '/').unwrap_or(rest.len());
            let (name, after) = rest.split_at(name_end);
            let (value, after) = attribute_value(after);
            if name.eq_ignore_ascii_case(wanted) {
                return Some(decode(value).into_owned());
            }
            if after.len() == rest.len() || after.is_empty() {
                return None;
            }
            rest = after;
        }
    }
}

/// The value that follows an attribute's name, and what follows the value.
fn attribute_value(after_name: &str) -> (&str, &str) {
    let Some(rest) = after_name.trim_start().strip_prefix('=') else { return ("", after_name) };
    let rest = rest.trim_start();
    match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => rest[1..].split_once(quote).unwrap_or((&rest[1..], "")),
        _ => rest.split_at(rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len())),
    }
}

/// The tokens of HTML.
pub(crate) struct Tokens<'a> {
    html: &'a str,
    at: usize,
    /// The element whose raw text comes next.
    raw: Option<&'static str>,
}

impl<'a> Tokens<'a> {
    /// Reads from the beginning.
    pub(crate) const fn of(html: &'a str) -> Self {
        Self { html, at: 0, raw: None }
    }

    /// The tag that begins at `start`; none if the `<` there is only a character.
    fn tag_at(&self, start: usize) -> Option<Tag<'a>> {
        let is_end = self.html[start + 1..].starts_with('/');
        let name_at = start + 1 + usize::from(is_end);
        let rest = &self.html[name_at..];
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '!' | '?')) {
            return None;
        }
        let name_end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).unwrap_or(rest.len());
        let close = end_of_tag(rest, name_end);
        let attributes = rest[name_end..close].trim_end_matches('>');
        Some(Tag { name: rest[..name_end].to_ascii_lowercase(), is_end, end: name_at + close, attributes })
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(name) = self.raw.take() {
            self.at = end_of_raw(self.html, self.at, name);
        }
        loop {
            let rest = &self.html[self.at..];
            if rest.is_empty() {
                return None;
            }
            if let Some(comment) = rest.strip_prefix("<!--") {
                self.at += comment.find("-->").map_or(rest.len(), |found| 4 + found + 3);
                continue;
            }
            if rest.starts_with('<')
                && let Some(tag) = self.tag_at(self.at)
            {
                self.at = tag.end;
                self.raw = ["script", "style", "title"].into_iter().find(|raw| !tag.is_end && *raw == tag.name);
                return Some(Token::Tag(tag));
            }
            let length = rest.bytes().skip(1).position(|byte| byte == b'<').map_or(rest.len(), |found| found + 1);
            self.at += length;
            return Some(Token::Text(&rest[..length]));
        }
    }
}

/// The byte after the `>` of a tag whose attributes begin at `from`; quoted values are passed over.
fn end_of_tag(html: &str, from: usize) -> usize {
    let mut quote = None;
    for (at, &byte) in html.as_bytes().iter().enumerate().skip(from) {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    html.len()
}

/// Where the end tag of a raw text element begins.
fn end_of_raw(html: &str, from: usize, name: &str) -> usize {
    let mut at = from;
    while let Some(found) = html[at..].find("</") {
        at += found;
        if html.as_bytes()[at + 2..].get(..name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name.as_bytes())) {
            return at;
        }
        at += 2;
    }
    html.len()
}

/// Longest name of a character reference, in bytes (HTML Living Standard §13.5).
const REFERENCE_MAX_BYTES: usize = 32;

/// Decodes character references; what is not one stays as it is. Linear time: a name ends at the first byte that cannot
/// be in one, so no byte is looked at for two references.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let mut name = rest.bytes().take(REFERENCE_MAX_BYTES + 2).enumerate().skip(1);
        let end = name.find(|(_, byte)| !byte.is_ascii_alphanumeric() && *byte != b'#');
        let name = end.filter(|(_, byte)| *byte == b';').map(|(end, _)| &rest[1..=end]);
        match name.and_then(reference) {
            Some((first, second)) => {
                decoded.push(first);
                decoded.extend(second);
                rest = &rest[1 + name.map_or(0, str::len)..];
            }
            None => {
                decoded.push('&');
                rest = &rest[1..];
            }
        }
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// The characters of a reference such as `amp;`, `#39;` or `#x27;`.
fn reference(name: &str) -> Option<(char, Option<char>)> {
    let code = if let Some(number) = name.strip_prefix('#') {
        let number = number.trim_end_matches(';');
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        (code.ok()?, 0)
    } else {
        *web_atoms::NAMED_ENTITIES.get(name)?
    };
    let first = char::from_u32(code.0).filter(|c| *c != '\0')?;
    Some((first, (code.1 != 0).then(|| char::from_u32(code.1)).flatten()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_decoded_and_other_ampersands_stay() {
        for (text, decoded) in [
            ("a &amp; b&#39;&#x27;&notin;", "a & b''∉"),
            ("&&&amp&amp;", "&&&amp&"),
            ("&a b; &; &#; &é;", "&a b; &; &#; &é;"),
            ("&", "&"),
        ] {
            assert_eq!(decode(text), decoded);
        }
        assert!(matches!(decode("a < b"), Cow::Borrowed(_)), "a text without references is not copied");
    }
}
