//! SQLite: one writer thread with group commit (see [`crate::sqlite_writer`]), a few readers on snapshots.

use crate::beside::Beside;
use crate::error::StoreError;
use crate::health::Health;
use crate::migrate;
use crate::sqlite_tx::SqliteTx;
use crate::sqlite_writer::{Job, Write, write_loop};
use crate::store::OpenMode;
use crate::tx::{Inner, Tx};
use crate::wal::{Gate, Log};
use postrider_core::time::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;
use tokio::time::Instant;

/// How long a write waits for another process.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long closing the file waits for the end of reads.
const CLOSE_WAIT: Duration = Duration::from_millis(500);
/// Connections for reads.
pub(crate) const READERS: usize = 4;
/// Steps of SQLite's virtual machine between two looks at whether a read must end; they take some 50 microseconds.
const STEPS: i32 = 4_000;
/// Statements kept prepared on each connection.
const STATEMENT_CACHE: usize = 256;

pub(crate) struct Sqlite {
    writer: mpsc::Sender<Job>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
    readers: Mutex<Vec<Connection>>,
    readers_free: Arc<tokio::sync::Semaphore>,
    gate: Arc<Gate>,
    counter: Counter,
    path: PathBuf,
    mode: OpenMode,
}

/// The note next to the file, once an engine of this process uses the database.
pub(crate) type Counter = Arc<Mutex<Option<Beside>>>;

/// Puts a fresh note next to the file if commits are counted. Call on a thread that may wait.
pub(crate) fn renew_note(counter: &Counter, used_at: Option<Timestamp>) {
    if let Some(note) = counter.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        note.renew(used_at);
    }
}

impl Sqlite {
    pub(crate) fn open(path: &Path, mode: OpenMode) -> Result<Self, StoreError> {
        match mode {
            OpenMode::Create => crate::sqlite_file::create(path)?,
            OpenMode::Existing | OpenMode::ReadOnly => crate::sqlite_file::check(path)?,
        }
        let connection = connect(path, mode)?;
        if mode == OpenMode::Existing && !migrate::is_ours(&mut transaction(&connection, None))? {
            return Err(StoreError::Empty);
        }
        if mode != OpenMode::ReadOnly {
            crate::pragmas::write_ahead(&connection, path)?;
        }
        connection
            .pragma_update(None, "cache_size", -16_000)
            // The writer sees to the log itself; see `wal`.
            .and_then(|()| connection.pragma_update(None, "wal_autocheckpoint", 0))
            .map_err(failure)?;
        let (writer, writes) = mpsc::channel();
        let gate = Arc::new(Gate::default());
        let log = Log::of(path, Arc::clone(&gate));
        let counter = Counter::default();
        let counting = Arc::clone(&counter);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || write_loop(connection, log, &counting, &writes, mode == OpenMode::ReadOnly))
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self {
            writer,
            thread: Mutex::new(Some(thread)),
            readers: Mutex::new(Vec::new()),
            readers_free: Arc::new(tokio::sync::Semaphore::new(READERS)),
            gate,
            counter,
            path: path.to_owned(),
            mode,
        })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Ends all reads, empties the write-ahead log into the file and closes it: the file alone is then the whole
    /// database, unless another process uses it. Call on a blocking thread, after the last write.
    pub(crate) fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return };
        self.gate.shut(CLOSE_WAIT);
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        if self.writer.send(Job::Close).is_ok() {
            drop(thread.join());
        }
        renew_note(&self.counter, None);
    }

    /// Has the write-ahead log emptied after the next commit.
    pub(crate) fn empty_log_soon(&self) {
        self.gate.ask_to_empty();
    }

    /// Counts each later commit in the database and in the note next to it.
    pub(crate) fn count_commits(&self, note: Option<Beside>) {
        *self.counter.lock().unwrap_or_else(PoisonError::into_inner) = note;
    }

    /// What counts the commits.
    pub(crate) fn counter(&self) -> Counter {
        Arc::clone(&self.counter)
    }

    /// Runs `work` on the writer thread and waits for its commit. `None` if it panicked.
    pub(crate) async fn write<T, E>(
        &self,
        health: Arc<Health>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Option<(Result<T, E>, bool)>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let write: Write = Box::new(move |connection, within| {
            let mut changed = false;
            let (result, retry) = match connection {
                Ok(connection) => {
                    let before = connection.total_changes();
                    let done = within.run(connection, work);
                    changed = connection.total_changes() != before;
                    done
                }
                Err(error) => {
                    health.failed(&error);
                    (Err(error.into()), false)
                }
            };
            Box::new(move |commit| {
                match &commit {
                    // A commit without a change says nothing about the disk.
                    Ok(()) if result.is_ok() && changed => health.wrote(),
                    Ok(()) => {}
                    Err(error) => health.failed(error),
                }
                let result = result.and_then(|value| commit.map(|()| value).map_err(E::from));
                drop(sender.send((result, retry)));
            })
        });
        match self.submit(write) {
            Ok(()) => receiver.await.ok(),
            Err(error) => Some((Err(error.into()), false)),
        }
    }

    /// Sends a write to the writer thread.
    fn submit(&self, write: Write) -> Result<(), StoreError> {
        self.writer.send(Job::Write(write)).map_err(|_| StoreError::Down("the writer has stopped".into()))
    }

    /// Runs a read on a connection of its own; the flag says whether it may be tried again. The caller holds a permit
    /// of [`Sqlite::reader`]. Statements are interrupted at `until`, and when the log must be emptied.
    pub(crate) fn read<T, E: From<StoreError>>(
        &self,
        until: Option<Instant>,
        read: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> (Result<T, E>, bool) {
        let Some(_pass) = self.gate.enter() else {
            return (Err(StoreError::Down("this process has closed it".into()).into()), false);
        };
        let mut connection = match self.begin_read(until) {
            Ok(connection) => connection,
            Err(error) => return (Err(error.into()), false),
        };
        let mut tx = transaction(&connection, until);
        let result = read(&mut tx);
        let retry = tx.retry;
        let ended = connection.progress_handler(0, None::<fn() -> bool>);
        if let Err(error) = ended.and_then(|()| connection.execute_batch("COMMIT")) {
            return (result.and(Err(failure(error).into())), false);
        }
        if let Ok(mut readers) = self.readers.lock() {
            readers.push(connection);
        }
        (result, retry)
    }

    fn begin_read(&self, until: Option<Instant>) -> Result<Connection, StoreError> {
        let pooled = self.readers.lock().ok().and_then(|mut readers| readers.pop());
        let mut connection = match pooled {
            Some(connection) => connection,
            None => connect(&self.path, self.mode)?,
        };
        let gate = Arc::clone(&self.gate);
        let must_end = move || gate.is_evicting() || until.is_some_and(|until| Instant::now() >= until);
        connection.progress_handler(STEPS, Some(must_end)).map_err(failure)?;
        connection.execute_batch("BEGIN DEFERRED").map_err(failure)?;
        Ok(connection)
    }

    /// Waits for one of the readers to be free. What is answered goes along with the read: a caller who gives up waiting
    /// does not end it.
    pub(crate) async fn reader(&self) -> Option<tokio::sync::OwnedSemaphorePermit> {
        Arc::clone(&self.readers_free).acquire_owned().await.ok()
    }
}

/// Opens the file, which exists; a file that was removed since is never made anew by a reader.
pub(crate) fn connect(path: &Path, mode: OpenMode) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| crate::sqlite_file::failure(path, error))?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failure)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // A plan does not depend on bound values: otherwise some statements are prepared anew with each execution.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failure)?;
    // Moving what a killed process left in the write-ahead log changes the file.
    let only_reads = mode == OpenMode::ReadOnly;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, only_reads).map_err(failure)?;
    crate::pragmas::promise(&connection, path)?;
    connection.pragma_update(None, "cache_size", -4_000).map_err(failure)?;
    Ok(connection)
}

/// Wraps a connection that is inside a transaction.
pub(crate) fn transaction(connection: &Connection, until: Option<Instant>) -> Tx<'_> {
    Tx { inner: Inner::Sqlite(SqliteTx { connection, until }), retry: false, trouble: None, changed: false, refused: 0 }
}

/// As [`failure`], and finds out what an error of the disk is about: SQLite does not say it.
pub(crate) fn failure_on(connection: &Connection, error: rusqlite::Error) -> StoreError {
    match failure(error) {
        StoreError::Down(text) => {
            let of_disk = connection.path().and_then(|path| crate::sqlite_file::refusal(Path::new(path)));
            of_disk.unwrap_or(StoreError::Down(text))
        }
        other => other,
    }
}

/// Tells what a driver error means for us.
pub(crate) fn failure(error: rusqlite::Error) -> StoreError {
    let text = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Busy("another program holds the file locked".into())
        }
        Some(ErrorCode::OperationInterrupted) => StoreError::TimedOut,
        Some(ErrorCode::ConstraintViolation) => StoreError::Conflict(text),
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly("make the file and its folder writable for this user".into()),
        // A file system that the kernel made read-only after a fault is reported as an I/O error like any other.
        Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => StoreError::Down(text),
        Some(ErrorCode::NotADatabase) => StoreError::Failed("the file is not an SQLite database".into()),
        _ => StoreError::Failed(text),
    }
}
