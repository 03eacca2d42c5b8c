//! The profiles that a set of records is about, held together while the records are applied one after the other.
//!
//! Invariant: between load and save the transaction holds the lock of the tenant's profiles, so every decision made
//! here in memory still holds in the store.

use super::attribute::merge;
use super::field::at;
use super::kinds::{Attributes, Counted, Kinds, Typing};
use super::partial::kept_street;
use super::{MatchKey, ProfileRecord};
use postrider_core::audience::Consent;
use postrider_core::env::Entropy;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{ProfileId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::profiles::ProfileRow;
use postrider_store::{StoreError, Tx};
use std::collections::{BTreeSet, HashMap};

/// What a record did to its profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// There was none.
    Created,
    /// It has changed.
    Updated,
    /// It knew all that already.
    Unchanged,
}

impl Operation {
    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
        }
    }
}

/// What became of a record that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// What it did.
    pub operation: Operation,
    /// Whose record it is.
    pub profile: ProfileId,
    /// Fields that it was taken without.
    pub left_out: Vec<Refusal>,
}

/// A profile at hand.
pub struct Entry {
    row: ProfileRow,
    state: State,
}

impl Entry {
    /// Whose profile it is.
    pub const fn id(&self) -> ProfileId {
        self.row.id
    }

    /// Whether the store has something else.
    pub const fn is_changed(&self) -> bool {
        !matches!(self.state, State::Stored)
    }

    /// Whether the store finds it by other keys.
    pub const fn is_rekeyed(&self) -> bool {
        matches!(self.state, State::Changed { rekeyed: true, .. })
    }

    /// The keys by which it is found.
    pub fn keys(&self) -> Vec<(MatchKey, String)> {
        let row = &self.row;
        let keys =
            [(MatchKey::Email, &row.email), (MatchKey::CustomerId, &row.customer_id), (MatchKey::Phone, &row.phone)];
        keys.into_iter().filter_map(|(by, value)| Some((by, value.clone()?))).collect()
    }
}

/// What is to be written of a profile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Everything: the store does not have it.
    New,
    /// Nothing.
    Stored,
    /// What the records have changed, the keys if `rekeyed`. If `released`, it gave up an email or a customer id, which another
    /// profile of the set may have taken.
    Changed { rekeyed: bool, released: bool },
}

/// The profiles at hand, and where each key leads.
pub struct Roster {
    key: MatchKey,
    entries: Vec<Entry>,
    emails: HashMap<String, usize>,
    customer_ids: HashMap<String, usize>,
    phones: HashMap<String, Vec<usize>>,
    kinds: Kinds,
    keeps_streets: bool,
}

impl Roster {
    /// Reads every profile that the records name by any key.
    pub fn load(
        tx: &mut Tx<'_>,
        tenant: TenantId,
        key: MatchKey,
        records: &[&ProfileRecord],
        typing: Option<&Typing>,
    ) -> Result<Self, StoreError> {
        let mut roster = Self {
            key,
            entries: Vec::new(),
            emails: HashMap::new(),
            customer_ids: HashMap::new(),
            phones: HashMap::new(),
            kinds: Kinds::load(tx, tenant, records, typing)?,
            keeps_streets: typing.is_some(),
        };
        let mut known = BTreeSet::new();
        for by in MatchKey::ALL {
            // Nobody owns a phone number, so it matters only when people are found by it.
            if by == MatchKey::Phone && key != MatchKey::Phone {
                continue;
            }
            let values: BTreeSet<&str> = records.iter().filter_map(|record| record.key(by).ok()).collect();
            let values: Vec<&str> = values.into_iter().collect();
            for row in tx.profiles_by_keys(tenant, by, &values)? {
                if known.insert(row.id) {
                    roster.enter(Entry { row, state: State::Stored });
                }
            }
        }
        Ok(roster)
    }

    /// The profiles at hand.
    pub fn ids(&self) -> BTreeSet<ProfileId> {
        self.entries.iter().map(|entry| entry.row.id).collect()
    }

    /// Puts these profiles in the place of those that were read.
    pub fn lay_over(&mut self, over: Vec<Entry>) {
        let ids: BTreeSet<ProfileId> = over.iter().map(|entry| entry.row.id).collect();
        let read = std::mem::take(&mut self.entries);
        self.emails.clear();
        self.customer_ids.clear();
        self.phones.clear();
        for entry in read.into_iter().filter(|entry| !ids.contains(&entry.row.id)).chain(over) {
            self.enter(entry);
        }
    }

    /// The kinds of attributes.
    pub const fn kinds(&mut self) -> &mut Kinds {
        &mut self.kinds
    }

    /// The profiles at hand, after the records.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    fn enter(&mut self, entry: Entry) -> usize {
        let place = self.entries.len();
        if let Some(email) = &entry.row.email {
            self.emails.insert(email.clone(), place);
        }
        if let Some(customer_id) = &entry.row.customer_id {
            self.customer_ids.insert(customer_id.clone(), place);
        }
        if let Some(phone) = &entry.row.phone {
            self.phones.entry(phone.clone()).or_default().push(place);
        }
        self.entries.push(entry);
        place
    }

    /// Where the record's profile stands, if there is one.
    fn find(&self, record: &ProfileRecord) -> Result<Option<usize>, Refusal> {
        let value = record.key(self.key)?;
        match self.key {
            MatchKey::Email => Ok(self.emails.get(value).copied()),
            MatchKey::CustomerId => Ok(self.customer_ids.get(value).copied()),
            MatchKey::Phone => match self.phones.get(value).map(Vec::as_slice) {
                None | Some([]) => Ok(None),
                Some([place]) => Ok(Some(*place)),
                Some(_) => {
                    let path = at(&record.path, "phone");
                    let problem = "several profiles have this phone number";
                    Err(Refusal::field(Code::ProfileMatchAmbiguous, path, Some(value), problem))
                }
            },
        }
    }

    /// The consents of the record's profile as they are now; `None` if it is new.
    pub fn consents(&self, record: &ProfileRecord) -> Option<[Consent; 4]> {
        let place = self.find(record).ok().flatten()?;
        Some(self.entries[place].row.consents())
    }

    /// Applies one record.
    ///
    /// # Errors
    /// A refusal of this record alone; nothing has changed then.
    pub fn apply(&mut self, record: &ProfileRecord, now: Timestamp, entropy: &dyn Entropy) -> Result<Applied, Refusal> {
        let place = self.find(record)?;
        let (attributes, mut left_out) = self.kinds.fit(record)?;
        let Some(place) = place else {
            let mut row = ProfileRow::empty(ProfileId::new(now, entropy), now);
            let merged = merged(&row, &attributes, &record.path)?;
            self.owned_by_another(None, record)?;
            put_keys(&mut row, record);
            let (_, counted) = put(&mut row, record, merged, true);
            let profile = row.id;
            self.enter(Entry { row, state: State::New });
            self.kinds.learn(&attributes, counted);
            return Ok(Applied { operation: Operation::Created, profile, left_out });
        };
        let merged = merged(&self.entries[place].row, &attributes, &record.path)?;
        let kept = kept_street(&self.entries[place].row, record).filter(|_| self.keeps_streets);
        self.owned_by_another(Some(place), record)?;
        let rekeyed = self.move_keys(place, record);
        let Entry { row, state } = &mut self.entries[place];
        let (changes, counted) = put(row, record, merged, kept.is_none());
        let profile = row.id;
        left_out.extend(kept.into_iter().flatten());
        if !changes && rekeyed.is_none() {
            return Ok(Applied { operation: Operation::Unchanged, profile, left_out });
        }
        row.updated_at = now;
        *state = match (*state, rekeyed) {
            (State::New, _) => State::New,
            (State::Stored, rekeyed) => {
                State::Changed { rekeyed: rekeyed.is_some(), released: rekeyed.unwrap_or_default() }
            }
            (State::Changed { rekeyed: before, released }, rekeyed) => {
                State::Changed { rekeyed: before | rekeyed.is_some(), released: released | rekeyed.unwrap_or_default() }
            }
        };
        self.kinds.learn(&attributes, counted);
        Ok(Applied { operation: Operation::Updated, profile, left_out })
    }

    /// Refuses a record that would give its profile the key of another one.
    fn owned_by_another(&self, place: Option<usize>, record: &ProfileRecord) -> Result<(), Refusal> {
        let keys = [
            (MatchKey::Email, &record.email, &self.emails),
            (MatchKey::CustomerId, &record.customer_id, &self.customer_ids),
        ];
        for (key, change, owners) in keys {
            let Some(value) = change.set() else { continue };
            if owners.get(value).is_some_and(|&owner| Some(owner) != place) {
                let path = at(&record.path, key.as_str());
                let problem = format!("belongs to another profile than the {} of the record", self.key.as_str());
                return Err(Refusal::field(Code::ProfileKeyTaken, path, Some(value), problem));
            }
        }
        Ok(())
    }

    /// Gives a profile the keys of a record. Returns, if that changes any, whether the profile gave up an email or a
    /// customer id.
    fn move_keys(&mut self, place: usize, record: &ProfileRecord) -> Option<bool> {
        let row = &mut self.entries[place].row;
        // Where a phone number leads does not change: it is no key that a record can move and be found by.
        let mut moved = record.phone.apply(&mut row.phone).then_some(false);
        let keys = [
            (&record.email, &mut row.email, &mut self.emails),
            (&record.customer_id, &mut row.customer_id, &mut self.customer_ids),
        ];
        for (change, key, owners) in keys {
            let old = key.clone();
            if !change.apply(key) {
                continue;
            }
            moved = Some(moved.unwrap_or_default() | old.is_some());
            if let Some(old) = old {
                owners.remove(&old);
            }
            if let Some(new) = key {
                owners.insert(new.clone(), place);
            }
        }
        moved
    }

    /// Writes what has changed.
    pub fn save(self, tx: &mut Tx<'_>, tenant: TenantId) -> Result<(), StoreError> {
        let (mut fresh, mut changed, mut rekeyed, mut released) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for Entry { row, state } in &self.entries {
            match *state {
                State::Stored => {}
                State::New => fresh.push(row),
                State::Changed { rekeyed: has_other_keys, released: gave_up } => {
                    changed.push(row);
                    rekeyed.extend(has_other_keys.then_some(row));
                    released.extend(gave_up.then_some(row.id));
                }
            }
        }
        self.kinds.save(tx, tenant)?;
        tx.profiles_rekey(tenant, rekeyed, &released)?;
        tx.profiles_update(tenant, changed)?;
        // Neighbours in the table are written one after the other.
        fresh.sort_unstable_by_key(|row| row.id);
        tx.profiles_insert(tenant, fresh)
    }
}

/// Writes what a record says into a row, whatever the kinds of its attributes; returns whether that changes anything.
pub fn change(row: &mut ProfileRow, record: &ProfileRecord) -> Result<bool, Refusal> {
    let merged = merged(row, &record.attributes, &record.path)?;
    let rekeyed = put_keys(row, record);
    Ok(put(row, record, merged, true).0 | rekeyed)
}

/// The attributes that a row has after a record, and how their kinds change.
type Merged = (String, Vec<Counted>);

/// Merges the attributes of a record into those of a row; `None` if they stay as they are.
fn merged(row: &ProfileRow, attributes: &Attributes, path: &str) -> Result<Option<Merged>, Refusal> {
    if attributes.is_empty() {
        return Ok(None);
    }
    merge(&row.attributes, attributes, &at(path, "attributes"))
}

/// Writes the keys of a record into a row; returns whether that changes anything.
fn put_keys(row: &mut ProfileRow, record: &ProfileRecord) -> bool {
    let keys = [
        record.email.apply(&mut row.email),
        record.phone.apply(&mut row.phone),
        record.customer_id.apply(&mut row.customer_id),
    ];
    keys.contains(&true)
}

/// Writes all but the keys of a record into a row; returns whether that changes anything, and how the kinds of
/// attributes change.
fn put(
    row: &mut ProfileRow,
    record: &ProfileRecord,
    attributes: Option<Merged>,
    with_address: bool,
) -> (bool, Vec<Counted>) {
    let mut changes = record.first_name.apply(&mut row.first_name)
        | record.last_name.apply(&mut row.last_name)
        | record.timezone.apply(&mut row.timezone)
        | record.locale.apply(&mut row.locale)
        | record.push_tokens.apply(&mut row.push_tokens);
    if with_address {
        changes |= record.address.apply(&mut row.address);
    }
    let consents = [&mut row.consent_email, &mut row.consent_sms, &mut row.consent_push, &mut row.consent_direct_mail];
    let mut kept = [false; 4];
    for ((stored, said), kept) in consents.into_iter().zip(record.consent).zip(&mut kept) {
        let said = said.unwrap_or(*stored);
        *kept = record.keeps_denial(*stored, said);
        if !*kept {
            changes |= said != *stored;
            *stored = said;
        }
    }
    if kept.contains(&true) {
        // A transaction that is tried again finds the same.
        record.denials_kept.get_or_init(|| kept);
    }
    let Some((attributes, counted)) = attributes else { return (changes, Vec::new()) };
    row.attributes = attributes;
    (true, counted)
}
