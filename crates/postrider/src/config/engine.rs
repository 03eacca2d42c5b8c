//! `[engine]`: the rhythm of claiming and sending. All values are milliseconds.

use super::section::Section;

const LEASE_DEFAULT_MS: u64 = 30_000;
const LEASE_MIN_MS: u64 = 1_000;
const LEASE_MAX_MS: u64 = postrider_store::chunks::LEASE_MAX_MS.unsigned_abs();
const HEARTBEAT_DEFAULT_MS: u64 = 2_000;
const HEARTBEAT_MIN_MS: u64 = 100;
const POLL_DEFAULT_MS: u64 = 500;
const POLL_MIN_MS: u64 = 10;
const POLL_MAX_MS: u64 = 60_000;

/// A lease must outlast this many heartbeats, so that one late heartbeat does not cost it.
const HEARTBEATS_IN_LEASE_MIN: u64 = 3;

/// The rhythm of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// How long a claim lasts.
    pub lease_ms: u64,
    /// How often a node says that it lives.
    pub heartbeat_ms: u64,
    /// How long work can go unnoticed if a wake-up is lost.
    pub poll_ms: u64,
}

impl Engine {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let engine = Self {
            lease_ms: section.integer("lease_ms", LEASE_DEFAULT_MS, LEASE_MIN_MS..=LEASE_MAX_MS),
            heartbeat_ms: section.integer("heartbeat_ms", HEARTBEAT_DEFAULT_MS, HEARTBEAT_MIN_MS..=LEASE_MAX_MS),
            poll_ms: section.integer("poll_ms", POLL_DEFAULT_MS, POLL_MIN_MS..=POLL_MAX_MS),
        };
        if engine.heartbeat_ms * HEARTBEATS_IN_LEASE_MIN > engine.lease_ms {
            let what = format!("is {} while lease_ms is {}", engine.heartbeat_ms, engine.lease_ms);
            section.miss("heartbeat_ms", &what, "take at most a third of lease_ms");
        }
        section.finish();
        engine
    }
}
