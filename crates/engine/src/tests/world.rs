//! A small world: one tenant, one campaign, and what can be asked about it.

pub(crate) use super::ports::*;
use crate::cluster::Cluster;
use crate::driver::{Progress, Task};
use crate::engine::{EngineParts, all};
use crate::keeper::Keeper;
use crate::rescuer::rescue_all;
use crate::settings::{ChannelSettings, EngineSettings};
use postrider_content::{EmailSource, TemplateSource};
use postrider_core::audience::{Consent, SuppressionReason};
use postrider_core::campaign::{AudienceSide, AuthoringStatus, CampaignType, ExecutionStatus};
use postrider_core::channel::{Channel, ChannelKind};
use postrider_core::content::TemplateStatus;
use postrider_core::delivery::{Counts, DeliveryState};
use postrider_core::env::{Clock, Entropy};
use postrider_core::id::*;
use postrider_core::schedule::{JobState, OnMissed, OnUncertain, Policy, TimezoneSource};
use postrider_core::time::{Resolution, ResolutionRule, Timestamp, Zones};
use postrider_intake::jobs::Parsing;
use postrider_store::accounts::Accounts;
use postrider_store::campaigns::Campaign;
use postrider_store::job_audiences::JobAudience;
use postrider_store::lists::ListRow;
use postrider_store::profiles::ProfileRow;
use postrider_store::schedules::ScheduleJob;
use postrider_store::senders::SenderProfile;
use postrider_store::suppressions::SuppressionRow;
use postrider_store::templates::Template;
use postrider_store::tenants::Tenant;
use postrider_store::{Store, StoreError, statements};
use std::collections::BTreeMap;
use std::sync::Arc;

statements! { "test":
    FORCE = "UPDATE schedule_jobs SET state = $1 WHERE id = $2";
    REASONS = "SELECT d.state, d.reason, COUNT(*) FROM deliveries d JOIN manifests m ON m.number = d.manifest_number \
        WHERE m.schedule_id = $1 GROUP BY d.state, d.reason ORDER BY d.state, d.reason";
    CLAIMED = "SELECT COUNT(*) FROM chunks WHERE state = 'claimed' OR node_id IS NOT NULL";
    DEATHS = "SELECT COALESCE(MAX(deaths), 0) FROM chunks";
    /// Chunks whose counters are not those of their rows.
    MISCOUNTED = "SELECT COUNT(*) FROM chunks c WHERE c.pending <> (SELECT COUNT(*) FROM deliveries d \
        WHERE d.manifest_number = c.manifest_number AND d.seq BETWEEN c.first_seq AND c.last_seq \
        AND d.state = 'pending') OR c.in_flight <> (SELECT COUNT(*) FROM deliveries d \
        WHERE d.manifest_number = c.manifest_number AND d.seq BETWEEN c.first_seq AND c.last_seq \
        AND d.state = 'in_flight') OR c.sent <> (SELECT COUNT(*) FROM deliveries d \
        WHERE d.manifest_number = c.manifest_number AND d.seq BETWEEN c.first_seq AND c.last_seq \
        AND d.state = 'sent')";
    NODES = "SELECT COUNT(*) FROM nodes";
    ATTEMPTS = "SELECT outcome FROM attempts ORDER BY manifest_number, seq, attempt, at";
}

/// When the world begins.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// How long claims last.
pub(crate) const LEASE_MS: i64 = 30_000;

/// What a test wants.
pub(crate) struct Plan {
    pub(crate) kind: ChannelKind,
    pub(crate) policy: Policy,
    pub(crate) html: String,
    pub(crate) lanes: usize,
    pub(crate) window: usize,
    pub(crate) due_at: Timestamp,
    pub(crate) zones: Zones,
    /// Rules that its jobs include or exclude beside lists.
    pub(crate) rules: &'static [(AudienceSide, &'static str)],
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
        Self {
            kind: ChannelKind::Email,
            policy,
            html,
            lanes: 2,
            window: 4,
            due_at: START,
            zones: Zones::in_use().clone(),
            rules: &[],
        }
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
        let channel = Arc::new(TestChannel::new(plan.kind, Arc::clone(&traps)));
        let tenant = TenantId::new(START, &*entropy);
        let list = ListId::new(START, &*entropy);
        let mut world = Self {
            store,
            clock: Arc::new(TestClock::at(START)),
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
            require_unsubscribe_link: true,
            mail_unknown: true,
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
            is_test: false,
            parent: None,
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
        let sides = [(AudienceSide::Include, include), (AudienceSide::Exclude, exclude)];
        let lists =
            sides.into_iter().flat_map(|(side, lists)| lists.iter().map(move |list| JobAudience::list(side, *list)));
        let rules = self.plan.rules.iter().map(|(side, rule)| JobAudience {
            side: *side,
            audience_id: AudienceId::new(START, &*self.entropy).into(),
            rule: Some((*rule).to_owned()),
        });
        let audiences: Vec<JobAudience> = lists.chain(rules).collect();
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
            tx.schedule_insert(tenant, &job, &audiences)
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
        let channel =
            ChannelSettings { lanes: self.plan.lanes, window: self.plan.window, ..ChannelSettings::default() };
        EngineParts {
            store: self.store.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            entropy: Arc::clone(&self.entropy) as Arc<dyn Entropy>,
            channels: BTreeMap::from([(self.plan.kind, port)]),
            webhooks: None,
            settings: EngineSettings {
                channels: BTreeMap::from([(self.plan.kind, channel)]),
                lease_ms: LEASE_MS,
                zones: self.plan.zones.clone(),
                ..EngineSettings::default()
            },
        }
    }

    /// What engines of this world read times with, from now on.
    pub(crate) fn install_zones(&mut self, zones: Zones) {
        self.plan.zones = zones;
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
        let cluster = Arc::new(Cluster::of(self.parts(), Parsing::InPlace));
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

    /// The most processes that ended in the middle of one chunk, as far as that is not forgotten.
    pub(crate) async fn deaths(&self) -> i64 {
        let read = self.store.read("test", |tx| tx.query_number(&DEATHS, &[]));
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
        let miscounted = self.store.read("test", |tx| tx.query_number(&MISCOUNTED, &[])).await;
        assert_eq!(miscounted.unwrap_or_else(|error: StoreError| panic!("{error}")), 0);
    }

    /// A machine with its first window on its way, and the task that waits for the answer.
    pub(crate) async fn with_a_window_away(&self) -> tokio::task::JoinHandle<Machine> {
        let mut slow = self.machine().await;
        for name in ["starter", "planner", "scout"] {
            slow.step(name).await;
        }
        self.traps.hold_window(1);
        let tick = tokio::spawn(async move {
            slow.step("lane").await;
            slow
        });
        self.traps.held().await;
        tick
    }

    /// Lets running engines go on, a millisecond at a time, until the job is over.
    pub(crate) async fn finished(&self) {
        // Two leases: a task of an engine that was dropped may have read the clock after a leap, and its lease ends later.
        const STEPS_MAX: i64 = 2 * LEASE_MS;
        for _ in 0..STEPS_MAX {
            if self.job().await.finished_at.is_some() {
                return;
            }
            self.clock.advance(1);
        }
        panic!("the job does not end: {:?}", self.counts().await);
    }

    /// Lets running engines go on, a millisecond at a time, until this many recipients are in a state.
    pub(crate) async fn until(&self, state: DeliveryState, number: usize) {
        const STEPS_MAX: i64 = 2 * LEASE_MS;
        let (tenant, job, wanted) = (self.tenant, self.job, i64::try_from(number).unwrap());
        let mut last = None;
        for _ in 0..STEPS_MAX {
            last = self.store.read("test", move |tx| tx.accounts(tenant, job)).await.unwrap().map(|it| it.counts);
            if last.as_ref().is_some_and(|counts| counts.of(state) == wanted) {
                return;
            }
            self.clock.advance(1);
        }
        panic!("{number} do not become {state:?}: {last:?}");
    }

    /// Puts an address on the suppression list of the world's channel.
    pub(crate) async fn suppress(&self, address: &str) {
        let row = SuppressionRow {
            id: SuppressionId::new(START, &*self.entropy),
            channel: self.plan.kind,
            address: address.to_owned(),
            reason: SuppressionReason::Manual,
            created_at: START,
            expires_at: None,
            erased_at: None,
        };
        let tenant = self.tenant;
        self.store.write("test", move |tx| tx.suppression_put(tenant, &row)).await.unwrap();
    }

    /// A profile of which nothing is known.
    pub(crate) fn somebody(&self) -> ProfileRow {
        ProfileRow::empty(ProfileId::new(START, &*self.entropy), START)
    }

    /// Changes the consent of a person.
    pub(crate) async fn deny(&self, person: ProfileId) {
        let tenant = self.tenant;
        let deny = self.store.write("test", move |tx| {
            let mut row = tx.profile_get(tenant, person)?.unwrap();
            row.consent_email = Consent::Denied;
            row.consent_sms = Consent::Denied;
            tx.profiles_update(tenant, &[row])
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
    pub(crate) fn of(cluster: Arc<Cluster>, tasks: Vec<Box<dyn Task>>) -> Self {
        Self { cluster, tasks }
    }

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
