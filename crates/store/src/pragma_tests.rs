//! Every connection of a real store is asked what it keeps.

use crate::pragmas;
use crate::store::{OpenMode, Store};
use crate::testkit::{Database, fresh_store, fresh_url};
use crate::value::Row;
use crate::{DatabaseUrl, StoreError, Tx, on_both};
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Barrier};

/// What SQLite answers on a connection.
fn pragmas(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    const NAMES: [(&str, &str); 4] = [
        ("synchronous", "synchronous"),
        ("foreign_keys", "foreign_keys"),
        ("journal_mode", "journal_mode"),
        ("timeout", "busy_timeout"),
    ];
    let ask = |(column, name)| {
        let sql = format!("SELECT CAST({column} AS TEXT) FROM pragma_{name}");
        tx.query_text(&sql, &[])?.first_mut().map_or_else(|| Ok(String::new()), Row::next)
    };
    NAMES.into_iter().map(ask).collect()
}

/// What each reader answers; all of them read at once.
async fn readers(store: &Store) -> Vec<Vec<String>> {
    let barrier = Arc::new(Barrier::new(crate::sqlite::READERS));
    let reads = (0..crate::sqlite::READERS).map(|_| {
        let barrier = Arc::clone(&barrier);
        store.read("test", move |tx| {
            barrier.wait();
            pragmas(tx)
        })
    });
    futures_util::future::try_join_all(reads).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_connection_keeps_what_it_promises() {
    const EXPECTED: [&str; 4] = ["2", "1", "wal", "5000"];
    let folder = tempfile::tempdir().unwrap();
    let url = fresh_url(Database::Sqlite, folder.path()).await;
    let store = Store::open(&url).await.unwrap();
    assert_eq!(store.write("test", pragmas).await.unwrap(), EXPECTED, "the writer");
    assert_eq!(store.write_guarded("test", pragmas).await.unwrap(), EXPECTED, "the writer");
    for answers in readers(&store).await {
        assert_eq!(answers, EXPECTED, "a reader");
    }
    drop(store);
    let store = Store::open_as(&url, OpenMode::ReadOnly).await.unwrap();
    for answers in readers(&store).await {
        assert_eq!(answers, EXPECTED, "a reader of what was opened to be read");
    }
}

#[test]
fn a_place_where_sqlite_cannot_write_ahead_is_refused_with_its_path() {
    let connection = Connection::open_in_memory().unwrap();
    let refused = pragmas::write_ahead(&connection, Path::new("/mnt/share/p.db")).unwrap_err().to_string();
    assert!(refused.contains("/mnt/share/p.db") && refused.contains("put the file on a local disk"), "{refused}");
}

on_both! {
    units_of_work_are_isolated_as_they_say => |store: Store| async move {
        if store.is_embedded() {
            return;
        }
        let ask = |tx: &mut Tx<'_>| {
            let sql = "SELECT CAST(current_setting('transaction_isolation') || ' ' \
                || current_setting('transaction_read_only') AS TEXT)";
            tx.query_text(sql, &[])?.first_mut().map_or_else(|| Ok(String::new()), Row::next::<String>)
        };
        assert_eq!(store.read("test", ask).await.unwrap(), "repeatable read on");
        assert_eq!(store.write("test", ask).await.unwrap(), "serializable off");
        assert_eq!(store.write_guarded("test", ask).await.unwrap(), "read committed off");
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_confirms_before_it_writes_is_distinguished_from_one_that_does_not() {
    let folder = tempfile::tempdir().unwrap();
    for (setting, is_weak) in [("on", false), ("off", true)] {
        let DatabaseUrl::Postgres(url) = fresh_url(Database::Postgres, folder.path()).await else { panic!("a URL") };
        let url = DatabaseUrl::Postgres(format!("{url}%20-csynchronous_commit%3D{setting}"));
        let store = Store::open(&url).await.unwrap();
        assert_eq!(crate::durability::weakness(&store).await.unwrap().is_some(), is_weak, "{setting}");
    }
    let store = fresh_store(Database::Sqlite, folder.path()).await;
    assert_eq!(crate::durability::weakness(&store).await.unwrap(), None);
}
