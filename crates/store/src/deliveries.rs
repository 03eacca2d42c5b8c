//! The ledger as people read it: one recipient at a time, or page by page.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::delivery::DeliveryState;
use postrider_core::id::{ProfileId, TenantId};
use postrider_core::time::Timestamp;

/// Reasons that are told apart in metrics, at most.
const REASONS_MAX: i64 = 100;
/// Minutes that are told apart in metrics, at most: a week.
const MINUTES_MAX: i64 = 7 * 24 * 60;
/// Attempts that are told of one recipient, at most.
const ATTEMPTS_MAX: i64 = 100;

statements! { "deliveries":
    PAGE = "SELECT d.seq, d.profile_id, d.address, d.state, d.attempt, d.due_at, d.settled_at, d.reason, \
        d.provider_ref FROM deliveries d WHERE d.manifest_number = $1 AND d.seq > $2 AND EXISTS \
        (SELECT 1 FROM manifests m WHERE m.number = $1 AND m.tenant_id = $3) ORDER BY d.seq LIMIT $4";
    PAGE_IN_STATE = "SELECT d.seq, d.profile_id, d.address, d.state, d.attempt, d.due_at, d.settled_at, d.reason, \
        d.provider_ref FROM deliveries d WHERE d.manifest_number = $1 AND d.seq > $2 AND EXISTS \
        (SELECT 1 FROM manifests m WHERE m.number = $1 AND m.tenant_id = $3) AND d.state = $4 \
        ORDER BY d.seq LIMIT $5";
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
    })
}

impl Tx<'_> {
    /// The recipients after `after` (0 for the first), in order, at most `limit`, all or those in one state.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn deliveries_page(
        &mut self,
        tenant: TenantId,
        manifest_number: i64,
        after: i64,
        state: Option<DeliveryState>,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut values = vec![manifest_number.into(), after.into(), id(tenant)];
        match state {
            None => {
                values.push(limit.into());
                self.query_as(&PAGE, &values, read)
            }
            Some(state) => {
                values.extend([state.as_str().into(), limit.into()]);
                self.query_as(&PAGE_IN_STATE, &values, read)
            }
        }
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
