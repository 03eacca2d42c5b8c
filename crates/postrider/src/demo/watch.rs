//! Watches a campaign over the API until it is over.

use super::commit::Job;
use super::failure::DemoError;
use super::session::{Session, text};
use crate::api_client::Taken;
use crate::progress::{Glance, Progress};
use postrider_core::campaign::ExecutionStatus;
use postrider_core::time::{SECOND_MS, Timestamp};
use serde_json::Value;

/// How often the status is asked for, in milliseconds.
const POLL_MS: i64 = 100;
/// How long nothing may change once the campaign is due, in milliseconds.
const STILL_MAX_MS: i64 = 60 * SECOND_MS;

/// Follows the campaign to its end and answers its last status.
///
/// # Errors
/// It is held, canceled or failed; or nothing has changed for a minute.
pub async fn watch(session: &Session, campaign_id: &str, job: &Job) -> Result<Taken, DemoError> {
    let mut progress = Progress::new();
    let mut stillness = Stillness { seen: None, since: session.clock.now().max(job.send_at) };
    let path = format!("/campaigns/{campaign_id}/status");
    let ended = loop {
        let status = session.read(&path).await?;
        let word = text(&status, "/executionStatus")?;
        let now = session.clock.now();
        progress.show(&glance(&status.data, &word, job, now));
        match ExecutionStatus::parse(&word) {
            Some(ExecutionStatus::Completed) => break Ok(status),
            Some(ExecutionStatus::Scheduled | ExecutionStatus::Running) => {}
            _ => break Err(DemoError::Stopped(because(&status.data, &word))),
        }
        if stillness.lasts(&status.data, now) {
            let why = format!("nothing has changed for {} s", STILL_MAX_MS / SECOND_MS);
            break Err(DemoError::Stopped(because(&status.data, &why)));
        }
        session.clock.sleep_until(now.plus_millis(POLL_MS)).await;
    };
    progress.end();
    ended
}

/// How long the counts have been the same.
struct Stillness {
    seen: Option<Value>,
    since: Timestamp,
}

impl Stillness {
    fn lasts(&mut self, status: &Value, now: Timestamp) -> bool {
        let counts = status.pointer("/execution/counts").cloned();
        if self.seen != counts {
            self.seen = counts;
            self.since = self.since.max(now);
        }
        now.millis_since(self.since) > STILL_MAX_MS
    }
}

fn glance<'a>(status: &Value, word: &'a str, job: &Job, now: Timestamp) -> Glance<'a> {
    let starts_in_ms = job.send_at.millis_since(now);
    let count = |name: &str| status.pointer(&format!("/execution/counts/{name}")).and_then(Value::as_u64).unwrap_or(0);
    let frozen = count("frozen");
    Glance {
        status: word,
        expected: job.matched,
        frozen,
        settled: frozen.saturating_sub(count("pending") + count("inFlight")),
        sent: count("sent"),
        rate_per_second: status.pointer("/execution/ratePerSecond").and_then(Value::as_f64),
        starts_in_ms: (starts_in_ms > 0).then_some(starts_in_ms),
    }
}

fn because(status: &Value, why: &str) -> String {
    match status.pointer("/execution/blockedReason").and_then(Value::as_str) {
        Some(reason) => format!("{why} ({reason})"),
        None => why.to_owned(),
    }
}
