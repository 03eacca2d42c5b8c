//! Both databases have the same tables, the same columns, the same keys: read back and compared in neutral words.

#![cfg(test)]

use postrider_store::testkit::{Database, fresh_store};
use postrider_store::{Store, StoreError, statements};
use std::collections::BTreeSet;

statements! { "parity":
    COLUMNS_SQLITE = "SELECT m.name, c.name, c.type, c.\"notnull\" FROM sqlite_master m \
        JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
    COLUMNS_POSTGRES = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT), \
        CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END FROM information_schema.columns \
        WHERE table_schema = current_schema()";
    INDEXES_SQLITE = "SELECT m.name, i.\"unique\", group_concat(c.name, ',') FROM sqlite_master m \
        JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c WHERE m.type = 'table' \
        AND m.name NOT LIKE 'sqlite_%' GROUP BY m.name, i.name";
    INDEXES_POSTGRES = "SELECT CAST(t.relname AS TEXT), CASE WHEN x.indisunique THEN 1 ELSE 0 END, \
        string_agg(CAST(a.attname AS TEXT), ',' ORDER BY array_position(CAST(x.indkey AS INT2[]), a.attnum)) \
        FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (x.indkey) \
        WHERE n.nspname = current_schema() GROUP BY t.relname, x.indexrelid, x.indisunique";
}

type Columns = BTreeSet<(String, String, &'static str, bool)>;
type Indexes = BTreeSet<(String, bool, String)>;

/// The kind of a column in words of neither database; on SQLite a boolean is an integer and a UUID is bytes.
fn kind(name: &str) -> &'static str {
    match name {
        "BLOB" | "bytea" | "uuid" => "bytes",
        "INTEGER" | "BIGINT" | "bigint" | "boolean" => "integer",
        "TEXT" | "text" => "text",
        _ => "of a type that the other database does not have",
    }
}

async fn columns(store: &Store, postgres: bool) -> Columns {
    let statement = if postgres { &COLUMNS_POSTGRES } else { &COLUMNS_SQLITE };
    let rows = store.read("columns", move |tx| {
        tx.query_as(statement, &[], |row| {
            let (table, column, name): (String, String, String) = (row.next()?, row.next()?, row.next()?);
            Ok((table, column, kind(&name), row.next()?))
        })
    });
    let rows: Result<_, StoreError> = rows.await;
    rows.unwrap().into_iter().collect()
}

async fn indexes(store: &Store, postgres: bool) -> Indexes {
    let statement = if postgres { &INDEXES_POSTGRES } else { &INDEXES_SQLITE };
    let rows =
        store.read("indexes", move |tx| tx.query_as(statement, &[], |row| Ok((row.next()?, row.next()?, row.next()?))));
    let rows: Result<_, StoreError> = rows.await;
    rows.unwrap().into_iter().collect()
}

#[tokio::test]
async fn both_schemas_are_one() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = fresh_store(Database::Sqlite, folder.path()).await;
    let postgres = fresh_store(Database::Postgres, folder.path()).await;
    let (one, two) = (columns(&sqlite, false).await, columns(&postgres, true).await);
    assert!(one.len() > 100);
    assert_eq!(one.symmetric_difference(&two).collect::<Vec<_>>(), Vec::<&_>::new());
    let (one, two) = (indexes(&sqlite, false).await, indexes(&postgres, true).await);
    assert!(one.len() > 30);
    assert_eq!(one.symmetric_difference(&two).collect::<Vec<_>>(), Vec::<&_>::new());
}
