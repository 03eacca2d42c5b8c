//! A spread of worlds on the embedded database: every kind of fault, and nothing broken.

#![cfg(test)]

use postrider_sim::{Database, Options, run};

/// Worlds in each of the tests, which run beside each other.
const WORLDS: u64 = 25;

fn worlds(from: u64) {
    let (mut messages, mut crashes, mut copies) = (0, 0, 0);
    for seed in from..from + WORLDS {
        match run(seed, Options::on(Database::Sqlite)) {
            Ok(report) => {
                messages += report.arrivals;
                crashes += report.crashes;
                copies += report.copies;
            }
            Err(failure) => panic!("{failure}"),
        }
    }
    assert!(messages > 50 && crashes > 5, "these worlds are too quiet: {messages} messages, {crashes} crashes");
    assert!(copies < messages / 10, "{copies} copies of {messages} messages");
}

#[test]
fn the_first_worlds_are_whole() {
    worlds(1);
}

#[test]
fn the_next_worlds_are_whole() {
    worlds(1 + WORLDS);
}
