//! Statements on a connection of SQLite that is inside a transaction.

use crate::error::StoreError;
use crate::sqlite::failure_on;
use crate::value::{Row, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};
use tokio::time::Instant;

pub(crate) struct SqliteTx<'a> {
    pub(crate) connection: &'a Connection,
    /// When its statements are interrupted.
    pub(crate) until: Option<Instant>,
}

impl SqliteTx<'_> {
    pub(crate) fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|error| self.failure(error))?;
        let touched = statement.execute(rusqlite::params_from_iter(values)).map_err(|error| self.failure(error))?;
        Ok(touched as u64)
    }

    /// Runs a statement once for each row of values and returns how many rows of the database it touched in all.
    pub(crate) fn execute_rows(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|error| self.failure(error))?;
        let mut touched = 0;
        for values in rows {
            let executed = statement.execute(rusqlite::params_from_iter(values));
            touched += executed.map_err(|error| self.failure(error))? as u64;
        }
        Ok(touched)
    }

    pub(crate) fn prepare(&mut self, sql: &str) -> Result<(), StoreError> {
        let statement = self.connection.prepare_cached(sql).map_err(|error| self.failure(error))?;
        for index in 1..=statement.parameter_count() {
            let name = format!("${index}");
            if statement.parameter_name(index) != Some(name.as_str()) {
                return Err(StoreError::Failed(format!("placeholder {index} is not {name}")));
            }
        }
        Ok(())
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(|error| self.failure(error))
    }

    pub(crate) fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|error| self.failure(error))?;
        rows_of(&mut statement, values).map_err(|error| self.failure(error))
    }

    pub(crate) fn query_once(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.connection.prepare(&numbered(sql)).map_err(|error| self.failure(error))?;
        rows_of(&mut statement, values).map_err(|error| self.failure(error))
    }

    /// Tells why a statement was interrupted, if it was.
    fn failure(&self, error: rusqlite::Error) -> StoreError {
        match failure_on(self.connection, error) {
            StoreError::TimedOut if self.until.is_none_or(|until| Instant::now() < until) => {
                StoreError::Busy("the write-ahead log had to be emptied".into())
            }
            other => other,
        }
    }
}

/// The same statement with `?1` for `$1`. SQLite takes `$1` for a name and looks through all names for each, which
/// grows with the square of their number.
fn numbered(sql: &str) -> String {
    let mut parts = sql.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push(if part.starts_with(|c: char| c.is_ascii_digit()) { '?' } else { '$' });
        text.push_str(part);
    }
    text
}

fn rows_of(statement: &mut rusqlite::Statement<'_>, values: &[Value]) -> rusqlite::Result<Vec<Row>> {
    let columns = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let mut answer = Vec::new();
    while let Some(row) = rows.next()? {
        let read = (0..columns).map(|column| row.get_ref(column).map(value));
        answer.push(Row::new(read.collect::<Result<_, _>>()?));
    }
    Ok(answer)
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(v) => Value::Int(v),
        ValueRef::Real(v) => Value::Real(v),
        ValueRef::Text(v) => Value::Text(String::from_utf8_lossy(v).into_owned()),
        ValueRef::Blob(v) => Value::Blob(v.to_vec()),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(v) => ValueRef::Integer(*v),
            Self::Bool(v) => ValueRef::Integer(i64::from(*v)),
            Self::Real(v) => ValueRef::Real(*v),
            Self::Text(v) => ValueRef::Text(v.as_bytes()),
            Self::Blob(v) => ValueRef::Blob(v),
            Self::Uuid(v) => ValueRef::Blob(v.as_bytes()),
            Self::Texts(v) => {
                let json =
                    serde_json::to_string(v).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
                return Ok(ToSqlOutput::Owned(json.into()));
            }
        }))
    }
}
