//! Worlds that once were broken, each with what was wrong.

#![cfg(test)]

use postrider_sim::{Database, Options, run};

fn whole(seed: u64, options: Options) {
    if let Err(failure) = run(seed, options) {
        panic!("{failure}");
    }
}

/// The look through the database took a job that was being taken back for one that had lost people.
#[test]
fn a_canceled_job_is_not_over_before_its_rest_is_settled() {
    whole(5, Options::on(Database::Sqlite));
    whole(13, Options::on(Database::Sqlite));
}
