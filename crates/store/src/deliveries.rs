//! The ledger as people read it: one recipient at a time, or page by page.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::delivery::DeliveryState;
use postrider_core::id::{ManifestId, ProfileId, ScheduleId, TenantId};
use postrider_core::time::Timestamp;

/// Reasons that are told apart in metrics, at most.
const REASONS_MAX: i64 = 100;
/// Minutes that are told apart in metrics, at most: a week.
const MINUTES_MAX: i64 = 7 * 24 * 60;
/// Manifests that a page of a person's deliveries looks at.
pub const MANIFESTS_LOOKED_AT: i64 = 2_000;
/// Attempts that are told of one recipient, at most.
const ATTEMPTS_MAX: i64 = 100;

statements! { "deliveries":
    PAGE = "SELECT d.seq, d.profile_id, d.address, d.state, d.attempt, d.due_at, d.settled_at, d.reason, \
        d.provider_ref, d.erased_at FROM deliveries d WHERE d.manifest_number = $1 AND d.seq > $2 AND EXISTS \
        (SELECT 1 FROM manifests m WHERE m.number = $1 AND m.tenant_id = $3) ORDER BY d.seq LIMIT $4";
    PAGE_IN_STATE = "SELECT d.seq, d.profile_id, d.address, d.state, d.attempt, d.due_at, d.settled_at, d.reason, \
        d.provider_ref, d.erased_at FROM deliveries d WHERE d.manifest_number = $1 AND d.seq > $2 AND EXISTS \
        (SELECT 1 FROM manifests m WHERE m.number = $1 AND m.tenant_id = $3) AND d.state = $4 \
        ORDER BY d.seq LIMIT $5";
    /// In one state, or in any if none is named.
    PAGE_OF_REASON = "SELECT d.seq, d.profile_id, d.address, d.state, d.attempt, d.due_at, d.settled_at, d.reason, \
        d.provider_ref, d.erased_at FROM deliveries d WHERE d.manifest_number = $1 AND d.seq > $2 AND EXISTS \
        (SELECT 1 FROM manifests m WHERE m.number = $1 AND m.tenant_id = $3) AND d.reason = $4 \
        AND (CAST($5 AS TEXT) IS NULL OR d.state = $5) ORDER BY d.seq LIMIT $6";
    /// One row at most: a manifest has an address once.
    AT_ADDRESS = "SELECT d.seq, d.profile_id, d.address, d.state, d.attempt, d.due_at, d.settled_at, d.reason, \
        d.provider_ref, d.erased_at FROM deliveries d WHERE d.manifest_number = $1 AND d.seq > $2 AND EXISTS \
        (SELECT 1 FROM manifests m WHERE m.number = $1 AND m.tenant_id = $3) AND d.address_key = $4";
    /// Looks at a bounded number of the tenant's manifests, in each by the unique index of its people.
    OF_PERSON = "SELECT m.number, m.id, m.schedule_id, d.seq, d.profile_id, d.address, d.state, d.attempt, d.due_at, \
        d.settled_at, d.reason, d.provider_ref, d.erased_at FROM manifests m JOIN deliveries d ON d.manifest_number = m.number \
        AND d.profile_id = $1 WHERE m.tenant_id = $2 AND m.number < $3 AND m.number >= $4 \
        ORDER BY m.number DESC LIMIT $5";
    /// The last of the manifests that a page looks at.
    MANIFESTS_END = "SELECT number FROM manifests WHERE tenant_id = $1 AND number < $2 ORDER BY number DESC \
        LIMIT 1 OFFSET $3";
    ATTEMPTS = "SELECT attempt, outcome, reason, provider_text, at FROM attempts WHERE manifest_number = $1 \
        AND seq = $2 AND EXISTS (SELECT 1 FROM manifests m WHERE m.number = $1 AND m.tenant_id = $3) \
        ORDER BY attempt, at LIMIT $4";
    BY_REASON = "SELECT d.state, COALESCE(d.reason, ''), COUNT(*) FROM deliveries d WHERE d.manifest_number = $1 \
        AND EXISTS (SELECT 1 FROM manifests m WHERE m.number = $1 AND m.tenant_id = $2) \
        AND d.reason IS NOT NULL GROUP BY d.state, d.reason ORDER BY COUNT(*) DESC, d.state, d.reason LIMIT $3";
    BY_MINUTE = "SELECT d.settled_at / 60000, CAST(SUM(CASE WHEN d.state = 'sent' THEN 1 ELSE 0 END) AS BIGINT), \
        CAST(SUM(CASE WHEN d.state = 'failed' THEN 1 ELSE 0 END) AS BIGINT) FROM deliveries d \
        WHERE d.manifest_number = $1 AND EXISTS \
        (SELECT 1 FROM manifests m WHERE m.number = $1 AND m.tenant_id = $2) AND d.state IN ('sent', 'failed') \
        GROUP BY d.settled_at / 60000 ORDER BY d.settled_at / 60000 LIMIT $3";
    COUNT = "SELECT COUNT(*) FROM deliveries d WHERE d.manifest_number = $1 \
        AND EXISTS (SELECT 1 FROM manifests m WHERE m.number = $1 AND m.tenant_id = $2)";
    HAND_OFFS = "SELECT MIN(d.settled_at), MAX(d.settled_at) FROM deliveries d WHERE d.manifest_number = $1 \
        AND d.state = 'sent' AND EXISTS (SELECT 1 FROM manifests m WHERE m.number = $1 AND m.tenant_id = $2)";
}

/// Which recipients of a ledger are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerFilter {
    /// Those in this state.
    pub state: Option<DeliveryState>,
    /// Those with this reason.
    pub reason: Option<String>,
    /// The one at this address: the first 16 bytes of the SHA-256 of [`postrider_core::audience::address_key`].
    pub address_key: Option<[u8; 16]>,
}

impl LedgerFilter {
    fn keeps(&self, row: &Delivery) -> bool {
        self.state.is_none_or(|state| row.state == state)
            && self.reason.as_ref().is_none_or(|reason| row.reason.as_ref() == Some(reason))
    }
}

/// A recipient with the job that it belongs to.
#[derive(Debug, Clone)]
pub struct PersonsDelivery {
    /// The short key of the ledger.
    pub manifest_number: i64,
    /// The ledger.
    pub manifest: ManifestId,
    /// The job.
    pub schedule: ScheduleId,
    /// The row.
    pub delivery: Delivery,
}

/// One recipient of a frozen audience.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Place in the ledger, from 1.
    pub seq: i64,
    /// Who.
    pub profile: ProfileId,
    /// Where to; none if there is nowhere.
    pub address: Option<String>,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempt: i64,
    /// When it is tried next, if it was put off.
    pub due_at: Option<Timestamp>,
    /// When it was accounted for.
    pub settled_at: Option<Timestamp>,
    /// Stable reason of its state.
    pub reason: Option<String>,
    /// The provider's reference.
    pub provider_ref: Option<String>,
    /// When the address was removed, because the person was erased.
    pub erased_at: Option<Timestamp>,
}

impl std::fmt::Debug for Delivery {
    /// Shows no address: it must not reach a log by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Delivery({}, {})", self.seq, self.state.as_str())
    }
}

/// An attempt that did not succeed at first try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which attempt, from 1.
    pub attempt: i64,
    /// `handed_off`, `rejected`, `deferred`, `not_attempted` or `uncertain`.
    pub outcome: String,
    /// Stable reason.
    pub reason: Option<String>,
    /// The provider's words.
    pub provider_text: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// How many ended for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonCount {
    /// The state.
    pub state: DeliveryState,
    /// The reason.
    pub reason: String,
    /// How many.
    pub count: i64,
}

/// What was settled in one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinuteCount {
    /// Start of the minute.
    pub minute: Timestamp,
    /// Handed off.
    pub handed_off: i64,
    /// Failed.
    pub failed: i64,
}

fn read(row: &mut Row) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        seq: row.next()?,
        profile: row.id()?,
        address: row.next()?,
        state: row.word(DeliveryState::parse)?,
        attempt: row.next()?,
        due_at: row.next()?,
        settled_at: row.next()?,
        reason: row.next()?,
        provider_ref: row.next()?,
        erased_at: row.next()?,
    })
}

impl Tx<'_> {
    /// The recipients after `after` (0 for the first), in order, at most `limit`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn deliveries_page(
        &mut self,
        tenant: TenantId,
        manifest_number: i64,
        after: i64,
        filter: &LedgerFilter,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut values = vec![manifest_number.into(), after.into(), id(tenant)];
        if let Some(key) = filter.address_key {
            values.push(key.as_slice().into());
            let mut rows = self.query_as(&AT_ADDRESS, &values, read)?;
            rows.retain(|row| filter.keeps(row));
            return Ok(rows);
        }
        let statement = match (&filter.reason, filter.state) {
            (Some(reason), state) => {
                values.extend([reason.into(), state.map(DeliveryState::as_str).into()]);
                &PAGE_OF_REASON
            }
            (None, Some(state)) => {
                values.push(state.as_str().into());
                &PAGE_IN_STATE
            }
            (None, None) => &PAGE,
        };
        values.push(limit.into());
        self.query_as(statement, &values, read)
    }

    /// Deliveries to a person, the newest manifest first: at most `limit` of those before the manifest `before`, and the
    /// manifest before which the next page begins. A page can have fewer, even none, because it looks at
    /// [`MANIFESTS_LOOKED_AT`] manifests.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn deliveries_of_person(
        &mut self,
        tenant: TenantId,
        profile: ProfileId,
        before: i64,
        limit: i64,
    ) -> Result<(Vec<PersonsDelivery>, Option<i64>), StoreError> {
        let end = self.query_one(
            &MANIFESTS_END,
            &[id(tenant), before.into(), (MANIFESTS_LOOKED_AT - 1).into()],
            Row::next::<i64>,
        )?;
        let values = [id(profile), id(tenant), before.into(), end.unwrap_or(0).into(), (limit + 1).into()];
        let mut found = self.query_as(&OF_PERSON, &values, |row| {
            let (manifest_number, manifest, schedule) = (row.next()?, row.id()?, row.id()?);
            Ok(PersonsDelivery { manifest_number, manifest, schedule, delivery: read(row)? })
        })?;
        let more = i64::try_from(found.len()).is_ok_and(|count| count > limit);
        if more {
            found.pop();
        }
        let next = if more { found.last().map(|row| row.manifest_number) } else { end };
        Ok((found, next))
    }

    /// What was tried for one recipient and did not succeed at once.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn delivery_attempts(
        &mut self,
        tenant: TenantId,
        manifest_number: i64,
        seq: i64,
    ) -> Result<Vec<Attempt>, StoreError> {
        let values = [manifest_number.into(), seq.into(), id(tenant), ATTEMPTS_MAX.into()];
        self.query_as(&ATTEMPTS, &values, |row| {
            Ok(Attempt {
                attempt: row.next()?,
                outcome: row.next()?,
                reason: row.next()?,
                provider_text: row.next()?,
                at: row.next()?,
            })
        })
    }

    /// How many ended for which reason, most frequent first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn deliveries_by_reason(
        &mut self,
        tenant: TenantId,
        manifest_number: i64,
    ) -> Result<Vec<ReasonCount>, StoreError> {
        self.query_as(&BY_REASON, &[manifest_number.into(), id(tenant), REASONS_MAX.into()], |row| {
            Ok(ReasonCount { state: row.word(DeliveryState::parse)?, reason: row.next()?, count: row.next()? })
        })
    }

    /// What was handed off and what failed, minute by minute.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn deliveries_by_minute(
        &mut self,
        tenant: TenantId,
        manifest_number: i64,
    ) -> Result<Vec<MinuteCount>, StoreError> {
        self.query_as(&BY_MINUTE, &[manifest_number.into(), id(tenant), MINUTES_MAX.into()], |row| {
            let minute = Timestamp::from_millis(row.next::<i64>()? * 60_000);
            Ok(MinuteCount { minute, handed_off: row.next()?, failed: row.next()? })
        })
    }

    /// How many rows the ledger has, counted one by one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn deliveries_count(&mut self, tenant: TenantId, manifest_number: i64) -> Result<i64, StoreError> {
        self.query_number(&COUNT, &[manifest_number.into(), id(tenant)])
    }

    /// When the first and the last message were handed off.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn hand_offs(
        &mut self,
        tenant: TenantId,
        manifest_number: i64,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), StoreError> {
        let range =
            self.query_one(&HAND_OFFS, &[manifest_number.into(), id(tenant)], |row| Ok((row.next()?, row.next()?)))?;
        Ok(range.unwrap_or_default())
    }
}
