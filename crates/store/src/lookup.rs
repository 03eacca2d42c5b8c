//! Lookups of many values at once, by one text whatever their number.
//!
//! The values are one placeholder: an array on PostgreSQL, JSON on SQLite, which has no arrays.

use crate::rule_sql::Dialect;

/// Most values in one lookup of the engine and of a request.
pub const LOOKUP_MAX: usize = 500;

/// What follows a column that equals one of the texts bound as [`crate::value::Value::Texts`] at a place.
pub(crate) fn among(dialect: Dialect, place: usize) -> String {
    match dialect {
        Dialect::Sqlite => format!("IN (SELECT value FROM json_each(${place}))"),
        Dialect::Postgres => format!("= ANY(CAST(${place} AS TEXT[]))"),
    }
}
