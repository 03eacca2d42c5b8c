//! An engine on an SQLite file that copies are written over.

use crate::beside;
use crate::conditions::Part;
use crate::error::StoreError;
use crate::holds::Held;
use crate::statement::Statement;
use crate::store::Store;
use crate::testkit::{Database, fresh_store};
use crate::url::DatabaseUrl;
use postrider_core::env::Entropy;
use postrider_core::hold::HoldReason;
use postrider_core::time::Timestamp;
use rusqlite::Connection;
use rusqlite::backup::Backup;
use std::path::{Path, PathBuf};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_millis(1_000);
const JOB: &str = "INSERT INTO schedule_jobs (id, tenant_id, campaign_id, version_id, manifest_id, touchpoint_id, channel, \
    state, due_at, send_at, timezone, timezone_source, instant, local_time, offset_seconds, rule, tzdb_version, \
    template_version_id, on_missed, on_uncertain, created_at, immediate) VALUES (x'01', x'01', x'01', x'01', x'01', 1, \
    'email', 'running', 1000, 'at', 'UTC', 'request', 1000, 'at', 0, 'exact', 'old', x'01', 'send', 'hold', 0, 0)";
const RENAME: Statement = Statement {
    name: "instance_tests",
    sqlite: "UPDATE schedule_jobs SET timezone = timezone || 'x'",
    postgres: "UPDATE schedule_jobs SET timezone = timezone || 'x'",
};

struct Fixed;

impl Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// A database with a job on which no engine has started.
async fn with_a_job(folder: &Path) -> PathBuf {
    let store = fresh_store(Database::Sqlite, folder).await;
    let DatabaseUrl::Sqlite(path) = store.url().clone() else { panic!("the store is embedded") };
    store.close(Duration::from_secs(5)).await;
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch(&format!("PRAGMA foreign_keys = OFF; {JOB}")).unwrap();
    path
}

/// An engine that starts, and the hold that it finds.
async fn start(path: &Path) -> (Store, Option<Held>) {
    let store = Store::open(&DatabaseUrl::Sqlite(path.to_owned())).await.unwrap();
    let held = store.enter(NOW, &Fixed).await.unwrap().held;
    (store, held)
}

async fn write(store: &Store) -> Result<(), StoreError> {
    store.write("test", |tx| tx.execute(&RENAME, &[]).map(drop)).await
}

/// As `.backup` and `.restore` of the SQLite shell.
fn copy(from: &Path, to: &Path) {
    let from = Connection::open(from).unwrap();
    let mut to = Connection::open(to).unwrap();
    to.busy_timeout(Duration::from_secs(5)).unwrap();
    Backup::new(&from, &mut to).unwrap().run_to_completion(1_000, Duration::from_millis(5), None).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_state_put_into_the_file_of_a_running_engine_is_held_by_the_next_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = with_a_job(folder.path()).await;
    let (store, held) = start(&path).await;
    assert_eq!(held, None);
    write(&store).await.unwrap();
    let older = folder.path().join("yesterday.db");
    copy(&path, &older);
    for _ in 0..5 {
        write(&store).await.unwrap();
    }
    let noted = beside::read(&path).unwrap().unwrap().commits;
    copy(&older, &path);
    assert!(matches!(write(&store).await, Err(StoreError::SetBack)), "the commit must be refused");
    assert!(!store.conditions().allow_sending(), "all sending stops at once");
    assert_eq!(store.conditions().of(Part::Jobs).unwrap().reason, HoldReason::Copy.as_str());
    assert!(beside::read(&path).unwrap().unwrap().commits > noted, "the note is never lowered");
    // The hold is kept, also by another start; the engine goes on.
    write(&store).await.unwrap();
    let (held, _) = store.watch(None, NOW, true).await.unwrap();
    assert_eq!(held.clone().unwrap().reason, HoldReason::Copy);
    store.close(Duration::from_secs(5)).await;
    let (store, again) = start(&path).await;
    assert_eq!(again, held);
    // Only the hold that was shown is released.
    let other = Held { since: NOW.plus_millis(1), ..held.clone().unwrap() };
    assert!(!store.write("test", move |tx| tx.release(&other)).await.unwrap());
    let held = held.unwrap();
    assert!(store.write("test", move |tx| tx.release(&held)).await.unwrap());
    write(&store).await.unwrap();
    assert_eq!(store.write("test", |tx| tx.held()).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_folder_copied_over_the_same_files_is_held_and_a_restart_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = with_a_job(folder.path()).await;
    let (store, _) = start(&path).await;
    write(&store).await.unwrap();
    store.close(Duration::from_secs(5)).await;
    let note = PathBuf::from(format!("{}.epoch", path.display()));
    let backup = [&path, &note].map(|file| std::fs::read(file).unwrap());
    let (store, held) = start(&path).await;
    assert_eq!(held, None, "a restart goes on");
    write(&store).await.unwrap();
    store.watch(None, NOW, true).await.unwrap();
    store.close(Duration::from_secs(5)).await;
    // As cp does: into the files that are there.
    for (file, bytes) in [&path, &note].into_iter().zip(backup) {
        std::fs::write(file, bytes).unwrap();
    }
    let (_store, held) = start(&path).await;
    assert_eq!(held.unwrap().reason, HoldReason::Unproven);
}

#[tokio::test]
async fn a_note_that_cannot_be_read_is_no_trouble_of_the_database_and_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = with_a_job(folder.path()).await;
    std::fs::create_dir(format!("{}.epoch", path.display())).unwrap();
    let store = Store::open(&DatabaseUrl::Sqlite(path.clone())).await.unwrap();
    let error = store.enter(NOW, &Fixed).await.unwrap_err();
    assert!(!error.is_trouble() && error.to_string().contains(".epoch"), "{error}");
    assert!(crate::instance::note_problem(&path).unwrap().contains(".epoch"));
}
