//! Whether PostgreSQL keeps what it confirms. For SQLite see `pragmas`.

use crate::error::StoreError;
use crate::rule_sql::Dialect;
use crate::store::Store;
use crate::tx::Tx;
use crate::value::Row;

/// Warns if what the database confirms may be gone after a failure of its server.
///
/// # Errors
/// Any [`StoreError`].
pub(crate) async fn look(store: &Store) -> Result<(), StoreError> {
    if let Some(weakness) = weakness(store).await? {
        tracing::warn!("{weakness}");
    }
    Ok(())
}

/// Why what the database confirms may be gone after a failure of its server, if it may: without this, a message that was
/// sent and recorded leaves again. The operator may accept that for the sake of speed, so it is no error.
///
/// # Errors
/// Any [`StoreError`].
pub(crate) async fn weakness(store: &Store) -> Result<Option<&'static str>, StoreError> {
    let read = store.read("settings", |tx: &mut Tx<'_>| {
        if tx.dialect() == Dialect::Sqlite {
            return Ok(String::new());
        }
        let sql = "SELECT CAST(current_setting('synchronous_commit') AS TEXT)";
        tx.query_text(sql, &[])?.first_mut().map_or_else(|| Ok(String::new()), Row::next::<String>)
    });
    Ok((read.await? == "off").then_some(
        "the database confirms commits before they are on its disk (synchronous_commit is off): if its server fails, \
        messages that it recorded as sent may be sent again",
    ))
}
