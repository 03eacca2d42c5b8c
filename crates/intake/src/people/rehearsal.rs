//! What a file would do to profiles, set by set, without writing.
//!
//! A row sees what earlier rows of the file would have done: profiles whose keys come again in the file are kept as
//! they would be. All others need not be kept, so memory is that of the keys that repeat.

use super::roster::{Entry, Roster};
use super::{MatchKey, ProfileRecord, SetOutcome, Typing};
use postrider_core::attribute::AttributeKind;
use postrider_core::env::Entropy;
use postrider_core::id::{ProfileId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::{StoreError, Tx};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Size of the filter, in bits: with ten million keys one in twenty is taken for a repeated one, which costs memory only.
const FILTER_BITS: u64 = 1 << 27;
/// Bits of the filter for each key.
const PROBES: u64 = 4;
/// Profiles that are kept at most. Of a file that repeats more, rows may be counted as created that would update.
const KEPT_MAX: usize = 100_000;

/// Keys that stand in a file more than once, and a few that do not.
pub struct Repeated {
    filter: Vec<u64>,
    keys: HashSet<u64>,
}

impl Default for Repeated {
    fn default() -> Self {
        let words = usize::try_from(FILTER_BITS / 64).unwrap_or(usize::MAX);
        Self { filter: vec![0; words], keys: HashSet::new() }
    }
}

impl Repeated {
    /// Learns the keys of a record.
    pub fn see(&mut self, record: &ProfileRecord, key: MatchKey) {
        for (by, value) in keys(record, key) {
            let hash = hash(by, value);
            if !self.insert(hash) {
                self.keys.insert(hash);
            }
        }
    }

    /// Puts a hash into the filter; whether it was not there.
    fn insert(&mut self, hash: u64) -> bool {
        let step = hash.rotate_left(32) | 1;
        let mut is_new = false;
        for probe in 0..PROBES {
            let bit = hash.wrapping_add(probe.wrapping_mul(step)) % FILTER_BITS;
            let Some(word) = usize::try_from(bit / 64).ok().and_then(|place| self.filter.get_mut(place)) else {
                continue;
            };
            is_new |= *word & (1 << (bit % 64)) == 0;
            *word |= 1 << (bit % 64);
        }
        is_new
    }

    fn holds(&self, by: MatchKey, value: &str) -> bool {
        self.keys.contains(&hash(by, value))
    }
}

fn hash(by: MatchKey, value: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (by.as_str(), value).hash(&mut hasher);
    hasher.finish()
}

/// The keys by which a record finds profiles; a phone number only if people are found by it.
fn keys(record: &ProfileRecord, key: MatchKey) -> impl Iterator<Item = (MatchKey, &str)> {
    let matters = move |by: &MatchKey| *by != MatchKey::Phone || key == MatchKey::Phone;
    MatchKey::ALL.into_iter().filter(matters).filter_map(|by| Some((by, record.key(by).ok()?)))
}

/// A rehearsal under way.
pub struct Rehearsal {
    key: MatchKey,
    repeated: Repeated,
    kept: HashMap<ProfileId, Entry>,
    places: HashMap<u64, Vec<ProfileId>>,
    /// The kinds of attributes that had none before the file.
    kinds: BTreeMap<String, AttributeKind>,
    loaded: Option<Roster>,
}

impl Rehearsal {
    /// Begins before the first set of a file with these repeated keys.
    pub fn new(key: MatchKey, repeated: Repeated) -> Self {
        // The filter is not needed any more.
        let repeated = Repeated { filter: Vec::new(), keys: repeated.keys };
        Self { key, repeated, kept: HashMap::new(), places: HashMap::new(), kinds: BTreeMap::new(), loaded: None }
    }

    /// Reads the profiles of a set. May be called again for the same set.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn load(
        &mut self,
        tx: &mut Tx<'_>,
        tenant: TenantId,
        records: &[&ProfileRecord],
        typing: &Typing,
    ) -> Result<(), StoreError> {
        let mut roster = Roster::load(tx, tenant, self.key, records, Some(typing))?;
        roster.kinds().know(&self.kinds);
        self.loaded = Some(roster);
        Ok(())
    }

    /// Applies the set that was loaded.
    pub fn apply(&mut self, records: &[&ProfileRecord], now: Timestamp, entropy: &dyn Entropy) -> SetOutcome {
        let Some(mut roster) = self.loaded.take() else { return Vec::new() };
        let mut known = roster.ids();
        for record in records {
            for (by, value) in keys(record, self.key) {
                known.extend(self.places.get(&hash(by, value)).into_iter().flatten());
            }
        }
        let changed = known.iter().filter_map(|id| self.kept.remove(id)).collect();
        roster.lay_over(changed);
        let outcome = records.iter().map(|record| roster.apply(record, now, entropy)).collect();
        self.kinds.extend(roster.kinds().learned().clone());
        for entry in roster.into_entries() {
            self.keep(entry);
        }
        outcome
    }

    fn keep(&mut self, entry: Entry) {
        if !entry.is_changed() || self.kept.len() >= KEPT_MAX {
            return;
        }
        let keys: Vec<(MatchKey, String)> = entry.keys();
        if !entry.is_rekeyed() && !keys.iter().any(|(by, value)| self.repeated.holds(*by, value)) {
            return;
        }
        for (by, value) in &keys {
            let ids = self.places.entry(hash(*by, value)).or_default();
            if !ids.contains(&entry.id()) {
                ids.push(entry.id());
            }
        }
        self.kept.insert(entry.id(), entry);
    }
}
