//! The clients of a world: they use the service as the API would, and repeat what failed under the same key.

use crate::chance::{SimEntropy, Stream};
use crate::gate::Pass;
use crate::imports::{Import, upload};
use crate::setup::Names;
use crate::workload::{Silence, Silenced, Wish};
use postrider_core::audience::{Consent, SuppressionReason};
use postrider_core::channel::ChannelKind;
use postrider_core::env::{BoxFuture, Clock};
use postrider_core::error::Code;
use postrider_core::id::{ClientId, ScheduleId};
use postrider_core::rate_limit::RateLimits;
use postrider_core::schedule::{JobCommand, PolicyCommand, PolicyDefaults, ScheduleCommand};
use postrider_core::scope::Scope;
use postrider_core::time::{SECOND_MS, Timestamp};
use postrider_service::idempotency::{OnceKey, Rendered, Reply};
use postrider_service::schedules::{CommitCommand, JobAnswer};
use postrider_service::suppressions::{CreateSuppression, SuppressedAddress};
use postrider_service::{Actor, Service, ServiceError, Settings};
use postrider_store::Store;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Which owner the clients are at the gate.
pub(crate) const CLIENT: usize = 0;
/// How often the accounts are read, in milliseconds.
const READ_EVERY_MS: i64 = 7 * SECOND_MS;
/// Pause before a client repeats what failed, in milliseconds.
const PAUSE_MS: i64 = SECOND_MS;

/// Everything a client needs.
#[derive(Clone)]
pub(crate) struct Clients {
    pub(crate) service: Service,
    store: Store,
    pub(crate) pass: Pass,
    pub(crate) actor: Actor,
    pub(crate) names: Arc<Names>,
    /// The job of each wish, once its client knows it.
    jobs: Arc<Mutex<Vec<Option<ScheduleId>>>>,
    /// What they met that nothing explains.
    problems: Arc<Mutex<Vec<String>>>,
}

impl Clients {
    /// Clients who have uploaded these files.
    pub(crate) async fn new(store: Store, pass: Pass, chance: &Stream, mut names: Names, imports: &[Import]) -> Self {
        let entropy = Arc::new(SimEntropy::new(chance.fork("service", 0)));
        let client = ClientId::new(pass.now(), &*entropy);
        let actor = Actor { tenant: names.tenant, client, scopes: Scope::ALL.iter().copied().collect() };
        let settings = Settings {
            public_url: "http://localhost".into(),
            issuer: "http://localhost".into(),
            token_lifetime_s: 3_600,
            channels: BTreeSet::from([ChannelKind::Email, ChannelKind::Sms]),
            policy: PolicyDefaults { latest_start_after_ms: None, ..PolicyDefaults::default() },
            rate_limits: RateLimits::default(),
            webhook_targets: Default::default(),
            node_timeout_ms: 30 * SECOND_MS,
            metrics: false,
            cors_origins: Vec::new(),
            import_file_max_bytes: 1024 * 1024,
            import_tenant_max_bytes: 64 * 1024 * 1024,
            sends: true,
        };
        let service = Service::new(store.clone(), Arc::new(pass.clone()), entropy, settings);
        for (number, import) in (0..).zip(imports) {
            names.imports.push(upload(&service, &actor, import, &mut chance.fork("upload", number)).await);
        }
        store.set_probe(Arc::new(pass.clone()));
        let jobs = Arc::new(Mutex::new(vec![None; names.campaigns.len()]));
        Self { service, store, pass, actor, names: Arc::new(names), jobs, problems: Arc::default() }
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

    /// Silences somebody at a time.
    pub(crate) fn silence(&self, silence: &Silence, mut chance: Stream) -> BoxFuture<'static, ()> {
        let (client, silence) = (self.clone(), silence.clone());
        Box::pin(async move {
            client.pass.sleep_until(silence.at).await;
            let key = uuid(&mut chance);
            match silence.who {
                Silenced::Address(channel, address) => {
                    client
                        .insist(|| {
                            let command = CreateSuppression {
                                channel,
                                address: SuppressedAddress::Text(address.clone()),
                                reason: SuppressionReason::Manual,
                                expires_at: None,
                            };
                            client.service.create_suppression(&client.actor, command, reply(key, |_| String::new()))
                        })
                        .await;
                }
                Silenced::Person(number) => client.deny(number).await,
            }
        })
    }

    async fn deny(&self, number: usize) {
        let (tenant, person) = (self.actor.tenant, self.names.people[number]);
        self.insist(|| {
            self.store.write("world.deny", move |tx| {
                if let Some(mut row) = tx.profile_get(tenant, person)? {
                    row.consent_email = Consent::Denied;
                    row.consent_sms = Consent::Denied;
                    tx.profiles_update(tenant, &[row])?;
                }
                Ok::<_, ServiceError>(())
            })
        })
        .await;
    }

    /// Brings a job to a stand at a time, if there is one by then, and lets it go on later.
    pub(crate) fn pause(&self, number: usize, wish: &Wish, mut chance: Stream) -> BoxFuture<'static, ()> {
        let (client, pause, decision) = (self.clone(), wish.pause, wish.decision);
        Box::pin(async move {
            let Some((at, rest_ms)) = pause else { return };
            client.pass.sleep_until(at).await;
            let (campaign, key) = (client.names.campaigns[number], uuid(&mut chance));
            let paused = client.insist(|| client.service.pause(&client.actor, campaign, reply(key, |_| String::new())));
            if paused.await.is_none() {
                return;
            }
            client.pass.sleep_until(client.pass.now().plus_millis(rest_ms)).await;
            let key = uuid(&mut chance);
            let reply = || reply(key, |_| String::new());
            client.insist(|| client.service.resume(&client.actor, campaign, decision, reply())).await;
        })
    }

    /// Moves a job to another time, if there is one by then; its policy names the instants that it had.
    pub(crate) fn shift(&self, number: usize, wish: &Wish, mut chance: Stream) -> BoxFuture<'static, ()> {
        let (client, wish) = (self.clone(), wish.clone());
        Box::pin(async move {
            let Some((at, to)) = wish.shift else { return };
            client.pass.sleep_until(at).await;
            let job = client.jobs.lock().unwrap_or_else(PoisonError::into_inner)[number];
            let Some(job) = job else { return };
            let (campaign, key) = (client.names.campaigns[number], uuid(&mut chance));
            let command = ScheduleCommand {
                send_at: Some(to.to_string()),
                policy: PolicyCommand {
                    latest_start: wish.latest_start.map(|at| at.to_string()),
                    latest_finish: wish.latest_finish.map(|at| at.to_string()),
                    ..PolicyCommand::default()
                },
                ..ScheduleCommand::default()
            };
            let reply = || reply(key, |_| String::new());
            client.insist(|| client.service.move_job(&client.actor, campaign, job, command.clone(), reply())).await;
        })
    }

    /// Reads the accounts of a campaign again and again: they balance on every read.
    pub(crate) fn read_accounts(&self, number: usize, until: Timestamp) -> BoxFuture<'static, ()> {
        let client = self.clone();
        Box::pin(async move {
            while client.pass.now() < until {
                client.pass.sleep_until(client.pass.now().plus_millis(READ_EVERY_MS)).await;
                let read = client.service.reconciliation(&client.actor, client.names.campaigns[number]).await;
                let Ok(Some(books)) = read else { continue };
                let frozen = books.accounts.map(|accounts| accounts.counts.frozen()).unwrap_or_default();
                if frozen != books.ledger_rows {
                    client.note(format!("INV-9: {frozen} in the accounts, {} in the ledger", books.ledger_rows));
                }
            }
        })
    }

    fn note(&self, problem: String) {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
    }

    /// What they met that nothing explains.
    pub(crate) fn verdict(&self) -> Result<(), String> {
        let problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        problems.first().map_or(Ok(()), |problem| Err(problem.clone()))
    }

    /// Asks until there is an answer; none if it is a refusal.
    pub(crate) async fn insist<T, F>(&self, mut ask: impl FnMut() -> F) -> Option<T>
    where
        F: Future<Output = Result<T, ServiceError>>,
    {
        loop {
            match ask().await {
                Ok(answered) => return Some(answered),
                Err(ServiceError::Refused(refusal)) if refusal.code != Code::IdempotencyInProgress => {
                    if !is_explained(refusal.code) {
                        self.note(format!("refused: {:?}", refusal.code));
                    }
                    return None;
                }
                Err(_) => self.pass.sleep_until(self.pass.now().plus_millis(PAUSE_MS)).await,
            }
        }
    }
}

/// Whether a rival, or the time that passed meanwhile, explains a refusal.
const fn is_explained(code: Code) -> bool {
    matches!(
        code,
        Code::NotDraft
            | Code::SendAtInvalid
            | Code::RequestInvalid
            | Code::AlreadyStarted
            | Code::AlreadyFinished
            | Code::NotRunning
            | Code::NotPaused
            // An erasure that has finished, which its client did not see or another one asked for.
            | Code::ProfileNotFound
    )
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

pub(crate) fn reply<T>(key: uuid::Uuid, body: impl Fn(&T) -> String + Send + 'static) -> Reply<T> {
    let once = OnceKey { key, method: "POST", path: "/".into(), fingerprint: [0; 32] };
    Reply {
        once: Some(once),
        render: Box::new(move |result| Rendered { status: 201, body: body(result).into_bytes() }),
    }
}

pub(crate) fn uuid(chance: &mut Stream) -> uuid::Uuid {
    let (high, low) = (u128::from(chance.next()), u128::from(chance.next()));
    uuid::Builder::from_random_bytes(((high << 64) | low).to_be_bytes()).into_uuid()
}
