//! The world: takes one turn after another until everybody is accounted for.
//!
//! A turn lets one of those who wait at the gate go, runs everything that follows from it, and looks at what changed.
//! Time moves only when nobody can go, or when a fault makes somebody slow.

use crate::budgets::Takes;
use crate::chance::{SimEntropy, Stream};
use crate::client::{CLIENT, Clients};
use crate::clock::{Jump, Wall};
use crate::faults::{self, Climate};
use crate::gate::{Gate, Pass, Place, Verdict};
use crate::listener::Listener;
use crate::look::Look;
use crate::node::{Recipe, Slot};
use crate::observer::Observer;
use crate::oracle::Ban;
use crate::panics;
use crate::provider::Provider;
use crate::report::{Report, Trace};
use crate::scheduler::Scheduler;
use crate::setup::furnish;
use crate::workload::{START, Workload};
use crate::{Database, Options};
use postrider_core::channel::ChannelKind;
use postrider_core::time::{HOUR_MS, Timestamp};
use postrider_store::{DatabaseUrl, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A world that takes more turns does not come to rest.
const TURNS_MAX: usize = 60_000;
/// Once faults stop, everything must be over within this time, in milliseconds: a few doubled waits of a minute.
const REST_MAX_MS: i64 = HOUR_MS;
/// How often, in a thousand turns, the whole database is looked through.
const INSPECTIONS: u64 = 40;

/// One world.
pub(crate) struct SimWorld {
    pub(crate) options: Options,
    pub(crate) workload: Workload,
    pub(crate) drawn: Climate,
    pub(crate) climate: Climate,
    pub(crate) gate: Gate,
    pub(crate) scheduler: Scheduler,
    pub(crate) recipe: Recipe,
    pub(crate) slots: Vec<Slot>,
    pub(crate) last_owner: usize,
    pub(crate) clients: Clients,
    pub(crate) handles: Vec<postrider_core::env::BoxFuture<'static, ()>>,
    pub(crate) observer: Observer,
    turns: Stream,
    pub(crate) faults: Stream,
    pub(crate) silences: Vec<Option<Ban>>,
    pub(crate) erased: Vec<Option<Ban>>,
    pub(crate) cancels: Vec<Option<Ban>>,
    pub(crate) pauses: Vec<Option<Ban>>,
    pub(crate) takes: BTreeMap<usize, Takes>,
    pub(crate) shared_takes: BTreeMap<ChannelKind, Takes>,
    pub(crate) look: Look,
    rough_until: Timestamp,
    pub(crate) crashes: usize,
    panics: usize,
    /// Whether a node had to believe a wall clock that was wrong.
    pub(crate) was_misled: bool,
    pub(crate) trace: Trace,
}

impl SimWorld {
    /// A world on an empty database.
    pub(crate) async fn new(seed: u64, options: Options, url: DatabaseUrl) -> Result<Self, StoreError> {
        let root = Stream::of(seed);
        let mut workload = Workload::draw(&mut root.fork("workload", 0));
        if options.database == Database::Postgres || !options.crashes {
            // There the clock of the database counts; and what is compared goes by one clock.
            workload.jumps.clear();
        }
        let climate = Climate::draw(&mut root.fork("climate", 0), options.crashes);
        let nodes = match options.database {
            Database::Sqlite => 1,
            Database::Postgres => options.nodes.unwrap_or_else(|| root.fork("nodes", 0).pick(&[1, 2, 3])),
        };
        let mut world = Self::of(&root, (workload, climate), options, url).await?;
        world.slots = (0..nodes).map(|_| Slot::Down(START)).collect();
        Ok(world)
    }

    /// A world in which these things happen, without nodes.
    pub(crate) async fn of(
        root: &Stream,
        (workload, climate): (Workload, Climate),
        options: Options,
        url: DatabaseUrl,
    ) -> Result<Self, StoreError> {
        panics::watch();
        let gate = Gate::new(START);
        let scheduler = Scheduler::default();
        let provider = Provider::new(root.fork("provider", 0), climate);
        let store = Store::open_apart(&url).await?;
        let names = furnish(&store, &workload, Arc::new(SimEntropy::new(root.fork("setup", 0)))).await?;
        let pass = Pass { gate: gate.clone(), owner: CLIENT };
        let chance = root.fork("client", 0);
        let clients = Clients::new(Store::open_apart(&url).await?, pass, &chance, names, &workload.imports).await;
        let (lanes, window) = (workload.lanes, workload.window);
        let listener = Listener::new(root.fork("listener", 0), climate);
        let chance = root.fork("nodes", 1);
        let was_misled = workload.jumps.iter().any(Jump::is_believed);
        let wall = Wall::new(workload.jumps.clone());
        let recipe = Recipe { url, gate: gate.clone(), wall, provider, listener, lanes, window, chance };
        Ok(Self {
            options,
            silences: vec![None; workload.silences.len()],
            erased: vec![None; workload.erasures.len()],
            cancels: vec![None; workload.wishes.len()],
            pauses: vec![None; workload.wishes.len()],
            takes: BTreeMap::new(),
            shared_takes: BTreeMap::new(),
            look: Look::default(),
            rough_until: START.plus_millis(workload.rough_ms),
            workload,
            drawn: climate,
            climate,
            gate,
            scheduler,
            recipe,
            slots: Vec::new(),
            last_owner: CLIENT,
            observer: Observer::new(store, (*clients.names).clone()),
            clients,
            handles: Vec::new(),
            turns: root.fork("turns", 0),
            faults: root.fork("faults", 0),
            crashes: 0,
            panics: panics::number(),
            was_misled,
            trace: Trace::default(),
        })
    }

    /// Describes it for a failure.
    pub(crate) fn describe(&self) -> String {
        let imports: Vec<_> = self.workload.imports.iter().map(|import| (import.start_at, import.len())).collect();
        format!(
            "{:?}\nWishes: {:#?}\nSilences: {:?}\nErasures: {:?}\nImports: {imports:?}\nJumps: {:?}",
            self.drawn, self.workload.wishes, self.workload.silences, self.workload.erasures, self.workload.jumps
        )
    }

    /// Runs it to its end.
    pub(crate) async fn run(&mut self, seed: u64) -> Result<Report, String> {
        self.begin_clients();
        while !self.turn().await? {
            if self.trace.len() > TURNS_MAX {
                return Err("INV-10: the world does not come to rest".into());
            }
        }
        self.check().await?;
        self.judge(seed).await
    }

    fn begin_clients(&mut self) {
        let chance = self.turns.fork("clients", 0);
        let mut futures = Vec::new();
        for (number, wish) in self.workload.wishes.iter().enumerate() {
            let fork = |name| chance.fork(name, number as u64);
            futures.push(self.clients.commit(number, wish, fork("commit")));
            if wish.has_rival {
                futures.push(self.clients.commit(number, wish, fork("rival")));
            }
            if let Some(at) = wish.cancel_at {
                futures.push(self.clients.cancel(number, at, fork("cancel")));
            }
            if wish.pause.is_some() {
                futures.push(self.clients.pause(number, wish, fork("pause")));
            }
            if wish.shift.is_some() {
                futures.push(self.clients.shift(number, wish, fork("shift")));
            }
            futures.push(self.clients.read_accounts(number, self.rough_until));
        }
        for (number, silence) in self.workload.silences.iter().enumerate() {
            futures.push(self.clients.silence(silence, chance.fork("silence", number as u64)));
        }
        futures.extend(self.workload.erasures.iter().map(|erasure| self.clients.erase(erasure)));
        for (number, import) in self.workload.imports.iter().enumerate() {
            futures.push(self.clients.start_import(number, import, chance.fork("import", number as u64)));
        }
        let spawn = self.scheduler.spawner(CLIENT);
        self.handles = futures.into_iter().map(|future| spawn(future)).collect();
    }

    /// One turn; whether the world is at its end.
    async fn turn(&mut self) -> Result<bool, String> {
        self.settle().await;
        self.tend_nodes().await.map_err(failed)?;
        self.settle().await;
        if panics::number() > self.panics {
            return Err(format!("the product panicked: {}", panics::last()));
        }
        if self.gate.now() >= self.rough_until && self.climate != Climate::calm() {
            self.calm_down();
        }
        if self.turns.permille(INSPECTIONS) {
            self.check().await?;
        }
        if self.strike() {
            return Ok(false);
        }
        let now = self.gate.now();
        let mut waiting = self.gate.waiting();
        waiting.retain(|(_, owner, _)| self.is_awake(*owner, now));
        if waiting.is_empty() {
            return self.pass_time().await;
        }
        let (number, owner, place) = waiting.swap_remove(self.turns.below(waiting.len()));
        self.take_turn(number, owner, &place).await?;
        Ok(false)
    }

    /// Lets a task go on, runs everything that follows, and notes what cannot be seen later.
    pub(crate) async fn take_turn(&mut self, number: u64, owner: usize, place: &Place) -> Result<(), String> {
        self.let_go(number, owner, place);
        self.settle().await;
        match place {
            Place::Before(_) if owner == CLIENT => self.observe().await.map_err(failed),
            Place::Before("job.take_budget") => self.note_takes().await.map_err(failed),
            _ => Ok(()),
        }
    }

    /// Runs everything until everybody stands at the gate or waits for somebody else.
    pub(crate) async fn settle(&mut self) {
        self.scheduler.run_until_stalled();
        while self.gate.is_under_way() {
            self.scheduler.woken().await;
            self.scheduler.run_until_stalled();
        }
    }

    pub(crate) fn is_awake(&self, owner: usize, now: Timestamp) -> bool {
        let asleep = |slot: &Slot| matches!(slot, Slot::Up(node) if node.owner == owner && !node.is_awake(now));
        !self.slots.iter().any(asleep)
    }

    /// Lets somebody go, or fail.
    fn let_go(&mut self, number: u64, owner: usize, place: &Place) {
        let (what, rate) = match place {
            Place::Before(op) => (format!("begins {op}"), self.climate.refused),
            Place::After(op) => (format!("ended  {op}"), self.climate.lost),
            Place::Leave(key) => (format!("sends  {key}"), 0),
            Place::Answer => ("is answered".to_owned(), 0),
            Place::Post(event) => (format!("posts  {event}"), 0),
            Place::Receipt => ("is answered about an event".to_owned(), 0),
            Place::Sleep(_) => ("wakes".to_owned(), 0),
        };
        let verdict = match place {
            _ if !self.faults.permille(rate) => Verdict::Go,
            Place::Before(_) => Verdict::Fail(faults::refused(&mut self.faults)),
            _ => Verdict::Fail(faults::lost()),
        };
        let suffix = if matches!(verdict, Verdict::Go) { "" } else { ", which fails" };
        self.trace.add(START, self.gate.now(), owner, &format!("{what}{suffix}"));
        self.gate.say(number, verdict);
        if matches!(place, Place::After(op) if is_told_to_others(op)) {
            for at in 0..self.slots.len() {
                let is_lost = self.faults.permille(self.climate.deaf);
                if let (Slot::Up(node), false) = (&self.slots[at], is_lost)
                    && node.owner != owner
                {
                    node.nudge();
                }
            }
        }
    }

    /// Nobody can go: the next thing that is due happens. Whether nothing is left to happen.
    async fn pass_time(&mut self) -> Result<bool, String> {
        if self.scheduler.is_gone(CLIENT) && self.is_over().await.map_err(failed)? {
            return Ok(true);
        }
        let now = self.gate.now();
        let slots = self.slots.iter().filter_map(|slot| match slot {
            Slot::Down(until) => Some(*until),
            Slot::Up(node) => node.paused_until.filter(|until| *until > now),
        });
        let wake = self.gate.next_wake(|owner| self.is_awake(owner, now));
        let next = slots.chain(wake).min();
        let Some(next) = next else { return Err("INV-10: nobody will ever do anything again".into()) };
        let end = self.rough_until.plus_millis(REST_MAX_MS);
        if next > end {
            return Err("INV-10: faults stopped long ago, and something is still not done".into());
        }
        self.gate.advance_to(next);
        Ok(false)
    }
}

/// After which transactions nodes tell each other.
fn is_told_to_others(op: &str) -> bool {
    matches!(
        op,
        "schedule.commit"
            | "schedule.cancel"
            | "schedule.pause"
            | "schedule.resume"
            | "schedule.move"
            | "job.start"
            | "manifest.freeze"
            | "imports.start"
    )
}

pub(crate) fn failed(error: StoreError) -> String {
    format!("the world itself cannot go on: {error}")
}
