//! What the operator configured, as far as use cases need it.

use postrider_core::channel::ChannelKind;
use postrider_core::rate_limit::RateLimits;
use postrider_core::schedule::PolicyDefaults;
use postrider_core::webhook::TargetPolicy;
use std::collections::BTreeSet;

/// Settings of the use cases.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where clients reach us, without a slash at the end; in links.
    pub public_url: String,
    /// Issuer and audience of tokens; the public URL unless configured.
    pub issuer: String,
    /// How long a token lives, in seconds.
    pub token_lifetime_s: i64,
    /// Channels with an adapter; the others are `CHANNEL_NOT_CONFIGURED`.
    pub channels: BTreeSet<ChannelKind>,
    /// What jobs do unless they say otherwise.
    pub policy: PolicyDefaults,
    /// Requests a minute of a client, unless its tenant has limits of its own.
    pub rate_limits: RateLimits,
    /// Where events may be sent to.
    pub webhook_targets: TargetPolicy,
    /// Whether `GET /metrics` is served.
    pub metrics: bool,
    /// Origins whose pages may call the API from a browser.
    pub cors_origins: Vec<String>,
    /// Whether this process sends, so that being ready includes a live engine.
    pub sends: bool,
    /// After how long without a heartbeat a node counts as dead, in milliseconds.
    pub node_timeout_ms: i64,
    /// Longest file of an import job, in bytes.
    pub import_file_max_bytes: u64,
    /// Bytes that the files of one tenant's import jobs may fill, all together.
    pub import_tenant_max_bytes: u64,
}
