//! Takes a source apart into text and tags, in one pass.
//!
//! Comments and raw blocks end here. Inside `<style>` and `<script>` of HTML, `{#` is CSS, not a comment.

use super::syntax::Fault;
use std::ops::Range;

/// Elements whose insides are not HTML.
const RAW_ELEMENTS: [&str; 2] = ["style", "script"];

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text to write as it is.
    Text(Range<usize>),
    /// A tag: where it begins, where its inside begins, and whether it is `{% … %}`.
    Tag { start: usize, inside: usize, block: bool },
}

/// The pieces of a source.
pub(crate) struct Pieces<'s> {
    source: &'s str,
    is_html: bool,
    at: usize,
    /// Whether white space that comes next is left out.
    trims: bool,
    /// The element whose inside is not HTML, if we are in one.
    element: Option<&'static str>,
    /// Where tags, comments and raw blocks are.
    pub(crate) own: Vec<Range<usize>>,
}

impl<'s> Pieces<'s> {
    pub(crate) const fn new(source: &'s str, is_html: bool) -> Self {
        Self { source, is_html, at: 0, trims: false, element: None, own: Vec::new() }
    }

    /// Goes on behind a tag.
    pub(crate) fn go_on(&mut self, start: usize, end: usize, trims: bool) {
        self.own.push(start..end);
        self.at = end;
        self.trims = trims;
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// A comment or a raw block without an end.
    pub(crate) fn next(&mut self) -> Result<Option<Piece>, Fault> {
        loop {
            let text_start = self.at;
            let Some(start) = self.opening() else {
                self.at = self.source.len();
                return Ok(self.text(text_start, self.source.len(), false));
            };
            let inside = start + 2;
            let kind = self.source.as_bytes()[start + 1];
            let is_trimming = self.source[inside..].starts_with('-');
            if let Some(text) = self.text(text_start, start, is_trimming) {
                self.at = start;
                return Ok(Some(text));
            }
            self.trims = false;
            if kind == b'#' {
                self.comment(start)?;
                continue;
            }
            let inside = inside + usize::from(self.source[inside..].starts_with(['-', '+']));
            if kind == b'%'
                && let Some((after_open, trims)) = block_of(self.source, start, "raw")
            {
                return self.raw(start, after_open, trims).map(Some);
            }
            return Ok(Some(Piece::Tag { start, inside, block: kind == b'%' }));
        }
    }

    /// The text between two tags, if white space control leaves any of it.
    fn text(&mut self, from: usize, to: usize, trims_end: bool) -> Option<Piece> {
        let mut range = from..to;
        if self.trims {
            range.start = to - self.source[range.clone()].trim_start().len();
            self.trims = false;
        }
        if trims_end {
            range.end = range.start + self.source[range.clone()].trim_end().len();
        }
        (!range.is_empty()).then_some(Piece::Text(range))
    }

    /// Where the next tag opens; keeps track of the elements on the way.
    fn opening(&mut self) -> Option<usize> {
        let bytes = self.source.as_bytes();
        let mut at = self.at;
        while let Some(found) = self.source[at..].find(['{', '<']) {
            at += found;
            match (bytes[at], bytes.get(at + 1)) {
                (b'{', Some(b'{' | b'%')) => return Some(at),
                (b'{', Some(b'#')) if !self.is_css(at) => return Some(at),
                (b'<', Some(b'/')) => {
                    if let Some(element) = self.element
                        && begins_with(&self.source[at + 2..], element)
                    {
                        self.element = None;
                    }
                }
                (b'<', Some(_)) if self.is_html && self.element.is_none() => {
                    let rest = &self.source[at + 1..];
                    self.element = RAW_ELEMENTS.into_iter().find(|element| begins_with(rest, element));
                }
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Whether the `{#` here is a block of CSS with the selector of an id in it.
    fn is_css(&self, at: usize) -> bool {
        self.element.is_some() && !self.source[at + 2..].starts_with(|c: char| c.is_whitespace())
    }

    fn comment(&mut self, start: usize) -> Result<(), Fault> {
        let Some(end) = self.source[start + 2..].find("#}").map(|found| start + 2 + found + 2) else {
            let message = "this comment {# is never closed: write #} behind it, or {{ '{#' }} if it is text";
            return Err(Fault::new(start, message));
        };
        let trims = end >= start + 5 && self.source.as_bytes()[end - 3] == b'-';
        self.go_on(start, end, trims);
        Ok(())
    }

    fn raw(&mut self, start: usize, after_open: usize, trims: bool) -> Result<Piece, Fault> {
        let mut at = after_open;
        while let Some(found) = self.source[at..].find("{%") {
            let begin = at + found;
            if let Some((end, trims_after)) = block_of(self.source, begin, "endraw") {
                let mut range = after_open..begin;
                if trims {
                    range.start = range.end - self.source[range.clone()].trim_start().len();
                }
                if self.source[begin + 2..].starts_with('-') {
                    range.end = range.start + self.source[range.clone()].trim_end().len();
                }
                self.go_on(start, end, trims_after);
                return Ok(Piece::Text(range));
            }
            at = begin + 2;
        }
        Err(Fault::new(start, "this {% raw %} is never closed: write {% endraw %} behind it"))
    }
}

/// Whether text begins with a name and ends it.
fn begins_with(text: &str, name: &str) -> bool {
    text.as_bytes().get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
        && text[name.len()..].starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))
}

/// The byte after the block at `start` if it holds only `word`, and whether it takes white space behind it away.
fn block_of(source: &str, start: usize, word: &str) -> Option<(usize, bool)> {
    let rest = source[start + 2..].trim_start_matches(['-', '+']).trim_start().strip_prefix(word)?.trim_start();
    let trims = rest.starts_with('-');
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest).strip_prefix("%}")?;
    Some((source.len() - rest.len(), trims))
}
