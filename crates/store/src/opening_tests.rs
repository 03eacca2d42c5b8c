//! What an operator meets: a locked, newer, read-only, full or absent database. One sentence each, and no damage.

use crate::error::StoreError;
use crate::health::Trouble;
use crate::statement::Statement;
use crate::store::{OpenMode, Store};
use crate::testkit::{Database, fresh_store, fresh_url, of_version};
use crate::url::DatabaseUrl;

const MAKE: Statement = same("INSERT INTO schema_migrations (version, name) VALUES ($1, $2)");
const COUNT: Statement = same("SELECT COUNT(*) FROM schema_migrations WHERE version >= 100");
const FORGET: Statement = same("DELETE FROM schema_migrations WHERE version >= 100");

const FORGET_NOTHING: Statement = same("DELETE FROM schema_migrations WHERE version = 999");

const fn same(sql: &'static str) -> Statement {
    Statement { name: "opening_tests", sqlite: sql, postgres: sql }
}

async fn make(store: &Store, version: i64, size: usize) -> Result<u64, StoreError> {
    store.write("make", move |tx| tx.execute(&MAKE, &[version.into(), "x".repeat(size).into()])).await
}

async fn count(store: &Store) -> i64 {
    store.read("count", |tx| tx.query_number(&COUNT, &[])).await.unwrap()
}

async fn pragma(store: &Store, sql: &'static str) {
    store.write("pragma", move |tx| tx.batch(sql, "")).await.unwrap();
}

async fn refusal(url: &DatabaseUrl) -> String {
    refusal_as(url, OpenMode::Create).await.to_string()
}

async fn refusal_as(url: &DatabaseUrl, mode: OpenMode) -> StoreError {
    match Store::open_as(url, mode).await {
        Ok(_) => panic!("it must not open"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    for database in [Database::Sqlite, Database::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        let url = fresh_url(database, folder.path()).await;
        let store = Store::open(&url).await.unwrap();
        make(&store, 999, 1).await.unwrap();
        let text = refusal(&url).await;
        assert!(text.starts_with("the database has schema 999, this program knows up to "), "{text}");
        store.write("forget", |tx| tx.execute(&FORGET, &[])).await.unwrap();
        Store::open(&url).await.unwrap();
    }
}

#[tokio::test]
async fn two_that_open_at_once_migrate_once() {
    for database in [Database::Sqlite, Database::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        let url = fresh_url(database, folder.path()).await;
        let (one, two) = tokio::join!(Store::open(&url), Store::open(&url));
        assert_eq!(count(&one.unwrap()).await, 0);
        assert_eq!(count(&two.unwrap()).await, 0);
    }
}

#[tokio::test]
async fn a_full_disk_takes_back_the_write_and_the_next_one_works() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh_store(Database::Sqlite, folder.path()).await;
    make(&store, 100, 10).await.unwrap();
    // Limits the file to what it has: the next page is refused as on a full disk.
    pragma(&store, "PRAGMA max_page_count = 1").await;
    let (large, small) = tokio::join!(make(&store, 101, 1_000_000), make(&store, 102, 1));
    assert!(matches!(large, Err(StoreError::Full)), "{large:?}");
    assert!(small.is_ok() || matches!(small, Err(StoreError::Full)), "{small:?}");
    assert_eq!(count(&store).await, 1 + i64::from(small.is_ok()));
    pragma(&store, "PRAGMA max_page_count = 1").await;
    assert!(matches!(make(&store, 103, 1_000_000).await, Err(StoreError::Full)));
    assert_eq!(store.trouble(), Some(Trouble::DiskFull));
    store.write("test", |tx| tx.execute(&FORGET_NOTHING, &[])).await.unwrap();
    assert_eq!(store.trouble(), Some(Trouble::DiskFull), "a commit without a change proves nothing");
    pragma(&store, "PRAGMA max_page_count = 1000000").await;
    make(&store, 101, 1_000_000).await.unwrap();
    assert_eq!(store.trouble(), None);
}

#[tokio::test]
async fn a_read_only_database_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh_store(Database::Sqlite, folder.path()).await;
    pragma(&store, "PRAGMA query_only = 1").await;
    let refused = make(&store, 100, 1).await;
    assert!(matches!(refused, Err(StoreError::ReadOnly(_))), "{refused:?}");
    assert_eq!(store.trouble(), Some(Trouble::ReadOnly));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.db");
    let letter = "Dear database,\n".repeat(1_000);
    std::fs::write(&path, &letter).unwrap();
    let text = refusal(&DatabaseUrl::Sqlite(path.clone())).await;
    assert!(text.contains("is not an SQLite database"), "{text}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), letter);
}

#[tokio::test]
async fn what_cannot_be_reached_is_told_without_a_password() {
    let url = "postgres://somebody:secret@127.0.0.1:1/nowhere?sslmode=disable";
    let text = refusal(&DatabaseUrl::parse(url).unwrap()).await;
    assert!(text.starts_with("the database cannot be reached") && !text.contains("secret"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let text = refusal(&DatabaseUrl::Sqlite(folder.path().join("absent/postrider.db"))).await;
    assert!(text.starts_with("the database cannot be opened") && text.ends_with("absent does not exist"), "{text}");
}

#[tokio::test]
async fn only_the_mode_create_makes_a_database() {
    for database in [Database::Sqlite, Database::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        let url = fresh_url(database, folder.path()).await;
        for mode in [OpenMode::Existing, OpenMode::ReadOnly] {
            let refused = refusal_as(&url, mode).await;
            let expected = match database {
                Database::Sqlite => matches!(refused, StoreError::Absent),
                Database::Postgres => matches!(refused, StoreError::Empty),
            };
            assert!(expected, "{refused:?}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        Store::open(&url).await.unwrap();
        Store::open_as(&url, OpenMode::Existing).await.unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.db");
    std::fs::write(&path, "").unwrap();
    for mode in [OpenMode::Existing, OpenMode::ReadOnly] {
        let refused = refusal_as(&DatabaseUrl::Sqlite(path.clone()), mode).await;
        assert!(matches!(refused, StoreError::Empty), "{refused:?}");
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
    }
}

#[tokio::test]
async fn a_store_that_is_only_read_is_not_changed() {
    for database in [Database::Sqlite, Database::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        let store = fresh_store(database, folder.path()).await;
        let old = of_version(1, &store, database, folder.path()).await;
        let refused = refusal_as(&old, OpenMode::ReadOnly).await;
        assert!(matches!(refused, StoreError::Older { found: 1, .. }), "{refused:?}");
        let reader = Store::open_as(store.url(), OpenMode::ReadOnly).await.unwrap();
        let refused = make(&reader, 100, 1).await;
        assert!(matches!(refused, Err(StoreError::ReadOnly(_))), "{refused:?}");
        pragma(&store, "PRAGMA query_only = 0").await;
        store.write("test", |tx| tx.touch()).await.unwrap();
        assert_eq!(store.trouble(), None);
        assert_eq!(count(&reader).await, 0);
        make(&store, 999, 1).await.unwrap();
        let refused = refusal_as(store.url(), OpenMode::ReadOnly).await;
        assert!(matches!(refused, StoreError::Newer { found: 999, .. }), "{refused:?}");
    }
}

#[test]
fn the_url_of_a_server_is_shown_without_user_and_password() {
    for (url, shown) in [
        ("postgres://u:hunter2@db.example.com/mail", "postgres://db.example.com/mail"),
        ("postgres://u:hunter2@db.example.com:6543/mail?sslmode=require", "postgres://db.example.com:6543/mail"),
        ("postgres://u:hunt@er2@db.example.com/mail", "postgres://…/mail"),
        ("postgres://u@db.example.com/?password=hunter2", "postgres://db.example.com/…"),
        ("postgres:///mail?host=/run/postgresql&user=u", "postgres:///run/postgresql/mail"),
    ] {
        let parsed = DatabaseUrl::parse(url).unwrap_or_else(|why| panic!("{url}: {why}"));
        assert_eq!(format!("{parsed:?}"), shown, "{url}");
    }
    let why = DatabaseUrl::parse("postgres://u:hunter2@h:notaport/x").unwrap_err();
    assert!(why.contains("port") && !why.contains("hunter2"), "{why}");
}
