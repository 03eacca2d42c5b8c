//! One set of rows, written in one transaction.

use crate::{Service, ServiceError};
use postrider_core::audience::evidence::EvidenceSource;
use postrider_core::id::{ListId, TenantId};
use postrider_intake::people::SetOutcome;
use postrider_intake::write::{Destination, Entry, list_of_name, write_set};
use postrider_store::{StoreError, Tx};
use std::sync::Arc;

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
pub(super) async fn write(
    service: Service,
    to: Destination,
    source: EvidenceSource,
    entries: Vec<Entry>,
) -> Result<Written, ServiceError> {
    let entries = Arc::new(entries);
    let (set, entropy) = (Arc::clone(&entries), service.entropy());
    let work = move |tx: &mut Tx<'_>| write_set(tx, to, &set, &source, &*entropy).map_err(ServiceError::from);
    let (outcome, added_to_list) = if to.dry_run {
        service.store().read("imports.preview", work).await?
    } else {
        service.store().write_guarded("imports.write", work).await?
    };
    Ok(Written { entries, outcome, added_to_list })
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
