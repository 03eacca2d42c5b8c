//! What `cargo xtask contract` does, step by step, with tools that other people wrote.
//!
//! Not here: tests of our own (`cargo xtask test`). Invariant: everything that is downloaded is pinned by a file in
//! `crates/xtask/contract` and lies under `target/contract`.

mod client;
mod environment;
mod fuzz;
mod lint;
mod node;
mod python;
mod served;
mod zones;

pub use environment::Environment;

use crate::Outcome;

/// One step of the chore.
type Step = fn(&Environment) -> Outcome<()>;

/// Every step, by the name that chooses it.
pub const STEPS: &[(&str, Step)] = &[
    ("environment", environment::tell),
    ("zones", zones::compare),
    ("lint", lint::lint),
    ("client", client::client),
    ("fuzz", fuzz::fuzz),
];
