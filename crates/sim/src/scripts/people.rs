//! Imports that another node takes over, and people who are erased while their messages are on the way.

use super::*;
use crate::chance::Stream;
use crate::gate::Place;
use crate::imports::Import;
use crate::workload::START;
use postrider_core::delivery::DeliveryState::{InFlight, Sent, Skipped};
use postrider_core::time::{MINUTE_MS, SECOND_MS};

/// A job to one person, and a file that takes several transactions to import.
fn with_import() -> Workload {
    Workload { imports: vec![Import::of(START, 1_200, &mut Stream::of(75))], ..story(1) }
}

fn writes(place: &Place) -> bool {
    *place == Place::Before("imports.write")
}

fn wrote(place: &Place) -> bool {
    *place == Place::After("imports.write")
}

/// Shows an importer that writes a set after it lost the job, and one that begins the file again.
#[test]
fn an_import_that_another_node_takes_over_counts_every_row_once() {
    for stop in [writes, wrote] {
        play(Database::Postgres, with_import(), async |script| {
            let first = script.start().await;
            script.start_import().await;
            script.stop_at(first, wrote).await;
            script.wake(first);
            script.stop_at(first, stop).await;
            let second = script.start().await;
            script.stop_at(second, stop).await;
            script.wake(first);
            script.pass(SECOND_MS).await;
            script.wake(second);
            script.pass(MINUTE_MS).await;
            let read = script.world.observer.import_job(0).await.unwrap().counts.read;
            assert_eq!(read, 1_200, "the second node finished the file");
        });
    }
}

/// Shows an importer that commits a set and the place behind it in two steps.
#[test]
fn an_import_that_a_crash_cuts_off_after_any_set_goes_on_behind_it() {
    for database in [Database::Sqlite, Database::Postgres] {
        play(database, with_import(), async |script| {
            script.start_import().await;
            for stop in [wrote, writes] {
                let node = script.start().await;
                script.stop_at(node, stop).await;
                script.crash(node);
            }
            script.start().await;
        });
    }
}

/// Shows a turn that does not look whether its people are still there.
#[test]
fn who_is_erased_gets_only_what_was_marked_before() {
    for database in [Database::Sqlite, Database::Postgres] {
        play(database, story(4), async |script| {
            let node = script.start().await;
            script.stop_at(node, marked).await;
            let (states, people) = (script.states().await, script.people().await);
            let flying = states.iter().position(|state| *state == InFlight).unwrap();
            let waiting = states.iter().rposition(|state| *state != InFlight).unwrap();
            script.erase(people[flying]).await;
            script.erase(people[waiting]).await;
            script.wake(node);
            script.finish().await;
            let states = script.states().await;
            assert_eq!((states[flying], states[waiting]), (Sent, Skipped));
            assert_eq!(script.arrivals().len(), 3);
        });
    }
}
