//! What a job does when the world does not keep to the plan. The stored job always shows explicit values.

use crate::campaign::words;
use crate::error::{Code, Detail, Refusal};
use crate::time::{HOUR_MS, MINUTE_MS, Timestamp, WrittenTime, Zone};

/// What to do with a job whose latest start has passed before it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMissed {
    /// Send all the same.
    Send,
    /// Wait for a person.
    Hold,
    /// Take the job back.
    Cancel,
}

words!(OnMissed { Send => "send", Hold => "hold", Cancel => "cancel" });

/// What to do with a recipient of whom nobody knows whether the provider has the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUncertain {
    /// Leave it `uncertain`: never twice, perhaps not at all.
    Hold,
    /// Try again: perhaps twice.
    Retry,
    /// Count it as sent.
    AssumeSent,
}

words!(OnUncertain { Hold => "hold", Retry => "retry", AssumeSent => "assume_sent" });

/// The explicit policy of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// A job not begun by then is missed; none: it may begin however late.
    pub latest_start: Option<Timestamp>,
    /// What happens to a missed job.
    pub on_missed: OnMissed,
    /// Nothing leaves at or after this instant.
    pub latest_finish: Option<Timestamp>,
    /// What happens to an uncertain recipient.
    pub on_uncertain: OnUncertain,
    /// Messages a minute, at least 1; none: as fast as the route allows.
    pub rate_per_minute: Option<u32>,
}

/// A policy as asked for: what is absent takes the default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyCommand {
    /// `latestStart` as written; without an offset in the job's zone.
    pub latest_start: Option<String>,
    /// `onMissed`.
    pub on_missed: Option<OnMissed>,
    /// `latestFinish` as written; without an offset in the job's zone.
    pub latest_finish: Option<String>,
    /// `onUncertain`.
    pub on_uncertain: Option<OnUncertain>,
    /// `ratePerMinute`, at least 1.
    pub rate_per_minute: Option<u32>,
}

/// What a tenant's jobs do unless they say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyDefaults {
    /// Milliseconds after the due instant at which a job counts as missed.
    pub latest_start_after_ms: Option<i64>,
    /// What happens to a missed job.
    pub on_missed: OnMissed,
    /// Milliseconds after the due instant after which nothing leaves.
    pub latest_finish_after_ms: Option<i64>,
    /// What happens to an uncertain recipient.
    pub on_uncertain: OnUncertain,
    /// Messages a minute.
    pub rate_per_minute: Option<u32>,
}

impl Default for PolicyDefaults {
    /// A job found a day late waits for a person, an uncertain recipient is never mailed twice.
    fn default() -> Self {
        Self {
            latest_start_after_ms: Some(24 * HOUR_MS),
            on_missed: OnMissed::Hold,
            latest_finish_after_ms: None,
            on_uncertain: OnUncertain::Hold,
            rate_per_minute: None,
        }
    }
}

/// What a tenant has set in place of the configured defaults; what is absent is as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TenantPolicy {
    /// Minutes after the due instant at which a job counts as missed.
    pub latest_start_minutes: Option<u32>,
    /// What happens to a missed job.
    pub on_missed: Option<OnMissed>,
    /// Minutes after the due instant after which nothing leaves.
    pub latest_finish_minutes: Option<u32>,
    /// What happens to an uncertain recipient.
    pub on_uncertain: Option<OnUncertain>,
    /// Messages a minute of one job, at least 1.
    pub rate_per_minute: Option<u32>,
}

impl TenantPolicy {
    /// The defaults of this tenant's jobs.
    #[must_use]
    pub fn over(&self, configured: &PolicyDefaults) -> PolicyDefaults {
        let millis = |minutes: Option<u32>| minutes.map(|minutes| i64::from(minutes) * MINUTE_MS);
        PolicyDefaults {
            latest_start_after_ms: millis(self.latest_start_minutes).or(configured.latest_start_after_ms),
            on_missed: self.on_missed.unwrap_or(configured.on_missed),
            latest_finish_after_ms: millis(self.latest_finish_minutes).or(configured.latest_finish_after_ms),
            on_uncertain: self.on_uncertain.unwrap_or(configured.on_uncertain),
            rate_per_minute: self.rate_per_minute.or(configured.rate_per_minute),
        }
    }
}

impl PolicyCommand {
    /// Makes the policy explicit for a job due at `due_at` in `zone`.
    ///
    /// # Errors
    /// `REQUEST_INVALID` with the path of a value that cannot be met.
    pub(super) fn explicit(
        &self,
        defaults: &PolicyDefaults,
        due_at: Timestamp,
        zone: &Zone,
    ) -> Result<Policy, Refusal> {
        let after = |ms: Option<i64>| ms.map(|ms| due_at.plus_millis(ms));
        let latest_start = instant("policy.latestStart", self.latest_start.as_deref(), zone)?;
        if let (Some(start), Some(text)) = (latest_start, &self.latest_start)
            && start < due_at
        {
            let problem = format!("is before the job is due, at {due_at}");
            return Err(Refusal::invalid("policy.latestStart", Some(text), problem));
        }
        let latest_finish = instant("policy.latestFinish", self.latest_finish.as_deref(), zone)?;
        if let (Some(finish), Some(text)) = (latest_finish, &self.latest_finish)
            && finish <= latest_start.unwrap_or(due_at)
        {
            let problem = "leaves no time between the start and the finish";
            return Err(Refusal::invalid("policy.latestFinish", Some(text), problem));
        }
        if self.rate_per_minute == Some(0) {
            let detail = Detail::Field {
                path: "policy.ratePerMinute".to_owned(),
                value: Some("0".to_owned()),
                problem: "must be at least 1".to_owned(),
            };
            return Err(Refusal { code: Code::RequestInvalid, detail });
        }
        let latest_finish = latest_finish.or_else(|| after(defaults.latest_finish_after_ms));
        // A default start after the finish would let a job begin only to see everybody expire.
        let start_by_default = || {
            let start = after(defaults.latest_start_after_ms)?;
            Some(latest_finish.map_or(start, |finish| start.min(finish)))
        };
        Ok(Policy {
            latest_start: latest_start.or_else(start_by_default),
            on_missed: self.on_missed.unwrap_or(defaults.on_missed),
            latest_finish,
            on_uncertain: self.on_uncertain.unwrap_or(defaults.on_uncertain),
            rate_per_minute: self.rate_per_minute.or(defaults.rate_per_minute),
        })
    }
}

fn instant(path: &'static str, text: Option<&str>, zone: &Zone) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let resolution = WrittenTime::parse(text).and_then(|written| written.resolve(zone));
    match resolution {
        Ok(resolution) => Ok(Some(resolution.instant)),
        Err(problem) => Err(Refusal::field(Code::RequestInvalid, path, Some(text), problem)),
    }
}
