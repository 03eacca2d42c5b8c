//! PostgreSQL: a pool of connections, any number of nodes.
//!
//! The driver is asynchronous, a unit of work is not: it runs on a blocking thread and waits there, so a dropped
//! request can never leave a transaction half done. Invariant: a unit of work ends on our side whatever the server and
//! the network do, and a connection that did not answer in time is never used again.

mod connection;
mod nudges;
mod transaction;
mod url;
mod values;

pub(crate) use connection::Connector;
pub(crate) use nudges::carry_nudges;
pub(crate) use transaction::PostgresTx;
pub(crate) use url::{config, shown};

use crate::error::StoreError;
use crate::health::Health;
use crate::tx::{Again, Inner, Tx};
use connection::{Pooled, WHO, process};
use deadpool::managed::{Object, Pool, PoolError};
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::error::SqlState;
use transaction::Wait;

/// How much longer than the server the client waits for the end of a unit of work: a late answer is no silence.
const GRACE: Duration = Duration::from_millis(500);

pub(crate) struct Postgres {
    pool: Pool<Pooled>,
    pub(crate) connector: Arc<Connector>,
    closing: watch::Sender<bool>,
    /// Units of work on their threads.
    running: watch::Sender<usize>,
}

/// What the transaction promises.
#[derive(Clone, Copy)]
pub(crate) enum Isolation {
    /// One snapshot, nothing is written.
    Snapshot,
    /// As if alone; conflicts are tried again.
    Serializable,
    /// Each statement sees what is committed; leases and fences guard the rows.
    ReadCommitted,
}

impl Isolation {
    const fn begin(self) -> &'static str {
        match self {
            Self::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            Self::ReadCommitted => "BEGIN ISOLATION LEVEL READ COMMITTED",
        }
    }
}

/// One unit of work in progress.
struct Underway<'a>(&'a watch::Sender<usize>);

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}

impl Postgres {
    /// A pool of at most this many connections; none is made yet.
    pub(crate) fn open(url: &str, connections: usize) -> Result<Self, StoreError> {
        let hosts =
            url::hosts(url).map_err(|error| StoreError::Failed(format!("the URL is not understood: {error}")))?;
        let connector = Arc::new(Connector::new(hosts)?);
        let pool = Pool::builder(Pooled(Arc::clone(&connector))).max_size(connections).build();
        let pool = pool.map_err(|error| StoreError::Failed(error.to_string()))?;
        let (closing, running) = Default::default();
        Ok(Self { pool, connector, closing, running })
    }

    /// A connection for a unit of work that ends at `until`. Waits without a thread.
    pub(crate) async fn connection(&self, health: &Health, until: Instant) -> Result<Object<Pooled>, StoreError> {
        let mut closing = self.closing.subscribe();
        let begun = Instant::now();
        let got = tokio::select! {
            biased;
            got = timeout_at(until, self.pool.get()) => match got {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(PoolError::Backend(error))) => error,
                Ok(Err(error)) => StoreError::Down(error.to_string()),
                Err(_) => self.waited(begun.elapsed()),
            },
            _ = closing.wait_for(|closing| *closing) => transaction::closed(),
        };
        if !*self.closing.borrow() {
            health.failed(&got);
        }
        Err(got)
    }

    /// Why there was no connection for so long. What is not in use was silent: a new connection, or an old one that was asked
    /// whether it still answers.
    fn waited(&self, waited: Duration) -> StoreError {
        let status = self.pool.status();
        if status.size >= status.max_size {
            return StoreError::Busy("all connections to the database are in use".into());
        }
        self.connector.distrust();
        transaction::silent(waited.as_secs())
    }

    /// Ends the units of work that still wait for the server, and takes no more. Returns whether all of them ended.
    pub(crate) async fn close(&self, patience: Duration) -> bool {
        self.closing.send_replace(true);
        self.pool.close();
        timeout(patience, self.running.subscribe().wait_for(|running| *running == 0)).await.is_ok()
    }

    /// Runs `work` in one transaction, and says whether it may be tried again. Call on a blocking thread.
    pub(crate) fn run<T, E: From<StoreError>>(
        &self,
        runtime: &Handle,
        mut connection: Object<Pooled>,
        (health, until): (&Health, Instant),
        isolation: Isolation,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> (Result<T, E>, Again) {
        self.running.send_modify(|running| *running += 1);
        let _underway = Underway(&self.running);
        let connector = &*self.connector;
        let wait =
            Wait { runtime, connector, begun: Instant::now(), until: until + GRACE, closing: self.closing.subscribe() };
        let failed = |failure: &StoreError, connection: Object<Pooled>| {
            drop(Object::take(connection));
            if matches!(failure, StoreError::Silent(_)) {
                connector.distrust();
            }
            if !*self.closing.borrow() {
                health.failed(failure);
            }
        };
        match wait.answer(connection.client.simple_query(&begin(isolation, until))) {
            Ok(said) if process(&said) != connection.process => connector.found_pooled(),
            Ok(_) => {}
            Err(failure) => {
                failed(&failure, connection);
                return (Err(failure.into()), Again::No);
            }
        }
        let tx = PostgresTx { connection: &connection, wait: &wait, lost: None, is_name_taken: false };
        let mut tx = Tx { inner: Inner::Postgres(tx), retry: false, trouble: None, changed: false, refused: 0 };
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&mut tx)));
        let (retry, changed) = (tx.retry, tx.changed);
        let (lost, is_name_taken) = match tx.inner {
            Inner::Postgres(tx) => (tx.lost, tx.is_name_taken),
            Inner::Sqlite(_) => (None, false),
        };
        match (outcome, lost) {
            (Err(panic), _) => {
                drop(Object::take(connection));
                std::panic::resume_unwind(panic)
            }
            (Ok(outcome), Some(failure)) => {
                failed(&failure, connection);
                (outcome.and(Err(failure.into())), Again::No)
            }
            (Ok(Ok(value)), None) => match wait.answer(connection.client.batch_execute("COMMIT")) {
                Ok(()) => {
                    connection.answered = Instant::now();
                    if changed || health.is_pending() {
                        health.wrote();
                    }
                    (Ok(value), Again::No)
                }
                Err(failure) => {
                    failed(&failure, connection);
                    let again = Again::from(failure.may_retry());
                    (Err(in_doubt(failure).into()), again)
                }
            },
            (Ok(Err(error)), None) => {
                match wait.answer(connection.client.batch_execute("ROLLBACK")) {
                    Ok(()) => connection.answered = Instant::now(),
                    Err(failure) => failed(&failure, connection),
                }
                (Err(error), if is_name_taken { Again::AtOnce } else { retry.into() })
            }
        }
    }
}

/// Begins a transaction that the server ends by itself if the client falls silent, and asks which of its processes
/// serves it.
fn begin(isolation: Isolation, until: Instant) -> String {
    // 0 would be no limit.
    let left_ms = until.saturating_duration_since(Instant::now()).as_millis().max(1);
    // The server does not notice that a client's path is silent: without a limit the transaction would keep its locks.
    let left_behind_ms = left_ms + 2 * GRACE.as_millis();
    format!(
        "{}; SET LOCAL statement_timeout = {left_ms}; \
        SET LOCAL idle_in_transaction_session_timeout = {left_behind_ms}; {WHO}",
        isolation.begin()
    )
}

/// What a failure of the driver means for us.
fn failure(error: &tokio_postgres::Error) -> StoreError {
    let text = words(error);
    let Some(code) = error.code() else { return StoreError::Down(text) };
    match code.code() {
        c if c == SqlState::T_R_SERIALIZATION_FAILURE.code() || c == SqlState::T_R_DEADLOCK_DETECTED.code() => {
            StoreError::Busy(text)
        }
        _ if is_of_another(error) => StoreError::Busy(text),
        c if c == SqlState::QUERY_CANCELED.code() => StoreError::TimedOut,
        c if c == SqlState::DISK_FULL.code() => StoreError::Full,
        c if c == SqlState::READ_ONLY_SQL_TRANSACTION.code() => {
            StoreError::ReadOnly("the server is a standby or refuses writes".into())
        }
        c if c == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT.code() => StoreError::Down(text),
        c if c.starts_with("23") => StoreError::Conflict(text),
        c if c.starts_with("57P") || c.starts_with("08") => StoreError::Down(text),
        _ => StoreError::Failed(text),
    }
}

/// What the server or the driver says.
fn words(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        // Not the server's DETAIL, which repeats the values of the row.
        (Some(said), _) => format!("{} ({})", said.message(), said.code().code()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

/// Whether a prepared statement is not the one that we prepared, because a pooler gave us another connection.
fn is_of_another(error: &tokio_postgres::Error) -> bool {
    let gone = [&SqlState::INVALID_SQL_STATEMENT_NAME, &SqlState::DUPLICATE_PSTATEMENT];
    error.code().is_some_and(|code| gone.contains(&code))
}

/// A commit that was refused did nothing; one whose answer was lost may have happened.
fn in_doubt(failure: StoreError) -> StoreError {
    match failure {
        StoreError::Down(text) | StoreError::Silent(text) => StoreError::Ambiguous(text),
        other => other,
    }
}
