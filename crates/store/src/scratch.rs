//! A schema of its own on a PostgreSQL server, for a rehearsal that must leave the server as it was.

use crate::error::StoreError;
use crate::store::{CONNECTIONS_DEFAULT, OpenMode, Store};
use crate::tx::Tx;
use crate::url::DatabaseUrl;
use crate::value::Row;

/// Makes an empty schema, and returns the URL under which a process finds its tables there and nowhere else. The name is
/// made of lower-case letters, digits and underscores.
///
/// # Errors
/// Any [`StoreError`]; a name of other characters is `Failed`, and so are a schema that exists and a server that ignores
/// what the URL says of the schema. Then no schema is left.
pub async fn make(url: &str, schema: &str) -> Result<String, StoreError> {
    run(url, schema, "CREATE SCHEMA").await?;
    let joint = if url.contains('?') { '&' } else { '?' };
    let found_at = format!("{url}{joint}options=-csearch_path%3D{schema}");
    match require(&found_at, schema).await {
        Ok(()) => Ok(found_at),
        Err(failure) => match remove(url, schema).await {
            Ok(()) => Err(failure),
            Err(left) => Err(StoreError::Failed(format!("{failure}; the schema {schema} is left: {left}"))),
        },
    }
}

/// Makes sure that a process with this URL uses the schema: a pooler may drop the options of a URL without a word, and
/// the process would then work in the schema of others.
async fn require(found_at: &str, schema: &str) -> Result<(), StoreError> {
    let store = open(found_at)?;
    let current = |tx: &mut Tx<'_>| {
        let mut rows = tx.query_text("SELECT COALESCE(CAST(current_schema() AS TEXT), '')", &[])?;
        rows.first_mut().map_or_else(|| Ok(String::new()), Row::next)
    };
    let current = store.read("scratch.current", current).await?;
    if current == schema {
        return Ok(());
    }
    Err(StoreError::Failed(format!(
        "its connections use the schema {current:?} and not {schema}, because something on the way, such as pgbouncer, \
        drops the options of a URL; name the server itself"
    )))
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
    let store = open(url)?;
    let sql = format!("{verb} {schema}");
    store.write_guarded("scratch.schema", move |tx| tx.batch(&sql, &sql)).await
}

fn open(url: &str) -> Result<Store, StoreError> {
    Store::connect(&DatabaseUrl::Postgres(url.to_owned()), OpenMode::Create, CONNECTIONS_DEFAULT)
}
