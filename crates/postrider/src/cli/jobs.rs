//! `postrider jobs list|hold|release`: shows the jobs that will send, holds them and releases them.

use super::{Context, Failure, Report, Trouble};
use crate::engine_lock::EngineLock;
use crate::system::OsEntropy;
use clap::{Args, Subcommand};
use postrider_core::hold::HoldReason;
use postrider_core::id::ScheduleId;
use postrider_core::schedule::JobState;
use postrider_core::time::Timestamp;
use postrider_service::schedules::OpenJobs;
use postrider_store::OpenMode;
use postrider_store::holds::{Held, LISTED_MAX, OpenJob};
use serde_json::{Value, json};
use std::fmt::Display;
use std::io::{BufRead as _, IsTerminal as _};

#[derive(Debug, Subcommand)]
pub(super) enum JobsCommand {
    /// Show the jobs of all tenants that are not over, and whether sending is held.
    List,
    /// Keep all jobs, or single ones, from sending until they are released.
    Hold(HoldArgs),
    /// Let all jobs, or single ones, go on.
    Release(ReleaseArgs),
}

#[derive(Debug, Args)]
#[group(id = "which", required = true, multiple = false)]
pub(super) struct HoldArgs {
    /// Everything that this database would send, including events to webhooks and jobs that are made later.
    #[arg(long, group = "which")]
    all: bool,
    /// Single jobs, by the id that `jobs list` shows.
    #[arg(value_name = "ID", group = "which")]
    ids: Vec<ScheduleId>,
}

#[derive(Debug, Args)]
pub(super) struct ReleaseArgs {
    #[command(flatten)]
    which: HoldArgs,
    /// Do not ask; needed where there is no terminal.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(command: JobsCommand, context: &Context) -> Result<(), Failure> {
    match command {
        JobsCommand::List => list(context).await,
        JobsCommand::Hold(args) => hold(args, context).await,
        JobsCommand::Release(args) => release(args, context).await,
    }
}

async fn list(context: &Context) -> Result<(), Failure> {
    let (_, _, service) = context.open(OpenMode::ReadOnly).await?;
    let open = service.open_jobs().await?;
    let now = service.now();
    context.answer(&Report::new(text(&open, now), document(&open, now)));
    Ok(())
}

async fn hold(args: HoldArgs, context: &Context) -> Result<(), Failure> {
    let (_, _, service) = context.open(OpenMode::Existing).await?;
    if !args.all {
        for id in &args.ids {
            service.hold_job(*id).await.map_err(|error| of_job(*id, error.into()))?;
        }
        let text = format!("Paused {}.", counted(args.ids.len(), "job"));
        context.answer(&Report::new(
            text,
            json!({ "paused": args.ids.iter().map(ToString::to_string).collect::<Vec<_>>() }),
        ));
        return Ok(());
    }
    service.hold_all().await?;
    let open = service.open_jobs().await?;
    let text = format!(
        "Sending is held: {} will not go on until you run `postrider jobs release --all`.\n\
        A running engine stops within engine.poll_ms, after the messages that are already on their way.",
        if open.more { format!("more than {LISTED_MAX} jobs") } else { counted(open.jobs.len(), "job") }
    );
    context.answer(&Report::new(text, document(&open, service.now())));
    Ok(())
}

async fn release(args: ReleaseArgs, context: &Context) -> Result<(), Failure> {
    let (_, store, service) = context.open(OpenMode::Existing).await?;
    let ReleaseArgs { which, yes } = args;
    // A copy on which no engine has started is found out now, so that the next start does not hold it again. A server
    // notes where it is by that, so it waits for the answer.
    let lock = if which.all { EngineLock::take(&store).ok() } else { None };
    let at_once = store.is_embedded() || yes;
    if lock.is_some() && at_once {
        store.enter(service.now(), &OsEntropy).await?;
    }
    let open = service.open_jobs().await?;
    let now = service.now();
    let jobs = || open.jobs.iter().filter(|job| which.all || which.ids.contains(&job.id));
    let mut question = consequences(jobs(), open.held.as_ref().filter(|_| which.all), now);
    if which.all && open.more {
        question
            .insert_str(0, &format!("There are more than {LISTED_MAX} jobs, and only the first are counted here: "));
    }
    if which.all && open.held.is_none() {
        context.answer(&Report::new("Sending was not held.", json!({ "released": false })));
        return Ok(());
    }
    confirm(context, &question, ("release", "nothing was released"), yes)?;
    if lock.is_some() && !at_once {
        store.enter(service.now(), &OsEntropy).await?;
    }
    if let Some(held) = open.held.clone().filter(|_| which.all)
        && !service.release_all(held).await?
    {
        let message = "the hold is another one now than the one that you were asked about; nothing was released. \
            Look at postrider jobs list and run this again";
        return Err(Failure::of(Trouble::Failed, message));
    }
    for id in &which.ids {
        service.release_job(*id).await.map_err(|error| of_job(*id, error.into()))?;
    }
    let released = jobs().map(|job| job.id.to_string()).collect::<Vec<_>>();
    context.answer(&Report::new(format!("Released. {question}"), json!({ "released": true, "jobs": released })));
    Ok(())
}

/// Names the job in a refusal about it.
fn of_job(id: ScheduleId, failure: Failure) -> Failure {
    failure.about(&format!("job {id}"))
}

/// Asks on the terminal whether to go on, unless `--yes` was given: to do what, and what is said if not.
pub(super) fn confirm(
    context: &Context,
    question: &str,
    (action, undone): (&str, &str),
    yes: bool,
) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let message = format!("{question} Add --yes to confirm; {undone}");
        return Err(Failure::of(Trouble::Usage, message));
    }
    context.note(format!("{question}\nType yes to {action}: "));
    let mut answer = String::new();
    let read = stdin.lock().read_line(&mut answer);
    if read.is_ok() && answer.trim() == "yes" {
        return Ok(());
    }
    Err(Failure::of(Trouble::Failed, undone))
}

/// The consequences of a release, for the question and the result.
fn consequences<'j>(jobs: impl Iterator<Item = &'j OpenJob>, held: Option<&Held>, now: Timestamp) -> String {
    let (mut begun, mut due, mut later, mut pending) = (0, 0, 0, 0);
    for job in jobs {
        match job.started_at {
            Some(_) => begun += 1,
            None if job.due_at <= now => due += 1,
            None => later += 1,
        }
        pending += job.pending;
    }
    let mut text = format!(
        "{} already under way, with {} still to come, and {} due now will be sent at once; {later} more wait for their time.",
        counted(begun, "job"),
        counted(pending, "recipient"),
        counted(due, "job"),
    );
    if held.is_some_and(|held| held.reason != HoldReason::Operator) {
        text.push_str(
            " If this is a copy, recipients that the original has sent to since the copy was made get the message \
            a second time.",
        );
    }
    text
}

fn counted(number: impl Display + PartialEq + From<u8>, what: &str) -> String {
    let plural = if number == 1.into() { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// What a job waits for.
fn waits(job: &OpenJob, now: Timestamp) -> &'static str {
    match job.state {
        JobState::Scheduled if job.due_at <= now => "due",
        state => state.as_str(),
    }
}

fn text(open: &OpenJobs, now: Timestamp) -> String {
    let mut lines = vec![match &open.held {
        Some(held) => format!("Sending is held since {} ({}): {}", held.since, held.reason.as_str(), held.text),
        None => "Sending is not held.".to_owned(),
    }];
    if open.jobs.is_empty() {
        lines.push("No job waits or runs.".to_owned());
    }
    for job in &open.jobs {
        let test = if job.is_test { " (test)" } else { "" };
        lines.push(format!("{}  {:9} due {}  {}{test}", job.id, waits(job, now), job.due_at, job.name));
        lines.push(format!(
            "    campaign {} of tenant {}, {} recipients pending",
            job.campaign, job.tenant, job.pending
        ));
        if let Some(reason) = &job.blocked_reason {
            lines.push(format!("    blocked: {reason}"));
        }
    }
    if open.more {
        lines.push(format!("There are more than {LISTED_MAX} jobs; only the first are shown."));
    }
    lines.join("\n")
}

fn document(open: &OpenJobs, now: Timestamp) -> Value {
    let held = open
        .held
        .as_ref()
        .map(|held| json!({ "since": held.since.to_string(), "reason": held.reason.as_str(), "sentence": held.text }));
    let jobs: Vec<Value> = open
        .jobs
        .iter()
        .map(|job| {
            json!({
                "id": job.id.to_string(),
                "tenant": job.tenant.to_string(),
                "campaign": job.campaign.to_string(),
                "name": job.name,
                "channel": job.channel.as_str(),
                "state": job.state.as_str(),
                "due": job.state == JobState::Scheduled && job.due_at <= now,
                "dueAt": job.due_at.to_string(),
                "startedAt": job.started_at.map(|at| at.to_string()),
                "pending": job.pending,
                "test": job.is_test,
                "blockedReason": job.blocked_reason,
            })
        })
        .collect();
    json!({ "held": held, "jobs": jobs, "more": open.more })
}
