//! What the columns of a row say about consent, and in which words.
//!
//! Invariant: consent is never guessed. A cell that is neither yes nor no refuses its row, and a denial in a row beats
//! any consent in it.

use super::answers::{OwnWords, Question, hear, instant};
use super::columns::Target;
use super::headers::{Channels, EMAIL};
use crate::people::CONSENT_CHANNELS;
use postrider_core::audience::Consent;
use postrider_core::error::Refusal;
use postrider_core::time::Timestamp;
use serde_json::{Map, Value};

/// Why a row sets the consent of one channel.
#[derive(Clone, PartialEq, Eq)]
pub struct ConsentWords {
    /// What it becomes.
    pub consent: Consent,
    /// Header of the column, or name of the field.
    pub column: String,
    /// What stands in the cell.
    pub words: String,
    /// When the person said so, if the cell is a date as programs write it.
    pub at: Option<Timestamp>,
}

/// The consent that a row sets, in the order of [`CONSENT_CHANNELS`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Consents {
    pub channels: [Option<ConsentWords>; 4],
}

impl Target {
    /// The question that the cells of a column answer, and for which channels.
    pub const fn question(&self) -> Option<(Question, Channels)> {
        match self {
            Self::OptIn(channels) => Some((Question::OptIn, *channels)),
            Self::Negated(channels) => Some((Question::Negated, *channels)),
            Self::OptOut(channels) => Some((Question::OptOut, *channels)),
            Self::OptOutDate(channels) => Some((Question::OptOutDate, *channels)),
            Self::Status(_) => Some((Question::Status, EMAIL)),
            Self::Nothing | Self::Field(_) | Self::Address(_) | Self::Attribute(_) => None,
        }
    }
}

impl Consents {
    /// Takes what a cell says.
    ///
    /// # Errors
    /// The cell says neither yes nor no.
    pub fn take(
        &mut self,
        (question, channels): (Question, Channels),
        column: &str,
        cell: &str,
        own: &OwnWords,
    ) -> Result<(), Refusal> {
        let Some(consent) = hear(question, cell, own) else {
            return Err(Refusal::invalid(column, Some(cell), "is neither yes nor no"));
        };
        self.say(channels, consent, column, cell);
        Ok(())
    }

    /// Notes a consent; a denial that is there already stays.
    pub fn say(&mut self, channels: Channels, consent: Consent, column: &str, words: &str) {
        if consent == Consent::Unknown {
            return;
        }
        for (bit, said) in self.channels.iter_mut().enumerate() {
            if channels & (1 << bit) == 0 || said.as_ref().is_some_and(|said| said.consent == Consent::Denied) {
                continue;
            }
            let (column, words, at) = (column.to_owned(), words.to_owned(), instant(words));
            *said = Some(ConsentWords { consent, column, words, at });
        }
    }

    /// Puts what was said into the field `consent` of a record. What the record says itself stays, unless the
    /// columns deny it.
    pub fn write_into(&self, fields: &mut Map<String, Value>) {
        if self.channels.iter().all(Option::is_none) {
            return;
        }
        let field = fields.entry("consent").or_insert_with(|| Value::Object(Map::new()));
        if field.is_null() {
            let cleared = CONSENT_CHANNELS.into_iter().map(|channel| (channel.to_owned(), Value::Null));
            *field = Value::Object(cleared.collect());
        }
        let Value::Object(field) = field else { return };
        for (channel, said) in CONSENT_CHANNELS.into_iter().zip(&self.channels) {
            let Some(said) = said else { continue };
            if said.consent == Consent::Denied || !field.contains_key(channel) {
                field.insert(channel.to_owned(), said.consent.as_str().into());
            }
        }
    }
}
