//! What stands in the columns of a whole file, as far as it matters for consent.
//!
//! Invariant: bounded. A column keeps its words of yes, no and status, and a few other cells; not the rest.

use super::answers::{OwnWords, Question, hear, is_date, is_known, is_refusal};
use postrider_core::audience::Consent;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Other cells that a column keeps.
const OTHERS_MAX: usize = 8;
/// Different words that a column keeps.
const WORDS_MAX: usize = 64;
/// Longest cell that may be a word, in bytes.
const WORD_BYTES_MAX: usize = 60;

/// What was seen in one column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// Words of yes, no and status in lower case, and in how many rows each stands.
    pub words: BTreeMap<String, u64>,
    /// Rows with a date.
    pub dates: u64,
    /// Some of the other cells.
    pub others: Vec<String>,
    /// Whether there are more of them.
    pub more: bool,
}

impl Seen {
    /// Takes a cell.
    pub fn see(&mut self, cell: &str) {
        let cell = cell.trim();
        if cell.is_empty() {
            return;
        }
        if let Some(count) = self.words.get_mut(cell) {
            *count += 1;
            return;
        }
        let may_be_word = cell.len() <= WORD_BYTES_MAX && !cell.contains('@');
        if may_be_word && is_known(cell) {
            let word = cell.to_lowercase();
            if self.words.len() < WORDS_MAX || self.words.contains_key(&word) {
                *self.words.entry(word).or_default() += 1;
            }
        } else if may_be_word && is_date(cell) {
            self.dates += 1;
        } else if self.others.len() < OTHERS_MAX {
            if !self.others.iter().any(|other| other == cell) {
                self.others.push(cell.chars().take(40).collect());
            }
        } else {
            self.more = true;
        }
    }

    /// Whether nothing stands in the column.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.dates == 0 && self.others.is_empty()
    }

    /// Some cells, the words first.
    pub fn samples(&self) -> Vec<String> {
        self.words.keys().chain(&self.others).take(3).cloned().collect()
    }

    /// Cells that do not answer a question.
    pub fn unanswered(&self, question: Question, own: &OwnWords) -> Vec<String> {
        let all = self.words.keys().chain(&self.others);
        all.filter(|cell| hear(question, cell, own).is_none()).take(3).cloned().collect()
    }

    /// Whether all cells are answers, and at least one of them is yes or no.
    pub fn is_answers(&self) -> bool {
        let none = OwnWords::default();
        let decides =
            |word: &String| matches!(hear(Question::OptIn, word, &none), Some(Consent::Granted | Consent::Denied));
        self.others.is_empty() && self.dates == 0 && self.words.keys().any(decides)
    }

    /// Words by which somebody refused, whatever the column is called.
    pub fn refusals(&self) -> Vec<String> {
        self.words.keys().filter(|word| is_refusal(word)).take(3).cloned().collect()
    }
}
