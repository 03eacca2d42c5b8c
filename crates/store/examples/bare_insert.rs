//! Inserts the people of a database into an empty one with the same tables and indexes, and prints how many rows there
//! are and in how many milliseconds the database took them: what `cargo xtask bench-import` measures imports against.
//!
//! `bare_insert sqlite FROM TO` copies into a new file, with one prepared statement and 10,000 rows a transaction.
//! `bare_insert postgres URL` copies within the database, with one statement of the server.

use postrider_store::{DatabaseUrl, Store};
use rusqlite::{Connection, types::Value};
use std::error::Error;
use std::time::Duration;
use tokio::time::Instant;

/// Rows of a transaction.
const ROWS: usize = 10_000;
/// Tables that the others name.
const NAMED: [&str; 3] = ["tenants", "lists", "consent_sources"];
/// Tables with a row for each person, by their order.
const TIMED: [&str; 3] = ["profiles", "consent_evidence", "list_members"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (rows, took) = match arguments[..] {
        ["sqlite", from, to] => sqlite(from, to).await?,
        ["postgres", url] => postgres(url).await?,
        _ => return Err("usage: bare_insert sqlite FROM TO, or bare_insert postgres URL".into()),
    };
    println!("{rows} {}", took.as_millis());
    Ok(())
}

async fn sqlite(from: &str, to: &str) -> Result<(u64, Duration), Box<dyn Error>> {
    let store = Store::open(&DatabaseUrl::Sqlite(to.into())).await?;
    store.close(Duration::from_secs(5)).await;
    let (from, to) = (Connection::open(from)?, Connection::open(to)?);
    to.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000")?;
    for table in NAMED {
        copy(&from, &to, table)?;
    }
    let (mut people, mut took) = (0, Duration::ZERO);
    for table in TIMED {
        let (rows, table_took) = copy(&from, &to, table)?;
        people = people.max(rows);
        took += table_took;
    }
    Ok((people, took))
}

/// Copies a table; returns its rows and how long their inserts and commits took.
fn copy(from: &Connection, to: &Connection, table: &str) -> rusqlite::Result<(u64, Duration)> {
    let mut select = from.prepare(&format!("SELECT * FROM {table}"))?;
    let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
    let places: Vec<String> = (1..=columns.len()).map(|place| format!("?{place}")).collect();
    let insert = format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "));
    let mut insert = to.prepare(&insert)?;
    let mut rows = select.query([])?;
    let (mut copied, mut took) = (0, Duration::ZERO);
    loop {
        let mut set: Vec<Vec<Value>> = Vec::with_capacity(ROWS);
        while set.len() < ROWS
            && let Some(row) = rows.next()?
        {
            set.push((0..columns.len()).map(|column| row.get(column)).collect::<Result<_, _>>()?);
        }
        if set.is_empty() {
            return Ok((copied, took));
        }
        let begun = Instant::now();
        to.execute_batch("BEGIN IMMEDIATE")?;
        for values in &set {
            insert.execute(rusqlite::params_from_iter(values))?;
        }
        to.execute_batch("COMMIT")?;
        took += begun.elapsed();
        copied += set.len() as u64;
    }
}

async fn postgres(url: &str) -> Result<(u64, Duration), Box<dyn Error>> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    let (mut people, mut took) = (0, Duration::ZERO);
    for table in TIMED {
        client.batch_execute(&format!("CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)")).await?;
        let begun = Instant::now();
        people = people.max(client.execute(&format!("INSERT INTO bare_{table} SELECT * FROM {table}"), &[]).await?);
        took += begun.elapsed();
        client.batch_execute(&format!("DROP TABLE bare_{table}")).await?;
    }
    Ok((people, took))
}
