//! When a campaign goes: what a person said, what it means, and what a job does with it.
//!
//! Everything here decides and nothing here stores. Invariant: a real call and its dry run go through the same
//! function, so a dry run can never promise what the call refuses.

mod decide;
mod intent;
pub mod plan;
mod policy;
mod resolve;
mod rezone;
mod standstill;
mod state;

#[cfg(test)]
mod batch_tests;
#[cfg(test)]
mod decide_tests;
#[cfg(test)]
mod intent_tests;
#[cfg(test)]
mod rezone_tests;

pub use decide::{
    ContentBinding, JobCommand, JobFacts, MoveFacts, ScheduleCommand, Scheduled, decide_job, decide_move,
};
pub use intent::{IntentCommand, IntentFacts, decide_intent};
pub use policy::{OnMissed, OnUncertain, Policy, PolicyCommand, PolicyDefaults, TenantPolicy};
pub use resolve::{intent_problem, warnings};
pub use rezone::{Rezoned, TIMEZONE_CHANGED, TIMEZONE_CHANGED_TO_PAST, TIMEZONE_VANISHED, Verdict, ZonedTime, rezone};
pub use standstill::{Standing, UncertainDecision, decide_pause, decide_resume};
pub use state::JobState;

use crate::campaign::words;
use crate::channel::ChannelKind;
use crate::time::{Resolution, Timestamp};

/// Minutes after midnight at which the mail day closes when a tenant has not said otherwise: 17:00.
pub const MAIL_CUTOFF_MINUTES_DEFAULT: i64 = 17 * 60;

/// How a campaign's time is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As soon as a send job asks.
    Now,
    /// At an instant.
    At,
    /// With the mail of a day (direct mail).
    BatchOnDate,
}

words!(Mode { Now => "now", At => "at", BatchOnDate => "batch_on_date" });

/// Which scheduling model a channel follows: the `kind` of the schedule object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleKind {
    /// A time of day: email, sms and push.
    DigitalSend,
    /// A date: direct mail.
    DirectMailBatch,
}

words!(ScheduleKind { DigitalSend => "digital_send", DirectMailBatch => "direct_mail_batch" });

impl ScheduleKind {
    /// The model of a channel.
    #[must_use]
    pub const fn of(channel: ChannelKind) -> Self {
        if channel.is_digital() { Self::DigitalSend } else { Self::DirectMailBatch }
    }
}

/// Where a time zone came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimezoneSource {
    /// A request named it.
    Request,
    /// The tenant's default.
    TenantDefault,
    /// Nobody said.
    UtcFallback,
}

words!(TimezoneSource { Request => "request", TenantDefault => "tenant_default", UtcFallback => "utc_fallback" });

/// What a person said about when, and what it meant at that moment. Stored with the campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// How the time is given.
    pub mode: Mode,
    /// `sendAt` as written: a job reads it again, perhaps in another zone or with newer zone data.
    pub send_at_text: Option<String>,
    /// The instant it meant, of mode `at`.
    pub send_at: Option<Timestamp>,
    /// `YYYY-MM-DD`, of mode `batch_on_date`.
    pub batch_date: Option<String>,
    /// The zone's name in the database's spelling.
    pub timezone: String,
    /// Where the zone came from.
    pub timezone_source: TimezoneSource,
    /// How the time was read; none of mode `now`.
    pub resolution: Option<Resolution>,
}

/// What a tenant has said about time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantTime {
    /// The zone of direct mail that names none. Digital schedules that name none are in UTC, whatever it is.
    pub default_timezone: Option<String>,
    /// Minutes after midnight, in the zone of the schedule, until which today still is a possible batch date
    /// (0 to 1440).
    pub mail_cutoff_minutes: i64,
}

impl Default for TenantTime {
    fn default() -> Self {
        Self { default_timezone: None, mail_cutoff_minutes: MAIL_CUTOFF_MINUTES_DEFAULT }
    }
}

/// Something that deserves a look and stops nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Stable code, such as `TIMEZONE_GAP_SHIFTED`.
    pub code: &'static str,
    /// One English sentence.
    pub message: String,
}
