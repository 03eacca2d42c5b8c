//! One file for each chore.

mod test;

pub use test::{pg, test};

/// The cargo that runs us.
fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}
