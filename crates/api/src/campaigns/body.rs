//! What requests about campaigns carry, and the commands they become.
//!
//! Null is absent everywhere. Times and zones stay raw text: what they mean is decided after the campaign was found.

use postrider_core::campaign::AudienceType;
use postrider_core::error::Refusal;
use postrider_core::schedule::{IntentCommand, Mode};
use postrider_service::campaigns::{AudienceCommand, AudienceRef, ContentCommand};
use serde::Deserialize;
use utoipa::ToSchema;

/// All audiences of a campaign.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AudienceBody {
    /// 1 to 25 audiences whose members are sent to.
    include: Vec<AudienceRefBody>,
    /// At most 25 audiences whose members are left out, even if included.
    exclude: Option<Vec<AudienceRefBody>>,
}

/// One audience.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AudienceRefBody {
    /// Id of a list (`audience`) or of a rule (`segment`).
    #[schema(format = Uuid)]
    audience_id: String,
    /// `audience` or `segment`.
    r#type: String,
}

impl AudienceBody {
    /// The command.
    pub fn into_command(self) -> Result<AudienceCommand, Refusal> {
        let exclude = self.exclude.unwrap_or_default();
        Ok(AudienceCommand { include: refs("include", self.include)?, exclude: refs("exclude", exclude)? })
    }
}

fn refs(side: &str, bodies: Vec<AudienceRefBody>) -> Result<Vec<AudienceRef>, Refusal> {
    let read = |(index, body): (usize, AudienceRefBody)| {
        let audience_type = AudienceType::parse(&body.r#type).ok_or_else(|| {
            let problem = "must be audience (a static list) or segment (an audience by rule)";
            Refusal::invalid(format!("{side}[{index}].type"), Some(&body.r#type), problem)
        })?;
        Ok(AudienceRef { audience_id: body.audience_id, audience_type })
    };
    bodies.into_iter().enumerate().map(read).collect()
}

/// The content of a campaign.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContentBody {
    /// A published template of the campaign's channel.
    #[schema(format = Uuid)]
    template_id: String,
    /// A sender profile of the campaign's channel; the tenant's default for the channel if absent.
    #[schema(format = Uuid)]
    sender_profile_id: Option<String>,
    /// Takes the place of the template's subject (email only).
    subject_line: Option<String>,
}

impl ContentBody {
    /// The command.
    pub fn into_command(self) -> ContentCommand {
        ContentCommand {
            template_id: self.template_id,
            sender_profile_id: self.sender_profile_id,
            subject_line: self.subject_line,
        }
    }
}

/// When a campaign should go.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScheduleBody {
    /// `now`, `at` or `batch_on_date`. The last one is for direct mail, the others for every other channel.
    mode: String,
    /// ISO 8601 timestamp; required when mode is `at`.
    send_at: Option<String>,
    /// `YYYY-MM-DD`; required when mode is `batch_on_date`.
    batch_date: Option<String>,
    /// IANA name. Digital channels: UTC if absent; direct mail: the tenant's default, then UTC.
    timezone: Option<String>,
}

impl ScheduleBody {
    /// The command.
    pub fn into_command(self) -> Result<IntentCommand, Refusal> {
        Ok(IntentCommand {
            mode: mode(&self.mode)?,
            send_at: self.send_at,
            batch_date: self.batch_date,
            timezone: self.timezone,
        })
    }
}

/// The schedule of a new campaign; `mode` may be left out.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScheduleSeedBody {
    /// `now`, `at` or `batch_on_date`. As in PUT schedule; `sendAt` without it means `at`, `batchDate` without it means
    /// `batch_on_date`.
    mode: Option<String>,
    /// ISO 8601 timestamp.
    send_at: Option<String>,
    /// `YYYY-MM-DD`.
    batch_date: Option<String>,
    /// IANA name.
    timezone: Option<String>,
}

impl ScheduleSeedBody {
    /// The command.
    pub fn into_command(self) -> Result<IntentCommand, Refusal> {
        let mode = self.mode.as_deref().map(mode).transpose()?;
        IntentCommand::seed(mode, self.send_at, self.batch_date, self.timezone)
    }
}

fn mode(text: &str) -> Result<Mode, Refusal> {
    Mode::read("mode", text)
}
