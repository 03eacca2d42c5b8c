//! The ports of the test world: a clock that stands until it is moved, a provider that answers as told, and traps.

use postrider_core::channel::{Channel, ChannelKind, Lane, Line, Message, Obstacle, Outcome, Refusal};
use postrider_core::env::{BoxFuture, Clock, Entropy};
use postrider_core::time::Timestamp;
use postrider_store::StoreError;
use postrider_store::probe::Probe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, watch};

/// A clock that stands until it is moved.
pub(crate) struct TestClock(watch::Sender<i64>);

impl TestClock {
    pub(crate) fn at(instant: Timestamp) -> Self {
        Self(watch::Sender::new(instant.as_millis()))
    }

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
    /// Before the nth transaction of a name.
    BeforeOp(&'static str, u64),
    /// After the nth transaction of a name committed.
    AfterOp(&'static str, u64),
}

/// Counts steps and stops the world at one of them.
#[derive(Default)]
pub(crate) struct Traps {
    set: Mutex<Option<Trap>>,
    failing: Mutex<Option<Trap>>,
    transactions: AtomicU64,
    windows: AtomicU64,
    /// How often the transaction began or committed whose name the trap has.
    named: AtomicU64,
    pub(crate) sprung: Notify,
    failed: AtomicU64,
    /// A window that waits until it is let go.
    holding: AtomicU64,
    is_held: Notify,
    is_let_go: Notify,
    /// A process that is stopped for this many milliseconds after the next transaction of a name.
    leap: Mutex<Option<(&'static str, Arc<TestClock>, i64)>>,
    /// What happens before the next transaction of a name.
    first: Mutex<Option<(&'static str, Act)>>,
}

type Act = Box<dyn FnOnce() + Send>;

impl Traps {
    pub(crate) fn set(&self, trap: Option<Trap>) {
        *self.set.lock().unwrap() = trap;
        self.transactions.store(0, Ordering::SeqCst);
        self.windows.store(0, Ordering::SeqCst);
        self.named.store(0, Ordering::SeqCst);
    }

    /// Lets something happen between the decision for a transaction and the transaction.
    pub(crate) fn before(&self, op: &'static str, act: impl FnOnce() + Send + 'static) {
        *self.first.lock().unwrap() = Some((op, Box::new(act)));
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

    /// Lets time pass between the next transaction of a name and what follows it.
    pub(crate) fn stand_still_after(&self, op: &'static str, clock: &Arc<TestClock>, ms: i64) {
        *self.leap.lock().unwrap() = Some((op, Arc::clone(clock), ms));
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

pub(crate) struct TrapProbe(pub(crate) Arc<Traps>);

impl Probe for TrapProbe {
    fn before(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        if let Some((_, act)) = self.0.first.lock().unwrap().take_if(|(name, _)| *name == op) {
            act();
        }
        let number = self.0.transactions.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(Trap::BeforeOp(name, _)) = *self.0.set.lock().unwrap()
            && name == op
        {
            let number = self.0.named.fetch_add(1, Ordering::SeqCst) + 1;
            return Box::pin(self.0.reach(Trap::BeforeOp(name, number)));
        }
        Box::pin(self.0.reach(Trap::Before(number)))
    }

    fn after(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        if let Some((_, clock, ms)) = self.0.leap.lock().unwrap().take_if(|(name, ..)| *name == op) {
            clock.advance(ms);
        }
        if let Some(Trap::AfterOp(name, _)) = *self.0.set.lock().unwrap()
            && name == op
        {
            let number = self.0.named.fetch_add(1, Ordering::SeqCst) + 1;
            return Box::pin(self.0.reach(Trap::AfterOp(name, number)));
        }
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
    /// How many lanes may be connected at once, and how many are.
    pub(crate) connections_max: AtomicU64,
    connections: AtomicU64,
    /// How often one more was refused.
    pub(crate) refused: AtomicU64,
    silence: watch::Sender<Silence>,
    traps: Arc<Traps>,
}

/// Windows that are not answered for now.
#[derive(Default)]
struct Silence {
    /// How many more fall silent, and whether their messages arrive all the same.
    windows: usize,
    arrive: bool,
    /// How many are silent.
    silent: usize,
    /// Lets the silent ones go on.
    has_ended: bool,
}

impl TestChannel {
    /// Makes the next windows wait until [`Self::speak`]. Their messages arrive before, or else after that.
    pub(crate) fn fall_silent(&self, windows: usize, arrive: bool) {
        self.silence.send_modify(|silence| *silence = Silence { windows, arrive, ..Silence::default() });
    }

    /// Lets silent windows go on.
    pub(crate) fn speak(&self) {
        self.silence.send_modify(|silence| (silence.windows, silence.has_ended) = (0, true));
    }

    /// How many windows are silent.
    pub(crate) fn silent(&self) -> usize {
        self.silence.borrow().silent
    }

    /// Whether the next window falls silent, and if so whether its messages arrive before.
    fn next_silence(&self) -> Option<bool> {
        let mut arrive = None;
        self.silence.send_if_modified(|silence| {
            if silence.windows > 0 {
                (silence.windows, silence.silent, arrive) =
                    (silence.windows - 1, silence.silent + 1, Some(silence.arrive));
            }
            arrive.is_some()
        });
        arrive
    }

    pub(crate) fn new(kind: ChannelKind, traps: Arc<Traps>) -> Self {
        let script: Script = Box::new(|_, _| handed_off());
        let (connections_max, connections, refused) = (AtomicU64::new(u64::MAX), AtomicU64::new(0), AtomicU64::new(0));
        let (script, taken, offered) = (Mutex::new(script), Mutex::default(), Mutex::default());
        let silence = watch::Sender::new(Silence::default());
        Self { kind, script, taken, offered, connections_max, connections, refused, silence, traps }
    }

    pub(crate) fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().iter().map(|(_, to)| to.clone()).collect()
    }

    pub(crate) fn answers(&self, script: impl Fn(&str, usize) -> Outcome + Send + Sync + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    /// How many lanes are connected.
    pub(crate) fn connected(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    /// Whether one more lane may connect; then it is.
    fn connect(&self) -> bool {
        let max = self.connections_max.load(Ordering::SeqCst);
        let more = |now| (now < max).then_some(now + 1);
        let is_connected = self.connections.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok();
        if !is_connected {
            self.refused.fetch_add(1, Ordering::SeqCst);
        }
        is_connected
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

pub(crate) struct TestPort(pub(crate) Arc<TestChannel>);
struct TestLane(Arc<TestChannel>, bool, Option<Arc<dyn Line>>);

impl Channel for TestPort {
    fn kind(&self) -> ChannelKind {
        self.0.kind
    }

    fn lane(&self) -> Box<dyn Lane> {
        Box::new(TestLane(Arc::clone(&self.0), false, None))
    }
}

impl Lane for TestLane {
    fn send<'a>(&'a mut self, window: &'a [Message]) -> BoxFuture<'a, Vec<Outcome>> {
        Box::pin(async move {
            self.1 = self.1 || self.0.connect();
            if !self.1 {
                let refused = || Outcome::NotAttempted {
                    refusal: refusal("too_many_connections"),
                    obstacle: Obstacle::Connections,
                    after_ms: None,
                };
                return window.iter().map(|_| refused()).collect();
            }
            if let Some(arrive) = self.0.next_silence() {
                return self.silent(window, arrive).await;
            }
            // The others get their turn.
            tokio::task::yield_now().await;
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

    fn listen(&mut self, line: Arc<dyn Line>) {
        self.2 = Some(line);
    }

    fn close<'a>(&'a mut self) -> BoxFuture<'a, ()> {
        Box::pin(async { self.disconnect() })
    }
}

impl TestLane {
    /// Waits until the silence ends, or until the caller that handed the window over ends it.
    async fn silent(&self, window: &[Message], arrive: bool) -> Vec<Outcome> {
        let take = || window.iter().map(|message| self.0.take(message)).collect();
        let before: Option<Vec<Outcome>> = arrive.then(take);
        let line = self.2.clone().unwrap();
        let mut silence = self.0.silence.subscribe();
        let spoken = Box::pin(silence.wait_for(|silence| silence.has_ended));
        if let futures_util::future::Either::Left(_) = futures_util::future::select(spoken, line.cut()).await {
            return before.unwrap_or_else(take);
        }
        let refusal = refusal("cut_off");
        let outcome = if arrive {
            Outcome::Uncertain(refusal)
        } else {
            Outcome::NotAttempted { refusal, obstacle: Obstacle::Caller, after_ms: None }
        };
        vec![outcome; window.len()]
    }

    fn disconnect(&mut self) {
        if std::mem::take(&mut self.1) {
            self.0.connections.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Drop for TestLane {
    fn drop(&mut self) {
        self.disconnect();
    }
}

/// Makes two tests of each line, one for each database, that call `run(database, trap)`.
macro_rules! everywhere {
    ($run:ident: $($name:ident => $trap:expr;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $run(Database::Sqlite, $trap).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $run(Database::Postgres, $trap).await;
            }
        }
    )*};
}
pub(crate) use everywhere;
