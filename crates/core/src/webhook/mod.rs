//! Webhooks: where events may be sent, when they are tried again, and the port through which they leave.
//!
//! Signatures and headers are those of Standard Webhooks (standardwebhooks.com). Not here: events themselves, see
//! [`crate::event`]. Invariant: an address that [`TargetPolicy`] refuses is never connected to, whatever name led to it.

mod address;
mod port;
mod retry;
mod target;

#[cfg(test)]
mod target_tests;

pub use address::{Network, is_public};
pub use port::{NotDelivered, Post, Received, WebhookClient};
pub use retry::{ATTEMPTS_MAX, FAILING_MAX_MS, GONE, Next, RETRY_AFTER_MAX_MS, RETRY_WAITS_MS, after};
pub use target::{Host, Scheme, TARGET_CHARS_MAX, Target, TargetPolicy};

use crate::campaign::words;
use crate::time::{HOUR_MS, MINUTE_MS};

/// Endpoints of one tenant, at most.
pub const ENDPOINTS_MAX: i64 = 20;
/// Longest description of an endpoint, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 500;
/// Bytes of a secret; the specification asks for 24 to 64.
pub const SECRET_BYTES: usize = 32;
/// What a secret begins with where people see it.
pub const SECRET_PREFIX: &str = "whsec_";
/// How long a secret that was replaced still signs beside the new one, in milliseconds.
pub const SECRET_OVERLAP_MS: i64 = 24 * HOUR_MS;
/// How long deliveries are kept, in milliseconds; longer than the last retry is away.
pub const LOG_KEPT_MS: i64 = 30 * 24 * HOUR_MS;
/// Longest part of an answer that is kept, in characters.
pub const RESPONSE_CHARS_MAX: usize = 1_000;
/// How long an attempt that is on its way belongs to its node, in milliseconds; longer than any attempt lasts.
pub const LEASE_MS: i64 = 2 * MINUTE_MS;
/// The kind of the event that a test sends; nobody subscribes to it.
pub const TEST_KIND: &str = "webhook.test";

/// Where an event stands on its way to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookState {
    /// To be tried, for the first time or again.
    Pending,
    /// The endpoint took it.
    Delivered,
    /// It will not be tried again, unless somebody asks for it.
    Failed,
}

words!(WebhookState { Pending => "pending", Delivered => "delivered", Failed => "failed" });

/// Why an endpoint gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisabledReason {
    /// Somebody switched it off.
    Manual,
    /// It answered 410: it does not want more.
    Gone,
    /// It failed for [`FAILING_MAX_MS`] without a success.
    Failing,
}

words!(DisabledReason { Manual => "manual", Gone => "gone", Failing => "failing" });
