//! The language of scripts: a script says which node goes on, and how far, where other worlds draw it from a seed.
//!
//! All tasks that are awake go on in the order in which they came to the gate. A node that stops at a place sleeps from
//! there on, as a process does that is stopped by a signal, until it is woken. After every turn the whole database is
//! looked through, and at the end the oracle judges as in any world.

use crate::chance::Stream;
use crate::client::CLIENT;
use crate::clock::Jump;
use crate::erasures::Erasure;
use crate::faults::Climate;
use crate::gate::Place;
use crate::node::Slot;
use crate::observer::Seen;
use crate::provider::Arrival;
use crate::report::Failure;
use crate::workload::{Person, START, Silence, Wish, Workload};
use crate::world::SimWorld;
use crate::{Database, Options};
use postrider_core::channel::ChannelKind;
use postrider_core::delivery::DeliveryState;
use postrider_core::env::BoxFuture;
use postrider_core::schedule::{OnMissed, OnUncertain};
use postrider_core::time::{HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use std::collections::BTreeSet;

/// How long a node takes at most to come to the place where it is to stop, in milliseconds.
const STOP_MAX_MS: i64 = 10 * MINUTE_MS;
/// How long everything takes at most once all tasks are awake, in milliseconds.
const END_MAX_MS: i64 = 2 * HOUR_MS;
/// Transactions that nodes repeat all the time and that change nothing.
const IDLE: [&str; 9] = [
    "job.next_due",
    "manifest.open",
    "chunk.work",
    "chunk.lost",
    "job.unsettled",
    "webhook.next_due",
    "node.beat",
    "reach.next",
    "imports.look",
];
/// No task sleeps for this long.
const FOREVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// A job that is sent at once to this many people, one after the other.
pub(super) fn story(people: usize) -> Workload {
    let person = |number: usize| Person {
        email: Some(format!("p{number}@d{number}.example")),
        phone: None,
        refuses: false,
        lists: BTreeSet::from([0]),
    };
    let wish = Wish {
        channel: ChannelKind::Email,
        include: vec![0],
        exclude: Vec::new(),
        commit_at: START,
        has_rival: false,
        send_at: None,
        latest_start: None,
        on_missed: OnMissed::Send,
        latest_finish: None,
        on_uncertain: OnUncertain::Hold,
        rate_per_minute: None,
        cancel_at: None,
        pause: None,
        decision: None,
        shift: None,
    };
    Workload {
        people: (0..people).map(person).collect(),
        lists: 1,
        wishes: vec![wish],
        silences: Vec::new(),
        erasures: Vec::new(),
        imports: Vec::new(),
        shared_rates: Vec::new(),
        jumps: Vec::new(),
        lanes: 1,
        window: 1,
        rough_ms: 0,
    }
}

/// Plays a script in a world of its own.
pub(super) fn play(database: Database, story: Workload, act: impl AsyncFnOnce(&mut Script)) {
    crate::block_on(async move {
        let folder = crate::folder();
        let url = postrider_store::testkit::fresh_url(database, folder.path()).await;
        let options = Options::on(database);
        let mut world = SimWorld::of(&Stream::of(0), (story, Climate::calm()), options, url).await.unwrap();
        // Scripts stop and end nodes, which explains doubts.
        world.drawn = Climate { crash: 1, stop: 1, ..Climate::calm() };
        let mut script = Script { world, held: BTreeSet::new() };
        for number in 0..script.world.workload.wishes.len() {
            let wish = script.world.workload.wishes[number].clone();
            let commit = script.world.clients.commit(number, &wish, Stream::of(number as u64));
            script.client(commit).await;
        }
        act(&mut script).await;
        script.end().await;
    });
}

/// A world whose turns a script decides.
pub(super) struct Script {
    pub(super) world: SimWorld,
    /// Tickets of the gate that do not go.
    held: BTreeSet<u64>,
}

impl Script {
    /// Starts a node.
    pub(super) async fn start(&mut self) -> usize {
        self.world.last_owner += 1;
        let owner = self.world.last_owner;
        let node = self.world.recipe.start(owner, &self.world.scheduler).await.unwrap();
        self.world.slots.push(Slot::Up(node));
        owner
    }

    /// Stops a node where it is.
    pub(super) fn sleep(&mut self, owner: usize) {
        self.set_awake(owner, Some(FOREVER));
    }

    /// Lets a node go on.
    pub(super) fn wake(&mut self, owner: usize) {
        self.set_awake(owner, None);
    }

    fn set_awake(&mut self, owner: usize, paused_until: Option<Timestamp>) {
        for slot in &mut self.world.slots {
            if let Slot::Up(node) = slot
                && node.owner == owner
            {
                node.paused_until = paused_until;
            }
        }
    }

    /// Ends a node where it is.
    pub(super) fn crash(&mut self, owner: usize) {
        let is_it = |slot: &Slot| matches!(slot, Slot::Up(node) if node.owner == owner);
        let at = self.world.slots.iter().position(is_it).unwrap();
        if let Slot::Up(node) = self.world.slots.remove(at) {
            node.crash(&mut self.world.scheduler);
        }
    }

    /// Lets all tasks go on until a task of a node reaches a place. The node sleeps from there on.
    pub(super) async fn stop_at(&mut self, owner: usize, place: impl Fn(&Place) -> bool) {
        self.come_to(owner, place).await;
        self.sleep(owner);
    }

    /// Lets a task of a node go on from the message at which it stopped.
    pub(super) async fn step_past(&mut self, owner: usize) {
        self.stop_at(owner, answered).await;
        self.wake(owner);
    }

    /// As [`Self::stop_at`], but only the task stays where it is; the rest of the node goes on.
    pub(super) async fn hold_at(&mut self, owner: usize, place: impl Fn(&Place) -> bool) {
        let ticket = self.come_to(owner, place).await;
        self.held.insert(ticket);
    }

    async fn come_to(&mut self, owner: usize, place: impl Fn(&Place) -> bool) -> u64 {
        let end = self.world.gate.now().plus_millis(STOP_MAX_MS);
        loop {
            self.world.settle().await;
            let waiting = self.world.gate.waiting();
            if let Some((ticket, ..)) = waiting.iter().find(|(_, who, at)| *who == owner && place(at)) {
                return *ticket;
            }
            if !self.turn(|_| true).await && !self.advance(end) {
                self.fail(format!("node {owner} never came there"));
            }
        }
    }

    /// Lets all tasks go on for this many milliseconds.
    pub(super) async fn pass(&mut self, ms: i64) {
        let end = self.world.gate.now().plus_millis(ms);
        loop {
            while self.turn(|_| true).await {}
            if !self.advance(end) {
                return;
            }
        }
    }

    /// Lets a client do its work; no other task goes on meanwhile.
    pub(super) async fn client(&mut self, work: BoxFuture<'static, ()>) {
        let handle = self.world.scheduler.spawner(CLIENT)(work);
        self.world.handles.push(handle);
        self.world.settle().await;
        while self.turn(|owner| owner == CLIENT).await {}
    }

    pub(super) async fn cancel(&mut self) {
        let now = self.world.gate.now();
        self.world.workload.wishes[0].cancel_at = Some(now);
        let cancel = self.world.clients.cancel(0, now, Stream::of(71));
        self.client(cancel).await;
    }

    /// Pauses the job for this many milliseconds.
    pub(super) async fn pause(&mut self, rest_ms: i64) {
        let wish = &mut self.world.workload.wishes[0];
        wish.pause = Some((self.world.gate.now(), rest_ms));
        let pause = self.world.clients.pause(0, wish, Stream::of(72));
        self.client(pause).await;
    }

    /// Suppresses a person.
    pub(super) async fn silence(&mut self, silence: Silence) {
        let number = self.world.silences.len() as u64;
        let work = self.world.clients.silence(&silence, Stream::of(73).fork("silence", number));
        self.world.workload.silences.push(silence);
        self.world.silences.push(None);
        self.client(work).await;
    }

    /// Erases a person.
    pub(super) async fn erase(&mut self, who: usize) {
        let erasure = Erasure { at: self.world.gate.now(), who, patience: None };
        let work = self.world.clients.erase(&erasure);
        self.world.workload.erasures.push(erasure);
        self.world.erased.push(None);
        self.client(work).await;
    }

    /// Starts the import of the story.
    pub(super) async fn start_import(&mut self) {
        let work = self.world.clients.start_import(0, &self.world.workload.imports[0], Stream::of(74));
        self.client(work).await;
    }

    /// The first job as it is now.
    pub(super) async fn seen(&self) -> Seen {
        let job = self.world.observer.jobs(0).await.unwrap().remove(0);
        self.world.observer.see(job, true).await.unwrap()
    }

    /// Its recipients, by their numbers in the world.
    pub(super) async fn people(&self) -> Vec<usize> {
        let known = &self.world.observer.names().people;
        let number = |profile| known.iter().position(|known| *known == profile).unwrap();
        self.seen().await.rows.iter().map(|(row, _)| number(row.profile)).collect()
    }

    /// The states of its recipients.
    pub(super) async fn states(&self) -> Vec<DeliveryState> {
        self.seen().await.rows.iter().map(|(row, _)| row.state).collect()
    }

    /// The outcomes of its attempts that are written down, in order.
    pub(super) async fn attempts(&self) -> Vec<String> {
        let seen = self.seen().await;
        let attempts = seen.rows.into_iter().flat_map(|(_, attempts)| attempts);
        attempts.map(|attempt| format!("{} {}", attempt.outcome, attempt.reason.unwrap_or_default())).collect()
    }

    /// The wall clock of the machine is wrong from now on, for so long.
    pub(super) fn jump(&mut self, ahead_ms: i64, lasts_ms: i64) {
        let at = self.world.gate.now();
        self.world.recipe.wall.jump(Jump { at, until: at.plus_millis(lasts_ms), ahead_ms, drift_ms: 0 });
    }

    /// The messages that the provider accepted.
    pub(super) fn arrivals(&self) -> Vec<Arrival> {
        self.world.recipe.provider.books(|books| books.arrivals.clone())
    }

    /// Lets all tasks go on until all is over.
    pub(super) async fn finish(&mut self) {
        self.held.clear();
        self.world.slots.iter_mut().for_each(|slot| {
            if let Slot::Up(node) = slot {
                node.paused_until = None;
            }
        });
        let end = self.world.gate.now().plus_millis(END_MAX_MS);
        while !self.world.is_over().await.unwrap() {
            if self.world.gate.now() >= end {
                self.fail("INV-10: the world does not come to rest".into());
            }
            self.pass(SECOND_MS).await;
        }
    }

    /// Lets all tasks go on until all is over, and judges.
    async fn end(&mut self) {
        self.finish().await;
        if let Err(problem) = self.world.judge(0).await {
            self.fail(problem);
        }
    }

    /// Lets the next task that may go on take its turn; returns whether there was one.
    async fn turn(&mut self, may_go: impl Fn(usize) -> bool) -> bool {
        self.world.settle().await;
        let now = self.world.gate.now();
        let is_next = |(ticket, owner, _): &(u64, usize, Place)| {
            may_go(*owner) && !self.held.contains(ticket) && self.world.is_awake(*owner, now)
        };
        let Some((ticket, owner, place)) = self.world.gate.waiting().into_iter().find(is_next) else { return false };
        let taken = self.world.take_turn(ticket, owner, &place).await;
        let has_changed = matches!(place, Place::Before(op) if !IDLE.contains(&op));
        let checked = if has_changed { self.world.check().await } else { Ok(()) };
        if let Err(problem) = taken.and(checked) {
            self.fail(problem);
        }
        true
    }

    /// Moves time to the next instant at which a task wakes, or to the end. Returns whether the end had not come.
    fn advance(&self, end: Timestamp) -> bool {
        let now = self.world.gate.now();
        let next = self.world.gate.next_wake(|owner| self.world.is_awake(owner, now));
        self.world.gate.advance_to(next.map_or(end, |next| next.min(end)));
        now < end
    }

    fn fail(&mut self, problem: String) -> ! {
        let (world, trace) = (self.world.describe(), std::mem::take(&mut self.world.trace));
        panic!("{}", Failure { seed: 0, problem, replay: "run this test".into(), world, trace })
    }
}

/// A window is marked, and its lane does not know yet.
pub(super) fn marked(place: &Place) -> bool {
    *place == Place::After("chunk.turn")
}

/// A message is about to leave.
pub(super) fn leaving(place: &Place) -> bool {
    matches!(place, Place::Leave(_))
}

/// The provider has decided about a window, and its lane does not know yet.
pub(super) fn answered(place: &Place) -> bool {
    *place == Place::Answer
}
