//! The one clock of a process: a [`Timeline`] over the wall clock of the machine, or over the clock of the database
//! where several machines share one.
//!
//! Invariant: in a process that serves, only the time stamps of the log and the dates of certificates come from the raw
//! wall clock.

use crate::system::{monotonic_us, read_wall, sleep_until};
use postrider_core::env::{BoxFuture, Clock};
use postrider_core::time::Timestamp;
use postrider_core::timeline::{Course, Reading, Timeline};
use postrider_store::{Store, StoreError, Tx};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;

/// How often the wall clock of the machine is looked at, in milliseconds.
const LOOK_MS: u64 = 1_000;
/// How often the clock of a database is looked at, at least, in milliseconds.
const LOOK_MAX_MS: u64 = 5_000;

/// The clock. Clones share it.
#[derive(Clone)]
pub struct GuardedClock {
    timeline: Arc<Mutex<Timeline>>,
    store: Store,
    wall_ahead_ms: Arc<AtomicI64>,
}

impl GuardedClock {
    /// Reads the clock that the process is to follow for the first time. `lease_ms` is how long a claim lasts.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn begin(store: &Store, lease_ms: u64) -> Result<Self, StoreError> {
        let heard = store.read("clock.heard", |tx| tx.instance_used_at()).await?;
        let [first, second] = look(store).await?;
        // Other nodes follow a move of the database's clock up to two looks later, and renew their leases within a lease.
        let settle_ms = if store.is_embedded() { 0 } else { lease_ms.saturating_add(2 * LOOK_MAX_MS) };
        let settle_us = i64::try_from(settle_ms.saturating_mul(1_000)).unwrap_or(i64::MAX);
        let mut timeline = Timeline::begin(first, heard).settling_for(settle_us);
        timeline.observe(second);
        let clock =
            Self { timeline: Arc::new(Mutex::new(timeline)), store: store.clone(), wall_ahead_ms: Arc::default() };
        clock.note(timeline.course());
        Ok(clock)
    }

    /// Keeps the clock in step with what it follows, until what it returns is dropped.
    #[must_use]
    pub fn keep(&self, heartbeat_ms: u64) -> JoinSet<()> {
        let clock = self.clone();
        let pause = match self.store.is_embedded() {
            true => LOOK_MS,
            false => heartbeat_ms.min(LOOK_MAX_MS),
        };
        let mut keeping = JoinSet::new();
        keeping.spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(pause)).await;
                clock.observe().await;
            }
        });
        keeping
    }

    async fn observe(&self) {
        let readings = match look(&self.store).await {
            Ok(readings) => readings,
            // The store reports its own trouble; meanwhile the monotonic clock carries the time on.
            Err(error) => return tracing::debug!(%error, "reading the clock of the database failed"),
        };
        let courses = self.with(|timeline| readings.map(|reading| timeline.observe(reading)));
        courses.into_iter().for_each(|course| self.note(course));
    }

    fn note(&self, course: Course) {
        if let Course::Followed { moved_us } | Course::Settling { moved_us } = course
            && moved_us.unsigned_abs() >= 100_000
        {
            tracing::info!(
                moved_ms = moved_us / 1_000,
                "the clock has been steady for a minute after a jump and is followed"
            );
        }
        let wall = read_wall();
        let ahead_ms = Timestamp::from_millis(wall.source_us / 1_000).millis_since(self.at(wall.after_us));
        self.wall_ahead_ms.store(ahead_ms, Ordering::Relaxed);
        self.store.note_clock(course, ahead_ms);
    }

    fn at(&self, monotonic_us: i64) -> Timestamp {
        self.with(|timeline| timeline.at(monotonic_us))
    }

    fn with<R>(&self, act: impl FnOnce(&mut Timeline) -> R) -> R {
        act(&mut self.timeline.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Clock for GuardedClock {
    fn now(&self) -> Timestamp {
        self.at(monotonic_us())
    }

    fn sleep_until(&self, instant: Timestamp) -> BoxFuture<'static, ()> {
        sleep_until(self.clone(), instant)
    }

    fn wall_ahead_ms(&self) -> Option<i64> {
        (!self.store.is_embedded()).then(|| self.wall_ahead_ms.load(Ordering::Relaxed))
    }
}

/// Looks twice at what is to be followed: the first look at a database may have to prepare the statement.
async fn look(store: &Store) -> Result<[Reading; 2], StoreError> {
    if store.is_embedded() {
        return Ok([read_wall(), read_wall()]);
    }
    let read = |tx: &mut Tx<'_>| {
        let before_us = monotonic_us();
        let source_us = tx.database_clock_us()?;
        Ok::<_, StoreError>(Reading { before_us, source_us, after_us: monotonic_us() })
    };
    store.read("clock.read", move |tx| Ok([read(tx)?, read(tx)?])).await
}
