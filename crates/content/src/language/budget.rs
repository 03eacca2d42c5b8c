//! What one rendering may take. Everything is charged before it is made, so that nothing can grow past its limit.

use super::value::{Text, Value};
use crate::limits;
use std::rc::Rc;

/// Bytes of text that one step of work may read or make.
const BYTES_PER_STEP: usize = 32;
/// What a text or a list costs beside its contents: its allocation.
const ALLOCATION_BYTES: usize = 48;

/// Why something was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It takes more work than one message may.
    Work,
    /// It takes more memory than one message may.
    Memory,
    /// The values do not allow it; says why, behind the name of what was tried.
    Wrong(String),
}

impl Stop {
    /// A problem with values.
    pub(crate) fn wrong<T>(message: impl Into<String>) -> Made<T> {
        Err(Self::Wrong(message.into()))
    }

    /// The sentence about it.
    pub(crate) fn message(self) -> String {
        match self {
            Self::Work => "this does too much work for one message".to_owned(),
            Self::Memory => "this takes more memory than one message may".to_owned(),
            Self::Wrong(message) => message,
        }
    }
}

/// What was made, if the budget and the values allowed it.
pub(crate) type Made<T> = Result<T, Stop>;

/// The budget of one message: shared by all its parts, never refilled.
pub(crate) struct Budget {
    steps: usize,
    bytes: usize,
}

impl Budget {
    /// A whole budget.
    pub(crate) const fn new() -> Self {
        Self { steps: limits::RENDER_STEPS, bytes: limits::RENDER_VALUE_BYTES }
    }

    /// Charges work.
    pub(crate) const fn steps(&mut self, steps: usize) -> Made<()> {
        match self.steps.checked_sub(steps) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(Stop::Work),
        }
    }

    /// Charges the work of reading or writing text.
    pub(crate) const fn reads(&mut self, bytes: usize) -> Made<()> {
        self.steps(1 + bytes / BYTES_PER_STEP)
    }

    /// Charges the search for a text in another one: preparing the searched text costs more than passing over it.
    pub(crate) const fn searches(&mut self, text: usize, wanted: usize) -> Made<()> {
        self.reads(text.saturating_add(wanted.saturating_mul(4)))
    }

    /// Charges a comparison of texts that have the same length, which is free for a short one.
    pub(crate) const fn compares(&mut self, bytes: usize) -> Made<()> {
        self.steps(bytes / BYTES_PER_STEP)
    }

    /// Charges memory that is about to be taken, and the work of filling it.
    pub(crate) const fn holds(&mut self, bytes: usize) -> Made<()> {
        match self.bytes.checked_sub(bytes) {
            Some(left) => {
                self.bytes = left;
                self.reads(bytes)
            }
            None => Err(Stop::Memory),
        }
    }

    /// A list with room for exactly `items` values, charged.
    pub(crate) fn list<'a>(&mut self, items: usize) -> Made<Vec<Value<'a>>> {
        self.holds(items.saturating_mul(size_of::<Value<'_>>()).saturating_add(ALLOCATION_BYTES))?;
        Ok(Vec::with_capacity(items))
    }

    /// Charges one more value of a list that grows: it doubles its room, so two.
    pub(crate) const fn item(&mut self) -> Made<()> {
        self.holds(2 * size_of::<Value<'_>>())
    }
}

/// A text in the making.
pub(crate) struct Builder<'b> {
    budget: &'b mut Budget,
    text: String,
}

impl<'b> Builder<'b> {
    /// An empty one.
    pub(crate) fn new(budget: &'b mut Budget) -> Made<Self> {
        budget.holds(ALLOCATION_BYTES)?;
        Ok(Self { budget, text: String::new() })
    }

    /// Adds text. A text that grows doubles its room, so two bytes are charged for each.
    pub(crate) fn push(&mut self, more: &str) -> Made<()> {
        self.budget.holds(more.len().saturating_mul(2))?;
        self.text.push_str(more);
        Ok(())
    }

    /// Adds a character.
    pub(crate) fn push_char(&mut self, more: char) -> Made<()> {
        self.push(more.encode_utf8(&mut [0; 4]))
    }

    /// Adds a text several times.
    pub(crate) fn repeat(&mut self, more: &str, times: usize) -> Made<()> {
        self.budget.holds(more.len().saturating_mul(times).saturating_mul(2))?;
        (0..times).for_each(|_| self.text.push_str(more));
        Ok(())
    }

    /// The budget, for what is made on the way.
    pub(crate) const fn budget(&mut self) -> &mut Budget {
        self.budget
    }

    /// The text.
    pub(crate) fn done<'a>(self) -> Text<'a> {
        Text::Shared(Rc::from(self.text))
    }

    /// The text as a value.
    pub(crate) fn value<'a>(self) -> Value<'a> {
        Value::Text(self.done())
    }
}
