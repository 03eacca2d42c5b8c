//! One transaction, on either database.

use crate::error::StoreError;
use crate::health::Trouble;
use crate::postgres::PostgresTx;
use crate::rule_sql::Dialect;
use crate::sqlite_tx::SqliteTx;
use crate::statement::Statement;
use crate::value::{Row, Value};
use postrider_core::id::{Id as _, TenantId};

/// An open transaction. Every statement on tenant data binds a tenant.
///
/// A failed statement ends the transaction: on PostgreSQL nothing more can be done in it, so `ON CONFLICT` and
/// affected-row counts carry decisions, never caught errors.
pub struct Tx<'a> {
    pub(crate) inner: Inner<'a>,
    /// Whether a statement failed in a way that lets the whole transaction be tried again.
    pub(crate) retry: bool,
    /// What a failed statement said of the database as a whole.
    pub(crate) trouble: Option<StoreError>,
    /// Whether a statement changed a row.
    pub(crate) changed: bool,
    /// How many changes of recipients were refused that no rule allows.
    pub(crate) refused: u64,
}

/// Whether a transaction that failed may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    No,
    /// After a pause, because it met another one.
    Later,
    /// Without a pause: it met only what the connection has of others.
    AtOnce,
}

impl From<bool> for Again {
    fn from(may_retry: bool) -> Self {
        if may_retry { Self::Later } else { Self::No }
    }
}

pub(crate) enum Inner<'a> {
    Sqlite(SqliteTx<'a>),
    Postgres(PostgresTx<'a>),
}

impl Tx<'_> {
    fn note<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &result {
            self.retry |= error.may_retry();
            if Trouble::of(error).is_some() {
                self.trouble = Some(error.clone());
            }
        }
        result
    }

    /// Has the whole transaction tried again, because what it decided was about something that has changed since.
    pub fn again(&mut self, reason: &str) -> StoreError {
        self.retry = true;
        StoreError::Busy(reason.to_owned())
    }

    /// Runs a statement and answers how many rows it touched.
    ///
    /// # Errors
    /// Any [`StoreError`]; the transaction is then over.
    pub fn execute(&mut self, statement: &Statement, values: &[Value]) -> Result<u64, StoreError> {
        let result = match &mut self.inner {
            Inner::Sqlite(tx) => tx.execute(statement.text(Dialect::Sqlite), values),
            Inner::Postgres(tx) => tx.execute(statement.text(Dialect::Postgres), values),
        };
        self.changed |= result.as_ref().is_ok_and(|touched| *touched > 0);
        self.note(result)
    }

    /// Runs a statement once for each set of values and answers how many rows each touched.
    /// On PostgreSQL the executions are pipelined.
    ///
    /// # Errors
    /// Any [`StoreError`]; the transaction is then over.
    pub fn execute_many(&mut self, statement: &Statement, sets: &[Vec<Value>]) -> Result<Vec<u64>, StoreError> {
        let result = match &mut self.inner {
            Inner::Sqlite(tx) => {
                sets.iter().map(|values| tx.execute(statement.text(Dialect::Sqlite), values)).collect()
            }
            Inner::Postgres(tx) => tx.execute_many(statement.text(Dialect::Postgres), sets),
        };
        self.changed |= result.as_ref().is_ok_and(|touched| touched.iter().any(|touched| *touched > 0));
        self.note(result)
    }

    /// Runs a statement for many rows of values of equal width and returns how many rows of the database it touched.
    ///
    /// On SQLite it runs once for each row, prepared once. On PostgreSQL it runs once in all, and each placeholder is
    /// bound to an array of the values of its column. So its text is a fork: `VALUES ($1, $2)` on SQLite and
    /// `SELECT * FROM UNNEST(CAST($1 AS UUID[]), CAST($2 AS TEXT[]))` on PostgreSQL.
    ///
    /// # Errors
    /// Any [`StoreError`]; the transaction is then over.
    pub fn execute_rows(&mut self, statement: &Statement, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let result = match &mut self.inner {
            Inner::Sqlite(tx) => tx.execute_rows(statement.text(Dialect::Sqlite), rows),
            Inner::Postgres(tx) => tx.execute_rows(statement.text(Dialect::Postgres), rows),
        };
        self.changed |= result.as_ref().is_ok_and(|touched| *touched > 0);
        self.note(result)
    }

    /// Runs a statement and answers its rows. The statement bounds their number.
    ///
    /// # Errors
    /// Any [`StoreError`]; the transaction is then over.
    pub fn query(&mut self, statement: &Statement, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.query_text(statement.text(self.dialect()), values)
    }

    /// Runs SQL put together at run time (listings with filters); see `listing`.
    pub(crate) fn query_text(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let result = match &mut self.inner {
            Inner::Sqlite(tx) => tx.query(sql, values),
            Inner::Postgres(tx) => tx.query(sql, values),
        };
        self.note(result)
    }

    /// As [`Tx::query_text`] for SQL of endless shapes, such as rules: it is prepared for this once and not kept.
    pub(crate) fn query_once(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let result = match &mut self.inner {
            Inner::Sqlite(tx) => tx.query_once(sql, values),
            Inner::Postgres(tx) => tx.query_once(sql, values),
        };
        self.note(result)
    }

    /// Whose functions of JSON are to be used.
    pub(crate) const fn dialect(&self) -> Dialect {
        match &self.inner {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement and reads each row.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn query_as<T>(
        &mut self,
        statement: &Statement,
        values: &[Value],
        read: impl FnMut(&mut Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut rows = self.query(statement, values)?;
        rows.iter_mut().map(read).collect()
    }

    /// Runs a statement and reads its first row, if there is one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn query_one<T>(
        &mut self,
        statement: &Statement,
        values: &[Value],
        read: impl FnOnce(&mut Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.query(statement, values)?.first_mut().map(read).transpose()
    }

    /// Runs a statement for one number, such as a count.
    ///
    /// # Errors
    /// Any [`StoreError`]; [`StoreError::Corrupt`] if there is no row.
    pub fn query_number(&mut self, statement: &Statement, values: &[Value]) -> Result<i64, StoreError> {
        self.query_one(statement, values, Row::next)?.ok_or(StoreError::Corrupt {
            column: 0,
            expected: "a number",
            found: "no row".into(),
        })
    }

    /// Names the index of a lookup of many values, for SQLite alone: without statistics it takes a tenant for ten
    /// rows, and would rather read all of a tenant's million than look up five hundred.
    pub(crate) fn indexed_by(&self, index: &str) -> String {
        match &self.inner {
            Inner::Sqlite(_) => format!("INDEXED BY {index}"),
            Inner::Postgres(_) => String::new(),
        }
    }

    /// Waits for one of a tenant's locks, which its salt tells from the others; see [`Tx::wait_lock`].
    pub(crate) fn wait_tenant_lock(&mut self, tenant: TenantId, salt: u64) -> Result<(), StoreError> {
        let (high, low) = tenant.uuid().as_u64_pair();
        self.wait_lock((high ^ low ^ salt).cast_signed())
    }

    /// Waits for a lock that ends with this transaction; on SQLite the one writer is lock enough.
    pub(crate) fn wait_lock(&mut self, key: i64) -> Result<(), StoreError> {
        let result = match &mut self.inner {
            Inner::Sqlite(_) => Ok(()),
            Inner::Postgres(tx) => tx.wait_lock(key),
        };
        self.note(result)
    }

    /// Runs the text of a migration: several statements without values.
    pub(crate) fn batch(&mut self, sqlite: &str, postgres: &str) -> Result<(), StoreError> {
        let result = match &mut self.inner {
            Inner::Sqlite(tx) => tx.batch(sqlite),
            Inner::Postgres(tx) => tx.batch(postgres),
        };
        self.note(result)
    }

    /// Prepares a statement without running it, and on SQLite checks that its placeholders come in order.
    ///
    /// # Errors
    /// What the database has against it.
    pub fn prepare(&mut self, statement: &Statement) -> Result<(), StoreError> {
        match &mut self.inner {
            Inner::Sqlite(tx) => tx.prepare(statement.text(Dialect::Sqlite)),
            Inner::Postgres(tx) => tx.prepare(statement.text(Dialect::Postgres)),
        }
    }

    /// Tries to take a lock that other processes see and that ends with this transaction. On SQLite there is one
    /// writer, so it is always taken: processes that share the file wait for each other at the start of the write.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn try_lock(&mut self, key: i64) -> Result<bool, StoreError> {
        let result = match &mut self.inner {
            Inner::Sqlite(_) => Ok(true),
            Inner::Postgres(tx) => tx.try_lock(key),
        };
        self.note(result)
    }
}
