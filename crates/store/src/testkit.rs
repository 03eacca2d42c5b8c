//! Fresh stores for tests, on both databases.
//!
//! PostgreSQL tests need `POSTRIDER_TEST_POSTGRES_URL`; `cargo xtask test` sets it. Without it they fail and say so:
//! nothing is skipped in silence.

use crate::error::StoreError;
use crate::migrate;
use crate::rule_sql::Dialect;
use crate::store::{OpenMode, Store};
use crate::tx::Tx;
use crate::url::DatabaseUrl;
use crate::value::{Row, Value};
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a fresh store lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// An SQLite file in the given folder.
    Sqlite,
    /// A schema of its own on the test server.
    Postgres,
}

/// The address of an empty database. `folder` holds the file of an SQLite one.
///
/// # Panics
/// If there is no test server for PostgreSQL.
pub async fn fresh_url(database: Database, folder: &std::path::Path) -> DatabaseUrl {
    static SERIAL: AtomicU64 = AtomicU64::new(0);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    match database {
        Database::Sqlite => DatabaseUrl::Sqlite(folder.join(format!("test-{serial}.db"))),
        Database::Postgres => {
            let url = std::env::var("POSTRIDER_TEST_POSTGRES_URL").expect(
                "POSTRIDER_TEST_POSTGRES_URL is not set: run `cargo xtask test`, which starts a server by itself",
            );
            let schema = format!("t_{}_{serial}", std::process::id());
            let config: tokio_postgres::Config = url.parse().expect("the test URL is a PostgreSQL URL");
            let (client, connection) = config.connect(tokio_postgres::NoTls).await.expect("the test server answers");
            let driver = tokio::spawn(connection);
            let sql = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
            client.batch_execute(&sql).await.expect("a schema can be made on the test server");
            drop(client);
            drop(driver.await);
            let joint = if url.contains('?') { '&' } else { '?' };
            DatabaseUrl::Postgres(format!("{url}{joint}sslmode=disable&options=-csearch_path%3D{schema}"))
        }
    }
}

/// An open, migrated, empty store.
///
/// # Panics
/// If it cannot be opened.
pub async fn fresh_store(database: Database, folder: &std::path::Path) -> Store {
    Store::open(&fresh_url(database, folder).await).await.expect("a fresh store opens")
}

/// The address of a database as a program of schema `version` would have left it, with all that `store` holds in the
/// tables and columns of that version.
///
/// # Panics
/// If it cannot be written.
pub async fn of_version(version: i64, store: &Store, database: Database, folder: &std::path::Path) -> DatabaseUrl {
    let url = fresh_url(database, folder).await;
    let old = Store::connect(&url, OpenMode::Create, crate::store::CONNECTIONS_DEFAULT).expect("a fresh store opens");
    migrate::run_to(&old, version).await.expect("an older schema can be made");
    for table in migrate::tables(version) {
        let columns = old.read("testkit.columns", move |tx| columns(tx, table)).await.expect("a table has columns");
        let listed = columns.join(", ");
        let places: Vec<String> = (1..=columns.len()).map(|place| format!("${place}")).collect();
        let select = format!("SELECT {listed} FROM {table}");
        let rows = store.read("testkit.rows", move |tx| tx.query_text(&select, &[])).await;
        let rows: Vec<Vec<Value>> =
            rows.expect("newer tables have all older columns").into_iter().map(Row::rest).collect();
        let insert = format!("INSERT INTO {table} ({listed}) VALUES ({})", places.join(", "));
        let copied =
            old.write("testkit.copy", move |tx| rows.iter().try_for_each(|row| tx.query_text(&insert, row).map(drop)));
        copied.await.expect("what a newer table held, an older one can hold");
    }
    url
}

/// The columns of all tables that hold a text somewhere, each with its table, such as `profiles.email`.
///
/// # Panics
/// If they cannot be read.
pub async fn holders(store: &Store, text: &str) -> Vec<String> {
    let version = store.schema_version().await.expect("the schema has a version");
    let mut found = Vec::new();
    for table in migrate::tables(version).collect::<std::collections::BTreeSet<_>>() {
        let columns = store.read("testkit.columns", move |tx| columns(tx, table)).await.expect("a table has columns");
        let select = format!("SELECT {} FROM {table}", columns.join(", "));
        let rows = store.read("testkit.rows", move |tx| tx.query_text(&select, &[])).await;
        for row in rows.expect("a table can be read") {
            for (column, value) in columns.iter().zip(row.rest()) {
                let bytes = match value {
                    Value::Text(value) => value.into_bytes(),
                    Value::Blob(value) => value,
                    _ => continue,
                };
                if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                    found.push(format!("{table}.{column}"));
                }
            }
        }
    }
    found.sort_unstable();
    found
}

fn columns(tx: &mut Tx<'_>, table: &str) -> Result<Vec<String>, StoreError> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => "SELECT name FROM pragma_table_info($1) ORDER BY cid",
        Dialect::Postgres => {
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns \
            WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position"
        }
    };
    tx.query_text(sql, &[table.into()])?.iter_mut().map(Row::next).collect()
}

/// Writes each test once and runs it on both databases: `on_both!(name, |store| async move { … });`.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* $name:ident => $body:expr;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let folder = tempfile::tempdir().unwrap();
                let store = $crate::testkit::fresh_store($crate::testkit::Database::Sqlite, folder.path()).await;
                let test = $body;
                test(store).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let folder = tempfile::tempdir().unwrap();
                let store = $crate::testkit::fresh_store($crate::testkit::Database::Postgres, folder.path()).await;
                let test = $body;
                test(store).await;
            }
        }
    )*};
}
