//! A schema of its own on a PostgreSQL server, for a rehearsal that must leave the server as it was.

use crate::error::StoreError;
use crate::store::{CONNECTIONS_DEFAULT, OpenMode, Store};
use crate::url::DatabaseUrl;

/// Makes an empty schema, and returns the URL under which a process finds its tables there and nowhere else. The name is
/// made of lower-case letters, digits and underscores.
///
/// # Errors
/// Any [`StoreError`]; a name of other characters is `Failed`, and so is a schema that exists.
pub async fn make(url: &str, schema: &str) -> Result<String, StoreError> {
    run(url, schema, "CREATE SCHEMA").await?;
    let joint = if url.contains('?') { '&' } else { '?' };
    Ok(format!("{url}{joint}options=-csearch_path%3D{schema}"))
}

/// Removes a schema with all that is in it.
///
/// # Errors
/// As [`make`].
pub async fn remove(url: &str, schema: &str) -> Result<(), StoreError> {
    run(url, &format!("{schema} CASCADE"), "DROP SCHEMA IF EXISTS").await
}

async fn run(url: &str, schema: &str, verb: &str) -> Result<(), StoreError> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !schema.trim_end_matches(" CASCADE").chars().all(is_plain) {
        return Err(StoreError::Failed("the name of the schema is not plain".into()));
    }
    let store = Store::connect(&DatabaseUrl::Postgres(url.to_owned()), OpenMode::Create, CONNECTIONS_DEFAULT)?;
    let sql = format!("{verb} {schema}");
    store.write_guarded("scratch.schema", move |tx| tx.batch(&sql, &sql)).await
}
