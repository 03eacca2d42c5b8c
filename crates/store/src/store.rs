//! The store: opening it, and running units of work.

use crate::conditions::Conditions;
use crate::error::StoreError;
use crate::health::{Health, Trouble};
use crate::meter::Meter;
use crate::migrate;
use crate::postgres::{Isolation, Postgres};
use crate::probe::Probe;
use crate::sqlite::Sqlite;
use crate::tx::{Again, Tx};
use crate::url::DatabaseUrl;
use crate::wake::Wake;
use postrider_core::env::{Entropy, random_below};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::time::Instant;

/// How long a unit of work may take, all tries of a transaction that meets conflicts included.
pub const WORK_MAX: Duration = Duration::from_secs(10);
/// How many connections to PostgreSQL a process uses at most by default; one more carries nudges.
pub const CONNECTIONS_DEFAULT: usize = 16;
/// The first pause between tries is random, at most this many milliseconds; the limit doubles up to [`RETRY_PAUSE_MAX_MS`].
const RETRY_PAUSE_MS: u64 = 4;
/// Longest pause, in milliseconds.
const RETRY_PAUSE_MAX_MS: u64 = 500;

/// What opening a database may do to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Makes it if it is absent, and brings its schema up to date.
    Create,
    /// Opens one that exists, and brings its schema up to date.
    Existing,
    /// Opens one that exists with the schema of this release. Every write fails with [`StoreError::ReadOnly`].
    ReadOnly,
}

enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// When a unit of work ends.
#[derive(Clone, Copy)]
struct Ends {
    at: Instant,
    /// Whether its caller asked for that: SQLite has no network to wait for, so it is interrupted only then.
    is_asked: bool,
}

struct Inner {
    backend: Backend,
    probe: OnceLock<Arc<dyn Probe>>,
    entropy: OnceLock<Arc<dyn Entropy>>,
    health: Arc<Health>,
    conditions: Arc<Conditions>,
    meter: Meter,
    writes: AtomicU64,
    wake: Wake,
    url: DatabaseUrl,
    mode: OpenMode,
}

/// The open database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

impl Store {
    /// Opens the database, makes it if it is an absent SQLite file, and brings its schema up to date.
    ///
    /// # Errors
    /// As [`Store::open_as`].
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        Self::open_as(url, OpenMode::Create).await
    }

    /// Opens the database and does no more to it than the mode says.
    ///
    /// # Errors
    /// [`StoreError`] whose text is a sentence for the operator: [`StoreError::Absent`] and [`StoreError::Empty`] if
    /// it had to exist and does not, [`StoreError::Older`] if its schema had to change and may not.
    pub async fn open_as(url: &DatabaseUrl, mode: OpenMode) -> Result<Self, StoreError> {
        Self::open_with(url, mode, CONNECTIONS_DEFAULT).await
    }

    /// As [`Store::open_as`], with this many connections to PostgreSQL at most, in addition to the one that carries nudges.
    ///
    /// # Errors
    /// As [`Store::open_as`].
    pub async fn open_with(url: &DatabaseUrl, mode: OpenMode, connections: usize) -> Result<Self, StoreError> {
        let store = Self::connect(url, mode, connections)?;
        migrate::bring_up_to_date(&store, mode).await?;
        if let Backend::Postgres(postgres) = &store.inner.backend {
            crate::durability::look(&store).await?;
            store.inner.wake.listen(Arc::clone(&postgres.connector));
        }
        Ok(store)
    }

    /// Ends what still waits and takes no more work, so that the process can end; an SQLite file alone is then the whole
    /// database. Returns whether everything ended within `patience`.
    pub async fn close(&self, patience: Duration) -> bool {
        if let Backend::Postgres(postgres) = &self.inner.backend {
            return postgres.close(patience).await;
        }
        let close = self.blocking(|backend| {
            if let Backend::Sqlite(sqlite) = backend {
                sqlite.close();
            }
            Some(())
        });
        tokio::time::timeout(patience, close).await.is_ok()
    }

    /// As [`Store::open`], but nudges stay in this process: none are carried to or from others.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_apart(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let store = Self::connect(url, OpenMode::Create, CONNECTIONS_DEFAULT)?;
        migrate::bring_up_to_date(&store, OpenMode::Create).await?;
        Ok(store)
    }

    /// A store whose schema may be of any version.
    pub(crate) fn connect(url: &DatabaseUrl, mode: OpenMode, connections: usize) -> Result<Self, StoreError> {
        let backend = match url {
            DatabaseUrl::Sqlite(path) => Backend::Sqlite(Sqlite::open(path, mode)?),
            DatabaseUrl::Postgres(url) => Backend::Postgres(Postgres::open(url, connections)?),
        };
        let (probe, entropy, meter, wake) = (OnceLock::new(), OnceLock::new(), Meter::default(), Wake::new());
        let writes = AtomicU64::new(0);
        let (health, conditions) = (Arc::new(Health::default()), Arc::default());
        let inner = Inner { backend, probe, entropy, health, conditions, meter, writes, wake, url: url.clone(), mode };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Puts a probe around every later transaction; only the first one counts.
    pub fn set_probe(&self, probe: Arc<dyn Probe>) {
        drop(self.inner.probe.set(probe));
    }

    /// Makes the pauses between tries random, so that transactions that met do not meet again; only the first counts.
    pub fn set_entropy(&self, entropy: Arc<dyn Entropy>) {
        drop(self.inner.entropy.set(entropy));
    }

    /// What kept this process from writing to the database, if its last write failed for a reason outside it.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        self.inner.health.trouble()
    }

    /// What keeps this process from its work.
    #[must_use]
    pub fn conditions(&self) -> &Arc<Conditions> {
        &self.inner.conditions
    }

    /// What this process has done.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.inner.meter
    }

    /// How many writes this process has begun: work that may be long sees by it whether others write meanwhile.
    #[must_use]
    pub fn writes_begun(&self) -> u64 {
        self.inner.writes.load(Ordering::Relaxed)
    }

    /// Where the data live.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.inner.url
    }

    /// Whether this is the embedded database, which one engine process owns alone.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        matches!(self.inner.backend, Backend::Sqlite(_))
    }

    /// Has the write-ahead log of an embedded database emptied after the next commit. PostgreSQL sees to its own.
    pub(crate) fn empty_log_soon(&self) {
        if let Some(sqlite) = self.sqlite() {
            sqlite.empty_log_soon();
        }
    }

    /// The embedded database, if it is one.
    pub(crate) fn sqlite(&self) -> Option<&Sqlite> {
        if let Backend::Sqlite(sqlite) = &self.inner.backend { Some(sqlite) } else { None }
    }

    /// Hints between tasks and processes; see [`crate::wake`].
    #[must_use]
    pub fn wake(&self) -> &Wake {
        &self.inner.wake
    }

    /// Reads in one snapshot, so that sums balance.
    ///
    /// # Errors
    /// What `work` answers, or a [`StoreError`].
    pub async fn read<T, E, F>(&self, op: &'static str, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.run(op, Isolation::Snapshot, None, work).await
    }

    /// As [`Store::read`], for work with a limit of its own: it ends with [`StoreError::TimedOut`] after `limit`.
    ///
    /// # Errors
    /// As [`Store::read`], and [`StoreError::TimedOut`].
    pub async fn read_within<T, E, F>(&self, op: &'static str, limit: Duration, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.run(op, Isolation::Snapshot, Some(limit), work).await
    }

    /// Writes in one transaction, as if alone. `work` may run more than once: it must have no other effect.
    ///
    /// # Errors
    /// What `work` answers, or a [`StoreError`]; in both cases nothing was changed, unless it is `Ambiguous`.
    pub async fn write<T, E, F>(&self, op: &'static str, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.run(op, Isolation::Serializable, None, work).await
    }

    /// Writes rows that a lease or a fence guards: cheaper than [`Store::write`], for the engine's hot path.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_guarded<T, E, F>(&self, op: &'static str, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.run(op, Isolation::ReadCommitted, None, work).await
    }

    /// As [`Store::write_guarded`], for work with a limit of its own, which only PostgreSQL keeps.
    ///
    /// # Errors
    /// As [`Store::write`], and [`StoreError::TimedOut`].
    pub async fn write_guarded_within<T, E, F>(&self, op: &'static str, limit: Duration, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.run(op, Isolation::ReadCommitted, Some(limit), work).await
    }

    async fn run<T, E, F>(
        &self,
        op: &'static str,
        isolation: Isolation,
        limit: Option<Duration>,
        work: F,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        if self.inner.mode == OpenMode::ReadOnly && !matches!(isolation, Isolation::Snapshot) {
            return Err(StoreError::ReadOnly(format!("it was opened to be read, and {op} writes")).into());
        }
        if !matches!(isolation, Isolation::Snapshot) {
            self.inner.writes.fetch_add(1, Ordering::Relaxed);
        }
        let probe = self.inner.probe.get();
        if let Some(probe) = probe {
            probe.before(op).await?;
        }
        let begun = Instant::now();
        let ends = Ends { at: begun + limit.unwrap_or(WORK_MAX), is_asked: limit.is_some() };
        let work = Arc::new(Mutex::new(work));
        let (mut longest_ms, mut tries) = (RETRY_PAUSE_MS, 1_u32);
        let (mut result, mut again) = self.attempt(isolation, ends, &work).await;
        while again != Again::No {
            if again == Again::AtOnce && Instant::now() < ends.at {
                (result, again) = self.attempt(isolation, ends, &work).await;
                continue;
            }
            let pause = Duration::from_millis(self.pause_ms(longest_ms));
            if Instant::now() + pause >= ends.at {
                tracing::warn!(op, tries, "a transaction conflicted with others at each attempt and was given up");
                break;
            }
            tracing::debug!(op, "a transaction met another one and is tried again");
            tokio::time::sleep(pause).await;
            longest_ms = (longest_ms * 2).min(RETRY_PAUSE_MAX_MS);
            tries += 1;
            (result, again) = self.attempt(isolation, ends, &work).await;
        }
        self.inner.meter.op(op, begun.elapsed());
        if let Some(probe) = probe {
            probe.after(op).await?;
        }
        result
    }

    fn pause_ms(&self, longest_ms: u64) -> u64 {
        self.inner.entropy.get().map_or(longest_ms, |entropy| 1 + random_below(&**entropy, longest_ms))
    }

    /// Runs `work` once, and says whether it may be tried again.
    async fn attempt<T, E, F>(&self, isolation: Isolation, ends: Ends, work: &Arc<Mutex<F>>) -> (Result<T, E>, Again)
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (work, inner) = (Arc::clone(work), Arc::clone(&self.inner));
        let call = move |tx: &mut Tx<'_>| {
            let result = match work.lock() {
                Ok(mut work) => work(tx),
                Err(_) => Err(StoreError::Failed("the unit of work panicked before".into()).into()),
            };
            if let Some(failure) = &tx.trouble {
                inner.health.failed(failure);
            }
            inner.meter.refused(tx.refused);
            result
        };
        let health = Arc::clone(&self.inner.health);
        let answer = match (&self.inner.backend, isolation) {
            (Backend::Sqlite(sqlite), Isolation::Serializable | Isolation::ReadCommitted) => {
                sqlite.write(health, call).await.map(|(result, retry)| (result, retry.into()))
            }
            (Backend::Sqlite(sqlite), Isolation::Snapshot) => {
                let (permit, until) = (sqlite.reader().await, ends.is_asked.then_some(ends.at));
                self.blocking(move |backend| {
                    let _permit = permit;
                    match backend {
                        Backend::Sqlite(sqlite) => {
                            let (result, retry) = sqlite.read(until, call);
                            Some((result, retry.into()))
                        }
                        Backend::Postgres(_) => None,
                    }
                })
                .await
            }
            // Boxed, so that what waits for a unit of work is not nested too deeply for the compiler.
            (Backend::Postgres(postgres), _) => match Box::pin(postgres.connection(&health, ends.at)).await {
                Ok(connection) => {
                    let runtime = tokio::runtime::Handle::current();
                    self.blocking(move |backend| match backend {
                        Backend::Postgres(postgres) => {
                            Some(postgres.run(&runtime, connection, (&health, ends.at), isolation, call))
                        }
                        Backend::Sqlite(_) => None,
                    })
                    .await
                }
                Err(failure) => Some((Err(failure.into()), Again::No)),
            },
        };
        answer.unwrap_or_else(|| (Err(StoreError::Failed("the unit of work panicked".into()).into()), Again::No))
    }

    /// Runs `work` on a thread that may wait. `None` if it panicked.
    async fn blocking<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Backend) -> Option<R> + Send + 'static,
    ) -> Option<R> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || work(&inner.backend)).await.ok().flatten()
    }
}
