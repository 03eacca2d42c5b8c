//! A provider that remembers everything: its mailbox is the truth about what reached people.

use crate::chance::Stream;
use crate::faults::Climate;
use crate::gate::{Gate, Pass, Place};
use postrider_core::channel::{Channel, ChannelKind, Lane, Line, Message, Obstacle, Outcome, Refusal};
use postrider_core::env::BoxFuture;
use postrider_core::time::{MINUTE_MS, SECOND_MS, Timestamp};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How long the provider is silent before a late answer, in milliseconds.
const STALLS_MS: [i64; 4] = [11 * SECOND_MS, 45 * SECOND_MS, 3 * MINUTE_MS, 15 * MINUTE_MS];

/// A message that the provider took.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    /// Its key: the delivery.
    pub(crate) key: String,
    pub(crate) to: String,
    /// In which turn of the world it arrived.
    pub(crate) step: u64,
    pub(crate) at: Timestamp,
    /// When the engine handed over the window it was in.
    pub(crate) handed_at: Timestamp,
}

/// A message that the provider was offered.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) key: String,
    /// In which turn of the world.
    pub(crate) step: u64,
    /// When its window was handed over.
    pub(crate) handed_at: Timestamp,
}

/// What the provider did.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) arrivals: Vec<Arrival>,
    /// Keys of which it gave no clear answer, once for each time.
    pub(crate) unclear: Vec<String>,
    /// Keys that it will never take.
    pub(crate) rejected: Vec<String>,
    /// Messages that were offered, in order.
    pub(crate) offered: Vec<Offer>,
}

struct State {
    books: Books,
    chance: Stream,
    /// Decides when it is silent for a while. A stream of its own, so that all else goes on as without it.
    silences: Stream,
    climate: Climate,
    /// What it does with the next messages, instead of a random choice.
    script: VecDeque<Mood>,
}

/// The provider, the same for all nodes and channels.
#[derive(Clone)]
pub(crate) struct Provider(Arc<Mutex<State>>);

/// What the provider does with a message.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mood {
    Takes,
    TakesAndFallsSilent,
    FallsSilent,
    Refuses,
    PutsOff(Option<u64>),
    IsClosed(Option<u64>),
    /// Hangs up: nothing of the window is answered any more.
    HangsUp,
    /// The adapter itself breaks down.
    Breaks,
    /// Accepts the message, and answers after this many milliseconds.
    Stalls(i64),
}

/// What the lane makes of it.
enum Word {
    Answer(Outcome),
    HangsUp,
    Breaks,
    Stalls(i64),
}

impl Provider {
    pub(crate) fn new(chance: Stream, climate: Climate) -> Self {
        let silences = chance.fork("silences", 0);
        Self(Arc::new(Mutex::new(State {
            books: Books::default(),
            chance,
            silences,
            climate,
            script: VecDeque::new(),
        })))
    }

    fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Nothing goes wrong from now on.
    pub(crate) fn calm_down(&self) {
        self.with(|state| state.climate = Climate::calm());
    }

    pub(crate) fn books<R>(&self, read: impl FnOnce(&Books) -> R) -> R {
        self.with(|state| read(&state.books))
    }

    /// Says what it does with the next messages.
    #[cfg(test)]
    pub(crate) fn script(&self, moods: &[Mood]) {
        self.with(|state| state.script.extend(moods));
    }

    /// The way to it for one node.
    pub(crate) fn channel(&self, kind: ChannelKind, pass: Pass) -> Arc<dyn Channel> {
        Arc::new(SimChannel { provider: self.clone(), kind, pass })
    }

    /// Nobody will know what became of these.
    fn doubt(&self, messages: &[Message]) {
        self.with(|state| state.books.unclear.extend(messages.iter().map(|message| message.key.clone())));
    }

    /// Until when it does not answer about the next message, if it falls silent for longer than a lane waits patiently.
    fn silent_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.with(|state| {
            let falls_silent = state.script.is_empty() && state.silences.permille(state.climate.provider / 2);
            falls_silent.then(|| now.plus_millis(state.silences.within(10_001, 90_000)))
        })
    }

    /// Decides about a message.
    fn decide(&self, gate: &Gate, message: &Message, handed_at: Timestamp) -> Word {
        let (step, at) = (gate.step(), gate.now());
        self.with(|state| {
            let mood = state.mood();
            let State { books, .. } = state;
            let key = || message.key.clone();
            books.offered.push(Offer { key: key(), step, handed_at });
            let take = |books: &mut Books| {
                let to = message.to.clone();
                books.arrivals.push(Arrival { key: key(), to, step, at, handed_at });
            };
            Word::Answer(match mood {
                Mood::Takes => {
                    take(books);
                    Outcome::HandedOff { provider_ref: "250 ok".into() }
                }
                Mood::TakesAndFallsSilent => {
                    take(books);
                    books.unclear.push(key());
                    Outcome::Uncertain(refusal("no_answer"))
                }
                Mood::FallsSilent => {
                    books.unclear.push(key());
                    Outcome::Uncertain(refusal("no_answer"))
                }
                Mood::Refuses => {
                    books.rejected.push(key());
                    Outcome::Rejected(refusal("mailbox_unavailable"))
                }
                Mood::PutsOff(after_ms) => Outcome::Deferred { refusal: refusal("greylisted"), after_ms },
                Mood::IsClosed(after_ms) => {
                    Outcome::NotAttempted { refusal: refusal("login_refused"), obstacle: Obstacle::Route, after_ms }
                }
                Mood::HangsUp => return Word::HangsUp,
                Mood::Stalls(ms) => {
                    take(books);
                    return Word::Stalls(ms);
                }
                Mood::Breaks => {
                    take(books);
                    return Word::Breaks;
                }
            })
        })
    }
}

impl State {
    fn mood(&mut self) -> Mood {
        if let Some(mood) = self.script.pop_front() {
            return mood;
        }
        let wait = |chance: &mut Stream| {
            let ms = u64::try_from(chance.within(1, 300_000)).unwrap_or_default();
            chance.permille(500).then_some(ms)
        };
        if !self.chance.permille(self.climate.provider) {
            return Mood::Takes;
        }
        match self.chance.below(9) {
            0 | 1 => Mood::TakesAndFallsSilent,
            2 => Mood::FallsSilent,
            3 => Mood::Refuses,
            4 => Mood::PutsOff(wait(&mut self.chance)),
            5 => Mood::IsClosed(wait(&mut self.chance)),
            6 => Mood::HangsUp,
            7 => Mood::Stalls(self.chance.pick(&STALLS_MS)),
            _ => Mood::Breaks,
        }
    }
}

fn refusal(reason: &'static str) -> Refusal {
    Refusal { reason, text: "as the world wants it".into() }
}

struct SimChannel {
    provider: Provider,
    kind: ChannelKind,
    pass: Pass,
}

impl Channel for SimChannel {
    fn kind(&self) -> ChannelKind {
        self.kind
    }

    fn lane(&self) -> Box<dyn Lane> {
        Box::new(SimLane { provider: self.provider.clone(), pass: self.pass.clone(), line: None })
    }
}

struct SimLane {
    provider: Provider,
    pass: Pass,
    line: Option<Arc<dyn Line>>,
}

impl SimLane {
    /// Waits while the provider is silent; returns whether the message may still leave then.
    async fn wait(&self) -> bool {
        let Some(line) = &self.line else { return true };
        if let Some(until) = self.provider.silent_until(self.pass.gate.now()) {
            tokio::select! {
                // Not random: each run of a world is the same.
                biased;
                () = line.cut() => return false,
                _ = self.pass.gate.pass(self.pass.owner, Place::Sleep(until)) => {}
            }
        }
        line.may_leave()
    }
}

impl Lane for SimLane {
    fn send<'a>(&'a mut self, window: &'a [Message]) -> BoxFuture<'a, Vec<Outcome>> {
        Box::pin(async move {
            let (gate, owner) = (&self.pass.gate, self.pass.owner);
            let handed_at = gate.now();
            let mut outcomes = Vec::new();
            for message in window {
                if !self.wait().await {
                    let refusal = refusal("ended");
                    outcomes.resize(
                        window.len(),
                        Outcome::NotAttempted { refusal, obstacle: Obstacle::Caller, after_ms: None },
                    );
                    return outcomes;
                }
                drop(gate.pass(owner, Place::Leave(message.key.clone())).await);
                let outcome = match self.provider.decide(gate, message, handed_at) {
                    Word::Answer(outcome) => outcome,
                    Word::Stalls(ms) => {
                        drop(gate.pass(owner, Place::Sleep(gate.now().plus_millis(ms))).await);
                        Outcome::HandedOff { provider_ref: "250 ok".into() }
                    }
                    Word::HangsUp => {
                        self.provider.doubt(&window[outcomes.len()..]);
                        break;
                    }
                    Word::Breaks => {
                        self.provider.doubt(window);
                        // Unlike `panic!`, says nothing on standard error.
                        std::panic::resume_unwind(Box::new("the adapter broke down"))
                    }
                };
                let is_closed = matches!(outcome, Outcome::NotAttempted { .. });
                outcomes.push(outcome.clone());
                if is_closed {
                    outcomes.resize(window.len(), outcome);
                    break;
                }
            }
            drop(gate.pass(owner, Place::Answer).await);
            outcomes
        })
    }

    fn listen(&mut self, line: Arc<dyn Line>) {
        self.line = Some(line);
    }

    fn close<'a>(&'a mut self) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
}
