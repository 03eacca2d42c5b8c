//! `postrider campaign show|watch`: how a campaign stands, and how it goes on.

use super::warnings::POISONED_REMEDY;
use super::{Context, Failure, Report};
use crate::books;
use crate::lifecycle;
use crate::progress::{Glance, Progress};
use crate::system::SystemClock;
use clap::{Args, Subcommand};
use postrider_core::campaign::ExecutionStatus;
use postrider_core::delivery::{DeliveryState, POISONED};
use postrider_core::env::Clock as _;
use postrider_core::id::{CampaignId, ClientId, TenantId};
use postrider_core::scope::Scope;
use postrider_core::time::Resolution;
use postrider_service::status::{Execution, Status};
use postrider_service::{Actor, Service};
use postrider_store::OpenMode;
use serde_json::{Value, json};
use uuid::Uuid;

/// How often a watched campaign is looked at, in milliseconds.
const WATCH_MS: i64 = 250;

#[derive(Debug, Subcommand)]
pub(super) enum CampaignCommand {
    /// Show the state of a campaign.
    Show(CampaignArgs),
    /// Follow a campaign until it ends or you press Ctrl-C.
    Watch(CampaignArgs),
}

#[derive(Debug, Args)]
pub(super) struct CampaignArgs {
    /// Which campaign.
    id: CampaignId,
    /// Of which tenant.
    #[arg(long, value_name = "ID")]
    tenant: TenantId,
}

pub(super) async fn run(command: CampaignCommand, context: &Context) -> Result<(), Failure> {
    let (_, _, service) = context.open(OpenMode::ReadOnly).await?;
    service.note_hold().await?;
    let (tenant, status) = match command {
        CampaignCommand::Show(args) => (args.tenant, service.status(&operator(args.tenant), args.id).await?),
        CampaignCommand::Watch(args) => (args.tenant, watch(&service, &args).await?),
    };
    let metrics = service.metrics(&operator(tenant), status.campaign.id).await?;
    let poisoned = metrics.by_reason.iter().filter(|reason| reason.reason == POISONED).map(|reason| reason.count).sum();
    context.answer(&Report::new(text(&status, poisoned), document(&status, poisoned)));
    Ok(())
}

/// Whoever can open the database may see everything in it.
fn operator(tenant: TenantId) -> Actor {
    Actor { tenant, client: ClientId::from(Uuid::nil()), scopes: Scope::ALL.iter().copied().collect() }
}

/// Shows progress until the campaign is over or somebody asks to stop; answers how it stands then.
async fn watch(service: &Service, args: &CampaignArgs) -> Result<Status, Failure> {
    let stop = lifecycle::listen()?;
    let actor = operator(args.tenant);
    let mut progress = Progress::new();
    loop {
        let status = service.status(&actor, args.id).await?;
        let now = SystemClock.now();
        progress.show(&glance(&status, |execution| execution.job.due_at.millis_since(now)));
        if is_over(status.campaign.execution_status) {
            progress.end();
            return Ok(status);
        }
        tokio::select! {
            biased;
            () = stop.requested() => {
                progress.end();
                return Ok(status);
            }
            () = SystemClock.sleep_until(now.plus_millis(WATCH_MS)) => {}
        }
    }
}

const fn is_over(status: ExecutionStatus) -> bool {
    match status {
        ExecutionStatus::NotScheduled
        | ExecutionStatus::Scheduled
        | ExecutionStatus::Running
        | ExecutionStatus::Paused
        | ExecutionStatus::Held => false,
        ExecutionStatus::Completed
        | ExecutionStatus::CompletedWithFailures
        | ExecutionStatus::Failed
        | ExecutionStatus::Canceled => true,
    }
}

fn glance(status: &Status, starts_in_ms: impl Fn(&Execution) -> i64) -> Glance<'static> {
    let counts = status.execution.as_ref().map(|execution| execution.counts).unwrap_or_default();
    let whole = |count: i64| u64::try_from(count).unwrap_or(0);
    Glance {
        status: status.campaign.execution_status.as_str(),
        expected: 0,
        frozen: whole(counts.frozen()),
        settled: whole(counts.frozen() - counts.live()),
        sent: whole(counts.of(DeliveryState::Sent)),
        rate_per_second: status.execution.as_ref().and_then(|execution| execution.rate_per_second),
        starts_in_ms: status.execution.as_ref().map(starts_in_ms).filter(|ms| *ms > 0),
    }
}

fn text(status: &Status, poisoned: i64) -> String {
    let campaign = &status.campaign;
    let mut lines = vec![
        format!("{}: {}", campaign.name, campaign.execution_status.as_str()),
        format!("  id           {}", campaign.id),
        format!("  channel      {}", campaign.channel.as_str()),
        format!("  authoring    {}", campaign.authoring_status.as_str()),
    ];
    let Some(execution) = &status.execution else {
        if let Some((intent, resolution)) = status.schedule.as_ref().and_then(|it| Some((it, it.resolution.as_ref()?)))
        {
            let Resolution { local_time, instant, .. } = resolution;
            lines.push(format!("  saved time   {local_time} in {} ({instant})", intent.timezone));
        }
        lines.push("  No job is committed.".to_owned());
        return lines.join("\n");
    };
    let job = &execution.job;
    let resolution = &job.resolution;
    lines.push(format!("  job          {}", job.id));
    lines.push(format!("  due          {} in {} ({})", resolution.local_time, job.timezone, job.due_at));
    if let (Some(started), Some(lateness)) = (job.started_at, execution.start_lateness_ms) {
        lines.push(format!("  started      {started}, {lateness} ms after its instant"));
    }
    if let Some(finished) = job.finished_at {
        lines.push(format!("  finished     {finished}"));
    } else if let Some(predicted) = execution.predicted_finish_at {
        lines.push(format!("  will finish  {predicted}"));
    }
    if let Some(rate) = execution.rate_per_second {
        lines.push(format!("  rate         {rate:.0} a second"));
    }
    if let Some(reason) = &job.blocked_reason {
        lines.push(format!("  blocked      {reason}"));
    }
    if poisoned > 0 {
        lines.push(format!(
            "  {POISONED:12} {poisoned}: the process ended twice while it rendered the message; {POISONED_REMEDY}"
        ));
    }
    lines.push(format!("\n{}", books::table(&execution.counts, 0).trim_end()));
    lines.join("\n")
}

/// For machines; the names are those of `GET /campaigns/{id}/status`, and `poisoned` counts who failed for that reason.
fn document(status: &Status, poisoned: i64) -> Value {
    let campaign = &status.campaign;
    let execution = status.execution.as_ref().map(|execution| {
        let job = &execution.job;
        json!({
            "scheduleId": job.id.to_string(),
            "scheduledFor": job.due_at.to_string(),
            "timezone": job.timezone,
            "startedAt": job.started_at.map(|instant| instant.to_string()),
            "finishedAt": job.finished_at.map(|instant| instant.to_string()),
            "startLatenessMs": execution.start_lateness_ms,
            "counts": books::document(&execution.counts),
            "progress": execution.progress,
            "ratePerSecond": execution.rate_per_second,
            "predictedFinishAt": execution.predicted_finish_at.map(|instant| instant.to_string()),
            "blockedReason": job.blocked_reason,
            "poisoned": poisoned,
        })
    });
    json!({
        "campaignId": campaign.id.to_string(),
        "name": campaign.name,
        "channel": campaign.channel.as_str(),
        "authoringStatus": campaign.authoring_status.as_str(),
        "executionStatus": campaign.execution_status.as_str(),
        "execution": execution,
    })
}
