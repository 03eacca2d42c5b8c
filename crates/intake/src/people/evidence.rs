//! What is kept of where consents come from while a set of records is applied.
//!
//! Invariant: a consent that changes always leaves evidence; one that is said again does if its source, its words or
//! its date are new.

use super::{ProfileRecord, Typing};
use postrider_core::audience::Consent;
use postrider_core::audience::evidence::{Evidence, EvidenceSource, WORDS_CHARS_MAX, channel_bit};
use postrider_core::channel::ChannelKind;
use postrider_core::id::{ProfileId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::{StoreError, Tx};

/// Where a set of records comes from.
#[derive(Clone, Copy)]
pub struct Origin<'o> {
    /// The file, client or link.
    pub source: &'o EvidenceSource,
    /// What the source says of each record, in their order; nothing if it has no lines and no words.
    pub said: &'o [Said],
    /// What a file says of the kinds of attributes. Without it, a record with a value of another kind is refused.
    pub typing: Option<&'o Typing>,
}

/// What a source says of one record, apart from the record.
#[derive(Clone, Default)]
pub struct Said {
    /// The line of a file, from 1.
    pub line: i64,
    /// The words in which it speaks of consent, in the order of [`super::CONSENT_CHANNELS`].
    pub words: [Option<SaidWords>; 4],
}

/// The words in which a source speaks of a consent.
#[derive(Clone, PartialEq, Eq)]
pub struct SaidWords {
    /// Such as `Newsletter: yes`.
    pub words: String,
    /// When the person said so, if that is known.
    pub at: Option<Timestamp>,
}

impl SaidWords {
    /// The header of a column and what is in the cell.
    #[must_use]
    pub fn new(column: &str, cell: &str, at: Option<Timestamp>) -> Self {
        let words = format!("{column}: {cell}").chars().take(WORDS_CHARS_MAX).collect();
        Self { words, at }
    }
}

/// Consent that was said of a person.
struct Draft {
    profile: ProfileId,
    evidence: Evidence,
    is_change: bool,
    is_new: bool,
}

/// What a set of records says about consent.
pub struct ConsentLedger<'o> {
    origin: Origin<'o>,
    now: Timestamp,
    drafts: Vec<Draft>,
}

impl<'o> ConsentLedger<'o> {
    /// Nothing yet.
    pub const fn new(origin: Origin<'o>, now: Timestamp) -> Self {
        Self { origin, now, drafts: Vec::new() }
    }

    /// Notes what the record at an index of the set says of a person, whose consents were `before`; `None` if the person
    /// is new.
    pub fn note(&mut self, index: usize, profile: ProfileId, before: Option<[Consent; 4]>, record: &ProfileRecord) {
        let said = self.origin.said.get(index);
        let first = self.drafts.len();
        for (number, channel) in ChannelKind::ALL.into_iter().enumerate() {
            let Some(consent) = record.consent[number] else { continue };
            let stored = before.map_or(Consent::Unknown, |before| before[number]);
            if record.keeps_denial(stored, consent) {
                continue;
            }
            let is_change = consent != stored;
            if !is_change && consent == Consent::Unknown {
                continue;
            }
            let words = said.and_then(|said| said.words[number].as_ref());
            let evidence = Evidence {
                channels: channel_bit(channel),
                consent,
                recorded_at: self.now,
                said_at: words.and_then(|words| words.at),
                words: words.map(|words| words.words.clone()),
                line: said.map(|said| said.line),
                source: self.origin.source.clone(),
            };
            // What is said of several channels at once is one row.
            let alike = |draft: &&mut Draft| {
                let one = &draft.evidence;
                draft.is_change == is_change
                    && (one.consent, one.said_at, &one.words) == (consent, evidence.said_at, &evidence.words)
            };
            match self.drafts[first..].iter_mut().find(alike) {
                Some(draft) => draft.evidence.channels |= evidence.channels,
                None => self.drafts.push(Draft { profile, evidence, is_change, is_new: before.is_none() }),
            }
        }
    }

    /// Writes what is new.
    pub fn save(self, tx: &mut Tx<'_>, tenant: TenantId) -> Result<(), StoreError> {
        let mut known: Vec<ProfileId> =
            self.drafts.iter().filter(|draft| !draft.is_new).map(|draft| draft.profile).collect();
        known.sort_unstable();
        known.dedup();
        let mut histories = tx.consent_evidence_of(tenant, &known)?;
        let mut fresh = Vec::with_capacity(self.drafts.len());
        for Draft { profile, mut evidence, is_change, is_new: _ } in self.drafts {
            let history = histories.entry(profile).or_default();
            if !is_change {
                for channel in ChannelKind::ALL {
                    if evidence.is_about(channel) && evidence.repeats(channel, history) {
                        evidence.channels &= !channel_bit(channel);
                    }
                }
            }
            if evidence.channels == 0 {
                continue;
            }
            history.push(evidence.clone());
            fresh.push((profile, history.len(), evidence));
        }
        // Neighbours in the table are written one after the other.
        fresh.sort_unstable_by_key(|(profile, number, _)| (*profile, *number));
        tx.consent_evidence_add(tenant, self.origin.source, &fresh)
    }
}
