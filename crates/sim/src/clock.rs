//! The clock of a node: the product's rule about clocks over a wall clock that jumps, drifts and comes back.
//!
//! The monotonic clock of every node is the world's own time, which is the true one. With PostgreSQL nodes follow the
//! clock of the database, which is the true time as well, so there a wall clock changes nothing.

use crate::gate::{Pass, Place};
use postrider_core::env::{BoxFuture, Clock};
use postrider_core::time::{SECOND_MS, Timestamp};
use postrider_core::timeline::{Course, Reading, STEADY_US, Timeline};
use postrider_store::Store;
use std::sync::{Arc, Mutex, PoisonError};

/// How often a node looks at its wall clock, in milliseconds.
const LOOK_MS: i64 = SECOND_MS;

/// A wall clock that is wrong for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Jump {
    pub(crate) at: Timestamp,
    pub(crate) until: Timestamp,
    /// How far it is ahead of the true time at first, in milliseconds.
    pub(crate) ahead_ms: i64,
    /// How many milliseconds it gains in each second.
    pub(crate) drift_ms: i64,
}

impl Jump {
    /// Whether the wrong clock is steady for so long that a node without another one has to believe it.
    pub(crate) const fn is_believed(&self) -> bool {
        self.until.millis_since(self.at) >= STEADY_US / 1_000
    }

    fn ahead_ms(&self, now: Timestamp) -> i64 {
        if now < self.at || now >= self.until {
            return 0;
        }
        self.ahead_ms + now.millis_since(self.at) / SECOND_MS * self.drift_ms
    }
}

/// The wall clock of a machine.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wall(Arc<Mutex<Vec<Jump>>>);

impl Wall {
    pub(crate) fn new(jumps: Vec<Jump>) -> Self {
        Self(Arc::new(Mutex::new(jumps)))
    }

    fn with<R>(&self, act: impl FnOnce(&mut Vec<Jump>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether it is ever wrong.
    pub(crate) fn is_right(&self) -> bool {
        self.with(|jumps| jumps.is_empty())
    }

    #[cfg(test)]
    pub(crate) fn jump(&self, jump: Jump) {
        self.with(|jumps| jumps.push(jump));
    }

    /// How far it is ahead of the true time, in milliseconds.
    pub(crate) fn ahead_ms(&self, now: Timestamp) -> i64 {
        self.with(|jumps| jumps.iter().map(|jump| jump.ahead_ms(now)).sum())
    }
}

/// The clock by which a node goes. Clones share it.
#[derive(Clone)]
pub(crate) struct NodeClock {
    pass: Pass,
    wall: Wall,
    timeline: Arc<Mutex<Timeline>>,
}

impl NodeClock {
    /// Begins where an earlier process of the node ended, if it is known.
    pub(crate) fn begin(pass: Pass, wall: Wall, heard: Option<Timestamp>) -> Self {
        let timeline = Timeline::begin(reading(pass.gate.now(), &wall), heard);
        Self { pass, wall, timeline: Arc::new(Mutex::new(timeline)) }
    }

    /// Keeps the clock in step with the wall clock, as long as the future runs.
    pub(crate) fn keep(&self, store: Store) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        Box::pin(async move {
            loop {
                store.note_clock(clock.look(), 0);
                let next = clock.pass.gate.now().plus_millis(LOOK_MS);
                drop(clock.pass.gate.pass(clock.pass.owner, Place::Sleep(next)).await);
            }
        })
    }

    fn look(&self) -> Course {
        let reading = reading(self.pass.gate.now(), &self.wall);
        self.with(|timeline| timeline.observe(reading))
    }

    fn with<R>(&self, act: impl FnOnce(&mut Timeline) -> R) -> R {
        act(&mut self.timeline.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A look at the wall clock takes no time.
fn reading(now: Timestamp, wall: &Wall) -> Reading {
    let us = |ms: i64| ms.saturating_mul(1_000);
    let (now_us, source_us) = (us(now.as_millis()), us(now.as_millis() + wall.ahead_ms(now)));
    Reading { before_us: now_us, source_us, after_us: now_us }
}

impl Clock for NodeClock {
    fn now(&self) -> Timestamp {
        let now_us = self.pass.gate.now().as_millis().saturating_mul(1_000);
        self.with(|timeline| timeline.at(now_us))
    }

    fn sleep_until(&self, instant: Timestamp) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        Box::pin(async move {
            let mut now = clock.now();
            while now < instant {
                let wake = clock.pass.gate.now().plus_millis(instant.millis_since(now).min(LOOK_MS));
                drop(clock.pass.gate.pass(clock.pass.owner, Place::Sleep(wake)).await);
                let before = std::mem::replace(&mut now, clock.now());
                if now < before {
                    return;
                }
            }
        })
    }
}
