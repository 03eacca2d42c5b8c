//! Finds the tags in a template's source, as the engine's own reader does: strings and brackets hide an end.
//!
//! Invariant: no tag is ever told shorter than the engine reads it, so the limits on tags bound its recursion.

use crate::limits;
use std::ops::Range;

/// What a tag is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TagKind {
    /// `{{ … }}`
    Value,
    /// `{% … %}`
    Block,
    /// `{# … #}`
    Comment,
}

/// A tag and where it is, delimiters included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) kind: TagKind,
    pub(crate) range: Range<usize>,
}

/// All tags of a source, in order. One without an end reaches to the end of the source.
pub(crate) fn find(source: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some((kind, start)) = next_start(source, at) {
        let end = match kind {
            TagKind::Value => end_of_code(source, start + 2, b"}}"),
            TagKind::Block => raw_end(source, start).unwrap_or_else(|| end_of_code(source, start + 2, b"%}")),
            TagKind::Comment => source[start + 2..].find("#}").map_or(source.len(), |found| start + 2 + found + 2),
        };
        tags.push(Tag { kind, range: start..end });
        at = end;
    }
    tags
}

/// Refuses what would nest deeper than the engine's stack allows. Tells the byte and the problem.
pub(crate) fn check(source: &str) -> Result<(), (usize, String)> {
    let mut elifs = 0;
    for tag in find(source) {
        let inner = source.get(tag.range.start + 2..tag.range.end).unwrap_or("");
        let is_raw = tag.kind == TagKind::Block && word(inner) == "raw";
        if tag.kind != TagKind::Comment && !is_raw && tag.range.len() > limits::TAG_MAX_BYTES {
            return Err((tag.range.start, format!("a tag has more than {} bytes", limits::TAG_MAX_BYTES)));
        }
        if tag.kind == TagKind::Block && word(inner) == "elif" {
            elifs += 1;
            if elifs > limits::ELIF_MAX {
                return Err((tag.range.start, format!("there are more than {} elif tags", limits::ELIF_MAX)));
            }
        }
    }
    Ok(())
}

/// The first word of a block.
fn word(inner: &str) -> &str {
    let inner = inner.trim_start_matches(['-', '+']).trim_start();
    inner.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("")
}

fn next_start(source: &str, from: usize) -> Option<(TagKind, usize)> {
    let bytes = source.as_bytes();
    let mut at = from;
    while let Some(found) = source[at..].find('{') {
        let start = at + found;
        match bytes.get(start + 1) {
            Some(b'{') => return Some((TagKind::Value, start)),
            Some(b'%') => return Some((TagKind::Block, start)),
            Some(b'#') => return Some((TagKind::Comment, start)),
            _ => at = start + 1,
        }
    }
    None
}

/// Where code that begins at `from` ends: after its closer, outside strings and brackets.
fn end_of_code(source: &str, from: usize, closer: &[u8; 2]) -> usize {
    let bytes = source.as_bytes();
    let (mut at, mut open) = (from, 0_isize);
    while at < bytes.len() {
        if open == 0 && bytes[at..].starts_with(closer) {
            return at + 2;
        }
        match bytes[at] {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open -= 1,
            quote @ (b'\'' | b'"') => at = end_of_string(bytes, at + 1, quote),
            _ => {}
        }
        at += 1;
    }
    source.len()
}

/// Where the string that begins at `from` has its closing quote.
fn end_of_string(bytes: &[u8], from: usize, quote: u8) -> usize {
    let mut at = from;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at
}

/// Where a raw block that begins at `start` ends, its `endraw` included; none if it is another block.
fn raw_end(source: &str, start: usize) -> Option<usize> {
    let open = source[start..].find("%}")? + start;
    let code = source[start + 2..open].trim_matches(['-', '+']).trim();
    if code != "raw" {
        return None;
    }
    let mut at = open + 2;
    while let Some(found) = source[at..].find("{%") {
        let begin = at + found;
        let close = source[begin..].find("%}")? + begin;
        if source[begin + 2..close].trim_matches(['-', '+']).trim() == "endraw" {
            return Some(close + 2);
        }
        at = begin + 2;
    }
    None
}
