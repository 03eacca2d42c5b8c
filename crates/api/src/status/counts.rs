//! The accounts as clients see them.

use postrider_core::delivery::{Counts, DeliveryState};
use serde::Serialize;
use utoipa::ToSchema;

/// Where everybody stands. `frozen` is the sum of the next nine; the last three refine `sent`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CountsDto {
    frozen: i64,
    pending: i64,
    in_flight: i64,
    sent: i64,
    failed: i64,
    suppressed: i64,
    skipped: i64,
    expired: i64,
    canceled: i64,
    uncertain: i64,
    delivered: i64,
    bounced: i64,
    complained: i64,
}

impl From<&Counts> for CountsDto {
    fn from(counts: &Counts) -> Self {
        Self {
            frozen: counts.frozen(),
            pending: counts.of(DeliveryState::Pending),
            in_flight: counts.of(DeliveryState::InFlight),
            sent: counts.of(DeliveryState::Sent),
            failed: counts.of(DeliveryState::Failed),
            suppressed: counts.of(DeliveryState::Suppressed),
            skipped: counts.of(DeliveryState::Skipped),
            expired: counts.of(DeliveryState::Expired),
            canceled: counts.of(DeliveryState::Canceled),
            uncertain: counts.of(DeliveryState::Uncertain),
            // No channel reports these yet: nothing is known of any recipient.
            delivered: 0,
            bounced: 0,
            complained: 0,
        }
    }
}
