//! What a sink remembers: numbers always, messages and recipients only when asked.

use super::SinkOptions;
use super::words::recipient_key;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A message as it was received.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedMail {
    /// Sender of the envelope.
    pub from: String,
    /// Recipients of the envelope.
    pub to: Vec<String>,
    /// The message, with its dots as the author wrote them.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for ReceivedMail {
    /// Shows the size only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReceivedMail({} bytes)", self.bytes.len())
    }
}

/// What has arrived.
pub(super) struct Mailbox {
    received: AtomicU64,
    violations: AtomicU64,
    connections: AtomicU64,
    keep_messages: u64,
    kept: Mutex<Vec<ReceivedMail>>,
    recipients: Option<Mutex<HashMap<String, u64>>>,
    folder: Option<PathBuf>,
}

impl Mailbox {
    pub(super) fn new(options: &SinkOptions) -> Self {
        Self {
            received: AtomicU64::new(0),
            violations: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            keep_messages: options.keep_messages as u64,
            kept: Mutex::new(Vec::new()),
            recipients: options.count_recipients.then(Mutex::default),
            folder: options.folder.clone(),
        }
    }

    /// The number of a new connection.
    pub(super) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn count_violation(&self) {
        self.violations.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes a message; answers its number, from 1. `bytes` makes the text, which most messages do not need.
    pub(super) async fn take(&self, from: &str, to: &[String], bytes: impl FnOnce() -> Vec<u8>) -> u64 {
        let number = self.received.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(recipients) = &self.recipients {
            let mut recipients = locked(recipients);
            for address in to {
                *recipients.entry(recipient_key(address)).or_default() += 1;
            }
        }
        let is_kept = number <= self.keep_messages;
        if is_kept || self.folder.is_some() {
            let bytes = bytes();
            if let Some(folder) = &self.folder {
                // A sink that cannot write goes on: its numbers are still true.
                let _best_effort = tokio::fs::write(folder.join(format!("{number}.eml")), &bytes).await;
            }
            if is_kept {
                locked(&self.kept).push(ReceivedMail { from: from.to_owned(), to: to.to_vec(), bytes });
            }
        }
        number
    }

    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub(super) fn violations(&self) -> u64 {
        self.violations.load(Ordering::Relaxed)
    }

    pub(super) fn kept(&self) -> Vec<ReceivedMail> {
        locked(&self.kept).clone()
    }

    pub(super) fn recipients(&self) -> HashMap<String, u64> {
        self.recipients.as_ref().map(|recipients| locked(recipients).clone()).unwrap_or_default()
    }
}

/// What is inside stays true even if a holder panicked: every change is one step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
