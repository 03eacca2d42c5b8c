//! One file for each chore.

mod bench_import;
mod check;
mod clock;
mod contract;
mod mutants;
mod regen;
mod test;

pub use bench_import::bench_import;
pub use check::check;
pub use clock::clock;
pub use contract::contract;
pub use mutants::mutants;
pub use regen::regen;
pub use test::{pg, sim, test};

use std::path::PathBuf;

/// The cargo that runs us.
pub fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let mut folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    folder.pop();
    folder.pop();
    folder
}
