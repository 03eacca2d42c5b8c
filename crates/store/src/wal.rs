//! Keeps SQLite's write-ahead log small.
//!
//! SQLite begins the log anew only at a moment when nobody reads from it. Where reads overlap all the time, that moment
//! never comes by itself and the log grows without end. So each read passes a gate, and after a commit that made the
//! log large the writer closes the gate, waits until those inside have left, copies the log into the database file
//! and empties it. Above [`EVICT_AT`] it no longer waits: reads that do not leave are interrupted.
//!
//! A read in another process does not pass this gate. The log grows until it ends, and the log file says so once.

use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The log is copied and emptied each time that it has grown by so many bytes.
const STEP: u64 = 8 << 20;
/// From this size on, in bytes, reads that keep the log from being emptied are interrupted.
const EVICT_AT: u64 = 40 << 20;
/// How long the writer waits for reads to end before it goes on writing.
const PATIENCE: Duration = Duration::from_millis(25);
/// How long it waits for reads that it has interrupted, and for those of other processes.
const EVICTION: Duration = Duration::from_millis(250);

/// How long it waits for other processes when the file is closed.
const AT_END: Duration = Duration::from_secs(1);

/// What reads pass, so that the writer can wait for a moment without any.
#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
    evicting: AtomicBool,
    /// Whether the log is to be emptied after the next commit, however small it is.
    asked: AtomicBool,
    /// Whether the database is being closed: then no reads begin any more.
    shut: AtomicBool,
}

#[derive(Default)]
struct State {
    readers: usize,
    closed: bool,
}

/// Leave to read; ends when it is dropped.
pub(crate) struct Pass(Arc<Gate>);

/// Nobody reads until this is dropped.
struct Closed<'a>(&'a Gate);

impl Gate {
    /// Waits until the gate is open, for a fraction of a second at most; `None` once it is shut.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Pass> {
        let is_shut = || self.shut.load(Ordering::Relaxed);
        let state = self.changed.wait_while(self.lock(), |state| state.closed && !is_shut());
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        if is_shut() {
            return None;
        }
        state.readers += 1;
        Some(Pass(Arc::clone(self)))
    }

    /// Has the log emptied after the next commit, so that nothing that was overwritten stays in it.
    pub(crate) fn ask_to_empty(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Whether a read should end at once.
    pub(crate) fn is_evicting(&self) -> bool {
        self.evicting.load(Ordering::Relaxed) || self.shut.load(Ordering::Relaxed)
    }

    /// Lets no more reads in and waits for those inside; `None` if some are still there after that.
    fn close(&self, patience: Duration) -> Option<Closed<'_>> {
        let mut state = self.lock();
        state.closed = true;
        let closed = Closed(self);
        let (state, _) = self
            .changed
            .wait_timeout_while(state, patience, |state| state.readers > 0)
            .unwrap_or_else(PoisonError::into_inner);
        let empty = state.readers == 0;
        drop(state);
        empty.then_some(closed)
    }

    /// Lets no more reads in, interrupts those inside and waits for them.
    pub(crate) fn shut(&self, patience: Duration) {
        let state = self.lock();
        self.shut.store(true, Ordering::Relaxed);
        self.changed.notify_all();
        drop(self.changed.wait_timeout_while(state, patience, |state| state.readers > 0));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.0.lock().readers -= 1;
        self.0.changed.notify_all();
    }
}

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.0.lock().closed = false;
        self.0.evicting.store(false, Ordering::Relaxed);
        self.0.changed.notify_all();
    }
}

/// The log as the writer sees it.
pub(crate) struct Log {
    path: PathBuf,
    gate: Arc<Gate>,
    /// The size at which to act next.
    next: u64,
    /// Whether the operator was told that a read elsewhere keeps the log.
    told: bool,
}

impl Log {
    /// The log of the database file at `database`.
    pub(crate) fn of(database: &Path, gate: Arc<Gate>) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        Self { path: path.into(), gate, next: STEP, told: false }
    }

    /// Empties the log if it has become large. Call outside a transaction, on the connection that writes.
    pub(crate) fn after_commit(&mut self, connection: &Connection) {
        let size = std::fs::metadata(&self.path).map_or(0, |file| file.len());
        let asked = self.gate.asked.swap(false, Ordering::Relaxed);
        if size < self.next && !asked {
            return;
        }
        let begun = Instant::now();
        // Most of the work, while reads go on.
        checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)", Duration::ZERO);
        let evict = size >= EVICT_AT;
        let (patience, elsewhere) = if evict { (EVICTION, EVICTION) } else { (PATIENCE, PATIENCE) };
        self.gate.evicting.store(evict, Ordering::Relaxed);
        let closed = self.gate.close(patience);
        let emptied = closed.is_some() && checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)", elsewhere);
        drop(closed);
        self.next = if emptied { STEP } else { size + STEP };
        if asked && !emptied {
            self.gate.ask_to_empty();
        }
        tracing::debug!(size, emptied, took_ms = begun.elapsed().as_millis(), "the write-ahead log was looked at");
        if evict && !emptied && !self.told {
            tracing::warn!(
                megabytes = size >> 20,
                "emptying the write-ahead log of the database failed: another program reads the file without a pause"
            );
        }
        self.told = evict && !emptied;
    }
}

impl Log {
    /// Empties the log for good, when the file is closed. Call outside a transaction, on the connection that writes.
    pub(crate) fn at_end(&self, connection: &Connection) {
        if std::fs::metadata(&self.path).map_or(0, |file| file.len()) == 0 {
            return;
        }
        checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)", Duration::ZERO);
        // Another process may be in the middle of a short read or write.
        if !checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)", AT_END) {
            tracing::warn!(
                "emptying the write-ahead log of the database failed, because another program uses the file: \
                a copy needs the -wal file too"
            );
        }
    }
}

/// Copies the log into the database file and answers whether that is complete. Waits for other processes so long.
fn checkpoint(connection: &Connection, pragma: &str, wait: Duration) -> bool {
    let done = connection
        .busy_timeout(wait)
        .and_then(|()| connection.query_row(pragma, [], |row| row.get::<_, i64>(0)))
        .is_ok_and(|busy| busy == 0);
    done & connection.busy_timeout(crate::sqlite::BUSY_TIMEOUT).is_ok()
}
