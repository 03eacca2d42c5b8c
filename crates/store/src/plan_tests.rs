//! How SQLite means to run each statement: what grows with the people of a tenant is looked up, never read through.

use crate::error::StoreError;
use crate::statement;
use crate::testkit::{Database, fresh_store};
use crate::value::Value;

/// Tables, and names that statements give them, of which all may be read: they are few, or an index keeps those that
/// are meant.
const SMALL: [&str; 9] =
    ["campaign_reach", "instance", "tenants", "nodes", "secrets", "manifests", "m", "chunks", "schedule_jobs"];

/// Statements that mean to read all of something, and why.
const WHOLE: &[(&str, &str)] = &[
    ("migrate.IS_OURS", "a schema has few tables"),
    ("gauges.QUEUES", "an index holds only the jobs that are not over"),
    ("holds.JOBS", "an index holds only the jobs that are not over"),
    ("execution.DUE", "the numbered rows are those that are due, from an index"),
    ("profiles.COUNT", "it counts them all"),
    ("rate_windows.FORGET", "windows of the last minutes, and only the janitor"),
    ("webhook_log.FORGET_ENDPOINTS", "a tenant has few endpoints, and only the janitor"),
    ("import_files.RUBBISH", "only files of jobs that are not over lie there"),
    ("chunks.LOST", "it runs only after IS_LOST has found one in the index of the claimed"),
];

#[tokio::test]
async fn no_statement_reads_a_large_table_through() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh_store(Database::Sqlite, folder.path()).await;
    let plans = store.read("plans", |tx| {
        let mut plans: Vec<(&str, String)> = Vec::new();
        for statement in statement::ALL.iter().copied().flatten() {
            let places = (1..).take_while(|place| statement.sqlite.contains(&format!("${place}"))).count();
            let nothing = vec![Value::Null; places];
            let mut steps = tx.query_text(&format!("EXPLAIN QUERY PLAN {}", statement.sqlite), &nothing)?;
            for step in &mut steps {
                let (_, _, _): (i64, i64, i64) = (step.next()?, step.next()?, step.next()?);
                plans.push((statement.name, step.next()?));
            }
        }
        Ok::<_, StoreError>(plans)
    });
    let whole = |name: &str| WHOLE.iter().any(|(whole, _)| *whole == name);
    let read_through = |step: &str| {
        let table = step.split(' ').nth(1).unwrap_or_default();
        let all_of_tenant = step.contains("(tenant_id=?)") && ["profiles", "p"].contains(&table);
        // `CONSTANT ROW` is a statement without a table.
        step.starts_with("SCAN ") && table != "CONSTANT" && !SMALL.contains(&table) || all_of_tenant
    };
    let plans: Vec<_> =
        plans.await.unwrap().into_iter().filter(|(name, step)| !whole(name) && read_through(step)).collect();
    assert!(plans.is_empty(), "{plans:#?}");
}
