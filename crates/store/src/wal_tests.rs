//! The write-ahead log stays small however many read at the same time.

use crate::error::StoreError;
use crate::statement::Statement;
use crate::store::Store;
use crate::testkit::{Database, fresh_store};
use crate::url::DatabaseUrl;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What the operations page promises, in bytes.
const LIMIT: u64 = 64 << 20;
/// A write of one megabyte, in rows of a page.
const MEGABYTE: Statement = same(
    "INSERT INTO schema_migrations (version, name) WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n \
    WHERE i < 255) SELECT $1 * 1000 + i, hex(zeroblob(2000)) FROM n",
);
/// Some milliseconds of reading.
const SOME: Statement = same("SELECT COUNT(*) + SUM(length(name)) FROM schema_migrations WHERE version < 20000");
/// Reading without an end.
const ENDLESS: Statement = same(
    "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) + (SELECT COUNT(*) \
    FROM schema_migrations) FROM n",
);

const fn same(sql: &'static str) -> Statement {
    Statement { name: "wal_tests", sqlite: sql, postgres: sql }
}

fn log_size(store: &Store) -> u64 {
    let DatabaseUrl::Sqlite(path) = store.url() else { panic!("the store is embedded") };
    std::fs::metadata(format!("{}-wal", path.display())).map_or(0, |file| file.len())
}

/// Writes so many megabytes and returns the largest size that the log had.
async fn write(store: &Store, megabytes: i64) -> u64 {
    let mut largest = 0;
    for number in 10..10 + megabytes {
        store.write("test", move |tx| tx.execute(&MEGABYTE, &[number.into()])).await.unwrap();
        largest = largest.max(log_size(store));
    }
    largest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_stays_small_while_reads_overlap_all_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh_store(Database::Sqlite, folder.path()).await;
    let (over, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let readers: Vec<_> = std::iter::repeat_with(|| {
        let (store, over, reads) = (store.clone(), Arc::clone(&over), Arc::clone(&reads));
        tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                store.read("test", |tx| tx.query_number(&SOME, &[])).await.unwrap();
                reads.fetch_add(1, Ordering::Relaxed);
            }
        })
    })
    .take(6)
    .collect();
    let largest = write(&store, 200).await;
    over.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
    assert!(largest < LIMIT, "{largest} bytes");
    assert!(reads.load(Ordering::Relaxed) > 20, "the readers were let in: {reads:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_without_an_end_makes_room_for_the_log_and_ends_at_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh_store(Database::Sqlite, folder.path()).await;
    let limit = Duration::from_secs(4);
    let endless = {
        let store = store.clone();
        tokio::spawn(async move { store.read_within("test", limit, |tx| tx.query_number(&ENDLESS, &[])).await })
    };
    let largest = write(&store, 150).await;
    assert!(matches!(endless.await.unwrap(), Err(StoreError::TimedOut)));
    assert!(largest < LIMIT, "{largest} bytes");
    let limit = Duration::from_millis(50);
    let ended = store.read_within("test", limit, |tx| tx.query_number(&ENDLESS, &[])).await;
    assert!(matches!(ended, Err(StoreError::TimedOut)), "{ended:?}");
    assert!(store.read("test", |tx| tx.query_number(&SOME, &[])).await.is_ok(), "the connection works on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_of_another_process_does_not_stop_writes() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh_store(Database::Sqlite, folder.path()).await;
    // As far as the gate can tell, a second store is another process.
    let other = Store::open(store.url()).await.unwrap();
    let limit = Duration::from_secs(4);
    let endless =
        tokio::spawn(async move { other.read_within("test", limit, |tx| tx.query_number(&ENDLESS, &[])).await });
    write(&store, 60).await;
    assert!(matches!(endless.await.unwrap(), Err(StoreError::TimedOut)));
}
