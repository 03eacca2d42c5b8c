//! Watches the accounts on every read while the drill lasts, and small campaigns that must not start early.

use crate::api_client::{ApiClient, Call};
use crate::demo::DemoError;
use crate::demo::prepare::prepare;
use crate::demo::session::{BASE_PATH, Session, text};
use postrider_channels::sink::Sink;
use postrider_core::env::Clock;
use postrider_core::time::Timestamp;
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;

/// Pause between two reads of the accounts.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a node may take to answer a read: the watcher does not wait for a stopped one.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// How far ahead a probe is scheduled, in milliseconds.
const PROBE_LEAD_MS: i64 = 3_000;

/// Clients of the nodes, which change when a node is started again.
pub type Clients = Arc<Mutex<Vec<Arc<ApiClient>>>>;

/// A campaign to one person that is due in the middle of a strike.
#[derive(Debug, Clone)]
pub struct Probe {
    campaign: String,
    address: String,
    schedule: Option<(String, Timestamp)>,
}

/// How the starts of the probes went.
#[derive(Debug, Clone, Default)]
pub struct Starts {
    /// Probes that were committed.
    pub probes: i64,
    /// Probes that started, or whose message arrived, before they were due.
    pub early: i64,
    /// Probes whose message arrived more than once.
    pub twice: i64,
    /// Probes that are completed and have no message.
    pub lost: i64,
    /// How late each started, in milliseconds, sorted.
    pub late_ms: Vec<i64>,
}

impl Probe {
    /// Drafts a campaign to one made-up person.
    pub async fn draft(session: &Session, number: usize) -> Result<Self, DemoError> {
        let (key, address) = (format!("probe-{number}"), format!("probe-{number}@example.org"));
        let list = session.post_once("/lists", &json!({ "name": key })).await?;
        let list = text(&list, "/id")?;
        let body = json!({ "records": [{ "customer_id": key, "email": address }], "matchKey": "customer_id" });
        session.post_once("/records/profiles/upsert-batch", &body).await?;
        let body = json!({ "contactKeys": [key], "matchKey": "customer_id" });
        session.post_once(&format!("/lists/{list}/members:upsert"), &body).await?;
        Ok(Self { campaign: prepare(session, &list).await?, address, schedule: None })
    }

    /// Schedules it a few seconds ahead.
    pub async fn commit(&mut self, session: &Session) -> Result<(), DemoError> {
        let due = session.clock.now().plus_millis(PROBE_LEAD_MS);
        let body = json!({ "mode": "at", "sendAt": due.to_string() });
        session.put(&format!("/campaigns/{}/schedule", self.campaign), &body).await?;
        let job = session.post_once(&format!("/campaigns/{}/schedule-jobs", self.campaign), &json!({})).await?;
        self.schedule = Some((text(&job, "/scheduleId")?, due));
        Ok(())
    }

    /// The path of its campaign's status.
    pub fn status_path(&self) -> String {
        format!("/campaigns/{}/status", self.campaign)
    }
}

/// Reads how the probes went, and takes their messages out of what arrived.
pub async fn judge(
    session: &Session,
    probes: &[Probe],
    early_arrivals: i64,
    arrived: &mut HashMap<String, u64>,
) -> Result<Starts, DemoError> {
    let mut starts = Starts { early: early_arrivals, ..Starts::default() };
    for probe in probes {
        let messages = arrived.remove(&probe.address).unwrap_or(0);
        let Some((schedule, due)) = &probe.schedule else { continue };
        starts.probes += 1;
        let job = session.read(&format!("/campaigns/{}/schedule-jobs/{schedule}", probe.campaign)).await?;
        if let Some(started) = job.data["startedAt"].as_str().and_then(Timestamp::parse) {
            let late_ms = started.millis_since(*due);
            starts.early += i64::from(late_ms < 0);
            starts.late_ms.push(late_ms);
        }
        starts.twice += i64::from(messages > 1);
        starts.lost += i64::from(job.data["state"] == "completed" && messages == 0);
    }
    starts.late_ms.sort_unstable();
    Ok(starts)
}

/// The findings of the watcher.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Reads of the accounts.
    pub reads: i64,
    /// Reads whose sum did not fit.
    pub bad: i64,
    /// Probes whose message arrived before they were due.
    pub early: i64,
}

/// Reads the accounts again and again until dropped.
pub struct Watcher {
    seen: Arc<Mutex<Seen>>,
    probes: Arc<Mutex<Vec<(String, Timestamp)>>>,
    _reading: JoinSet<()>,
}

impl Watcher {
    /// Begins to watch a campaign.
    pub fn begin(clients: &Clients, campaign: &str, sink: &Arc<Sink>, clock: &Arc<dyn Clock>) -> Self {
        let (seen, probes) = (Arc::default(), Arc::default());
        let mut reading = JoinSet::new();
        let watch = (Arc::clone(&seen), Arc::clone(&probes));
        let path = format!("{BASE_PATH}/campaigns/{campaign}/reconciliation");
        reading.spawn(keep_reading(watch, Arc::clone(clients), path, (Arc::clone(sink), Arc::clone(clock))));
        Self { seen, probes, _reading: reading }
    }

    /// Watches a probe, too.
    pub fn expect(&self, probe: &Probe) {
        if let Some((_, due)) = &probe.schedule {
            locked(&self.probes, |probes| probes.push((probe.address.clone(), *due)));
        }
    }

    /// The findings so far.
    pub fn seen(&self) -> Seen {
        locked(&self.seen, |seen| seen.clone())
    }
}

type Watch = (Arc<Mutex<Seen>>, Arc<Mutex<Vec<(String, Timestamp)>>>);

async fn keep_reading(
    (seen, probes): Watch,
    clients: Clients,
    path: String,
    (sink, clock): (Arc<Sink>, Arc<dyn Clock>),
) {
    for turn in 0_usize.. {
        tokio::time::sleep(PAUSE).await;
        let now = clock.now();
        let waiting = locked(&probes, |probes| {
            probes.retain(|(_, due)| *due > now);
            probes.clone()
        });
        if !waiting.is_empty() {
            let arrived = sink.recipients();
            let early = waiting.iter().filter(|(address, due)| arrived.contains_key(address) && clock.now() < *due);
            let early = i64::try_from(early.count()).unwrap_or(i64::MAX);
            locked(&seen, |seen| seen.early = seen.early.max(early));
        }
        let client = locked(&clients, |clients| clients.get(turn % clients.len().max(1)).cloned());
        let Some(client) = client else { continue };
        if let Ok(Ok(books)) = tokio::time::timeout(ANSWER_MAX, client.call(Call::get(path.clone()))).await {
            locked(&seen, |seen| {
                seen.reads += 1;
                seen.bad += i64::from(books.data["difference"] != 0);
            });
        }
    }
}

pub(super) fn locked<T, R>(value: &Mutex<T>, act: impl FnOnce(&mut T) -> R) -> R {
    act(&mut value.lock().unwrap_or_else(PoisonError::into_inner))
}
