//! Tags that an editor damaged: nobody reads them as tags any more, so a recipient would get a dead link.

use super::syntax::Fault;
use std::ops::Range;

/// Longest damaged tag, in bytes.
const TAG_MAX_BYTES: usize = 200;
/// What stands for a brace in a URL or in HTML.
const BRACES: [(&str, &str, &str); 7] = [
    ("%7b", "%7d", "percent-encoded"),
    ("&#123;", "&#125;", "written as references"),
    ("&#x7b;", "&#x7d;", "written as references"),
    ("&lbrace;", "&rbrace;", "written as references"),
    ("&lcub;", "&rcub;", "written as references"),
    ("\u{ff5b}", "\u{ff5d}", "full-width"),
    ("\\{", "\\}", "written with backslashes"),
];
/// How a link begins that a whole URL cannot follow.
const SCHEMES: [&str; 5] = ["http:", "https:", "mailto:", "//", "www."];

/// Refuses damaged tags. `own` are the places of tags, in order, `links` those where the link to unsubscribe is written.
pub(crate) fn check(source: &str, own: &[Range<usize>], links: &[usize]) -> Result<(), Fault> {
    for link in links {
        let tag = own.get(own.partition_point(|tag| tag.end <= *link));
        if let Some(tag) = tag.filter(|tag| tag.start <= *link) {
            check_before(source, tag.start)?;
        }
    }
    let mut own = own.iter().peekable();
    let mut at = 0;
    while let Some(step) = source[at..].find(['%', '&', '\u{ff5b}', '\\', '{', '=']) {
        at += step;
        while own.next_if(|tag| tag.end <= at).is_some() {}
        if let Some(tag) = own.peek().filter(|tag| tag.start <= at) {
            at = tag.end;
            continue;
        }
        if let Some(sentence) = damaged(&source[at..]) {
            return Err(Fault::new(at, sentence));
        }
        at += source[at..].chars().next().map_or(1, char::len_utf8);
    }
    Ok(())
}

/// Refuses the link to unsubscribe behind the beginning of another one.
fn check_before(source: &str, at: usize) -> Result<(), Fault> {
    let window = &source[source.ceil_char_boundary(at.saturating_sub(TAG_MAX_BYTES))..at];
    let start = window.rfind(|c: char| c.is_whitespace() || "\"'<>()".contains(c)).map_or(0, |found| found + 1);
    let before = window[start..].trim_start_matches("href=");
    let lower = before.to_ascii_lowercase();
    if SCHEMES.iter().any(|scheme| lower.starts_with(scheme)) && !lower.contains(['?', '#', '=']) {
        let message = format!(
            "{{{{ unsubscribe_url }}}} is a whole link: remove {before} before it, as in href=\"{{{{ unsubscribe_url }}}}\""
        );
        return Err(Fault::new(at - before.len(), message));
    }
    Ok(())
}

/// The sentence about a damaged tag at the beginning of `rest`.
fn damaged(rest: &str) -> Option<String> {
    let window = &rest[..rest.floor_char_boundary(TAG_MAX_BYTES)];
    if let Some(value) = window.strip_prefix('=') {
        return dead_link(value);
    }
    // Braces with spaces between them, as in { { first_name } }.
    if let Some(inner) = window.strip_prefix("{ {")
        && let Some(end) = inner.find("} }")
        && is_tag(&inner[..end])
        && !inner[..end].contains([':', ';', ','])
    {
        return Some(format!("write the braces without a space between them: {{{{ {} }}}}", inner[..end].trim()));
    }
    for (open, close, how) in BRACES {
        let Some(inner) = after(window, open).and_then(|rest| after(rest, open)) else { continue };
        let lower = inner.to_ascii_lowercase();
        let end = lower.find(close).or_else(|| lower.find("}}"))?;
        let inner = decoded(&inner[..end]);
        if is_tag(&inner) {
            let inner = inner.trim();
            return Some(format!("the braces of this tag are {how}, so it is no tag: write {{{{ {inner} }}}}"));
        }
    }
    for (open, close) in [("%7b%25", "%25%7d"), ("{%25", "%25}")] {
        if after(window, open).is_some_and(|inner| inner.to_ascii_lowercase().contains(close)) {
            return Some("the percent sign of this tag is encoded: write {% … %}".to_owned());
        }
    }
    None
}

/// What follows `open`, which is in small letters, at the beginning of a text in any letters.
fn after<'t>(text: &'t str, open: &str) -> Option<&'t str> {
    let is_there = text.as_bytes().get(..open.len())?.eq_ignore_ascii_case(open.as_bytes());
    is_there.then(|| text.get(open.len()..)).flatten()
}

/// The sentence about an attribute that should be the link to unsubscribe and is only its name.
fn dead_link(value: &str) -> Option<String> {
    let (quote, inner) = (value.chars().next()?, value.get(value.chars().next()?.len_utf8()..)?);
    if matches!(quote, '“' | '”' | '„' | '‘' | '’') && inner.starts_with("{{") {
        return Some(format!("{quote} is a curly quotation mark: an attribute is written with \" around its value"));
    }
    let end = inner.find(quote).filter(|_| matches!(quote, '"' | '\''))?;
    (inner[..end].trim() == "unsubscribe_url")
        .then(|| "this link is only a name: write {{ unsubscribe_url }}".to_owned())
}

/// Percent-encoded spaces and bars as they were.
fn decoded(inner: &str) -> String {
    let mut inner = inner.to_owned();
    for (encoded, plain) in [("%20", " "), ("+", " "), ("%7C", "|"), ("%7c", "|"), ("%22", "\""), ("&nbsp;", " ")] {
        inner = inner.replace(encoded, plain);
    }
    inner
}

/// Whether text could be the inside of a tag.
fn is_tag(inner: &str) -> bool {
    inner.trim().starts_with(|c: char| c.is_ascii_alphabetic()) && !inner.contains(['{', '<', '\n'])
}
