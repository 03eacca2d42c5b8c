//! Fresh stores for tests, on both databases.
//!
//! PostgreSQL tests need `POSTRIDER_TEST_POSTGRES_URL`; `cargo xtask test` sets it. Without it they fail and say so:
//! nothing is skipped in silence.

use crate::store::{DatabaseUrl, Store};
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
