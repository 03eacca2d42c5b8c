//! Planted bugs: each is turned on alone, and the tests or worlds that must notice it are run.
//!
//! The bugs themselves are switches in the code and replacements in SQL (`core/src/planted.rs`, `store/src/planted.rs`)
//! behind the feature `planted`. Invariant: a catcher of a bug is green without it.

mod bugs;
mod build;
mod hunt;

pub use bugs::{BUGS, Bug, Catcher};
pub use build::Built;
pub use hunt::{Verdict, hunt};
