//! `[webhooks]`: where events may go. What is public is said in the core.

use super::section::Section;
use postrider_core::webhook::{LEASE_MS, Network, TargetPolicy};
use std::path::PathBuf;

const TIMEOUT_DEFAULT_MS: u64 = 15_000;
const TIMEOUT_MIN_MS: u64 = 100;
/// Half a lease, so that nobody else tries what is still on its way.
const TIMEOUT_MAX_MS: u64 = LEASE_MS.unsigned_abs() / 2;

/// Where events may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhooks {
    /// What may be reached.
    pub targets: TargetPolicy,
    /// How long one post may take as a whole.
    pub timeout_ms: u64,
    /// Certificates to trust in place of the platform's.
    pub ca_file: Option<PathBuf>,
}

impl Webhooks {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let targets = TargetPolicy {
            allow_private: section.flag("allow_private_targets", false),
            networks: networks(&mut section),
            allow_http: section.flag("allow_http", false),
        };
        let timeout_ms = section.integer("timeout_ms", TIMEOUT_DEFAULT_MS, TIMEOUT_MIN_MS..=TIMEOUT_MAX_MS);
        let ca_file = section.text("ca_file").map(|given| given.value.into());
        section.finish();
        Self { targets, timeout_ms, ca_file }
    }
}

fn networks(section: &mut Section<'_>) -> Vec<Network> {
    let Some(given) = section.text("allow_networks") else { return Vec::new() };
    let mut networks = Vec::new();
    for text in given.value.split(',').map(str::trim) {
        match Network::parse(text) {
            Some(network) => networks.push(network),
            None => {
                let what = format!("holds {text:?}, which is no network");
                section.refuse(&given, &what, "write networks such as 10.1.0.0/16, separated by commas");
            }
        }
    }
    networks
}
