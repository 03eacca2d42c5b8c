//! The profiles that a set of records is about, held together while the records are applied one after the other.
//!
//! Invariant: between load and save the transaction holds the lock of the tenant's profiles, so every decision made
//! here in memory still holds in the store.

use super::attribute::merge;
use super::field::at;
use super::{MatchKey, ProfileRecord};
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

/// A profile at hand.
struct Entry {
    row: ProfileRow,
    /// As it stands in the store; absent if it is new.
    stored: Option<ProfileRow>,
}

/// The profiles at hand, and where each key leads.
pub struct Roster {
    key: MatchKey,
    entries: Vec<Entry>,
    emails: HashMap<String, usize>,
    customer_ids: HashMap<String, usize>,
    phones: HashMap<String, Vec<usize>>,
    names: BTreeSet<String>,
}

impl Roster {
    /// Reads every profile that the records name by any key.
    pub fn load(
        tx: &mut Tx<'_>,
        tenant: TenantId,
        key: MatchKey,
        records: &[&ProfileRecord],
    ) -> Result<Self, StoreError> {
        let mut roster = Self {
            key,
            entries: Vec::new(),
            emails: HashMap::new(),
            customer_ids: HashMap::new(),
            phones: HashMap::new(),
            names: BTreeSet::new(),
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
                    roster.enter(Entry { row: row.clone(), stored: Some(row) });
                }
            }
        }
        Ok(roster)
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

    /// Applies one record.
    ///
    /// # Errors
    /// A refusal of this record alone; nothing has changed then.
    pub fn apply(
        &mut self,
        record: &ProfileRecord,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(Operation, ProfileId), Refusal> {
        let place = self.find(record)?;
        let before = place.map(|place| &self.entries[place].row);
        let mut row = before.cloned().unwrap_or_else(|| ProfileRow::empty(ProfileId::new(now, entropy), now));
        change(&mut row, record)?;
        self.owned_by_another(&row, place, record)?;
        let id = row.id;
        let Some(place) = place else {
            self.enter(Entry { row, stored: None });
            self.learn_names(record);
            return Ok((Operation::Created, id));
        };
        if row == self.entries[place].row {
            return Ok((Operation::Unchanged, id));
        }
        row.updated_at = now;
        let old = std::mem::replace(&mut self.entries[place].row, row);
        self.move_keys(&old, place);
        self.learn_names(record);
        Ok((Operation::Updated, id))
    }

    /// Refuses a record that would give its profile the key of another one.
    fn owned_by_another(&self, row: &ProfileRow, place: Option<usize>, record: &ProfileRecord) -> Result<(), Refusal> {
        let keys =
            [(MatchKey::Email, &row.email, &self.emails), (MatchKey::CustomerId, &row.customer_id, &self.customer_ids)];
        for (key, value, owners) in keys {
            let Some(value) = value else { continue };
            if owners.get(value).is_some_and(|&owner| Some(owner) != place) {
                let path = at(&record.path, key.as_str());
                let problem = format!("belongs to another profile than the {} of the record", self.key.as_str());
                return Err(Refusal::field(Code::ProfileKeyTaken, path, Some(value), problem));
            }
        }
        Ok(())
    }

    fn move_keys(&mut self, old: &ProfileRow, place: usize) {
        let new = &self.entries[place].row;
        for (old, new, owners) in
            [(&old.email, &new.email, &mut self.emails), (&old.customer_id, &new.customer_id, &mut self.customer_ids)]
        {
            if old == new {
                continue;
            }
            if let Some(old) = old {
                owners.remove(old);
            }
            if let Some(new) = new {
                owners.insert(new.clone(), place);
            }
        }
    }

    fn learn_names(&mut self, record: &ProfileRecord) {
        for (name, value) in &record.attributes {
            if value.is_some() && !self.names.contains(name) {
                self.names.insert(name.clone());
            }
        }
    }

    /// Writes what has changed.
    pub fn save(self, tx: &mut Tx<'_>, tenant: TenantId) -> Result<(), StoreError> {
        let (mut fresh, mut changed, mut released) = (Vec::new(), Vec::new(), Vec::new());
        for Entry { row, stored } in self.entries {
            match stored {
                None => fresh.push(row),
                Some(stored) if stored == row => {}
                Some(stored) => {
                    let gives_up = |old: &Option<String>, new: &Option<String>| old.is_some() && old != new;
                    if gives_up(&stored.email, &row.email) || gives_up(&stored.customer_id, &row.customer_id) {
                        released.push(row.id);
                    }
                    changed.push(row);
                }
            }
        }
        if !self.names.is_empty() {
            tx.attribute_names_add(tenant, self.names.iter().map(String::as_str))?;
        }
        tx.profiles_update(tenant, &changed, &released)?;
        tx.profiles_insert(tenant, &fresh)
    }
}

/// Writes what a record says into a row.
pub fn change(row: &mut ProfileRow, record: &ProfileRecord) -> Result<(), Refusal> {
    record.email.apply(&mut row.email);
    record.phone.apply(&mut row.phone);
    record.customer_id.apply(&mut row.customer_id);
    record.first_name.apply(&mut row.first_name);
    record.last_name.apply(&mut row.last_name);
    record.timezone.apply(&mut row.timezone);
    record.locale.apply(&mut row.locale);
    record.push_tokens.apply(&mut row.push_tokens);
    record.address.apply(&mut row.address);
    let consents = [&mut row.consent_email, &mut row.consent_sms, &mut row.consent_push, &mut row.consent_direct_mail];
    for (stored, said) in consents.into_iter().zip(record.consent) {
        *stored = said.unwrap_or(*stored);
    }
    if !record.attributes.is_empty() {
        row.attributes = merge(&row.attributes, &record.attributes, &at(&record.path, "attributes"))?;
    }
    Ok(())
}
