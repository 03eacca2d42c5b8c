//! How SQLite means to run each statement: what grows with the people of a tenant is looked up, never read through.

use crate::error::StoreError;
use crate::person_search;
use crate::rule_sql::Dialect;
use crate::statement;
use crate::testkit::{Database, fresh_store};
use crate::value::Value;
use uuid::Uuid;

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
    ("erasing.TESTS", "a tenant has few tests, and only an erasure reads them"),
    ("import_runs.LITTER", "its inner queries end at the first row that an index of them finds"),
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

/// What each search looks up, and the index that has it.
const SEARCHES: [(&str, &str); 5] = [
    ("person_search.BY_EMAIL", "profiles_by_email"),
    ("person_search.BY_PHONE", "profiles_by_phone"),
    ("person_search.BY_CUSTOMER_ID", "profiles_by_customer_id"),
    ("person_search.BY_NAME", "profiles_by_name"),
    ("person_search.BY_NAME_REVERSED", "profiles_by_name_reversed"),
];

#[tokio::test]
async fn a_search_reads_one_range_of_one_index_in_its_order_on_both_databases() {
    for database in [Database::Sqlite, Database::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        let store = fresh_store(database, folder.path()).await;
        let plans = store.read("plans", |tx| {
            let mut plans = Vec::new();
            for (name, index) in SEARCHES {
                let statement = person_search::STATEMENTS.iter().find(|statement| statement.name == name).unwrap();
                let ids = [Value::Uuid(Uuid::from_u128(1)), Value::Uuid(Uuid::nil())];
                let [tenant, profile] = ids;
                let values = [tenant, "ada".into(), profile, "adb".into(), 51.into()];
                let explain = match tx.dialect() {
                    Dialect::Sqlite => "EXPLAIN QUERY PLAN",
                    Dialect::Postgres => {
                        // An empty table is cheapest to read whole, and a large one is not.
                        tx.query_text("SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)", &[])?;
                        "EXPLAIN"
                    }
                };
                let mut steps = tx.query_text(&format!("{explain} {}", statement.text(tx.dialect())), &values)?;
                let mut plan = String::new();
                for step in &mut steps {
                    if tx.dialect() == Dialect::Sqlite {
                        let (_, _, _): (i64, i64, i64) = (step.next()?, step.next()?, step.next()?);
                    }
                    plan.push_str(&step.next::<String>()?);
                    plan.push('\n');
                }
                plans.push((index, plan));
            }
            Ok::<_, StoreError>(plans)
        });
        for (index, plan) in plans.await.unwrap() {
            let range = match database {
                Database::Sqlite => {
                    let range = plan.contains(&format!("USING INDEX {index} (tenant_id=? AND ("));
                    range && plan.contains(">(?,?) AND ") && !plan.contains("TEMP B-TREE")
                }
                Database::Postgres => {
                    let range = plan.contains(&format!("Index Scan using {index} "));
                    range && plan.contains("Index Cond: ((tenant_id = ") && !plan.contains("Sort")
                }
            };
            assert!(range, "{database:?} {index}\n{plan}");
        }
    }
}
