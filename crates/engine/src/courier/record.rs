//! What became of an attempt, written down: the attempt, the delivery, and how the endpoint fares.

use postrider_core::id::WebhookId;
use postrider_core::time::Timestamp;
use postrider_core::webhook::{DisabledReason, FAILING_MAX_MS, Next, NotDelivered, Received, WebhookState, after};
use postrider_store::webhook_outbox::{AttemptRecord, Parcel};
use postrider_store::{StoreError, Tx};

/// Stable reason: the endpoint answered something else than a success.
const HTTP_STATUS: &str = "http_status";
/// Stable reason: the endpoint answered that it wants no more.
const ENDPOINT_GONE: &str = "endpoint_gone";

/// An attempt that has ended.
pub(super) struct Carried {
    pub(super) parcel: Parcel,
    pub(super) at: Timestamp,
    pub(super) ended_at: Timestamp,
    pub(super) result: Result<Received, NotDelivered>,
}

/// What follows from it.
pub(super) struct Conclusion {
    parcel: Parcel,
    record: AttemptRecord,
    next: Next,
    ended_at: Timestamp,
}

impl Carried {
    /// Decides what follows.
    pub(super) fn conclude(&self, jitter: u64) -> Conclusion {
        let next = after(&self.result, self.parcel.round_attempt, self.ended_at, jitter);
        let state = match next {
            Next::Delivered => WebhookState::Delivered,
            Next::Again(_) => WebhookState::Pending,
            Next::Failed | Next::Gone => WebhookState::Failed,
        };
        let due_at = if let Next::Again(at) = next { Some(at) } else { None };
        let (status, error, response, reason) = match &self.result {
            Ok(received) => (Some(received.status), None, Some(received.excerpt.clone()), HTTP_STATUS),
            Err(error) => (None, Some(format!("{}: {}", error.reason, error.text)), None, error.reason),
        };
        let reason = match next {
            Next::Delivered => None,
            Next::Gone => Some(ENDPOINT_GONE),
            Next::Again(_) | Next::Failed => Some(reason),
        };
        let record = AttemptRecord {
            at: self.at,
            duration_ms: self.ended_at.millis_since(self.at).max(0),
            status,
            error,
            response,
            state,
            due_at,
            reason: reason.map(str::to_owned),
        };
        Conclusion { parcel: self.parcel.clone(), record, next, ended_at: self.ended_at }
    }
}

/// Writes conclusions down; answers the endpoints that were disabled by them.
pub(super) fn record(tx: &mut Tx<'_>, conclusions: &[Conclusion]) -> Result<Vec<WebhookId>, StoreError> {
    let mut disabled = Vec::new();
    for Conclusion { parcel, record, next, ended_at } in conclusions {
        tx.outbox_record(parcel, record)?;
        let reason = match next {
            Next::Delivered => {
                tx.outbox_succeeded(parcel, *ended_at)?;
                None
            }
            Next::Gone => Some(DisabledReason::Gone),
            Next::Again(_) | Next::Failed => {
                let since = tx.outbox_failed(parcel, *ended_at)?;
                (ended_at.millis_since(since) >= FAILING_MAX_MS).then_some(DisabledReason::Failing)
            }
        };
        if let Some(reason) = reason
            && tx.outbox_disable(parcel.tenant, parcel.webhook, reason, *ended_at)?
        {
            disabled.push(parcel.webhook);
        }
    }
    Ok(disabled)
}
