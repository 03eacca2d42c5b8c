//! One transaction as its statements see it: each waits for its answer until the unit of work must end, and no longer.

use super::connection::{Connection, Connector};
use super::values::read_row;
use super::{failure, is_of_another};
use crate::error::StoreError;
use crate::value::{Row, Value};
use std::future::Future;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::Error;
use tokio_postgres::types::ToSql;

/// How a unit of work waits for the server.
pub(crate) struct Wait<'a> {
    pub(super) runtime: &'a Handle,
    pub(super) connector: &'a Connector,
    /// When it gives up.
    pub(super) until: Instant,
    /// When it began, for the message when it gives up.
    pub(super) begun: Instant,
    /// Whether the store closes: then nothing is waited for.
    pub(super) closing: watch::Receiver<bool>,
}

impl Wait<'_> {
    /// Waits for an answer on this thread, which may block.
    ///
    /// # Errors
    /// What the server says, or that it says nothing; then the connection must not be used again.
    pub(super) fn answer<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, StoreError> {
        let mut closing = self.closing.clone();
        // A runtime that shuts down cannot be waited on.
        if *closing.borrow() {
            return Err(closed());
        }
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                answer = timeout_at(self.until, answer) => match answer {
                    Ok(answer) => answer.map_err(|error| self.failure(&error)),
                    Err(_) => Err(silent(self.until.duration_since(self.begun).as_secs())),
                },
                _ = closing.wait_for(|closing| *closing) => Err(closed()),
            }
        })
    }

    fn failure(&self, error: &Error) -> StoreError {
        if is_of_another(error) {
            self.connector.found_pooled();
        }
        failure(error)
    }
}

/// The failure of a unit of work that waited this many seconds.
pub(super) fn silent(waited_s: u64) -> StoreError {
    StoreError::Silent(format!("no answer within {waited_s} s"))
}

/// The failure of a unit of work while the process ends.
pub(super) fn closed() -> StoreError {
    StoreError::Down("this process is ending".into())
}

pub(crate) struct PostgresTx<'a> {
    pub(super) connection: &'a Connection,
    pub(super) wait: &'a Wait<'a>,
    /// Why an answer did not come, if one did not: then the next one could be the answer to something else.
    pub(super) lost: Option<StoreError>,
    /// Whether a statement failed only because a pooler had given its name to another one: the next name may be free.
    pub(super) is_name_taken: bool,
}

impl PostgresTx<'_> {
    fn answer<T>(&mut self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, StoreError> {
        let mut is_name_taken = false;
        let answered = self.wait.answer(async {
            let answered = answer.await;
            is_name_taken = answered.as_ref().is_err_and(is_of_another);
            answered
        });
        self.is_name_taken |= is_name_taken;
        if let Err(failure @ (StoreError::Silent(_) | StoreError::Down(_))) = &answered {
            self.lost = Some(failure.clone());
        }
        answered
    }

    pub(crate) fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let connection = self.connection;
        self.answer(async {
            let statement = connection.prepare(sql).await?;
            connection.client.execute_raw(&statement, values).await
        })
    }

    pub(crate) fn execute_many(&mut self, sql: &str, sets: &[Vec<Value>]) -> Result<Vec<u64>, StoreError> {
        let connection = self.connection;
        self.answer(async {
            let statement = connection.prepare(sql).await?;
            let sent = sets.iter().map(|values| connection.client.execute_raw(&statement, values));
            futures_util::future::try_join_all(sent).await
        })
    }

    /// Runs a statement once, with each placeholder bound to an array of the values of its column.
    pub(crate) fn execute_rows(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        let width = rows.first().map_or(0, Vec::len);
        let columns: Vec<Vec<&Value>> =
            (0..width).map(|column| rows.iter().filter_map(|row| row.get(column)).collect()).collect();
        let connection = self.connection;
        self.answer(async {
            let statement = connection.prepare(sql).await?;
            connection.client.execute_raw(&statement, &columns).await
        })
    }

    pub(crate) fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let (connection, parameters) = (self.connection, parameters(values));
        let rows = self.answer(async {
            let statement = connection.prepare(sql).await?;
            connection.client.query(&statement, &parameters).await
        })?;
        rows.iter().map(read_row).collect()
    }

    pub(crate) fn query_once(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let (connection, parameters) = (self.connection, parameters(values));
        let rows = self.answer(connection.client.query(sql, &parameters))?;
        rows.iter().map(read_row).collect()
    }

    pub(crate) fn try_lock(&mut self, key: i64) -> Result<bool, StoreError> {
        // Advisory locks belong to the whole server; those of another schema are none of ours.
        const TRY_LOCK: &str = "SELECT pg_try_advisory_xact_lock($1 # CAST(hashtext(current_schema()) AS BIGINT))";
        let mut rows = self.query(TRY_LOCK, &[Value::Int(key)])?;
        rows.first_mut().map_or(Ok(false), Row::next)
    }

    pub(crate) fn prepare(&mut self, sql: &str) -> Result<(), StoreError> {
        let connection = self.connection;
        self.answer(connection.prepare(sql)).map(drop)
    }

    pub(crate) fn wait_lock(&mut self, key: i64) -> Result<(), StoreError> {
        const LOCK: &str = "SELECT pg_advisory_xact_lock($1 # CAST(hashtext(current_schema()) AS BIGINT)) IS NULL";
        self.query(LOCK, &[Value::Int(key)]).map(drop)
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        let connection = self.connection;
        self.answer(connection.client.batch_execute(sql))
    }
}

fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}
