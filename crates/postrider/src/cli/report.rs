//! What a command answers: for people and for machines.

use serde_json::Value;
use std::io::Write as _;

/// An answer in both forms.
pub struct Report {
    /// For people: whole lines without the last line's end.
    pub text: String,
    /// For machines.
    pub document: Value,
}

impl Report {
    /// Both forms of one answer.
    #[must_use]
    pub fn new(text: impl Into<String>, document: Value) -> Self {
        Self { text: text.into(), document }
    }

    pub(super) fn write(&self, json: bool) {
        let mut out = std::io::stdout().lock();
        // Whoever closed standard output does not want the answer any more.
        drop(if json { writeln!(out, "{}", self.document) } else { writeln!(out, "{}", self.text) });
        drop(out.flush());
    }
}
