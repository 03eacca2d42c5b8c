//! `PUT /campaigns/{id}/schedule`, and the `schedule` seed of a new campaign.

use super::resolve::{ZoneChoice, coming_instant, digital_zone, mail_zone, open_batch, written_date, written_time};
use super::{Intent, Mode, TenantTime};
use crate::campaign::AuthoringStatus;
use crate::channel::ChannelKind;
use crate::error::{Code, Refusal};
use crate::time::Timestamp;

/// What the decision needs to know of the campaign.
#[derive(Debug, Clone)]
pub struct IntentFacts {
    /// Its channel.
    pub channel: ChannelKind,
    /// Where it stands.
    pub authoring_status: AuthoringStatus,
    /// What its tenant said about time.
    pub tenant: TenantTime,
}

/// What was asked. Null in the body is none here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentCommand {
    /// `mode`.
    pub mode: Mode,
    /// `sendAt`, as written.
    pub send_at: Option<String>,
    /// `batchDate`, as written.
    pub batch_date: Option<String>,
    /// `timezone`, as written.
    pub timezone: Option<String>,
}

impl IntentCommand {
    /// The seed of a new campaign, where `mode` may be left out: `sendAt` then means `at`, `batchDate` means
    /// `batch_on_date`.
    ///
    /// # Errors
    /// `REQUEST_INVALID` when nothing tells the mode.
    pub fn seed(
        mode: Option<Mode>,
        send_at: Option<String>,
        batch_date: Option<String>,
        timezone: Option<String>,
    ) -> Result<Self, Refusal> {
        let told = send_at.as_ref().map(|_| Mode::At).or_else(|| batch_date.as_ref().map(|_| Mode::BatchOnDate));
        let mode = mode.or(told).ok_or_else(|| Refusal::invalid("mode", None, "is required without sendAt"))?;
        Ok(Self { mode, send_at, batch_date, timezone })
    }
}

/// Decides what is stored, checking in the contract's order: draft, mode fits channel, required field, value.
/// Among values the form of the date comes first, then the zone, then whether the time has passed.
///
/// # Errors
/// The first check that fails, with its code and path.
pub fn decide_intent(facts: &IntentFacts, command: &IntentCommand, now: Timestamp) -> Result<Intent, Refusal> {
    if facts.authoring_status != AuthoringStatus::Draft {
        return Err(Refusal::new(Code::NotDraft));
    }
    mode_fits_channel(facts.channel, command)?;
    match command.mode {
        Mode::Now => now_intent(command, now),
        Mode::At => at_intent(command, now),
        Mode::BatchOnDate => batch_intent(facts, command, now),
    }
}

/// A field of the other model counts as the other model.
fn mode_fits_channel(channel: ChannelKind, command: &IntentCommand) -> Result<(), Refusal> {
    let word = command.mode.as_str();
    let unsupported =
        |path, value: &str, problem: String| Err(Refusal::field(Code::UnsupportedChannel, path, Some(value), problem));
    if (command.mode == Mode::BatchOnDate) == channel.is_digital() {
        let fitting = if channel.is_digital() { "now or at" } else { "batch_on_date" };
        return unsupported("mode", word, format!("must be {fitting} on the channel {}", channel.as_str()));
    }
    match (&command.send_at, &command.batch_date) {
        (_, Some(date)) if channel.is_digital() => {
            unsupported("batchDate", date, format!("is for direct_mail, not {}", channel.as_str()))
        }
        (Some(time), _) if !channel.is_digital() => {
            unsupported("sendAt", time, "is not for direct_mail, which takes a batchDate".to_owned())
        }
        _ => Ok(()),
    }
}

/// A `sendAt` that comes along is judged like any other and then not stored.
fn now_intent(command: &IntentCommand, now: Timestamp) -> Result<Intent, Refusal> {
    if command.send_at.is_some() {
        at_intent(command, now)?;
    }
    let ZoneChoice { zone, source } = digital_zone(command.timezone.as_deref())?;
    Ok(Intent {
        mode: Mode::Now,
        send_at_text: None,
        send_at: None,
        batch_date: None,
        timezone: zone.name().to_owned(),
        timezone_source: source,
        resolution: None,
    })
}

fn at_intent(command: &IntentCommand, now: Timestamp) -> Result<Intent, Refusal> {
    let required = || Refusal::field(Code::SendAtRequired, "sendAt", None, "is required when mode is at");
    let text = command.send_at.as_deref().ok_or_else(required)?;
    let written = written_time(text)?;
    let ZoneChoice { zone, source } = digital_zone(command.timezone.as_deref())?;
    let resolution = coming_instant(&written, text, &zone, now)?;
    Ok(Intent {
        mode: Mode::At,
        send_at_text: Some(text.to_owned()),
        send_at: Some(resolution.instant),
        batch_date: None,
        timezone: zone.name().to_owned(),
        timezone_source: source,
        resolution: Some(resolution),
    })
}

fn batch_intent(facts: &IntentFacts, command: &IntentCommand, now: Timestamp) -> Result<Intent, Refusal> {
    let problem = "is required when mode is batch_on_date";
    let required = || Refusal::field(Code::BatchDateRequired, "batchDate", None, problem);
    let date = written_date(command.batch_date.as_deref().ok_or_else(required)?)?;
    let ZoneChoice { zone, source } = mail_zone(command.timezone.as_deref(), &facts.tenant)?;
    let resolution = open_batch(date, &zone, &facts.tenant, now)?;
    Ok(Intent {
        mode: Mode::BatchOnDate,
        send_at_text: None,
        send_at: None,
        batch_date: Some(date.to_string()),
        timezone: zone.name().to_owned(),
        timezone_source: source,
        resolution: Some(resolution),
    })
}
