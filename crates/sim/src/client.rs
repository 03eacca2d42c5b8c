//! The clients of a world: they use the service as the API would, and repeat what failed under the same key.

use crate::chance::{SimEntropy, Stream};
use crate::gate::Pass;
use crate::setup::Names;
use crate::workload::{Silence, Wish};
use postrider_core::audience::SuppressionReason;
use postrider_core::channel::ChannelKind;
use postrider_core::env::{BoxFuture, Clock};
use postrider_core::error::Code;
use postrider_core::id::{ClientId, ScheduleId};
use postrider_core::schedule::{JobCommand, PolicyCommand, PolicyDefaults, ScheduleCommand};
use postrider_core::scope::Scope;
use postrider_core::time::{SECOND_MS, Timestamp};
use postrider_service::auth::SecretCost;
use postrider_service::idempotency::{Answered, OnceKey, Rendered, Reply};
use postrider_service::schedules::{CommitCommand, JobAnswer};
use postrider_service::suppressions::{CreateSuppression, SuppressedAddress};
use postrider_service::{Actor, Service, ServiceError, Settings};
use postrider_store::Store;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Which owner the clients are at the gate.
pub(crate) const CLIENT: usize = 0;
/// Pause before a client repeats what failed, in milliseconds.
const PAUSE_MS: i64 = SECOND_MS;

/// Everything a client needs.
#[derive(Clone)]
pub(crate) struct Clients {
    service: Service,
    pass: Pass,
    actor: Actor,
    names: Arc<Names>,
    /// The job of each wish, once its client knows it.
    jobs: Arc<Mutex<Vec<Option<ScheduleId>>>>,
    refusals: Arc<Mutex<Vec<Code>>>,
}

impl Clients {
    pub(crate) fn new(store: Store, pass: Pass, chance: &Stream, names: Names) -> Self {
        let entropy = Arc::new(SimEntropy::new(chance.fork("service", 0)));
        let client = ClientId::new(pass.now(), &*entropy);
        let actor = Actor { tenant: names.tenant, client, scopes: Scope::ALL.iter().copied().collect() };
        let settings = Settings {
            public_url: "http://localhost".into(),
            issuer: "http://localhost".into(),
            token_lifetime_s: 3_600,
            secret_cost: SecretCost::STANDARD,
            channels: BTreeSet::from([ChannelKind::Email, ChannelKind::Sms]),
            policy: PolicyDefaults { latest_start_after_ms: None, ..PolicyDefaults::default() },
            node_timeout_ms: 30 * SECOND_MS,
            sends: true,
        };
        store.set_probe(Arc::new(pass.clone()));
        let service = Service::new(store, Arc::new(pass.clone()), entropy, settings);
        let jobs = Arc::new(Mutex::new(vec![None; names.campaigns.len()]));
        Self { service, pass, actor, names: Arc::new(names), jobs, refusals: Arc::default() }
    }

    /// Commits a draft at its time.
    pub(crate) fn commit(&self, number: usize, wish: &Wish, mut chance: Stream) -> BoxFuture<'static, ()> {
        let (client, wish) = (self.clone(), wish.clone());
        Box::pin(async move {
            client.pass.sleep_until(wish.commit_at).await;
            let key = uuid(&mut chance);
            let answered = client
                .insist(|| {
                    let command = CommitCommand {
                        campaign: client.names.campaigns[number],
                        job: job_command(&wish),
                        dry_run: false,
                        expect_plan: None,
                    };
                    client.service.commit(&client.actor, command, reply(key, job_of))
                })
                .await;
            let job = answered.and_then(|answered| String::from_utf8(answered.rendered.body).ok()?.parse().ok());
            if let Some(job) = job {
                client.jobs.lock().unwrap_or_else(PoisonError::into_inner)[number] = Some(job);
            }
        })
    }

    /// Takes a job back at a time, if there is one by then.
    pub(crate) fn cancel(&self, number: usize, at: Timestamp, mut chance: Stream) -> BoxFuture<'static, ()> {
        let client = self.clone();
        Box::pin(async move {
            client.pass.sleep_until(at).await;
            let job = client.jobs.lock().unwrap_or_else(PoisonError::into_inner)[number];
            let Some(job) = job else { return };
            let (campaign, key) = (client.names.campaigns[number], uuid(&mut chance));
            client.insist(|| client.service.cancel(&client.actor, campaign, job, reply(key, |_| String::new()))).await;
        })
    }

    /// Suppresses an address at a time.
    pub(crate) fn silence(&self, silence: &Silence, mut chance: Stream) -> BoxFuture<'static, ()> {
        let (client, silence) = (self.clone(), silence.clone());
        Box::pin(async move {
            client.pass.sleep_until(silence.at).await;
            let key = uuid(&mut chance);
            client
                .insist(|| {
                    let command = CreateSuppression {
                        channel: silence.channel,
                        address: SuppressedAddress::Text(silence.address.clone()),
                        reason: SuppressionReason::Manual,
                        expires_at: None,
                    };
                    client.service.create_suppression(&client.actor, command, reply(key, |_| String::new()))
                })
                .await;
        })
    }

    /// What clients were refused must be what a rival, or the time that passed, explains.
    pub(crate) fn refusals(&self) -> Result<(), String> {
        let refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let is_explained = |code: &Code| {
            matches!(code, Code::NotDraft | Code::SendAtInvalid | Code::RequestInvalid | Code::AlreadyFinished)
        };
        refusals.iter().find(|code| !is_explained(code)).map_or(Ok(()), |code| Err(format!("refused: {code:?}")))
    }

    /// Asks until there is an answer; none if it is a refusal.
    async fn insist<F>(&self, mut ask: impl FnMut() -> F) -> Option<Answered>
    where
        F: Future<Output = Result<Answered, ServiceError>>,
    {
        loop {
            match ask().await {
                Ok(answered) => return Some(answered),
                Err(ServiceError::Refused(refusal)) if refusal.code != Code::IdempotencyInProgress => {
                    self.refusals.lock().unwrap_or_else(PoisonError::into_inner).push(refusal.code);
                    return None;
                }
                Err(_) => self.pass.sleep_until(self.pass.now().plus_millis(PAUSE_MS)).await,
            }
        }
    }
}

fn job_command(wish: &Wish) -> JobCommand {
    let policy = PolicyCommand {
        latest_start: wish.latest_start.map(|at| at.to_string()),
        on_missed: Some(wish.on_missed),
        latest_finish: wish.latest_finish.map(|at| at.to_string()),
        on_uncertain: Some(wish.on_uncertain),
        rate_per_minute: wish.rate_per_minute,
    };
    match wish.send_at {
        Some(at) => JobCommand::Schedule(ScheduleCommand {
            send_at: Some(at.to_string()),
            policy,
            ..ScheduleCommand::default()
        }),
        None => JobCommand::Send(policy),
    }
}

fn job_of(answer: &JobAnswer) -> String {
    match answer {
        JobAnswer::Committed(committed) => committed.job.id.to_string(),
        JobAnswer::Rehearsed(_) => String::new(),
    }
}

fn reply<T>(key: uuid::Uuid, body: impl Fn(&T) -> String + Send + 'static) -> Reply<T> {
    let once = OnceKey { key, method: "POST", path: "/".into(), fingerprint: [0; 32] };
    Reply {
        once: Some(once),
        render: Box::new(move |result| Rendered { status: 201, body: body(result).into_bytes() }),
    }
}

fn uuid(chance: &mut Stream) -> uuid::Uuid {
    let (high, low) = (u128::from(chance.next()), u128::from(chance.next()));
    uuid::Builder::from_random_bytes(((high << 64) | low).to_be_bytes()).into_uuid()
}
