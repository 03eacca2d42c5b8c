//! One set of rows, written in one transaction.

use crate::IntakeError;
use crate::file::row::Parsed;
use crate::file::rows::Row;
use crate::people::{
    CONSENT_CHANNELS, MatchKey, Operation, Origin, Said, SaidWords, SetOutcome, preview_set, upsert_set,
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
    /// Whether an earlier row had its key.
    pub duplicate: bool,
}

/// Where rows are written.
#[derive(Clone, Copy)]
pub struct Destination {
    pub tenant: TenantId,
    pub key: MatchKey,
    /// Absent in a dry run.
    pub list: Option<ListId>,
    pub dry_run: bool,
    /// One instant for the whole import.
    pub now: Timestamp,
}

/// Writes a set of the file that `source` names, or in a dry run only looks what writing it would do. Returns what became
/// of each record, and how many are new on the list.
///
/// # Errors
/// `LISTS.NOT_FOUND` if the list was deleted meanwhile; failures of the store. Nothing of the set was written then.
pub fn write_set(
    tx: &mut Tx<'_>,
    to: Destination,
    entries: &[Entry],
    source: &EvidenceSource,
    entropy: &dyn Entropy,
) -> Result<(SetOutcome, usize), IntakeError> {
    let records: Vec<_> = entries.iter().filter_map(|entry| Some(&entry.parsed.as_ref().ok()?.record)).collect();
    if to.dry_run {
        return Ok((preview_set(tx, to.tenant, to.key, &records, to.now, entropy)?, 0));
    }
    let said: Vec<Said> = entries.iter().filter_map(Entry::said).collect();
    let origin = Origin { source, said: &said };
    let outcome = upsert_set(tx, to.tenant, to.key, &records, origin, to.now, entropy)?;
    let Some(list) = to.list else { return Ok((outcome, 0)) };
    let mut profiles: Vec<ProfileId> = outcome.iter().flatten().map(|(_, profile)| *profile).collect();
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

    /// What a record did. A dry run does not see what earlier rows would have made, so there a double changes it.
    pub const fn operation(&self, operation: Operation, dry_run: bool) -> Operation {
        match operation {
            Operation::Created if dry_run && self.duplicate => Operation::Updated,
            other => other,
        }
    }
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
