//! The writer thread of SQLite.
//!
//! It takes every write that waits and runs them in one transaction, the first as it is and each later one in a savepoint
//! of its own: so many small writes share one synced commit, and a refused one takes back only itself.

use crate::beside::Beside;
use crate::conditions::Part;
use crate::error::StoreError;
use crate::sqlite::{Counter, failure, failure_on, transaction};
use crate::tx::Tx;
use crate::wal::Log;
use rusqlite::Connection;
use std::sync::{PoisonError, mpsc};

/// Writes that share one commit, at most.
const GROUP_COMMIT_MAX: usize = 256;

/// Called after the commit with its result.
pub(crate) type Finish = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// What the writer thread is asked to do.
pub(crate) enum Job {
    Write(Write),
    /// Empties the write-ahead log and ends the thread.
    Close,
}

/// A write: runs, then waits for the commit. It gets an error when no transaction could begin.
pub(crate) type Write = Box<dyn FnOnce(Result<&Connection, StoreError>, Within) -> Finish + Send>;

/// What a write takes back if it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    /// The whole transaction: nobody has written in it before. SQLite then need not copy each page before it changes.
    Transaction,
    /// Its savepoint.
    Savepoint,
}

/// Runs writes until the file is closed or the store is gone.
pub(crate) fn write_loop(
    connection: Connection,
    mut log: Log,
    counter: &Counter,
    writes: &mpsc::Receiver<Job>,
    only_reads: bool,
) {
    while let Ok(Job::Write(first)) = writes.recv() {
        match control(&connection, "BEGIN IMMEDIATE") {
            Ok(()) => {
                let closes = group_commit(&connection, first, counter, writes);
                if closes {
                    break;
                }
                log.after_commit(&connection);
            }
            Err(error) => first(Err(error.clone()), Within::Transaction)(Err(error)),
        }
    }
    if only_reads {
        return;
    }
    log.at_end(&connection);
    if let Err((_, error)) = connection.close() {
        tracing::warn!(%error, "closing the database failed");
    }
}

/// Returns whether the file is to be closed.
fn group_commit(connection: &Connection, first: Write, counter: &Counter, writes: &mpsc::Receiver<Job>) -> bool {
    let changes = connection.total_changes();
    let mut finishes: Vec<Finish> = Vec::new();
    let (mut next, mut closes, mut within) = (Some(first), false, Within::Transaction);
    while let Some(write) = next.take() {
        // A panic takes back its own changes only; its caller sees a closed channel.
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| write(Ok(connection), within))) {
            Ok(finish) => finishes.push(finish),
            Err(_) => drop(within.undo(connection)),
        }
        within = Within::Savepoint;
        // A full disk can end the whole transaction under us; then nothing more may join it.
        if finishes.len() < GROUP_COMMIT_MAX && !connection.is_autocommit() {
            next = match writes.try_recv() {
                Ok(Job::Write(write)) => Some(write),
                Ok(Job::Close) => {
                    closes = true;
                    None
                }
                Err(_) => None,
            };
        }
    }
    let mut counter = counter.lock().unwrap_or_else(PoisonError::into_inner);
    let note = counter.as_mut().filter(|_| connection.total_changes() != changes);
    let result = if connection.is_autocommit() { Err(StoreError::Full) } else { commit(connection, note) };
    drop(counter);
    if result.is_err() && !connection.is_autocommit() {
        drop(connection.execute_batch("ROLLBACK"));
    }
    for finish in finishes {
        finish(result.clone());
    }
    closes
}

/// Commits, and notes the count before any caller learns of the commit. A count that is not above the last one shows that
/// an older state was put in the place of the database: nothing of the group is committed then.
fn commit(connection: &Connection, note: Option<&mut Beside>) -> Result<(), StoreError> {
    let Some(note) = note else { return control(connection, "COMMIT") };
    let count = connection.prepare_cached(crate::instance::COUNT_COMMIT);
    let counted = count.and_then(|mut count| count.query_row([], |row| Ok((row.get(0)?, row.get(1)?))));
    let (count, epoch): (i64, Option<String>) = counted.map_err(failure)?;
    let (known, last) = note.last();
    if count <= last || epoch.as_deref() != Some(known) {
        control(connection, "ROLLBACK")?;
        set_back(connection, note)?;
        return Err(StoreError::SetBack);
    }
    control(connection, "COMMIT")?;
    note.note(count);
    Ok(())
}

/// Holds a database that an older state has replaced. Everything that sends stops here before any caller can go on.
fn set_back(connection: &Connection, note: &mut Beside) -> Result<(), StoreError> {
    let (epoch, last) = note.last();
    let next = last + 1;
    control(connection, "BEGIN IMMEDIATE")?;
    let held = crate::instance::set_back(&mut transaction(connection, None), (epoch, next), note.used_at());
    if let Ok(Some(held)) = &held {
        note.conditions().begin(Part::Jobs, held.condition());
    }
    if let Err(error) = held.map(drop).and_then(|()| control(connection, "COMMIT")) {
        drop(control(connection, "ROLLBACK"));
        return Err(error);
    }
    note.note(next);
    Ok(())
}

impl Within {
    /// Runs `write` and takes back its changes if it fails; the transaction of the group is open before and after.
    pub(crate) fn run<T, E: From<StoreError>>(
        self,
        connection: &Connection,
        write: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> (Result<T, E>, bool) {
        if let Err(error) = self.begin(connection) {
            return (Err(error.into()), false);
        }
        let mut tx = transaction(connection, None);
        let result = write(&mut tx);
        let retry = tx.retry;
        let ended = if result.is_ok() { self.keep(connection) } else { self.undo(connection) };
        match ended {
            Ok(()) => (result, retry),
            Err(error) => (result.and(Err(error.into())), false),
        }
    }

    fn begin(self, connection: &Connection) -> Result<(), StoreError> {
        match self {
            Self::Transaction => Ok(()),
            Self::Savepoint => control(connection, "SAVEPOINT write"),
        }
    }

    fn keep(self, connection: &Connection) -> Result<(), StoreError> {
        match self {
            Self::Transaction => Ok(()),
            Self::Savepoint => control(connection, "RELEASE write"),
        }
    }

    fn undo(self, connection: &Connection) -> Result<(), StoreError> {
        match self {
            // A full disk may have ended the transaction already.
            Self::Transaction if connection.is_autocommit() => Ok(()),
            Self::Transaction => {
                control(connection, "ROLLBACK")?;
                // A database that takes no writes refuses the first. The group has written nothing then, and ends as one
                // that has nothing to commit.
                control(connection, "BEGIN IMMEDIATE").or_else(|_| control(connection, "BEGIN"))
            }
            Self::Savepoint => control(connection, "ROLLBACK TO write").and_then(|()| self.keep(connection)),
        }
    }
}

/// Runs a statement that begins or ends something; it is parsed once.
fn control(connection: &Connection, sql: &'static str) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute([]))
        .map(drop)
        .map_err(|error| failure_on(connection, error))
}
