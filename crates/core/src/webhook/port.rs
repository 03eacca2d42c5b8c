//! The port through which an event leaves.

use super::target::Target;
use crate::env::BoxFuture;

/// One attempt.
#[derive(Clone)]
pub struct Post {
    /// Where to.
    pub target: Target,
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`, seconds since 1970.
    pub timestamp_s: i64,
    /// `webhook-signature`.
    pub signature: String,
    /// JSON, the bytes that are signed.
    pub body: String,
}

impl std::fmt::Debug for Post {
    /// Shows the id only: a URL can hold a token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Post({})", self.id)
    }
}

/// What the endpoint answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    /// The status.
    pub status: u16,
    /// The value of its `Retry-After`, as it is.
    pub retry_after: Option<String>,
    /// The beginning of its answer, at most [`super::RESPONSE_CHARS_MAX`] characters.
    pub excerpt: String,
}

impl Received {
    /// Whether the endpoint took the event.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

impl std::fmt::Debug for Received {
    /// Shows the status only: the answer is the tenant's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Received({})", self.status)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotDelivered {
    /// Stable reason, such as `timeout`.
    pub reason: &'static str,
    /// One sentence.
    pub text: String,
}

/// Sends events: adapters implement it.
pub trait WebhookClient: Send + Sync {
    /// Posts once, follows no redirection, and ends in bounded time.
    fn post(&self, post: Post) -> BoxFuture<'static, Result<Received, NotDelivered>>;
}
