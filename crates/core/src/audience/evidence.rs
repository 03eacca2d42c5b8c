//! Consent evidence: where the consent of a person came from.
//!
//! Not here: who keeps it and how long (until the person is erased). Invariant: a history of evidence only grows, and
//! a source that repeats itself adds nothing to it.

use super::Consent;
use crate::campaign::words;
use crate::channel::ChannelKind;
use crate::time::Timestamp;
use uuid::Uuid;

/// Longest text that is kept of what a source said, in characters.
pub const WORDS_CHARS_MAX: usize = 200;

/// What kind of source a consent came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// A file of people.
    Import,
    /// A client of the API.
    ApiClient,
    /// The link to unsubscribe in a message.
    UnsubscribeLink,
}

words!(SourceKind { Import => "import", ApiClient => "api_client", UnsubscribeLink => "unsubscribe_link" });

/// A source of consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceSource {
    /// Of which kind it is.
    pub kind: SourceKind,
    /// The import job, the client, or the campaign whose message had the link.
    pub id: Uuid,
    /// The name of the file, the client or the campaign; empty if it has none.
    pub name: String,
}

impl EvidenceSource {
    /// Whether another source is this one for a reader: an import of a file of the same name, else the same client or
    /// campaign.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match self.kind {
            SourceKind::Import if !self.name.is_empty() => self.kind == other.kind && self.name == other.name,
            _ => self.kind == other.kind && self.id == other.id,
        }
    }
}

/// What one source said about the consent of one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Evidence {
    /// For which channels: bits in the order of [`ChannelKind::ALL`].
    pub channels: u8,
    /// What the consent was from then on.
    pub consent: Consent,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// When the person said it, if the source tells.
    pub said_at: Option<Timestamp>,
    /// The words of the source, such as `Newsletter: yes`; at most [`WORDS_CHARS_MAX`] characters.
    pub words: Option<String>,
    /// The line of the file, from 1, if it is a file.
    pub line: Option<i64>,
    /// Where it came from.
    pub source: EvidenceSource,
}

impl std::fmt::Debug for Evidence {
    /// Shows no words: they are a person's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Evidence({} on {:04b} by {})", self.consent.as_str(), self.channels, self.source.kind.as_str())
    }
}

impl Evidence {
    /// Whether it is about a channel.
    #[must_use]
    pub fn is_about(&self, channel: ChannelKind) -> bool {
        self.channels & channel_bit(channel) != 0
    }

    /// Whether it says about a channel what its source has said before. `history` is what is known of the person, oldest
    /// first; what was said before the consent last changed does not count.
    #[must_use]
    pub fn repeats(&self, channel: ChannelKind, history: &[Self]) -> bool {
        let of_channel = history.iter().rev().filter(|before| before.is_about(channel));
        let mut unchanged = of_channel.take_while(|before| before.consent == self.consent);
        unchanged.any(|before| {
            before.source.is_same(&self.source) && before.words == self.words && before.said_at == self.said_at
        })
    }
}

/// The bit of a channel in [`Evidence::channels`].
#[must_use]
pub fn channel_bit(channel: ChannelKind) -> u8 {
    ChannelKind::ALL.iter().position(|kind| *kind == channel).map_or(0, |place| 1 << place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ChannelKind::{DirectMail, Email, Push, Sms};

    fn file(number: u128, name: &str) -> EvidenceSource {
        EvidenceSource { kind: SourceKind::Import, id: Uuid::from_u128(number), name: name.into() }
    }

    fn said(consent: Consent, source: EvidenceSource, words: &str) -> Evidence {
        Evidence {
            channels: channel_bit(Email) | channel_bit(Push),
            consent,
            recorded_at: Timestamp::from_millis(0),
            said_at: None,
            words: Some(words.into()),
            line: Some(2),
            source,
        }
    }

    #[test]
    fn every_channel_has_a_bit_of_its_own() {
        assert_eq!([Email, Sms, Push, DirectMail].map(channel_bit), [1, 2, 4, 8]);
    }

    #[test]
    fn the_same_file_again_says_nothing_new_and_other_files_words_and_clients_do() {
        let yes = Consent::Granted;
        let history = [said(yes, file(1, "a.csv"), "Zgoda: tak")];
        let client = EvidenceSource { kind: SourceKind::ApiClient, id: Uuid::from_u128(1), name: "a.csv".into() };
        for (again, repeats) in [
            (said(yes, file(1, "a.csv"), "Zgoda: tak"), true),
            (said(yes, file(2, "a.csv"), "Zgoda: tak"), true),
            (said(yes, file(2, "b.csv"), "Zgoda: tak"), false),
            (said(yes, file(2, ""), "Zgoda: tak"), false),
            (said(yes, file(2, "a.csv"), "Zgoda: t"), false),
            (said(yes, client, "Zgoda: tak"), false),
            (said(Consent::Denied, file(2, "a.csv"), "Zgoda: tak"), false),
            (Evidence { said_at: Some(Timestamp::from_millis(1)), ..history[0].clone() }, false),
        ] {
            assert_eq!(again.repeats(Email, &history), repeats, "{again:?}");
            assert!(!again.repeats(Sms, &history), "nothing was said about text messages");
        }
    }

    #[test]
    fn what_was_said_before_the_consent_changed_does_not_count() {
        let yes = said(Consent::Granted, file(1, "a.csv"), "yes");
        let no = said(Consent::Denied, file(2, "b.csv"), "no");
        assert!(!yes.repeats(Email, &[yes.clone(), no.clone()]));
        assert!(yes.repeats(Email, &[no, yes.clone()]));
    }

    #[test]
    fn the_words_of_a_person_do_not_reach_a_log() {
        let shown = format!("{:?}", said(Consent::Granted, file(1, "a.csv"), "secret"));
        assert_eq!(shown, "Evidence(granted on 0101 by import)");
    }
}
