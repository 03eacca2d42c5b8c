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
    /// Bytes of code in it: white space and the insides of strings not counted.
    code_bytes: usize,
    /// Opening brackets and filters in it: no value can get deeper by more levels.
    wraps: usize,
}

impl Tag {
    /// The field that the tag writes out as it is.
    pub(crate) fn field(&self, source: &str) -> Option<String> {
        let inner = source.get(self.range.start + 2..self.range.end.checked_sub(2)?)?.trim_matches('-').trim();
        let is_path = inner.split('.').all(|name| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        (self.kind == TagKind::Value && is_path).then(|| inner.to_owned())
    }
}

/// All tags of a source, in order; a raw block is one comment. A tag without an end reaches to the end of the source.
pub(crate) fn find(source: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some((kind, start)) = next_start(source, at) {
        let tag = match kind {
            TagKind::Value => code(source, start, kind, b"}}"),
            TagKind::Block => raw_block(source, start).unwrap_or_else(|| code(source, start, kind, b"%}")),
            TagKind::Comment => {
                let end = source[start + 2..].find("#}").map_or(source.len(), |found| start + 2 + found + 2);
                Tag { kind, range: start..end, code_bytes: 0, wraps: 0 }
            }
        };
        at = tag.range.end;
        tags.push(tag);
    }
    tags
}

/// Refuses what could exhaust the stack: the engine below compiles, compares and drops by recursion without a limit.
/// Tells the byte and the problem.
pub(crate) fn check(source: &str) -> Result<(), (usize, String)> {
    let (mut elifs, mut wraps) = (0, 0);
    for tag in find(source) {
        let refused = |problem: String| Err((tag.range.start, problem));
        if tag.code_bytes > limits::TAG_MAX_CODE_BYTES {
            return refused(format!("this tag has more than {} bytes of code", limits::TAG_MAX_CODE_BYTES));
        }
        if tag.kind != TagKind::Block {
            continue;
        }
        let inner = source.get(tag.range.start + 2..tag.range.end).unwrap_or("");
        elifs += usize::from(first_word(inner) == "elif");
        if elifs > limits::ELIF_MAX {
            return refused(format!("there are more than {} elif tags", limits::ELIF_MAX));
        }
        wraps += tag.wraps;
        if wraps > limits::BLOCK_WRAPS_MAX {
            let problem = format!("there are more than {} brackets and filters in block tags", limits::BLOCK_WRAPS_MAX);
            return refused(problem);
        }
        if first_word(inner) == "for" && words(inner).any(|word| word == "recursive") {
            return refused("a loop cannot be recursive".to_owned());
        }
    }
    Ok(())
}

/// The first word of a block.
fn first_word(inner: &str) -> &str {
    words(inner).next().unwrap_or("")
}

fn words(inner: &str) -> impl Iterator<Item = &str> {
    inner.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
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

/// The tag of code that begins at `start` and ends with `closer`, outside strings and brackets.
fn code(source: &str, start: usize, kind: TagKind, closer: &[u8; 2]) -> Tag {
    let bytes = source.as_bytes();
    let mut tag = Tag { kind, range: start..source.len(), code_bytes: 0, wraps: 0 };
    let (mut at, mut open) = (start + 2, 0_isize);
    while at < bytes.len() {
        if open == 0 && bytes[at..].starts_with(closer) {
            tag.range.end = at + 2;
            break;
        }
        match bytes[at] {
            b'(' | b'[' | b'{' => (open, tag.wraps) = (open + 1, tag.wraps + 1),
            b')' | b']' | b'}' => open -= 1,
            b'|' => tag.wraps += 1,
            quote @ (b'\'' | b'"') => at = end_of_string(bytes, at + 1, quote),
            _ => {}
        }
        tag.code_bytes += usize::from(!bytes.get(at).is_some_and(u8::is_ascii_whitespace));
        at += 1;
    }
    tag
}

/// Where the string that begins at `from` has its closing quote.
fn end_of_string(bytes: &[u8], from: usize, quote: u8) -> usize {
    let mut at = from;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at
}

/// A raw block that begins at `start`, its `endraw` included; none if it is another block.
fn raw_block(source: &str, start: usize) -> Option<Tag> {
    let open = block_end(source, start, "raw")?;
    let mut at = open;
    while let Some(found) = source[at..].find("{%") {
        let begin = at + found;
        if let Some(end) = block_end(source, begin, "endraw") {
            return Some(Tag { kind: TagKind::Comment, range: start..end, code_bytes: 0, wraps: 0 });
        }
        at = begin + 2;
    }
    None
}

/// The byte after the block at `start`, if it holds only `word`.
fn block_end(source: &str, start: usize, word: &str) -> Option<usize> {
    let rest = source[start + 2..].trim_start_matches(['-', '+']).trim_start().strip_prefix(word)?.trim_start();
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest).strip_prefix("%}")?;
    Some(source.len() - rest.len())
}
