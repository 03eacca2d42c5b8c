//! Every statement is prepared on both databases: unknown columns, dialects and placeholders out of order show here.

#![cfg(test)]

use postrider_store::{Store, StoreError, on_both, statement};

on_both! {
    every_statement_prepares => |store: Store| async move {
        let prepared = store.read("prepare", |tx| {
            let mut count = 0;
            for statement in statement::ALL.iter().copied().flatten() {
                tx.prepare(statement).map_err(|error| StoreError::Failed(format!("{}: {error}", statement.name)))?;
                count += 1;
            }
            Ok::<_, StoreError>(count)
        });
        assert!(prepared.await.unwrap() >= 2);
    };
}

#[test]
fn no_module_is_left_out() {
    let sources = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
    let declared: usize = sources
        .filter_map(|entry| std::fs::read_to_string(entry.unwrap().path()).ok())
        .map(|text| text.lines().filter(|line| line.starts_with("statements! {")).count())
        .sum();
    assert_eq!(statement::ALL.len(), declared);
}

#[test]
fn few_statements_are_forked() {
    const FORKS_MAX: usize = 18;
    let forked: Vec<&str> = statement::ALL
        .iter()
        .copied()
        .flatten()
        .filter(|statement| statement.sqlite != statement.postgres)
        .map(|statement| statement.name)
        .collect();
    assert!(forked.len() <= FORKS_MAX, "{forked:?}");
}
