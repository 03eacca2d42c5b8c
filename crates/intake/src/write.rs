//! One set of rows, written in one transaction.

use crate::IntakeError;
use crate::file::row::Parsed;
use crate::file::rows::Row;
use crate::people::{
    CONSENT_CHANNELS, MatchKey, Origin, ProfileRecord, Said, SaidWords, SetOutcome, Typing, upsert_set,
};
use postrider_core::audience::evidence::EvidenceSource;
use postrider_core::env::Entropy;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{ListId, ProfileId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::{StoreError, Tx};

/// A row with its record, or why it has none.
pub struct Entry {
    pub row: Row,
    pub parsed: Result<Parsed, Refusal>,
}

/// Where rows are written.
#[derive(Clone, Copy)]
pub struct Destination {
    pub tenant: TenantId,
    pub key: MatchKey,
    pub list: Option<ListId>,
    /// One instant for the whole import.
    pub now: Timestamp,
}

/// Writes a set of the file that `source` names. Returns what became of each record, and how many are new on the list.
///
/// # Errors
/// `LISTS.NOT_FOUND` if the list was deleted meanwhile; failures of the store. Nothing of the set was written then.
pub fn write_set(
    tx: &mut Tx<'_>,
    to: Destination,
    entries: &[Entry],
    source: &EvidenceSource,
    typing: &Typing,
    entropy: &dyn Entropy,
) -> Result<(SetOutcome, usize), IntakeError> {
    let records = records(entries);
    let said: Vec<Said> = entries.iter().filter_map(Entry::said).collect();
    let origin = Origin { source, said: &said, typing: Some(typing) };
    let outcome = upsert_set(tx, to.tenant, to.key, &records, origin, to.now, entropy)?;
    let Some(list) = to.list else { return Ok((outcome, 0)) };
    let mut profiles: Vec<ProfileId> = outcome.iter().flatten().map(|applied| applied.profile).collect();
    // Neighbours in the table are written one after the other.
    profiles.sort_unstable();
    profiles.dedup();
    let added = tx.list_members_join(to.tenant, list, &profiles, to.now)?.ok_or(Code::ListNotFound)?;
    Ok((outcome, usize::try_from(added).unwrap_or(usize::MAX)))
}

impl Entry {
    /// Where the record is in its file, and in which words the file speaks of consent; `None` if the row is refused.
    fn said(&self) -> Option<Said> {
        let parsed = self.parsed.as_ref().ok()?;
        let words = std::array::from_fn(|channel| match &parsed.consents.channels[channel] {
            Some(said) => Some(SaidWords::new(&said.column, &said.words, said.at)),
            // The record has the consent under its own name.
            None => parsed.record.consent[channel].map(|consent| {
                SaidWords::new(&format!("consent.{}", CONSENT_CHANNELS[channel]), consent.as_str(), None)
            }),
        });
        Some(Said { line: i64::try_from(self.row.line).unwrap_or(i64::MAX), words })
    }
}

/// The records of the rows that have one.
pub fn records(entries: &[Entry]) -> Vec<&ProfileRecord> {
    entries.iter().filter_map(|entry| Some(&entry.parsed.as_ref().ok()?.record)).collect()
}

/// Finds the list by its name, or makes it with this id.
///
/// # Errors
/// Any [`StoreError`].
pub fn list_of_name(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    name: &str,
    id: ListId,
    now: Timestamp,
) -> Result<ListId, StoreError> {
    if let Some(list) = tx.list_by_name(tenant, name)? {
        return Ok(list.id);
    }
    let name = name.to_owned();
    let list = postrider_store::lists::ListRow {
        id,
        name,
        description: None,
        member_count: 0,
        created_at: now,
        updated_at: now,
    };
    tx.list_insert(tenant, &list)?;
    Ok(id)
}
