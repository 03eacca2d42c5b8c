//! Trying the configured channels, for `check-config --connect` and `doctor --connect`. Nothing is sent.

use super::Failure;
use crate::config::Config;
use crate::wiring;
use clap::Args;
use postrider_channels::sandbox::SandboxChannel;
use postrider_core::channel::{ChannelKind, ProbeReport, ProbeStep};
use serde_json::{Value, json};

/// Whether the channels are tried.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct ConnectArgs {
    /// Connect to each configured channel and say step by step what happens; nothing is sent.
    #[arg(long)]
    pub(super) connect: bool,
}

/// What trying one channel showed.
pub(super) struct Tried {
    kind: ChannelKind,
    report: ProbeReport,
}

/// Tries every configured channel, one after the other.
pub(super) async fn try_all(config: &Config) -> Result<Vec<Tried>, Failure> {
    let mut tried = Vec::new();
    for channel in wiring::channels(config, SandboxChannel::look)? {
        tried.push(Tried { kind: channel.kind(), report: channel.probe().await });
    }
    Ok(tried)
}

impl Tried {
    /// Whether the channel can be used.
    pub(super) fn is_good(&self) -> bool {
        self.report.problem().is_none()
    }

    pub(super) fn document(&self) -> Value {
        let steps: Vec<Value> = self.report.steps.iter().map(step_document).collect();
        let problem = self.report.problem().map(|problem| json!({ "reason": problem.reason, "text": problem.text }));
        json!({
            "channel": self.kind.as_str(),
            "target": self.report.target,
            "ok": self.is_good(),
            "encrypted": self.report.encrypted,
            "problem": problem,
            "steps": steps,
        })
    }

    /// A line for the channel and one for each step.
    pub(super) fn lines(&self) -> String {
        let mut lines = vec![format!("channel  {:10} {}", self.kind.as_str(), self.report.target)];
        lines.extend(self.report.steps.iter().map(step_line));
        if self.report.encrypted == Some(false) {
            lines.push(format!("warning  {:10} mail travels unencrypted on this connection", "tls"));
        }
        lines.join("\n")
    }
}

fn step_document(step: &ProbeStep) -> Value {
    match &step.result {
        Ok(found) => json!({ "step": step.name, "ok": true, "found": found }),
        Err(problem) => json!({ "step": step.name, "ok": false, "reason": problem.reason, "found": problem.text }),
    }
}

fn step_line(step: &ProbeStep) -> String {
    match &step.result {
        Ok(found) => format!("ok       {:10} {found}", step.name),
        Err(problem) => format!("PROBLEM  {:10} {}: {}", step.name, problem.reason, problem.text),
    }
}
