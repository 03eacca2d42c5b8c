//! The running product under wrong clocks: libfaketime moves the wall clock of its processes, and a mail server that
//! keeps the real time notes when each message arrives.
//!
//! Not here: the rule itself, whose tests are in `core::timeline`. Invariant: every process ends with its case.

mod cases;
mod library;
mod mail;
mod node;

pub use cases::run;
pub use library::find_or_install;

/// The real time, in milliseconds since the epoch.
fn real_ms() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "what is measured is when a message arrives in real time")]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
