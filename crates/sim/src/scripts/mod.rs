//! Interleavings that matter, written step by step: they need no seed.
//!
//! Each says which fault of the engine it would show.

mod clock;
mod courier;
mod doubt;
mod fence;
mod finish;
mod late;
mod lease;
mod pace;
mod people;
mod script;
mod standing;

use crate::Database;
use crate::node::LEASE_MS;
use crate::workload::Workload;
use postrider_core::schedule::OnUncertain;
use script::{Script, answered, leaving, marked, play, story};

/// A node that sleeps for this long has lost all that it held.
const BEYOND_LEASE_MS: i64 = LEASE_MS + 1_000;

/// A job whose uncertain recipients are tried again.
fn tried_again(people: usize) -> Workload {
    let mut story = story(people);
    story.wishes[0].on_uncertain = OnUncertain::Retry;
    story
}
