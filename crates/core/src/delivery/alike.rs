//! Refusals that say the same to everybody: then they are not about the recipients.
//!
//! A provider that refuses one recipient after the other with the same words refuses the account, the sender or the
//! message, whatever the words are. Such a run stops the job before it uses up everybody who is left.

use super::DeliveryState;
use crate::channel::{Outcome, Refusal};
use std::collections::BTreeSet;

/// Recipients in a row whose refusals are the same before the job is held.
pub const RUN_MAX: usize = 10;
/// The same for recipients of one domain, while others of the job have another: that domain may refuse on its own.
pub const RUN_OF_ONE_DOMAIN_MAX: usize = 30;

/// How often the length of a run doubles at most.
const DOUBLINGS_MAX: u32 = 10;

/// Reasons that are about one mailbox or one domain, however often they come.
const ABOUT_THE_RECIPIENT: &[&str] = &[
    "mailbox_unavailable",
    "mailbox_full",
    "mailbox_disabled",
    "mailbox_busy",
    "domain_unavailable",
    "address_refused",
];

/// A token of at least this many characters is an id, not a word.
const ID_CHARS_MIN: usize = 24;

/// What a text says, without what differs from recipient to recipient: addresses, hosts, numbers and ids.
#[must_use]
pub fn gist(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || "<>()[]{}\"',;:=/".contains(c)).filter_map(|token| {
        let word = token.trim_matches(|c: char| !c.is_alphanumeric());
        let is_host = word.contains('.') && !word.contains("..");
        let is_id = word.chars().any(|c| c.is_ascii_digit()) || word.chars().count() >= ID_CHARS_MIN;
        (!word.is_empty() && !token.contains('@') && !is_host && !is_id).then(|| word.to_lowercase())
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A text without the addresses in it, for the log.
#[must_use]
pub fn without_addresses(text: &str) -> String {
    let words = text.split(' ').map(|word| if word.contains('@') { "<address>" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// A recipient that failed, as it is in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// Its place in the manifest.
    pub seq: i64,
    /// The attempts that it has.
    pub attempts: u32,
}

/// The window that an answer came with. The answers of a window arrive together, after those of others that left later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The lane that carried it.
    pub lane: usize,
    /// What [`Run::answers`] was when it left.
    pub began: u64,
}

/// A failure of a run.
#[derive(Debug, Clone)]
struct Met {
    failure: Failure,
    domain: String,
    lane: usize,
    /// Number of the answer.
    at: u64,
}

/// The refusals of one job that came last.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Reason and gist that they share.
    said: Option<(&'static str, String)>,
    failures: Vec<Met>,
    /// Answers so far.
    answers: u64,
    /// Whether it came to its end and the job was not resumed since.
    is_over: bool,
    /// How often the job was resumed after a run. Each time a run has to be twice as long: if the refusals were about the
    /// recipients after all, the job gets past them.
    resumed: u32,
    /// A domain that was answered about first, and whether there was another.
    first_domain: Option<String>,
    has_other_domain: bool,
}

impl Run {
    /// Takes what a provider said about a recipient and what follows from it. Returns the failures to take back, once
    /// so many came in a row that the job has to be held; later ones that say the same are taken back too, until
    /// [`Self::resume`].
    ///
    /// `domain` is the recipient's, empty where addresses have none.
    pub fn take(
        &mut self,
        outcome: &Outcome,
        failure: Failure,
        to: DeliveryState,
        (domain, window): (&str, Window),
    ) -> Option<(Vec<Failure>, Refusal)> {
        self.answers += 1;
        match &self.first_domain {
            None => self.first_domain = Some(domain.to_owned()),
            Some(first) => self.has_other_domain |= first != domain,
        }
        let refusal = match outcome {
            Outcome::Rejected(refusal) if to == DeliveryState::Failed => refusal,
            Outcome::HandedOff { .. } if !self.is_over => {
                // It was accepted after what was refused before its window left, and in front of it there.
                self.failures.retain(|met| met.at > window.began && met.lane != window.lane);
                return None;
            }
            _ => return None,
        };
        if ABOUT_THE_RECIPIENT.contains(&refusal.reason) {
            return None;
        }
        let said = (refusal.reason, gist(&refusal.text));
        if self.said.as_ref() != Some(&said) {
            if self.is_over {
                return None;
            }
            self.begin(Some(said));
        }
        let (domain, lane, at) = (domain.to_owned(), window.lane, self.answers);
        self.failures.push(Met { failure, domain, lane, at });
        let domains: BTreeSet<&str> = self.failures.iter().map(|met| met.domain.as_str()).collect();
        let of_one_domain = domains.len() == 1 && self.has_other_domain;
        let max = if of_one_domain { RUN_OF_ONE_DOMAIN_MAX } else { RUN_MAX };
        self.is_over |= self.failures.len() >= max << self.resumed.min(DOUBLINGS_MAX);
        let take_all = |met: &mut Vec<Met>| std::mem::take(met).into_iter().map(|met| met.failure).collect();
        self.is_over.then(|| (take_all(&mut self.failures), refusal.clone()))
    }

    /// How many answers it took: what a window that leaves now has to say of itself.
    #[must_use]
    pub const fn answers(&self) -> u64 {
        self.answers
    }

    /// Whether a run came to its end and the job was not resumed since.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// The job was resumed after a run.
    pub fn resume(&mut self) {
        self.is_over = false;
        self.resumed = self.resumed.saturating_add(1);
        self.begin(None);
    }

    fn begin(&mut self, said: Option<(&'static str, String)>) {
        self.said = said;
        self.failures.clear();
    }
}

#[cfg(test)]
#[path = "alike_tests.rs"]
mod tests;
