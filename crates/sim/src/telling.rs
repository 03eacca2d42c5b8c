//! Compares the events that the endpoint of a world got with what happened: a change is reported if and only if it
//! happened, once per event, and never before.

use crate::listener::Told;
use crate::observer::Seen;
use postrider_core::delivery::DeliveryState;
use postrider_core::event::EventKind;
use postrider_core::schedule::JobState;
use postrider_core::time::Timestamp;
use postrider_core::webhook::WebhookState;
use postrider_store::webhook_log::WebhookDelivery;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

struct Happened {
    kind: String,
    at: Timestamp,
    facts: Value,
}

/// What people did to a job, or may have done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Acts {
    pub(crate) was_paused: bool,
    pub(crate) may_move: bool,
    /// A person decided about the uncertain, which reopens a finished job.
    pub(crate) may_reopen: bool,
}

/// Every event of a world, as it was stored.
pub(crate) struct Telling {
    events: Vec<Happened>,
}

impl Telling {
    /// Reads the events.
    ///
    /// # Errors
    /// A body that is not JSON.
    pub(crate) fn of(events: &[WebhookDelivery]) -> Result<Self, String> {
        let read = |event: &WebhookDelivery| {
            let body: Value = serde_json::from_str(&event.body).map_err(|error| error.to_string())?;
            Ok(Happened { kind: event.kind.clone(), at: event.created_at, facts: body["data"].clone() })
        };
        Ok(Self { events: events.iter().map(read).collect::<Result<_, String>>()? })
    }

    /// Whether the events about a job fit it and what people did to it. While it goes on, some may be missing and none may be early.
    ///
    /// # Errors
    /// What does not fit.
    pub(crate) fn judge(&self, seen: &Seen, acts: Acts) -> Result<(), String> {
        let schedule = seen.job.id.to_string();
        let own = || self.events.iter().filter(|event| event.facts["scheduleId"] == schedule.as_str());
        for &kind in EventKind::ALL {
            let told = own().filter(|event| event.kind == kind.as_str()).count();
            let (least, most) = expected(kind, seen, acts);
            let is_repeated = acts.may_reopen && {
                matches!(kind, EventKind::ScheduleFinished | EventKind::ScheduleCorrected | EventKind::ScheduleResumed)
            };
            let (least, most) = if is_repeated { (0, told) } else { (least, most) };
            if told < least || told > most {
                let kind = kind.as_str();
                return Err(format!("{kind} was reported {told} times, which is not {least} to {most} times"));
            }
        }
        judge_end(own().filter(|event| is_end(&event.kind)), seen)?;
        let mut by_row: BTreeMap<(&str, i64), usize> = BTreeMap::new();
        for event in own() {
            if let Some(seq) = event.facts["deliveryId"].as_str().and_then(|key| seen.seq_of(key)) {
                *by_row.entry((&event.kind, seq)).or_default() += 1;
            }
        }
        for (row, attempts) in &seen.rows {
            let told = |kind: EventKind| by_row.get(&(kind.as_str(), row.seq)).copied().unwrap_or_default();
            let failed = usize::from(row.state == DeliveryState::Failed);
            if told(EventKind::DeliveryFailed) != failed {
                return Err(format!("row {} is {} and no event reports it", row.seq, row.state.as_str()));
            }
            let is_uncertain = usize::from(row.state == DeliveryState::Uncertain);
            let doubts = attempts.iter().filter(|attempt| attempt.outcome == "uncertain").count();
            let uncertain = told(EventKind::DeliveryUncertain);
            if uncertain < is_uncertain || (!attempts.is_empty() && uncertain > doubts) {
                return Err(format!("row {} was reported as uncertain {uncertain} times", row.seq));
            }
        }
        Ok(())
    }
}

fn is_end(kind: &str) -> bool {
    kind == EventKind::ScheduleFinished.as_str() || kind == EventKind::ScheduleCorrected.as_str()
}

/// The last event about the end of a job is true.
fn judge_end<'e>(ends: impl Iterator<Item = &'e Happened> + Clone, seen: &Seen) -> Result<(), String> {
    let state = seen.job.state;
    let Some(last) = ends.clone().map(|event| event.at).max().filter(|_| state.is_final()) else { return Ok(()) };
    let is_true = |event: &Happened| event.facts["state"] == state.as_str();
    if ends.filter(|event| event.at == last).any(is_true) {
        return Ok(());
    }
    Err(format!("the job is {}, and the last event about its end has another state", state.as_str()))
}

/// How often, at least and at most, a kind of event reports a job in its present state.
fn expected(kind: EventKind, seen: &Seen, acts: Acts) -> (usize, usize) {
    let exactly = |happened: bool| (usize::from(happened), usize::from(happened));
    let at_most = |happened: bool| (0, usize::from(happened));
    let (job, rows) = (&seen.job, seen.rows.len());
    let started = job.started_at.is_some();
    match kind {
        EventKind::ScheduleStarted => exactly(started),
        EventKind::ScheduleFinished => exactly(started && job.finished_at.is_some()),
        // Late answers correct a finished job, one after the other.
        EventKind::ScheduleCorrected => (0, if job.finished_at.is_some() { rows } else { 0 }),
        EventKind::ScheduleCanceled => exactly(job.state == JobState::Canceled),
        // A move, a cancel or a resume of a job ends its hold.
        EventKind::ScheduleHeld if acts.was_paused || acts.may_move || job.state == JobState::Canceled => {
            (usize::from(job.state == JobState::Held), 2)
        }
        EventKind::ScheduleHeld => exactly(job.state == JobState::Held),
        EventKind::SchedulePaused => exactly(acts.was_paused),
        EventKind::ScheduleResumed => at_most(acts.was_paused),
        EventKind::ScheduleMoved => at_most(acts.may_move),
        // Judged by recipient.
        EventKind::DeliveryFailed | EventKind::DeliveryUncertain => (0, 2 * rows),
        EventKind::DeliveryBounced | EventKind::RecipientUnsubscribed => (0, 0),
    }
}

/// At the end every event has reached the endpoint, and nothing reached it that was not stored.
///
/// # Errors
/// What does not hold.
pub(crate) fn judge_posts(events: &[WebhookDelivery], told: &[Told], is_calm: bool) -> Result<(), String> {
    let stored: BTreeMap<String, &WebhookDelivery> =
        events.iter().map(|event| (event.event.to_string(), event)).collect();
    let mut heard = BTreeSet::new();
    for post in told {
        let Some(event) = stored.get(&post.event) else { return Err("an event arrived that is not stored".into()) };
        if event.body != post.body {
            return Err(format!("event {} arrived with another body", post.event));
        }
        if !heard.insert(&post.event) && is_calm {
            return Err(format!("event {} arrived twice without a fault", post.event));
        }
    }
    for (event, delivery) in &stored {
        if delivery.state != WebhookState::Delivered || !heard.contains(event) {
            return Err(format!("event {event} ({}) did not reach the endpoint", delivery.kind));
        }
    }
    Ok(())
}
