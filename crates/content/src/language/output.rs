//! What a part renders to: bounded, and escaped where it is HTML.

use super::budget::{Budget, Made, Stop};
use super::show::{Sink, show};
use super::value::Value;
use crate::html;

/// The rendering of one part, or of a block that is captured.
pub(crate) struct Output {
    text: String,
    limit: usize,
    is_captured: bool,
}

impl Output {
    /// An empty one that takes so many bytes.
    pub(crate) const fn new(limit: usize) -> Self {
        Self { text: String::new(), limit, is_captured: false }
    }

    /// An empty one for a block whose text becomes a value.
    pub(crate) const fn captured(limit: usize) -> Self {
        Self { text: String::new(), limit, is_captured: true }
    }

    /// Adds text, if there is room for it. The room grows by doubling, but never beyond the limit.
    pub(crate) fn put(&mut self, more: &str, budget: &mut Budget) -> Made<()> {
        if self.is_captured {
            budget.holds(more.len().saturating_mul(2))?
        } else {
            budget.reads(more.len())?
        }
        let length = self.text.len() + more.len();
        if length > self.limit {
            return Stop::wrong(format!("this renders to more than {} bytes", self.limit));
        }
        if length > self.text.capacity() {
            let room = (self.text.capacity() * 2).clamp(length, self.limit.max(length));
            self.text.reserve_exact(room - self.text.len());
        }
        self.text.push_str(more);
        Ok(())
    }

    /// Adds a value as people expect it, escaped if the part is HTML and the value is not.
    pub(crate) fn write(&mut self, value: &Value<'_>, is_html: bool, budget: &mut Budget) -> Made<()> {
        let is_escaped = is_html && !matches!(value, Value::Safe(_));
        show(value, &mut Writer { output: self, is_escaped, budget })
    }

    /// The text.
    pub(crate) fn done(self) -> String {
        self.text
    }

    /// Makes room for so many bytes at once.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.text.reserve_exact(bytes.min(self.limit));
    }
}

struct Writer<'o, 'b> {
    output: &'o mut Output,
    is_escaped: bool,
    budget: &'b mut Budget,
}

impl Sink for Writer<'_, '_> {
    fn put(&mut self, text: &str) -> Made<()> {
        if !self.is_escaped {
            return self.output.put(text, self.budget);
        }
        html::escaped(text).filter(|piece| !piece.is_empty()).try_for_each(|piece| self.output.put(piece, self.budget))
    }

    fn step(&mut self) -> Made<()> {
        self.budget.steps(1)
    }
}
