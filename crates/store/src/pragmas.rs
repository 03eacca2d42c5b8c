//! Sets what every connection to SQLite promises, and checks it. SQLite silently ignores a setting that it does not know
//! or cannot keep.

use crate::error::StoreError;
use crate::sqlite_file;
use postrider_core::planted::planted;
use rusqlite::Connection;
use std::path::Path;

/// Settings of every connection: the name, the value, and what SQLite answers when it has it. With `synchronous=FULL` a
/// commit is on the disk before it is answered, so what was marked before it left is known after a power failure. With
/// `secure_delete=ON` deleted content is overwritten with zeros, also in pages that become free.
const PROMISES: &[(&str, &str, i64)] =
    &[("synchronous", "FULL", 2), ("foreign_keys", "ON", 1), ("secure_delete", "ON", 1)];

/// Sets what every connection promises.
///
/// # Errors
/// Any failure of the file; [`StoreError::Unopened`] if SQLite does not keep a setting.
pub(crate) fn promise(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let failure = |error| sqlite_file::failure(path, error);
    for &(name, value, expected) in PROMISES {
        let value = if planted("synchronous_is_off") && name == "synchronous" { "OFF" } else { value };
        connection.pragma_update(None, name, value).map_err(failure)?;
        let kept: i64 = connection.pragma_query_value(None, name, |row| row.get(0)).map_err(failure)?;
        if kept != expected {
            let shown = path.display();
            return Err(StoreError::Unopened(format!("{shown}: SQLite keeps {name} = {kept} instead of {value}")));
        }
    }
    Ok(())
}

/// Puts the file into WAL mode, which it then keeps.
///
/// # Errors
/// Any failure of the file; [`StoreError::Unopened`] if it stays in another mode, as on a network file system.
pub(crate) fn write_ahead(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(|error| sqlite_file::failure(path, error))?;
    if mode == "wal" {
        return Ok(());
    }
    Err(StoreError::Unopened(format!(
        "{}: SQLite cannot write ahead in this place (its journal mode stays `{mode}`); put the file on a local disk",
        path.display()
    )))
}
