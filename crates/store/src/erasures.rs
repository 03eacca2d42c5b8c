//! The erasure of a person: what goes at once, in one transaction, and the row that tells that it happened.
//!
//! [`Tx::erasure_begin`] deletes the profile and all that stands on it, and suppresses the addresses by their hashes: from
//! then on nothing is sent. What still holds an address elsewhere is removed by [`crate::erasing`] in small steps, which go
//! on after a crash. Invariant: the row of an erasure holds what the sweep looks for until the sweep has finished, and
//! afterwards nothing of the person but the id of the profile.

use crate::error::StoreError;
use crate::profiles::ProfileRow;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::channel::ChannelKind;
use postrider_core::env::Entropy;
use postrider_core::id::{ClientId, ListId, ProfileId, TenantId};
use postrider_core::time::Timestamp;
use serde_json::{Value as Json, json};
use std::fmt;

statements! { "erasures":
    INSERT = "INSERT INTO erasures (tenant_id, profile_id, requested_by, requested_at, traces) \
        VALUES ($1, $2, $3, $4, $5)";
    GET = "SELECT profile_id, requested_by, requested_at, finished_at FROM erasures \
        WHERE tenant_id = $1 AND profile_id = $2";
    LIST = "SELECT profile_id, requested_by, requested_at, finished_at FROM erasures WHERE tenant_id = $1 \
        ORDER BY requested_at DESC, profile_id DESC LIMIT $2";
    TRACES = "SELECT traces FROM erasures WHERE tenant_id = $1 AND profile_id = $2 AND finished_at IS NULL";
    /// All tenants: a sweep that a crash ended.
    UNFINISHED = "SELECT tenant_id, profile_id FROM erasures WHERE finished_at IS NULL AND requested_at <= $1 \
        ORDER BY requested_at LIMIT 1";
    FINISH = "UPDATE erasures SET traces = NULL, finished_at = $1 WHERE tenant_id = $2 AND profile_id = $3 \
        AND finished_at IS NULL";
    /// Deleted lists too: they keep their members.
    LISTS_OF = "SELECT l.id FROM lists l JOIN list_members m ON m.list_id = l.id AND m.profile_id = $1 \
        WHERE l.tenant_id = $2 ORDER BY l.id";
    LIST_LOCK = "UPDATE lists SET member_count = member_count WHERE tenant_id = $1 AND id = $2";
    MEMBER_DELETE = "DELETE FROM list_members WHERE list_id = $1 AND profile_id = $2";
    LIST_SHRINK = "UPDATE lists SET member_count = member_count - 1, updated_at = $1 WHERE tenant_id = $2 AND id = $3";
    PROFILE_DELETE = "DELETE FROM profiles WHERE tenant_id = $1 AND id = $2";
}

/// Who asked for an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureBy {
    /// A client of the API.
    Client(ClientId),
    /// Somebody at the command line.
    CommandLine,
}

impl fmt::Display for ErasureBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(client) => write!(f, "client:{client}"),
            Self::CommandLine => f.write_str("command_line"),
        }
    }
}

/// An erasure, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureRow {
    /// The id that the profile had.
    pub profile: ProfileId,
    /// Who asked: `client:` and its id, or `command_line`.
    pub requested_by: String,
    /// When.
    pub requested_at: Timestamp,
    /// When the last trace was removed; none while the sweep goes on.
    pub finished_at: Option<Timestamp>,
}

/// What the sweep looks for.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Traces {
    /// Every address by its channel, in the form in which suppressions compare it.
    pub addresses: Vec<(ChannelKind, String)>,
    /// The tenant's own id of the person.
    pub customer_id: Option<String>,
}

impl fmt::Debug for Traces {
    /// Shows no address: it must not reach a log by accident.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Traces({})", self.addresses.len())
    }
}

impl Traces {
    fn of(row: &ProfileRow) -> Self {
        Self { addresses: row.addresses(), customer_id: row.customer_id.clone() }
    }

    fn to_json(&self) -> String {
        let addresses: Vec<Json> =
            self.addresses.iter().map(|(channel, address)| json!([channel.as_str(), address])).collect();
        json!({ "addresses": addresses, "customerId": self.customer_id }).to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(text).ok()?;
        let addresses = json["addresses"].as_array()?.iter();
        let addresses =
            addresses.map(|pair| Some((ChannelKind::parse(pair[0].as_str()?)?, pair[1].as_str()?.to_owned())));
        let customer_id = json["customerId"].as_str().map(str::to_owned);
        Some(Self { addresses: addresses.collect::<Option<_>>()?, customer_id })
    }
}

impl Tx<'_> {
    /// Deletes a profile and its memberships, suppresses its addresses by their hashes, and notes the erasure. The caller
    /// holds [`Tx::profiles_lock`] and read the profile under it.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn erasure_begin(
        &mut self,
        tenant: TenantId,
        profile: &ProfileRow,
        by: ErasureBy,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let traces = Traces::of(profile);
        let by = by.to_string();
        self.execute(&INSERT, &[id(tenant), id(profile.id), by.into(), now.into(), traces.to_json().into()])?;
        let lists: Vec<ListId> = self.query_as(&LISTS_OF, &[id(profile.id), id(tenant)], Row::id)?;
        for list in lists {
            self.execute(&LIST_LOCK, &[id(tenant), id(list)])?;
            if self.execute(&MEMBER_DELETE, &[id(list), id(profile.id)])? > 0 {
                self.execute(&LIST_SHRINK, &[now.into(), id(tenant), id(list)])?;
            }
        }
        self.consent_evidence_erase(tenant, profile.id)?;
        self.execute(&PROFILE_DELETE, &[id(tenant), id(profile.id)])?;
        self.attribute_counts_forget(tenant, &profile.attributes)?;
        self.suppressions_erase(tenant, &traces.addresses, now, entropy)
    }

    /// One erasure.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn erasure_get(&mut self, tenant: TenantId, profile: ProfileId) -> Result<Option<ErasureRow>, StoreError> {
        self.query_one(&GET, &[id(tenant), id(profile)], read)
    }

    /// Erasures of a tenant, newest first, at most `limit`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn erasures_list(&mut self, tenant: TenantId, limit: i64) -> Result<Vec<ErasureRow>, StoreError> {
        self.query_as(&LIST, &[id(tenant), limit.into()], read)
    }

    /// What the sweep of an erasure looks for; none once it has finished.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn erasure_traces(&mut self, tenant: TenantId, profile: ProfileId) -> Result<Option<Traces>, StoreError> {
        let found = self.query_one(&TRACES, &[id(tenant), id(profile)], Row::next::<Option<String>>)?;
        Ok(found.flatten().and_then(|text| Traces::parse(&text)))
    }

    /// The oldest erasure that was asked for at or before an instant and whose sweep has not finished.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn erasure_unfinished(&mut self, before: Timestamp) -> Result<Option<(TenantId, ProfileId)>, StoreError> {
        self.query_one(&UNFINISHED, &[before.into()], |row| Ok((row.id()?, row.id()?)))
    }

    /// Notes that the sweep has finished, and forgets what it looked for.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn erasure_finish(&mut self, tenant: TenantId, profile: ProfileId, now: Timestamp) -> Result<(), StoreError> {
        self.execute(&FINISH, &[now.into(), id(tenant), id(profile)]).map(drop)
    }
}

fn read(row: &mut Row) -> Result<ErasureRow, StoreError> {
    Ok(ErasureRow {
        profile: row.id()?,
        requested_by: row.next()?,
        requested_at: row.next()?,
        finished_at: row.next()?,
    })
}
