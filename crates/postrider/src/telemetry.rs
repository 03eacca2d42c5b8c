//! The log: to standard error, for people or for machines.

use crate::config::{Log, LogFormat};
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// Starts the log; only the first call counts.
pub fn start(log: &Log) {
    // Other people's crates say little below their warnings that an operator could use.
    let filter = EnvFilter::new(format!("warn,postrider={}", log.level.as_str()));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A log that was already started is as good.
    match log.format {
        LogFormat::Text => drop(builder.with_ansi(std::io::stderr().is_terminal()).try_init()),
        LogFormat::Json => drop(builder.json().flatten_event(true).try_init()),
    }
}
