//! What an engine is told: numbers and names, no ports.

use postrider_core::channel::ChannelKind;
use postrider_core::time::{HOUR_MS, Zones};
use std::collections::BTreeMap;

/// What a node does, for the table of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeRole {
    /// Answers requests and sends.
    All,
    /// Sends only.
    Engine,
}

impl NodeRole {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Engine => "engine",
        }
    }
}

/// How a channel is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelSettings {
    /// Conversations kept at once, at least 1.
    pub lanes: usize,
    /// Messages that are marked, and so may become uncertain, at once in a lane; at least 1.
    pub window: usize,
    /// After how long without an answer from the provider a conversation is silent and another one takes its place, in
    /// milliseconds; at least 1.
    pub silence_ms: i64,
}

impl Default for ChannelSettings {
    fn default() -> Self {
        Self { lanes: 10, window: 10, silence_ms: 10_000 }
    }
}

/// The rhythm of an engine.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// How each channel is used; one that is not named takes the default.
    pub channels: BTreeMap<ChannelKind, ChannelSettings>,
    /// How long a claim lasts without being renewed, in milliseconds.
    pub lease_ms: i64,
    /// How often a node says that it lives, in milliseconds.
    pub heartbeat_ms: i64,
    /// How long work can go unnoticed if a nudge is lost, in milliseconds.
    pub poll_ms: i64,
    /// Where people reach this server, for links in messages: `https://host`.
    pub public_url: String,
    /// What this node does.
    pub role: NodeRole,
    /// The zone data that times of waiting jobs are held against.
    pub zones: Zones,
    /// How far new zone data may move a job that nobody asks, in milliseconds.
    pub zone_change_tolerance_ms: i64,
}

/// Enough for summer time that is abolished or introduced, and for nothing that turns a morning into an evening.
const ZONE_CHANGE_TOLERANCE_MS: i64 = 2 * HOUR_MS;

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            channels: BTreeMap::new(),
            lease_ms: 30_000,
            heartbeat_ms: 2_000,
            poll_ms: 500,
            public_url: "http://localhost".into(),
            role: NodeRole::All,
            zones: Zones::in_use().clone(),
            zone_change_tolerance_ms: ZONE_CHANGE_TOLERANCE_MS,
        }
    }
}

impl EngineSettings {
    pub(crate) fn channel(&self, kind: ChannelKind) -> ChannelSettings {
        let ChannelSettings { lanes, window, silence_ms } = self.channels.get(&kind).copied().unwrap_or_default();
        ChannelSettings { lanes: lanes.max(1), window: window.max(1), silence_ms: silence_ms.max(1) }
    }
}
