//! Bodies of job requests. Their shape is checked here; what they mean is decided later, in the contract's order.

use postrider_core::error::Refusal;
use postrider_core::schedule::{OnMissed, OnUncertain, PolicyCommand, ScheduleCommand};
use serde::Deserialize;
use utoipa::ToSchema;

/// Body of a schedule job.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScheduleJobBody {
    /// ISO 8601 timestamp, for digital channels; the saved intent if absent.
    pub send_at: Option<String>,
    /// `YYYY-MM-DD`, for direct mail; the saved intent if absent.
    pub batch_date: Option<String>,
    /// IANA time zone; the saved intent's if absent.
    pub timezone: Option<String>,
    /// Validates and answers 200 without committing.
    pub dry_run: Option<bool>,
    /// Digest of the dry run that this call commits.
    pub expect_plan: Option<String>,
    /// What happens when the world does not keep to the plan.
    pub policy: Option<PolicyBody>,
}

/// Body of a send job.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendJobBody {
    /// Validates and answers 200 without committing.
    pub dry_run: Option<bool>,
    /// Digest of the dry run that this call commits.
    pub expect_plan: Option<String>,
    /// What happens when the world does not keep to the plan.
    pub policy: Option<PolicyBody>,
}

/// Body of a move; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MoveJobBody {
    /// ISO 8601 timestamp, for digital channels.
    pub send_at: Option<String>,
    /// `YYYY-MM-DD`, for direct mail.
    pub batch_date: Option<String>,
    /// IANA time zone; a `sendAt` without offset is read in it again.
    pub timezone: Option<String>,
    /// What happens when the world does not keep to the plan.
    pub policy: Option<PolicyBody>,
}

impl MoveJobBody {
    /// The command of the rules.
    pub fn command(self) -> Result<ScheduleCommand, Refusal> {
        let policy = policy(self.policy.as_ref())?;
        Ok(ScheduleCommand { send_at: self.send_at, batch_date: self.batch_date, timezone: self.timezone, policy })
    }
}

/// A policy; what is absent takes the configured default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyBody {
    /// A job not begun by then is missed.
    pub latest_start: Option<String>,
    /// `send`, `hold` or `cancel`.
    pub on_missed: Option<String>,
    /// Nothing leaves at or after this instant.
    pub latest_finish: Option<String>,
    /// `hold`, `retry` or `assume_sent`.
    pub on_uncertain: Option<String>,
    /// At least 1: messages a minute.
    #[serde(default, deserialize_with = "crate::extract::whole")]
    #[schema(maximum = 4_294_967_295_u32)]
    pub rate_per_minute: Option<u32>,
}

impl ScheduleJobBody {
    /// The command of the rules.
    pub fn command(&self) -> Result<ScheduleCommand, Refusal> {
        Ok(ScheduleCommand {
            send_at: self.send_at.clone(),
            batch_date: self.batch_date.clone(),
            timezone: self.timezone.clone(),
            policy: policy(self.policy.as_ref())?,
        })
    }
}

/// The policy of a body.
pub fn policy(body: Option<&PolicyBody>) -> Result<PolicyCommand, Refusal> {
    let Some(body) = body else { return Ok(PolicyCommand::default()) };
    let missed = |word: &String| OnMissed::read("policy.onMissed", word);
    let uncertain = |word: &String| OnUncertain::read("policy.onUncertain", word);
    Ok(PolicyCommand {
        latest_start: body.latest_start.clone(),
        on_missed: body.on_missed.as_ref().map(missed).transpose()?,
        latest_finish: body.latest_finish.clone(),
        on_uncertain: body.on_uncertain.as_ref().map(uncertain).transpose()?,
        rate_per_minute: body.rate_per_minute,
    })
}
