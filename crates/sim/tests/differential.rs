//! One meaning, two databases: the same seed runs alike on both, turn by turn, to the same accounts.
//!
//! Without crashes, which an embedded database answers differently: its one process rescues everything at once, where
//! other nodes wait for a lease to run out.

#![cfg(test)]

use postrider_sim::{Database, Options, Report, run};

fn on(database: Database, seed: u64) -> Report {
    let options = Options { database, nodes: Some(1), crashes: false };
    run(seed, options).unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn both_databases_run_alike() {
    for seed in 200..206 {
        let (sqlite, postgres) = (on(Database::Sqlite, seed), on(Database::Postgres, seed));
        assert_eq!(sqlite.accounts, postgres.accounts, "seed {seed}");
        assert_eq!(sqlite, postgres, "seed {seed}");
    }
}
