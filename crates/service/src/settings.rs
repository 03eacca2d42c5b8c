//! What the operator configured, as far as use cases need it.

use postrider_core::channel::ChannelKind;
use std::collections::BTreeSet;

/// Settings of the use cases.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where clients reach us, without a slash at the end; in links, as issuer and audience of tokens.
    pub public_url: String,
    /// How long a token lives, in seconds.
    pub token_lifetime_s: i64,
    /// Channels with an adapter; the others are `CHANNEL_NOT_CONFIGURED`.
    pub channels: BTreeSet<ChannelKind>,
    /// After how long without a heartbeat a node counts as dead, in milliseconds.
    pub node_timeout_ms: i64,
}
