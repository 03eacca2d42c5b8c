//! A spread of worlds on both databases: every kind of fault, and nothing broken.

#![cfg(test)]

use postrider_sim::{Database, Options, run};
use std::ops::Range;

/// Runs the worlds of these seeds. One that is broken tells its seed, and the command that shows it again.
fn whole(seeds: Range<u64>, options: Options) {
    let number = seeds.end - seeds.start;
    let (mut messages, mut crashes, mut copies) = (0, 0, 0);
    for seed in seeds {
        match run(seed, options) {
            Ok(report) => {
                messages += report.arrivals;
                crashes += report.crashes;
                copies += report.copies;
            }
            Err(failure) => panic!("{failure}"),
        }
    }
    let is_rough = messages > 10 * usize::try_from(number).unwrap() && crashes > 5;
    assert!(is_rough, "these worlds are too quiet: {messages} messages, {crashes} crashes");
    assert!(copies < messages / 10, "{copies} copies of {messages} messages");
}

macro_rules! worlds {
    ($($(#[$meta:meta])* $name:ident => $seeds:expr, $options:expr;)*) => {$(
        $(#[$meta])*
        #[test]
        fn $name() {
            whole($seeds, $options);
        }
    )*};
}

/// Several nodes, for which leases and fences matter.
const NODES: Options = Options { nodes: Some(3), ..Options::on(Database::Postgres) };

// Each is a test of its own, so that they run at the same time.
worlds! {
    the_first_worlds_are_whole => 1..101, Options::on(Database::Sqlite);
    the_next_worlds_are_whole => 101..201, Options::on(Database::Sqlite);
    the_last_worlds_are_whole => 201..301, Options::on(Database::Sqlite);
    several_nodes_lose_nobody => 301..316, NODES;
    several_other_nodes_lose_nobody => 316..331, NODES;
}
