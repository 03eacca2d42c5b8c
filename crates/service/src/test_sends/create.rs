//! Asking for a test.

use super::addressees::{Samples, judged, normalized};
use super::view::TestSend;
use crate::campaigns::campaign_of;
use crate::idempotency::{Answered, Reply};
use crate::preflight::{first_recipient, issues, sender_of};
use crate::{Actor, Service, ServiceError, Settings};
use postrider_core::campaign::AuthoringStatus;
use postrider_core::channel::ChannelKind;
use postrider_core::env::Entropy;
use postrider_core::error::{Code, Detail, Refusal};
use postrider_core::id::{
    CampaignId, ManifestId, ProfileId, ScheduleId, SenderProfileId, TemplateVersionId, TenantId, VersionId,
};
use postrider_core::preflight::{
    Issue, STEP_CHANNEL, STEP_CONTENT, Severity, UNSUBSCRIBE_LINK_MISSING, UNSUBSCRIBE_MISSING,
};
use postrider_core::schedule::{JobState, OnMissed, OnUncertain, Policy, TimezoneSource};
use postrider_core::scope::Scope;
use postrider_core::time::{HOUR_MS, Resolution, Timestamp, Zone};
use postrider_store::Tx;
use postrider_store::campaigns::Campaign;
use postrider_store::schedules::ScheduleJob;
use postrider_store::wake::Topic;

/// Most addresses of one test.
pub const ADDRESSES_MAX: usize = 10;
/// How long after it was asked for a test may still leave, in milliseconds: a later one would only surprise.
const LATEST_FINISH_AFTER_MS: i64 = HOUR_MS;

/// What a test is to be.
#[derive(Clone)]
pub struct TestSendCommand {
    /// Of which campaign.
    pub campaign: CampaignId,
    /// Where to: 1 to 10 addresses of the campaign's channel.
    pub addresses: Vec<String>,
    /// Whose fields the message shows. If none: those of who has the address; those of the first recipient where nobody
    /// has it and the caller may read people; else nobody's.
    pub profile: Option<ProfileId>,
}

impl Service {
    /// Sends a campaign's message to a few named addresses, marked as a test.
    ///
    /// # Errors
    /// In this order: `REQUEST_INVALID` for the number of addresses, `CAMPAIGNS.NOT_FOUND`, `CAMPAIGNS.ARCHIVED`,
    /// `INVALID_FOR_CHANNEL` on direct mail, `CONTENT.REQUIRED`, `PROFILES.NOT_FOUND`, `REQUEST_INVALID` for an
    /// address, `PREFLIGHT_BLOCKERS` of content and channel.
    pub async fn create_test_send(
        &self,
        actor: &Actor,
        command: TestSendCommand,
        reply: Reply<TestSend>,
    ) -> Result<Answered, ServiceError> {
        actor.require(Scope::CampaignsSend)?;
        if !(1..=ADDRESSES_MAX).contains(&command.addresses.len()) {
            return Err(Refusal::invalid("addresses", None, "must hold 1 to 10 addresses").into());
        }
        let (tenant, now, entropy) = (actor.tenant, self.now(), self.entropy());
        let settings = self.settings().clone();
        let may_read_people = actor.scopes.contains(&Scope::CdpProfilesRead);
        let create = move |tx: &mut Tx<'_>| {
            let campaign = campaign_of(tx, tenant, command.campaign)?;
            let template_version = sendable(tx, tenant, &campaign)?;
            if let Some(profile) = command.profile {
                tx.profile_get(tenant, profile)?.ok_or(Code::ProfileNotFound)?;
            }
            let channel = campaign.channel;
            let addresses = normalized(channel, &command.addresses)?;
            has_no_blocker(tx, tenant, &campaign, &settings, now)?;
            let sender = sender_of(tx, tenant, &campaign)?.map(|sender| sender.id);
            let job = job(&campaign, template_version, sender, now, &*entropy);
            let stand_in = match command.profile {
                None if may_read_people => first_recipient(tx, tenant, &campaign, now)?,
                _ => None,
            };
            let samples = Samples { named: command.profile, stand_in };
            let people = judged(tx, tenant, channel, &addresses, samples, now, &*entropy)?;
            tx.schedule_insert(tenant, &job, &[])?;
            tx.test_recipients_insert(job.id, &people)?;
            Ok(TestSend::new(job, people))
        };
        let answered = self.answer_once("test_send.create", actor, reply, create).await?;
        self.store().wake().nudge(Topic::Schedules);
        Ok(answered)
    }
}

/// The template version that a campaign would send.
fn sendable(tx: &mut Tx<'_>, tenant: TenantId, campaign: &Campaign) -> Result<TemplateVersionId, ServiceError> {
    if campaign.authoring_status == AuthoringStatus::Archived {
        return Err(Code::CampaignArchived.into());
    }
    if campaign.channel == ChannelKind::DirectMail {
        return Err(Code::InvalidForChannel.into());
    }
    let template = match campaign.template_id {
        Some(template) => tx.template_get(tenant, template)?,
        None => None,
    };
    Ok(template.and_then(|template| template.published_version).ok_or(Code::ContentRequired)?)
}

/// What keeps the content from leaving keeps a test from leaving. That there is no way out yet is what a test may
/// show; audience and schedule are not needed.
fn has_no_blocker(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    campaign: &Campaign,
    settings: &Settings,
    now: Timestamp,
) -> Result<(), ServiceError> {
    let counts = |issue: &Issue| {
        let step = issue.step.is_some_and(|step| [STEP_CONTENT, STEP_CHANNEL].contains(&step));
        let way_out = [UNSUBSCRIBE_MISSING, UNSUBSCRIBE_LINK_MISSING].contains(&issue.code);
        issue.severity == Severity::Blocker && step && !way_out
    };
    let mut blockers = issues(tx, tenant, campaign, settings, now)?;
    blockers.retain(counts);
    if blockers.is_empty() {
        return Ok(());
    }
    Err(Refusal { code: Code::PreflightBlockers, detail: Detail::Issues(blockers) }.into())
}

fn job(
    campaign: &Campaign,
    template_version: TemplateVersionId,
    sender: Option<SenderProfileId>,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> ScheduleJob {
    let utc = Zone::utc();
    ScheduleJob {
        id: ScheduleId::new(now, entropy),
        campaign: campaign.id,
        version: VersionId::new(now, entropy),
        manifest: ManifestId::new(now, entropy),
        // Executions are numbered; a test is none.
        touchpoint: 0,
        channel: campaign.channel,
        state: JobState::Scheduled,
        immediate: true,
        due_at: now,
        send_at: None,
        batch_date: None,
        timezone: utc.name().to_owned(),
        timezone_source: TimezoneSource::UtcFallback,
        resolution: Resolution::of_instant(now, &utc),
        template_version,
        sender,
        subject: campaign.subject_line.clone(),
        policy: Policy {
            latest_start: None,
            on_missed: OnMissed::Send,
            latest_finish: Some(now.plus_millis(LATEST_FINISH_AFTER_MS)),
            on_uncertain: OnUncertain::Hold,
            rate_per_minute: None,
        },
        blocked_reason: None,
        created_at: now,
        started_at: None,
        finished_at: None,
        is_test: true,
        parent: None,
    }
}
