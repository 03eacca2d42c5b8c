//! Worlds that once were broken, each with what was wrong; and worlds in which a planted fault shows, so that the
//! faults that matter most stay within reach of the few seeds that every test run can afford.

#![cfg(test)]

use postrider_sim::{Database, Options, run};

fn whole(seeds: &[u64]) {
    for &seed in seeds {
        if let Err(failure) = run(seed, Options::on(Database::Sqlite)) {
            panic!("{failure}");
        }
    }
}

/// The look through the database took a job that was being taken back for one that had lost people.
#[test]
fn a_canceled_job_is_not_over_before_its_rest_is_settled() {
    whole(&[59, 85, 93]);
}

/// A process that stood still between the mark and the send handed its window over after the latest finish.
#[test]
fn nothing_leaves_after_the_latest_finish_however_long_a_process_stood_still() {
    whole(&[69, 247]);
}

/// Breaks if a message that was on its way in a crash simply leaves again.
#[test]
fn who_was_on_the_way_in_a_crash_is_in_doubt() {
    whole(&[30, 32, 68]);
}

/// Breaks if a chunk can be changed under a fence that is worth nothing any more.
#[test]
fn a_lost_fence_changes_nothing() {
    whole(&[70, 89, 164]);
}

/// Breaks if suppressions and consent are not looked at a second time, with the mark.
#[test]
fn who_says_no_in_mid_send_is_spared() {
    whole(&[9, 25, 29]);
}

/// Breaks if marks are made for a job that was taken back.
#[test]
fn a_cancel_in_mid_send_holds() {
    whole(&[103, 120, 150]);
}
