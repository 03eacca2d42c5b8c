//! What clients see of jobs, as the seed page has it.

use crate::campaigns::ResolutionDto;
use postrider_core::channel::ChannelKind;
use postrider_core::id::{CampaignId, ManifestId, VersionId};
use postrider_core::schedule::{Policy, ScheduleKind, Warning};
use postrider_service::schedules::{Canceled, Committed, DryRun, JobAnswer, JobView, Moved, Plan};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The one step that a broadcast has.
const NODE_KEY: &str = "send_1";

/// What deserves a look.
#[derive(Serialize, ToSchema)]
pub struct WarningDto {
    /// Stable code.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
}

impl From<&Warning> for WarningDto {
    fn from(warning: &Warning) -> Self {
        Self { code: warning.code, message: warning.message.clone() }
    }
}

/// The explicit policy of a job.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyDto {
    latest_start: Option<String>,
    /// `send`, `hold` or `cancel`.
    on_missed: &'static str,
    latest_finish: Option<String>,
    /// `hold`, `retry` or `assume_sent`.
    on_uncertain: &'static str,
    rate_per_minute: Option<u32>,
}

impl From<&Policy> for PolicyDto {
    fn from(policy: &Policy) -> Self {
        Self {
            latest_start: policy.latest_start.map(|instant| instant.to_string()),
            on_missed: policy.on_missed.as_str(),
            latest_finish: policy.latest_finish.map(|instant| instant.to_string()),
            on_uncertain: policy.on_uncertain.as_str(),
            rate_per_minute: policy.rate_per_minute,
        }
    }
}

/// Which audience goes through which step; snake_case, as the seed page has it.
#[derive(Serialize, ToSchema)]
pub struct BindingDto {
    journey_version_id: Uuid,
    /// `send_1`.
    node_key: &'static str,
    manifest_id: Uuid,
    placeholder_manifest_id: Option<Uuid>,
    touchpoint_id: i64,
    /// `email`, `sms`, `push` or `direct_mail`.
    channel: &'static str,
}

/// The answer to a job request. A committed job has ids and its time, a rehearsed one `dryRun` and `plan`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobCreated {
    journey_id: Uuid,
    version_id: Uuid,
    /// `published`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
    warnings: Vec<WarningDto>,
    bindings: Vec<BindingDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_id: Option<Uuid>,
    /// The job whose failed recipients it tries again.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_schedule_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    touchpoint_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    send_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<PlanDto>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PlanDto {
    digest: String,
    audience: PlanReachDto,
    resolution: ResolutionDto,
    predicted_finish_at: String,
    samples: Vec<SampleDto>,
}

#[derive(Serialize, ToSchema)]
struct PlanReachDto {
    matched: i64,
    excluded: i64,
    suppressed: i64,
    unreachable: i64,
    targeted: i64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SampleDto {
    profile_id: Uuid,
    subject: Option<String>,
    text: String,
}

/// The answer as it leaves.
pub fn job_created(answer: &JobAnswer) -> JobCreated {
    match answer {
        JobAnswer::Rehearsed(rehearsed) => rehearsed_view(rehearsed),
        JobAnswer::Committed(committed) => committed_view(committed),
    }
}

fn rehearsed_view(rehearsed: &DryRun) -> JobCreated {
    let DryRun { campaign, version, channel, touchpoint, manifest, warnings, plan } = rehearsed;
    let frame = frame(*campaign, *version, *manifest, *touchpoint, *channel, warnings);
    JobCreated { dry_run: Some(true), plan: Some(plan_view(plan)), ..frame }
}

fn committed_view(committed: &Committed) -> JobCreated {
    let job = &committed.job;
    let digital = job.channel.is_digital();
    let frame = frame(job.campaign, job.version, job.manifest, job.touchpoint, job.channel, &committed.warnings);
    JobCreated {
        manifest_id: Some(job.manifest.into()),
        schedule_id: Some(job.id.into()),
        parent_schedule_id: job.parent.map(Uuid::from),
        touchpoint_id: Some(job.touchpoint),
        send_at: digital.then(|| job.resolution.instant.to_string()),
        batch_date: job.batch_date.clone(),
        timezone: Some(job.timezone.clone()),
        ..frame
    }
}

fn frame(
    campaign: CampaignId,
    version: VersionId,
    manifest: ManifestId,
    touchpoint: i64,
    channel: ChannelKind,
    warnings: &[Warning],
) -> JobCreated {
    let binding = BindingDto {
        journey_version_id: version.into(),
        node_key: NODE_KEY,
        manifest_id: manifest.into(),
        placeholder_manifest_id: None,
        touchpoint_id: touchpoint,
        channel: channel.as_str(),
    };
    JobCreated {
        journey_id: campaign.into(),
        version_id: version.into(),
        status: "published",
        dry_run: None,
        warnings: warnings.iter().map(WarningDto::from).collect(),
        bindings: vec![binding],
        manifest_id: None,
        schedule_id: None,
        parent_schedule_id: None,
        touchpoint_id: None,
        send_at: None,
        batch_date: None,
        timezone: None,
        plan: None,
    }
}

fn plan_view(plan: &Plan) -> PlanDto {
    let reach = plan.audience;
    let samples = plan.samples.iter().map(|sample| SampleDto {
        profile_id: sample.profile.into(),
        subject: sample.subject.clone(),
        text: sample.text.clone(),
    });
    PlanDto {
        digest: plan.digest.clone(),
        audience: PlanReachDto {
            matched: reach.matched,
            excluded: reach.excluded,
            suppressed: reach.suppressed,
            unreachable: reach.unreachable,
            targeted: reach.targeted,
        },
        resolution: ResolutionDto::of(&plan.resolution),
        predicted_finish_at: plan.predicted_finish_at.to_string(),
        samples: samples.collect(),
    }
}

/// A job as it is shown.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobObject {
    schedule_id: Uuid,
    /// The job whose failed recipients it tries again.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_schedule_id: Option<Uuid>,
    campaign_id: Uuid,
    version_id: Uuid,
    manifest_id: Uuid,
    touchpoint_id: i64,
    /// `email`, `sms`, `push` or `direct_mail`.
    channel: &'static str,
    /// `digital_send` or `direct_mail_batch`.
    kind: &'static str,
    /// `scheduled`, `running`, `paused`, `held`, `completed`, `completed_with_failures`, `failed` or `canceled`.
    state: &'static str,
    send_at: Option<String>,
    batch_date: Option<String>,
    timezone: String,
    /// `request`, `tenant_default` or `utc_fallback`.
    timezone_source: &'static str,
    resolution: ResolutionDto,
    policy: PolicyDto,
    scheduled_for: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    blocked_reason: Option<String>,
    created_at: String,
}

impl From<&JobView> for JobObject {
    fn from(job: &JobView) -> Self {
        Self {
            schedule_id: job.id.into(),
            parent_schedule_id: job.parent.map(Uuid::from),
            campaign_id: job.campaign.into(),
            version_id: job.version.into(),
            manifest_id: job.manifest.into(),
            touchpoint_id: job.touchpoint,
            channel: job.channel.as_str(),
            kind: ScheduleKind::of(job.channel).as_str(),
            state: job.state.as_str(),
            send_at: job.channel.is_digital().then(|| job.resolution.instant.to_string()),
            batch_date: job.batch_date.clone(),
            timezone: job.timezone.clone(),
            timezone_source: job.timezone_source.as_str(),
            resolution: ResolutionDto::of(&job.resolution),
            policy: PolicyDto::from(&job.policy),
            scheduled_for: job.due_at.to_string(),
            started_at: job.started_at.map(|instant| instant.to_string()),
            finished_at: job.finished_at.map(|instant| instant.to_string()),
            blocked_reason: job.blocked_reason.clone(),
            created_at: job.created_at.to_string(),
        }
    }
}

/// A job that was moved.
#[derive(Serialize, ToSchema)]
pub struct MovedJob {
    #[serde(flatten)]
    job: JobObject,
    /// What deserves a look in the new time.
    warnings: Vec<WarningDto>,
}

impl From<&Moved> for MovedJob {
    fn from(moved: &Moved) -> Self {
        Self { job: JobObject::from(&moved.job), warnings: moved.warnings.iter().map(WarningDto::from).collect() }
    }
}

/// The jobs of a campaign.
#[derive(Serialize, ToSchema)]
pub struct JobList {
    /// Newest first.
    pub items: Vec<JobObject>,
}

/// A job that was taken back.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CanceledDto {
    schedule_id: Uuid,
    campaign_id: Uuid,
    /// `canceled`.
    status: &'static str,
    receipt: Option<ReceiptDto>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReceiptDto {
    prevented: i64,
    handed_off: i64,
    uncertain: i64,
}

impl From<&Canceled> for CanceledDto {
    fn from(canceled: &Canceled) -> Self {
        let receipt = canceled.receipt.map(|receipt| ReceiptDto {
            prevented: receipt.prevented,
            handed_off: receipt.handed_off,
            uncertain: receipt.uncertain,
        });
        Self { schedule_id: canceled.job.into(), campaign_id: canceled.campaign.into(), status: "canceled", receipt }
    }
}
