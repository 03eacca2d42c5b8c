//! Addresses that are never to be sent to.
//!
//! One entry for each address and channel. For email an entry without `@` is a whole domain.
//! Invariant: an entry is never shortened by a later one; only [`Tx::suppression_delete`] lifts it early.

use crate::error::StoreError;
use crate::lookup::among;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::audience::SuppressionReason;
use postrider_core::channel::ChannelKind;
use postrider_core::id::{SuppressionId, TenantId};
use postrider_core::planted::planted;
use postrider_core::time::Timestamp;

const COLUMNS: &str = "id, channel, address, reason, created_at, expires_at, erased_at";

statements! { "suppressions":
    GET = "SELECT id, channel, address, reason, created_at, expires_at, erased_at FROM suppressions \
        WHERE tenant_id = $1 AND id = $2";
    FIND = "SELECT id, channel, address, reason, created_at, expires_at, erased_at FROM suppressions \
        WHERE tenant_id = $1 AND channel = $2 AND address = $3";
    PUT = "INSERT INTO suppressions (id, tenant_id, channel, address, reason, created_at, expires_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, channel, address) DO UPDATE SET \
        reason = excluded.reason, expires_at = excluded.expires_at WHERE suppressions.expires_at IS NOT NULL \
        AND (excluded.expires_at IS NULL OR excluded.expires_at > suppressions.expires_at)";
    DELETE = "DELETE FROM suppressions WHERE tenant_id = $1 AND id = $2";
}

/// An entry as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SuppressionRow {
    /// Id.
    pub id: SuppressionId,
    /// For messages of this channel.
    pub channel: ChannelKind,
    /// Normalised address as in profiles, or the domain of email addresses; a keyed hash if it was erased.
    pub address: String,
    /// Why.
    pub reason: SuppressionReason,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when; for ever if absent.
    pub expires_at: Option<Timestamp>,
    /// Since when the address is a hash, because the person who had it was erased.
    pub erased_at: Option<Timestamp>,
}

impl std::fmt::Debug for SuppressionRow {
    /// Shows the id only: an address must not reach a log by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SuppressionRow({})", self.id)
    }
}

impl SuppressionRow {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id()?,
            channel: row.word(ChannelKind::parse)?,
            address: row.next()?,
            reason: row.word(SuppressionReason::parse)?,
            created_at: row.next()?,
            expires_at: row.next()?,
            erased_at: row.next()?,
        })
    }
}

/// Which entries a listing shows.
#[derive(Debug, Clone, Default)]
pub struct SuppressionFilter {
    /// Of this channel only.
    pub channel: Option<ChannelKind>,
    /// Of this address only.
    pub address: Option<String>,
    /// Older than this place: the time and id of the last entry seen.
    pub after: Option<(Timestamp, SuppressionId)>,
}

impl Tx<'_> {
    /// One entry, run out or not.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn suppression_get(
        &mut self,
        tenant: TenantId,
        suppression: SuppressionId,
    ) -> Result<Option<SuppressionRow>, StoreError> {
        self.query_one(&GET, &[id(tenant), id(suppression)], SuppressionRow::read)
    }

    /// The entry of one address, run out or not.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn suppression_find(
        &mut self,
        tenant: TenantId,
        channel: ChannelKind,
        address: &str,
    ) -> Result<Option<SuppressionRow>, StoreError> {
        self.query_one(&FIND, &[id(tenant), channel.as_str().into(), address.into()], SuppressionRow::read)
    }

    /// Adds an entry, or lengthens the one that the address has, and returns what is stored now. The entry of an erased
    /// address shows it again: whoever adds it knows it.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn suppression_put(&mut self, tenant: TenantId, row: &SuppressionRow) -> Result<SuppressionRow, StoreError> {
        self.suppressions_reveal(tenant, &[(row.channel, &row.address)])?;
        let channel = row.channel.as_str();
        let values = [
            id(row.id),
            id(tenant),
            channel.into(),
            (&row.address).into(),
            row.reason.as_str().into(),
            row.created_at.into(),
            row.expires_at.into(),
        ];
        self.execute(&PUT, &values)?;
        let stored = self.query_one(&FIND, &[id(tenant), channel.into(), (&row.address).into()], SuppressionRow::read);
        stored.map(|stored| stored.unwrap_or_else(|| row.clone()))
    }

    /// Entries, newest first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn suppressions_list(
        &mut self,
        tenant: TenantId,
        filter: &SuppressionFilter,
        limit: i64,
    ) -> Result<Vec<SuppressionRow>, StoreError> {
        let mut sql = format!("SELECT {COLUMNS} FROM suppressions WHERE tenant_id = $1");
        let mut bound = vec![id(tenant)];
        if let Some(channel) = filter.channel {
            bound.push(channel.as_str().into());
            sql.push_str(&format!(" AND channel = ${}", bound.len()));
        }
        if let Some(address) = &filter.address {
            let channels = filter.channel.map_or(ChannelKind::ALL.to_vec(), |channel| vec![channel]);
            let mut forms = vec![address.clone()];
            for channel in channels {
                forms.extend(self.erased_forms(tenant, channel, &[address])?.into_keys());
            }
            let forms: Vec<&str> = forms.iter().map(String::as_str).collect();
            bound.push(forms.as_slice().into());
            sql.push_str(&format!(" AND address {}", among(self.dialect(), bound.len())));
        }
        if let Some((created_at, last)) = filter.after {
            bound.extend([created_at.into(), id(last)]);
            sql.push_str(&format!(" AND (created_at, id) < (${}, ${})", bound.len() - 1, bound.len()));
        }
        bound.push(limit.into());
        sql.push_str(&format!(" ORDER BY created_at DESC, id DESC LIMIT ${}", bound.len()));
        self.query_text(&sql, &bound)?.iter_mut().map(SuppressionRow::read).collect()
    }

    /// Which of the addresses (and, for email, domains) must not be sent to at an instant, sorted; those of erased people
    /// are among them.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn suppressions_active(
        &mut self,
        tenant: TenantId,
        channel: ChannelKind,
        addresses: &[&str],
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        if addresses.is_empty() {
            return Ok(Vec::new());
        }
        let erased = self.erased_forms(tenant, channel, addresses)?;
        let forms: Vec<&str> = addresses.iter().copied().chain(erased.keys().map(String::as_str)).collect();
        let bound = [id(tenant), channel.as_str().into(), now.into(), forms.as_slice().into()];
        let index = self.indexed_by("suppressions_by_address");
        let tenants = if planted("suppressions_of_all_count") { "(tenant_id = $1 OR 1 = 1)" } else { "tenant_id = $1" };
        let sql = format!(
            "SELECT address FROM suppressions {index} WHERE {tenants} AND channel = $2 \
            AND (expires_at IS NULL OR expires_at > $3) AND address {}",
            among(self.dialect(), 4)
        );
        let mut active = Vec::new();
        for row in &mut self.query_text(&sql, &bound)? {
            let entry: String = row.next()?;
            active.push(erased.get(&entry).map_or(entry, |&address| address.to_owned()));
        }
        active.sort_unstable();
        active.dedup();
        Ok(active)
    }

    /// Lifts an entry; whether there was one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn suppression_delete(&mut self, tenant: TenantId, suppression: SuppressionId) -> Result<bool, StoreError> {
        self.execute(&DELETE, &[id(tenant), id(suppression)]).map(|rows| rows > 0)
    }
}
