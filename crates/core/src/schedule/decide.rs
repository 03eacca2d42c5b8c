//! Schedule jobs and send jobs, real and dry alike: the checks in the contract's order.
//!
//! Before these come token, scope, shape and existence, which belong to the callers.

use super::resolve::{
    ZoneChoice, coming_instant, defaulted_warning, digital_zone, mail_zone, named_zone, open_batch, warnings,
    written_date, written_time,
};
use super::{
    Intent, JobState, Mode, Policy, PolicyCommand, PolicyDefaults, ScheduleKind, TenantTime, TimezoneSource, Warning,
};
use crate::campaign::{AuthoringStatus, CampaignType};
use crate::channel::ChannelKind;
use crate::error::{Code, Detail, Refusal};
use crate::preflight::{Issue, STEP_SCHEDULE, Severity};
use crate::time::{Resolution, Timestamp, Zone};

/// What content a campaign has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentBinding {
    /// No template.
    None,
    /// A template without a published version.
    NotPublished,
    /// A published template.
    Published,
}

/// What the decision needs to know.
#[derive(Debug, Clone)]
pub struct JobFacts {
    /// What kind of campaign.
    pub campaign_type: CampaignType,
    /// Its channel.
    pub channel: ChannelKind,
    /// Where it stands.
    pub authoring_status: AuthoringStatus,
    /// Whether it has a current version.
    pub has_version: bool,
    /// Its content.
    pub content: ContentBinding,
    /// How many audiences are included.
    pub audiences_included: usize,
    /// The saved intent.
    pub intent: Option<Intent>,
    /// What the tenant said about time.
    pub tenant: TenantTime,
    /// What the tenant's jobs do unless they say otherwise.
    pub policy_defaults: PolicyDefaults,
    /// What the preflight found. Issues of its schedule step are left aside: they are about the saved intent,
    /// and this decision judges the schedule that counts.
    pub preflight: Vec<Issue>,
}

/// What a job asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobCommand {
    /// A future execution.
    Schedule(ScheduleCommand),
    /// An immediate one.
    Send(PolicyCommand),
}

/// The body of a schedule job. Null in the body is none here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScheduleCommand {
    /// `sendAt`, as written.
    pub send_at: Option<String>,
    /// `batchDate`, as written.
    pub batch_date: Option<String>,
    /// `timezone`, as written.
    pub timezone: Option<String>,
    /// `policy`.
    pub policy: PolicyCommand,
}

/// A job that may be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// How the time is given: `now` of a send job, `at`, or `batch_on_date`.
    pub mode: Mode,
    /// When it begins; never before now. Direct mail is frozen when its day begins, or at once.
    pub due_at: Timestamp,
    /// `sendAt` as written, in the request or in the intent, of mode `at`.
    pub send_at_text: Option<String>,
    /// `sendAt` of the answer, of digital channels.
    pub send_at: Option<Timestamp>,
    /// `YYYY-MM-DD`, of direct mail.
    pub batch_date: Option<String>,
    /// The zone's name.
    pub timezone: String,
    /// Where the zone came from; a zone kept from the intent keeps its source.
    pub timezone_source: TimezoneSource,
    /// How the time was read.
    pub resolution: Resolution,
    /// What happens when the world does not keep to the plan.
    pub policy: Policy,
    /// What deserves a look.
    pub warnings: Vec<Warning>,
}

impl Scheduled {
    /// The scheduling model.
    #[must_use]
    pub const fn kind(&self) -> ScheduleKind {
        match self.mode {
            Mode::Now | Mode::At => ScheduleKind::DigitalSend,
            Mode::BatchOnDate => ScheduleKind::DirectMailBatch,
        }
    }
}

/// Decides a schedule job or a send job. The body is the contract's order of checks.
///
/// `INVALID_FOR_CHANNEL` (a send job on direct mail) stands beside the type check: the seed page says without any
/// condition that the endpoint answers so on that channel, whatever else the campaign lacks.
///
/// # Errors
/// The first check that fails.
pub fn decide_job(facts: &JobFacts, command: &JobCommand, now: Timestamp) -> Result<Scheduled, Refusal> {
    is_broadcast(facts)?;
    suits_channel(facts, command)?;
    is_draft(facts)?;
    has_version(facts)?;
    has_content(facts)?;
    has_audience(facts)?;
    let scheduled = match command {
        JobCommand::Schedule(command) => schedule_fields(facts, command, now)?,
        JobCommand::Send(policy) => send_fields(facts, policy, now)?,
    };
    has_no_blocker(facts)?;
    Ok(scheduled)
}

/// A job not yet started, about to be moved.
#[derive(Debug, Clone)]
pub struct MoveFacts {
    /// The campaign's channel.
    pub channel: ChannelKind,
    /// Where the job stands.
    pub state: JobState,
    /// Whether its audience has begun to be frozen.
    pub started: bool,
    /// Whether it is a send job, whose time is the moment it was asked for.
    pub immediate: bool,
    /// When it is due.
    pub due_at: Timestamp,
    /// Its schedule, in the form of an intent: what the request leaves out stays.
    pub current: Intent,
    /// Its policy: instants that the request leaves out move along with the job.
    pub policy: Policy,
    /// What the tenant said about time.
    pub tenant: TenantTime,
}

/// Decides whether and where a committed job moves.
///
/// # Errors
/// `ALREADY_FINISHED`, `ALREADY_STARTED`, `SEND_JOB_NOT_MOVABLE`, or what is wrong with the schedule.
pub fn decide_move(facts: &MoveFacts, command: &ScheduleCommand, now: Timestamp) -> Result<Scheduled, Refusal> {
    if facts.state.is_final() {
        return Err(Refusal::new(Code::AlreadyFinished));
    }
    if facts.started || facts.state == JobState::Running {
        return Err(Refusal::new(Code::AlreadyStarted));
    }
    if facts.immediate {
        return Err(Refusal::new(Code::SendJobNotMovable));
    }
    let after_due = |instant: Option<Timestamp>| instant.map(|instant| instant.millis_since(facts.due_at));
    let kept = PolicyDefaults {
        latest_start_after_ms: after_due(facts.policy.latest_start),
        on_missed: facts.policy.on_missed,
        latest_finish_after_ms: after_due(facts.policy.latest_finish),
        on_uncertain: facts.policy.on_uncertain,
        rate_per_minute: facts.policy.rate_per_minute,
    };
    let sources = Sources { channel: facts.channel, intent: Some(&facts.current), tenant: &facts.tenant };
    sources.timing(command, now)?.with_policy(&command.policy, &kept, &facts.tenant, now)
}

fn is_broadcast(facts: &JobFacts) -> Result<(), Refusal> {
    match facts.campaign_type {
        CampaignType::Broadcast => Ok(()),
        CampaignType::Journey => Err(Refusal::new(Code::TypeUnsupported)),
    }
}

fn suits_channel(facts: &JobFacts, command: &JobCommand) -> Result<(), Refusal> {
    match command {
        JobCommand::Send(_) if !facts.channel.is_digital() => Err(Refusal::new(Code::InvalidForChannel)),
        JobCommand::Send(_) | JobCommand::Schedule(_) => Ok(()),
    }
}

fn is_draft(facts: &JobFacts) -> Result<(), Refusal> {
    match facts.authoring_status {
        AuthoringStatus::Draft => Ok(()),
        AuthoringStatus::Published | AuthoringStatus::Archived => Err(Refusal::new(Code::NotDraft)),
    }
}

fn has_version(facts: &JobFacts) -> Result<(), Refusal> {
    if facts.has_version { Ok(()) } else { Err(Refusal::new(Code::VersionMissing)) }
}

fn has_content(facts: &JobFacts) -> Result<(), Refusal> {
    match facts.content {
        ContentBinding::Published => Ok(()),
        ContentBinding::None | ContentBinding::NotPublished => Err(Refusal::new(Code::ContentRequired)),
    }
}

fn has_audience(facts: &JobFacts) -> Result<(), Refusal> {
    if facts.audiences_included > 0 { Ok(()) } else { Err(Refusal::new(Code::AudienceRequired)) }
}

fn schedule_fields(facts: &JobFacts, command: &ScheduleCommand, now: Timestamp) -> Result<Scheduled, Refusal> {
    let sources = Sources { channel: facts.channel, intent: facts.intent.as_ref(), tenant: &facts.tenant };
    sources.timing(command, now)?.with_policy(&command.policy, &facts.policy_defaults, &facts.tenant, now)
}

/// An immediate send uses no intent: its time is now, and its zone is UTC.
fn send_fields(facts: &JobFacts, policy: &PolicyCommand, now: Timestamp) -> Result<Scheduled, Refusal> {
    let choice = digital_zone(None)?;
    let resolution = Resolution::of_instant(now, &choice.zone);
    let timing = Timing { mode: Mode::Now, text: None, batch_date: None, choice, resolution };
    timing.with_policy(policy, &facts.policy_defaults, &facts.tenant, now)
}

fn has_no_blocker(facts: &JobFacts) -> Result<(), Refusal> {
    let counts = |issue: &&Issue| issue.severity == Severity::Blocker && issue.step != Some(STEP_SCHEDULE);
    let blockers: Vec<Issue> = facts.preflight.iter().filter(counts).cloned().collect();
    if blockers.is_empty() {
        return Ok(());
    }
    Err(Refusal { code: Code::PreflightBlockers, detail: Detail::Issues(blockers) })
}

/// Where the fields of a schedule may come from, beside the request.
struct Sources<'a> {
    channel: ChannelKind,
    intent: Option<&'a Intent>,
    tenant: &'a TenantTime,
}

/// A time that was read and stands.
struct Timing {
    mode: Mode,
    text: Option<String>,
    batch_date: Option<String>,
    choice: ZoneChoice,
    resolution: Resolution,
}

impl Sources<'_> {
    fn timing(&self, command: &ScheduleCommand, now: Timestamp) -> Result<Timing, Refusal> {
        if self.intent.is_some_and(|intent| (intent.mode == Mode::BatchOnDate) == self.channel.is_digital()) {
            return Err(Refusal::new(Code::UnsupportedType));
        }
        if self.channel.is_digital() { self.send_time(command, now) } else { self.batch(command, now) }
    }

    fn send_time(&self, command: &ScheduleCommand, now: Timestamp) -> Result<Timing, Refusal> {
        if let Some(date) = &command.batch_date {
            let problem = format!("is for direct_mail, not {}", self.channel.as_str());
            return Err(Refusal::field(Code::UnsupportedChannel, "batchDate", Some(date), problem));
        }
        let saved = self.intent.and_then(|intent| intent.send_at_text.as_ref());
        let problem = "is required: neither the request nor the saved schedule has a send time";
        let required = || Refusal::field(Code::SendAtRequired, "sendAt", None, problem);
        let text = command.send_at.as_ref().or(saved).ok_or_else(required)?;
        let written = written_time(text)?;
        let choice = match self.kept_zone(command)? {
            Some(choice) => choice,
            None => digital_zone(command.timezone.as_deref())?,
        };
        let resolution = coming_instant(&written, text, &choice.zone, now)?;
        Ok(Timing { mode: Mode::At, text: Some(text.clone()), batch_date: None, choice, resolution })
    }

    fn batch(&self, command: &ScheduleCommand, now: Timestamp) -> Result<Timing, Refusal> {
        if let Some(time) = &command.send_at {
            let problem = "is not for direct_mail, which takes a batchDate";
            return Err(Refusal::field(Code::UnsupportedChannel, "sendAt", Some(time), problem));
        }
        let saved = self.intent.and_then(|intent| intent.batch_date.as_ref());
        let problem = "is required: neither the request nor the saved schedule has a date";
        let required = || Refusal::field(Code::BatchDateRequired, "batchDate", None, problem);
        let date = written_date(command.batch_date.as_ref().or(saved).ok_or_else(required)?)?;
        let choice = match self.kept_zone(command)? {
            Some(choice) => choice,
            None => mail_zone(command.timezone.as_deref(), self.tenant)?,
        };
        let resolution = open_batch(date, &choice.zone, self.tenant, now)?;
        Ok(Timing { mode: Mode::BatchOnDate, text: None, batch_date: Some(date.to_string()), choice, resolution })
    }

    /// The intent's zone, when the request names none.
    fn kept_zone(&self, command: &ScheduleCommand) -> Result<Option<ZoneChoice>, Refusal> {
        let Some(intent) = self.intent.filter(|_| command.timezone.is_none()) else { return Ok(None) };
        let zone: Zone = named_zone(&intent.timezone)?;
        Ok(Some(ZoneChoice { zone, source: intent.timezone_source }))
    }
}

impl Timing {
    fn with_policy(
        self,
        command: &PolicyCommand,
        defaults: &PolicyDefaults,
        tenant: &TenantTime,
        now: Timestamp,
    ) -> Result<Scheduled, Refusal> {
        let Self { mode, text, batch_date, choice: ZoneChoice { zone, source }, resolution } = self;
        let due_at = resolution.instant.max(now);
        let mut warnings = warnings(text.as_deref(), batch_date.as_deref(), zone.name(), source, &resolution, tenant);
        let limits = [("policy.latestStart", &command.latest_start), ("policy.latestFinish", &command.latest_finish)];
        let written = limits.into_iter().filter_map(|(path, text)| Some((path, text.as_deref()?)));
        warnings.extend(written.filter_map(|(path, text)| defaulted_warning(path, text, source, tenant)));
        Ok(Scheduled {
            mode,
            due_at,
            send_at: batch_date.is_none().then_some(resolution.instant),
            timezone: zone.name().to_owned(),
            timezone_source: source,
            policy: command.explicit(defaults, due_at, &zone)?,
            warnings,
            batch_date,
            send_at_text: text,
            resolution,
        })
    }
}
