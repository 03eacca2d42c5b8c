//! A small world: one tenant, one campaign, a channel that answers as told, a clock that stands until it is moved.

use crate::cluster::Cluster;
use crate::driver::{Progress, Task};
use crate::engine::{EngineParts, all};
use crate::keeper::Keeper;
use crate::rescuer::rescue_all;
use crate::settings::{ChannelSettings, EngineSettings};
use postrider_content::{EmailSource, TemplateSource};
use postrider_core::audience::Consent;
use postrider_core::campaign::{AuthoringStatus, CampaignType, ExecutionStatus};
use postrider_core::channel::{Channel, ChannelKind, Lane, Message, Outcome, Refusal};
use postrider_core::content::TemplateStatus;
use postrider_core::delivery::{Counts, DeliveryState};
use postrider_core::env::{BoxFuture, Clock, Entropy};
use postrider_core::id::*;
use postrider_core::schedule::{JobState, OnMissed, OnUncertain, Policy, TimezoneSource};
use postrider_core::time::{Resolution, ResolutionRule, Timestamp};
use postrider_store::accounts::Accounts;
use postrider_store::campaigns::Campaign;
use postrider_store::lists::ListRow;
use postrider_store::probe::Probe;
use postrider_store::profiles::ProfileRow;
use postrider_store::schedules::ScheduleJob;
use postrider_store::senders::SenderProfile;
use postrider_store::templates::Template;
use postrider_store::tenants::Tenant;
use postrider_store::{Store, StoreError, statements};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, watch};

statements! { "test":
    FORCE = "UPDATE schedule_jobs SET state = $1 WHERE id = $2";
    REASONS = "SELECT d.state, d.reason, COUNT(*) FROM deliveries d JOIN manifests m ON m.number = d.manifest_number \
        WHERE m.schedule_id = $1 GROUP BY d.state, d.reason ORDER BY d.state, d.reason";
    CLAIMED = "SELECT COUNT(*) FROM chunks WHERE state = 'claimed' OR node_id IS NOT NULL";
    NODES = "SELECT COUNT(*) FROM nodes";
    ATTEMPTS = "SELECT outcome FROM attempts ORDER BY manifest_number, seq, attempt, at";
}

/// When the world begins.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// How long claims last.
pub(crate) const LEASE_MS: i64 = 30_000;

/// A clock that stands until it is moved.
pub(crate) struct TestClock(watch::Sender<i64>);

impl TestClock {
    pub(crate) fn advance(&self, ms: i64) {
        self.0.send_modify(|now| *now += ms);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(*self.0.borrow())
    }

    fn sleep_until(&self, instant: Timestamp) -> BoxFuture<'static, ()> {
        let mut now = self.0.subscribe();
        Box::pin(async move { drop(now.wait_for(|now| *now >= instant.as_millis()).await) })
    }
}

/// Numbers that look random and are the same in every run.
#[derive(Default)]
pub(crate) struct TestEntropy(AtomicU64);

impl Entropy for TestEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_be_bytes()[..chunk.len()]);
        }
    }
}

/// What a provider does with a message, given the address and how often it was tried.
pub(crate) type Script = Box<dyn Fn(&str, usize) -> Outcome + Send + Sync>;

/// Where a crash happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trap {
    /// Before the nth transaction.
    Before(u64),
    /// After the nth transaction committed.
    After(u64),
    /// Before the nth window is handed over.
    Window(u64),
    /// In the middle of the nth window.
    MidWindow(u64),
}

/// Counts steps and stops the world at one of them.
#[derive(Default)]
pub(crate) struct Traps {
    set: Mutex<Option<Trap>>,
    failing: Mutex<Option<Trap>>,
    transactions: AtomicU64,
    windows: AtomicU64,
    pub(crate) sprung: Notify,
    failed: AtomicU64,
    /// A window that waits until it is let go.
    holding: AtomicU64,
    is_held: Notify,
    is_let_go: Notify,
}

impl Traps {
    pub(crate) fn set(&self, trap: Option<Trap>) {
        *self.set.lock().unwrap() = trap;
        self.transactions.store(0, Ordering::SeqCst);
        self.windows.store(0, Ordering::SeqCst);
    }

    /// Makes one transaction fail instead of stopping the world.
    pub(crate) fn fail(&self, trap: Option<Trap>) {
        *self.failing.lock().unwrap() = trap;
        self.transactions.store(0, Ordering::SeqCst);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst) > 0
    }

    /// Makes the nth window wait, once it left, until it is let go.
    pub(crate) fn hold_window(&self, number: u64) {
        self.holding.store(number, Ordering::SeqCst);
        self.windows.store(0, Ordering::SeqCst);
    }

    pub(crate) async fn held(&self) {
        self.is_held.notified().await;
    }

    pub(crate) fn let_go(&self) {
        self.is_let_go.notify_one();
    }

    async fn reach(&self, here: Trap) -> Result<(), StoreError> {
        if *self.failing.lock().unwrap() == Some(here) {
            self.failed.fetch_add(1, Ordering::SeqCst);
            return Err(StoreError::Ambiguous("as planned".into()));
        }
        if *self.set.lock().unwrap() == Some(here) {
            self.sprung.notify_one();
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

struct TrapProbe(Arc<Traps>);

impl Probe for TrapProbe {
    fn before(&self, _op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        let number = self.0.transactions.fetch_add(1, Ordering::SeqCst) + 1;
        Box::pin(self.0.reach(Trap::Before(number)))
    }

    fn after(&self, _op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.0.reach(Trap::After(self.0.transactions.load(Ordering::SeqCst))))
    }
}

/// A provider with a memory.
pub(crate) struct TestChannel {
    kind: ChannelKind,
    pub(crate) script: Mutex<Script>,
    /// Every hand-off, in order: key and address.
    pub(crate) taken: Mutex<Vec<(String, String)>>,
    /// Every message that was offered.
    pub(crate) offered: Mutex<Vec<Message>>,
    traps: Arc<Traps>,
}

impl TestChannel {
    pub(crate) fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().iter().map(|(_, to)| to.clone()).collect()
    }

    pub(crate) fn answers(&self, script: impl Fn(&str, usize) -> Outcome + Send + Sync + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    fn take(&self, message: &Message) -> Outcome {
        let tried = self.offered.lock().unwrap().iter().filter(|offered| offered.key == message.key).count();
        self.offered.lock().unwrap().push(message.clone());
        let outcome = (self.script.lock().unwrap())(&message.to, tried + 1);
        if matches!(outcome, Outcome::HandedOff { .. }) {
            self.taken.lock().unwrap().push((message.key.clone(), message.to.clone()));
        }
        outcome
    }
}

pub(crate) fn handed_off() -> Outcome {
    Outcome::HandedOff { provider_ref: "250 ok".into() }
}

pub(crate) fn refusal(reason: &'static str) -> Refusal {
    Refusal { reason, text: "as scripted".into() }
}

struct TestPort(Arc<TestChannel>);
struct TestLane(Arc<TestChannel>);

impl Channel for TestPort {
    fn kind(&self) -> ChannelKind {
        self.0.kind
    }

    fn lane(&self) -> Box<dyn Lane> {
        Box::new(TestLane(Arc::clone(&self.0)))
    }
}

impl Lane for TestLane {
    fn send<'a>(&'a mut self, window: &'a [Message]) -> BoxFuture<'a, Vec<Outcome>> {
        Box::pin(async move {
            let traps = &self.0.traps;
            let number = traps.windows.fetch_add(1, Ordering::SeqCst) + 1;
            drop(traps.reach(Trap::Window(number)).await);
            let half = window.len() / 2;
            let mut outcomes: Vec<Outcome> = window[..half].iter().map(|message| self.0.take(message)).collect();
            drop(traps.reach(Trap::MidWindow(number)).await);
            outcomes.extend(window[half..].iter().map(|message| self.0.take(message)));
            if traps.holding.load(Ordering::SeqCst) == number {
                traps.is_held.notify_one();
                traps.is_let_go.notified().await;
            }
            outcomes
        })
    }

    fn close<'a>(&'a mut self) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
}

/// What a test wants.
pub(crate) struct Plan {
    pub(crate) kind: ChannelKind,
    pub(crate) policy: Policy,
    pub(crate) html: String,
    pub(crate) lanes: usize,
    pub(crate) window: usize,
    pub(crate) due_at: Timestamp,
}

impl Default for Plan {
    fn default() -> Self {
        let policy = Policy {
            latest_start: None,
            on_missed: OnMissed::Hold,
            latest_finish: None,
            on_uncertain: OnUncertain::Hold,
            rate_per_minute: None,
        };
        let html = "<p>Hello {{ first_name }} <a href=\"{{ unsubscribe_url }}\">out</a></p>".to_owned();
        Self { kind: ChannelKind::Email, policy, html, lanes: 2, window: 4, due_at: START }
    }
}

/// The world.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) entropy: Arc<TestEntropy>,
    pub(crate) channel: Arc<TestChannel>,
    pub(crate) traps: Arc<Traps>,
    pub(crate) tenant: TenantId,
    pub(crate) job: ScheduleId,
    pub(crate) campaign: CampaignId,
    pub(crate) list: ListId,
    plan: Plan,
}

impl World {
    /// A world with a campaign to `people` recipients, due at [`START`].
    pub(crate) async fn new(store: Store, people: usize, plan: Plan) -> Self {
        let entropy = Arc::new(TestEntropy::default());
        let traps = Arc::new(Traps::default());
        store.set_probe(Arc::new(TrapProbe(Arc::clone(&traps))));
        let channel = Arc::new(TestChannel {
            kind: plan.kind,
            script: Mutex::new(Box::new(|_, _| handed_off())),
            taken: Mutex::default(),
            offered: Mutex::default(),
            traps: Arc::clone(&traps),
        });
        let tenant = TenantId::new(START, &*entropy);
        let list = ListId::new(START, &*entropy);
        let mut world = Self {
            store,
            clock: Arc::new(TestClock(watch::Sender::new(START.as_millis()))),
            channel,
            traps,
            tenant,
            job: ScheduleId::new(START, &*entropy),
            campaign: CampaignId::new(START, &*entropy),
            list,
            plan,
            entropy,
        };
        let row = Tenant {
            id: tenant,
            name: "t".into(),
            default_timezone: None,
            mail_cutoff_minutes: 0,
            created_at: START,
            updated_at: START,
        };
        world.store.write("seed", move |tx| tx.tenant_insert(&row)).await.unwrap();
        world.add_list(list).await;
        world.add_people(list, 0..people).await;
        let due_at = world.plan.due_at;
        world.schedule(&[list], &[], due_at).await;
        world
    }

    pub(crate) async fn add_list(&self, list: ListId) {
        let tenant = self.tenant;
        let row = ListRow {
            id: list,
            name: list.to_string(),
            description: None,
            member_count: 0,
            created_at: START,
            updated_at: START,
        };
        self.store.write("seed", move |tx| tx.list_insert(tenant, &row)).await.unwrap();
    }

    /// Adds people `p<n>@example.org` with phone numbers.
    pub(crate) async fn add_people(&self, list: ListId, numbers: std::ops::Range<usize>) -> Vec<ProfileId> {
        let people: Vec<ProfileRow> = numbers
            .map(|number| ProfileRow {
                email: Some(format!("p{number}@example.org")),
                phone: Some(format!("+4790{number:06}")),
                first_name: Some(format!("P{number}")),
                ..ProfileRow::empty(ProfileId::new(START, &*self.entropy), START)
            })
            .collect();
        self.add_profiles(list, people).await
    }

    pub(crate) async fn add_profiles(&self, list: ListId, people: Vec<ProfileRow>) -> Vec<ProfileId> {
        let tenant = self.tenant;
        let ids: Vec<ProfileId> = people.iter().map(|row| row.id).collect();
        let members = ids.clone();
        let add = self.store.write("seed", move |tx| {
            tx.profiles_insert(tenant, &people)?;
            tx.list_members_add(tenant, list, &members, START)
        });
        add.await.unwrap().unwrap();
        ids
    }

    /// Commits a job for the world's campaign (or another one, once the first is taken).
    pub(crate) async fn schedule(&mut self, include: &[ListId], exclude: &[ListId], due_at: Timestamp) {
        let (tenant, kind) = (self.tenant, self.plan.kind);
        let template = TemplateId::new(START, &*self.entropy);
        let version = TemplateVersionId::new(START, &*self.entropy);
        let sender = SenderProfileId::new(START, &*self.entropy);
        self.job = ScheduleId::new(START, &*self.entropy);
        self.campaign = CampaignId::new(START, &*self.entropy);
        let content = self.content();
        let job = ScheduleJob {
            id: self.job,
            campaign: self.campaign,
            version: VersionId::new(START, &*self.entropy),
            manifest: ManifestId::new(START, &*self.entropy),
            touchpoint: 1,
            channel: kind,
            state: JobState::Scheduled,
            immediate: false,
            due_at,
            send_at: None,
            batch_date: None,
            timezone: "UTC".into(),
            timezone_source: TimezoneSource::Request,
            resolution: Resolution {
                instant: due_at,
                local_time: String::new(),
                offset_seconds: 0,
                rule: ResolutionRule::Exact,
                tzdb_version: String::new(),
            },
            template_version: version,
            sender: Some(sender),
            subject: None,
            policy: self.plan.policy,
            blocked_reason: None,
            created_at: START,
            started_at: None,
            finished_at: None,
        };
        let campaign = campaign(&job, template);
        let details = match kind {
            ChannelKind::Email => r#"{"fromEmail":"news@sender.example","fromName":"News"}"#,
            ChannelKind::Sms => r#"{"number":"+4799999999"}"#,
            ChannelKind::Push => r#"{"app":"shop"}"#,
            ChannelKind::DirectMail => r#"{"returnAddress":{"name":"S","line1":"1","city":"C","postalCode":"0150"}}"#,
        };
        let sender = SenderProfile {
            id: sender,
            name: "sender".into(),
            channel: kind,
            details: details.into(),
            created_at: START,
            updated_at: START,
            deleted_at: None,
        };
        let (include, exclude) = (include.to_vec(), exclude.to_vec());
        let seed = self.store.write("seed", move |tx| {
            let row = Template {
                id: template,
                name: "t".into(),
                channel: kind,
                status: TemplateStatus::Draft,
                content: content.clone(),
                published_version: None,
                created_at: START,
                updated_at: START,
            };
            tx.template_insert(tenant, &row)?;
            tx.template_version_insert(tenant, template, version, &content, START)?;
            tx.sender_insert(tenant, &sender)?;
            tx.campaign_insert(tenant, &campaign)?;
            tx.schedule_insert(tenant, &job, &include, &exclude)
        });
        seed.await.unwrap();
    }

    fn content(&self) -> String {
        match self.plan.kind {
            ChannelKind::Email => TemplateSource::Email(EmailSource {
                subject: "Hi {{ first_name }}".into(),
                html: self.plan.html.clone(),
                text: None,
                preheader: None,
            })
            .to_json(),
            ChannelKind::Sms => r#"{"text":"Hi {{ first_name }}"}"#.into(),
            ChannelKind::Push => r#"{"title":"Hi","body":"{{ first_name }}"}"#.into(),
            ChannelKind::DirectMail => r#"{"format":"letter_a4","source":"Dear {{ first_name }}"}"#.into(),
        }
    }

    pub(crate) fn parts(&self) -> EngineParts {
        let port: Arc<dyn Channel> = Arc::new(TestPort(Arc::clone(&self.channel)));
        let channel = ChannelSettings { lanes: self.plan.lanes, window: self.plan.window };
        EngineParts {
            store: self.store.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            entropy: Arc::clone(&self.entropy) as Arc<dyn Entropy>,
            channels: BTreeMap::from([(self.plan.kind, port)]),
            settings: EngineSettings {
                channels: BTreeMap::from([(self.plan.kind, channel)]),
                lease_ms: LEASE_MS,
                ..EngineSettings::default()
            },
        }
    }

    /// An engine whose tasks are run by hand. As at a real start, an embedded database is rescued first.
    pub(crate) async fn machine(&self) -> Machine {
        let machine = self.machine_without_rescue();
        if self.store.is_embedded() {
            rescue_all(&machine.cluster).await.unwrap();
        }
        machine
    }

    pub(crate) fn machine_without_rescue(&self) -> Machine {
        let cluster = Arc::new(Cluster::of(self.parts()));
        let tasks = all(&cluster).into_iter().map(|(task, _)| task).collect();
        Machine { cluster, tasks }
    }

    /// Runs a machine until it has nothing to do.
    pub(crate) async fn run(&self) {
        self.machine().await.until_quiet().await;
    }

    /// Runs a machine until a trap stops it, and drops it there. False if it became quiet before.
    pub(crate) async fn run_into(&self, trap: Trap) -> bool {
        self.run_into_with(trap, async |machine| machine.until_quiet().await).await
    }

    /// As [`Self::run_into`], for other things to do.
    pub(crate) async fn run_into_with(&self, trap: Trap, act: impl AsyncFnOnce(&mut Machine)) -> bool {
        let mut machine = self.machine().await;
        self.traps.set(Some(trap));
        let done = Box::pin(act(&mut machine));
        let sprung = Box::pin(self.traps.sprung.notified());
        let fell = matches!(futures_util::future::select(done, sprung).await, futures_util::future::Either::Right(_));
        self.traps.set(None);
        fell
    }

    pub(crate) async fn job(&self) -> ScheduleJob {
        let (tenant, job) = (self.tenant, self.job);
        self.store.read("test", move |tx| tx.schedule_get(tenant, job)).await.unwrap().unwrap()
    }

    pub(crate) async fn status(&self) -> ExecutionStatus {
        let (tenant, campaign) = (self.tenant, self.campaign);
        let row = self.store.read("test", move |tx| tx.campaign_get(tenant, campaign)).await.unwrap().unwrap();
        row.execution_status
    }

    pub(crate) async fn authoring(&self) -> AuthoringStatus {
        let (tenant, campaign) = (self.tenant, self.campaign);
        let row = self.store.read("test", move |tx| tx.campaign_get(tenant, campaign)).await.unwrap().unwrap();
        row.authoring_status
    }

    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn accounts(&self) -> Accounts {
        let (tenant, job) = (self.tenant, self.job);
        self.store.read("test", move |tx| tx.accounts(tenant, job)).await.unwrap().unwrap()
    }

    pub(crate) async fn counts(&self) -> Counts {
        self.accounts().await.counts
    }

    /// Rows of the ledger by state and reason.
    pub(crate) async fn reasons(&self) -> Vec<(String, Option<String>, i64)> {
        let job = self.job;
        let read = self.store.read("test", move |tx| {
            tx.query_as(&REASONS, &[postrider_store::value::id(job)], |row| Ok((row.next()?, row.next()?, row.next()?)))
        });
        read.await.unwrap_or_else(|error: StoreError| panic!("{error}"))
    }

    /// Outcomes of all attempts that have a row.
    pub(crate) async fn attempts(&self) -> Vec<String> {
        let read = self.store.read("test", |tx| tx.query_as(&ATTEMPTS, &[], |row| row.next()));
        read.await.unwrap_or_else(|error: StoreError| panic!("{error}"))
    }

    /// How many chunks are claimed, and how many nodes live.
    pub(crate) async fn claims_and_nodes(&self) -> (i64, i64) {
        let read = self.store.read("test", |tx| Ok((tx.query_number(&CLAIMED, &[])?, tx.query_number(&NODES, &[])?)));
        read.await.unwrap_or_else(|error: StoreError| panic!("{error}"))
    }

    /// Breaks the data on purpose.
    pub(crate) async fn alter(&self, sql: &'static str) {
        let statement = postrider_store::statement::Statement { name: "test.ALTER", sqlite: sql, postgres: sql };
        let alter = self.store.write("test", move |tx| tx.execute(&statement, &[]));
        alter.await.unwrap_or_else(|error: StoreError| panic!("{error}"));
    }

    /// Puts the job into a state, as a person would.
    pub(crate) async fn force_state(&self, state: JobState) {
        let job = postrider_store::value::id(self.job);
        let force = self.store.write("test", move |tx| tx.execute(&FORCE, &[state.as_str().into(), job.clone()]));
        force.await.unwrap_or_else(|error: StoreError| panic!("{error}"));
    }

    /// Makes the first `number` members of a list members of another one.
    pub(crate) async fn join(&self, list: ListId, of: ListId, number: i64) {
        let tenant = self.tenant;
        let join = self.store.write("test", move |tx| {
            let members = tx.list_members_page(tenant, of, number, 0)?;
            let members: Vec<ProfileId> = members.into_iter().map(|member| member.profile.id).collect();
            tx.list_members_add(tenant, list, &members, START)
        });
        join.await.unwrap_or_else(|error: StoreError| panic!("{error}"));
    }

    pub(crate) async fn count(&self, state: DeliveryState) -> i64 {
        self.counts().await.of(state)
    }

    /// Every invariant that can be looked up holds.
    pub(crate) async fn check(&self) {
        let findings = crate::doctor::inspect(&self.store, self.clock.now()).await.unwrap();
        assert!(findings.is_empty(), "{findings:?}");
    }

    /// Lets running engines go on, a millisecond at a time, until the job is over.
    pub(crate) async fn finished(&self) {
        const STEPS_MAX: usize = 20_000;
        for _ in 0..STEPS_MAX {
            if self.job().await.finished_at.is_some() {
                return;
            }
            self.clock.advance(1);
        }
        panic!("the job does not end: {:?}", self.counts().await);
    }

    /// Changes the consent of a person.
    pub(crate) async fn deny(&self, person: ProfileId) {
        let tenant = self.tenant;
        let deny = self.store.write("test", move |tx| {
            let mut row = tx.profile_get(tenant, person)?.unwrap();
            row.consent_email = Consent::Denied;
            row.consent_sms = Consent::Denied;
            tx.profiles_update(tenant, &[row], &[])
        });
        deny.await.unwrap();
    }
}

/// An engine whose tasks are run by hand.
pub(crate) struct Machine {
    cluster: Arc<Cluster>,
    pub(crate) tasks: Vec<Box<dyn Task>>,
}

impl Machine {
    /// Runs every task in turn until none has anything to do.
    pub(crate) async fn until_quiet(&mut self) {
        const ROUNDS_MAX: usize = 10_000;
        let mut quiet = 0;
        for _ in 0..ROUNDS_MAX {
            let mut idle = true;
            for task in &mut self.tasks {
                idle &= matches!(task.tick().await, Ok(Progress::Idle { .. }));
            }
            quiet = if idle { quiet + 1 } else { 0 };
            if quiet == 2 {
                return;
            }
        }
        panic!("the engine does not come to rest");
    }

    /// The task that keeps the machine's leases.
    pub(crate) fn keeper(&self) -> Keeper {
        Keeper::new(Arc::clone(&self.cluster))
    }

    /// Runs the first task of a name once.
    pub(crate) async fn step_one(&mut self, name: &str) {
        let task = self.tasks.iter_mut().find(|task| task.name() == name).unwrap();
        task.tick().await.unwrap();
    }

    /// Runs every task of a name once.
    pub(crate) async fn step(&mut self, name: &str) {
        for task in self.tasks.iter_mut().filter(|task| task.name() == name) {
            task.tick().await.unwrap();
        }
    }
}

fn campaign(job: &ScheduleJob, template: TemplateId) -> Campaign {
    Campaign {
        id: job.campaign,
        campaign_type: CampaignType::Broadcast,
        channel: job.channel,
        name: "Spring".into(),
        description: None,
        category: "general".into(),
        tags: Vec::new(),
        external_id: None,
        metadata: None,
        authoring_status: AuthoringStatus::Published,
        execution_status: ExecutionStatus::Scheduled,
        current_version_id: Some(job.version),
        template_id: Some(template),
        template_name: None,
        sender_profile_id: None,
        subject_line: None,
        intent: None,
        created_at: START,
        updated_at: START,
        archived_at: None,
    }
}
