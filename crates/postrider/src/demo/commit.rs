//! Says when, rehearses, and commits: the part of the API that everything else is there for.

use super::failure::DemoError;
use super::session::{Session, number, text};
use crate::api_client::CallError;
use crate::books::grouped;
use postrider_core::error::Code;
use postrider_core::time::{SECOND_MS, Timestamp, Zone};
use serde_json::json;

/// The zone in whose words the time is said.
const ZONE: &str = "Europe/Berlin";
/// How far ahead the campaign is scheduled, in milliseconds.
const LEAD_MS: i64 = 3 * SECOND_MS;
/// How much further ahead for each recipient whom preflight and dry run look at, in microseconds.
const LEAD_PER_RECIPIENT_US: i64 = 50;
/// How often a time is chosen anew, further ahead, because a slow machine let the one before pass.
const COMMITS_MAX: u32 = 4;

/// A committed job.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id.
    pub schedule_id: String,
    /// Its instant.
    pub send_at: Timestamp,
    /// How many people the dry run found on the list.
    pub matched: u64,
}

/// Schedules the campaign a few seconds ahead.
///
/// # Errors
/// A request fails, preflight finds a blocker, or the machine is too slow to commit before the time has come.
pub async fn commit(session: &Session, campaign_id: &str, count: i64) -> Result<Job, DemoError> {
    let mut lead_ms = LEAD_MS.saturating_add(count.saturating_mul(LEAD_PER_RECIPIENT_US) / 1_000);
    for _ in 1..COMMITS_MAX {
        match attempt(session, campaign_id, lead_ms).await {
            Err(DemoError::Call(error)) if has_passed(&error) => lead_ms *= 4,
            other => return other,
        }
        session.narrator.say("  The time passed before the job was made; trying again with a later one.");
    }
    attempt(session, campaign_id, lead_ms).await
}

/// Whether the time of the job had passed when it was checked.
fn has_passed(error: &CallError) -> bool {
    matches!(error, CallError::Refused { code, .. } if code == Code::SendAtInvalid.as_str())
}

async fn attempt(session: &Session, campaign_id: &str, lead_ms: i64) -> Result<Job, DemoError> {
    let zone = Zone::find(ZONE).ok_or_else(|| DemoError::Machine("find the time zone", ZONE.to_owned()))?;
    // A wall clock shows whole seconds: the next one, so that it is never sooner than said.
    let local_time = zone.local_time_at(session.clock.now().plus_millis(lead_ms + SECOND_MS - 1));
    let local_time = local_time.split('.').next().unwrap_or_default().to_owned();
    let intent = json!({ "mode": "at", "sendAt": local_time, "timezone": ZONE });
    let scheduled = session.put(&format!("/campaigns/{campaign_id}/schedule"), &intent).await?;
    session.narrator.step(&format!("Saved the time: {local_time} {ZONE}"), &scheduled);

    preflight(session, campaign_id).await?;
    let jobs = format!("/campaigns/{campaign_id}/schedule-jobs");
    let rehearsed = session.post(&jobs, &json!({ "dryRun": true })).await?;
    let part = |name| number(&rehearsed, name).map(grouped);
    let did = format!(
        "Rehearsed it: {} people on the list, {} would get a message",
        part("/plan/audience/matched")?,
        part("/plan/audience/targeted")?
    );
    session.narrator.step(&did, &rehearsed);

    let body = json!({ "expectPlan": text(&rehearsed, "/plan/digest")? });
    let job = session.post_once(&jobs, &body).await?;
    session.narrator.step("Committed it, with an Idempotency-Key", &job);
    let written = text(&job, "/sendAt")?;
    let send_at = Timestamp::parse(&written).ok_or_else(|| DemoError::Shape(job.line.clone(), "RFC 3339 in sendAt"))?;
    let matched = u64::try_from(number(&rehearsed, "/plan/audience/matched")?).unwrap_or(0);
    Ok(Job { schedule_id: text(&job, "/scheduleId")?, send_at, matched })
}

async fn preflight(session: &Session, campaign_id: &str) -> Result<(), DemoError> {
    let checked = session.post(&format!("/campaigns/{campaign_id}/preflight"), &json!({})).await?;
    let blockers = number(&checked, "/summary/blockers")?;
    if blockers > 0 {
        let issues = checked.data["issues"].as_array().cloned().unwrap_or_default();
        let messages: Vec<&str> = issues.iter().filter_map(|issue| issue["message"].as_str()).collect();
        return Err(DemoError::Stopped(format!("preflight found {blockers} blockers ({})", messages.join(" "))));
    }
    let did = format!("Checked it: no blockers, {} warnings", number(&checked, "/summary/warnings")?);
    session.narrator.step(&did, &checked);
    Ok(())
}
