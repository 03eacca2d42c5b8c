//! One set of rows, written in one transaction.

use super::row::Parsed;
use super::rows::Row;
use crate::profiles::{MatchKey, Operation, SetOutcome, preview_set, upsert_set};
use crate::{Service, ServiceError};
use postrider_core::env::Entropy;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{ListId, ProfileId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::{StoreError, Tx};
use std::sync::Arc;

/// A row with its record, or why it has none.
pub(super) struct Entry {
    pub(super) row: Row,
    pub(super) parsed: Result<Parsed, Refusal>,
    /// Whether an earlier row had its key.
    pub(super) duplicate: bool,
}

/// Where rows are written.
#[derive(Clone, Copy)]
pub(super) struct Destination {
    pub(super) tenant: TenantId,
    pub(super) key: MatchKey,
    /// Absent in a dry run.
    pub(super) list: Option<ListId>,
    pub(super) dry_run: bool,
    /// One instant for the whole import.
    pub(super) now: Timestamp,
}

/// What became of a set.
pub(super) struct Written {
    pub(super) entries: Arc<Vec<Entry>>,
    /// For each entry with a record.
    pub(super) outcome: SetOutcome,
    pub(super) added_to_list: usize,
}

/// Writes a set, or in a dry run only looks what writing it would do.
///
/// # Errors
/// `LISTS.NOT_FOUND` if the list was deleted meanwhile; failures of the store. Nothing of the set was written then.
pub(super) async fn write(service: Service, to: Destination, entries: Vec<Entry>) -> Result<Written, ServiceError> {
    let entries = Arc::new(entries);
    let (set, entropy) = (Arc::clone(&entries), service.entropy());
    let work = move |tx: &mut Tx<'_>| write_set(tx, to, &set, &*entropy);
    let (outcome, added_to_list) = if to.dry_run {
        service.store().read("imports.preview", work).await?
    } else {
        service.store().write_guarded("imports.write", work).await?
    };
    Ok(Written { entries, outcome, added_to_list })
}

/// As [`write`], within a transaction: what became of each record, and how many are new on the list.
///
/// # Errors
/// As [`write`].
pub(super) fn write_set(
    tx: &mut Tx<'_>,
    to: Destination,
    entries: &[Entry],
    entropy: &dyn Entropy,
) -> Result<(SetOutcome, usize), ServiceError> {
    let records: Vec<_> = entries.iter().filter_map(|entry| Some(&entry.parsed.as_ref().ok()?.record)).collect();
    if to.dry_run {
        return Ok((preview_set(tx, to.tenant, to.key, &records, to.now, entropy)?, 0));
    }
    let outcome = upsert_set(tx, to.tenant, to.key, &records, to.now, entropy)?;
    let Some(list) = to.list else { return Ok((outcome, 0)) };
    let profiles: Vec<ProfileId> = outcome.iter().flatten().map(|(_, profile)| *profile).collect();
    let added = tx.list_members_add(to.tenant, list, &profiles, to.now)?.ok_or(Code::ListNotFound)?;
    Ok((outcome, added.into_iter().filter(|&added| added).count()))
}

impl Entry {
    /// What a record did. A dry run does not see what earlier rows would have made, so there a double changes it.
    pub(super) const fn operation(&self, operation: Operation, dry_run: bool) -> Operation {
        match operation {
            Operation::Created if dry_run && self.duplicate => Operation::Updated,
            other => other,
        }
    }
}

/// Finds the list by its name, or makes it.
///
/// # Errors
/// Any [`StoreError`].
pub(super) async fn list(service: &Service, tenant: TenantId, name: String) -> Result<ListId, StoreError> {
    let now = service.now();
    let id = ListId::new(now, &*service.entropy());
    service.store().write("imports.list", move |tx| list_of_name(tx, tenant, &name, id, now)).await
}

/// Finds the list by its name, or makes it with this id.
///
/// # Errors
/// Any [`StoreError`].
pub(super) fn list_of_name(
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
    let list = crate::lists::ListRow { id, name, description: None, member_count: 0, created_at: now, updated_at: now };
    tx.list_insert(tenant, &list)?;
    Ok(id)
}
