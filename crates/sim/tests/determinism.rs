//! The same seed gives the same run; another seed gives another one.

#![cfg(test)]

use postrider_sim::{Database, Options, run};
use std::collections::BTreeSet;

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 100..110 {
        let options = Options::on(Database::Sqlite);
        let (once, again) = (run(seed, options), run(seed, options));
        match (once, again) {
            (Ok(once), Ok(again)) => assert_eq!(once, again),
            (Err(failure), _) | (_, Err(failure)) => panic!("{failure}"),
        }
    }
}

#[test]
fn other_seeds_give_other_runs() {
    let hashes: BTreeSet<u64> = (110..120)
        .filter_map(|seed| run(seed, Options::on(Database::Sqlite)).ok())
        .map(|report| report.trace_hash)
        .collect();
    assert_eq!(hashes.len(), 10);
}

#[test]
fn several_nodes_on_a_server_run_alike_every_time() {
    for seed in 120..123 {
        let options = Options { nodes: Some(3), ..Options::on(Database::Postgres) };
        match (run(seed, options), run(seed, options)) {
            (Ok(once), Ok(again)) => assert_eq!(once, again),
            (Err(failure), _) | (_, Err(failure)) => panic!("{failure}"),
        }
    }
}
