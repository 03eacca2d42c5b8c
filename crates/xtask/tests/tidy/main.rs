//! What the compiler and clippy do not see: who may depend on whom, what may be said where, how long a file may be.
//!
//! Each test tells every violation at once. Exceptions stand beside their rule, each with its reason.
#![cfg(test)]

mod dependencies;
mod layers;
mod licence;
mod pages;
mod planted;
mod sources;
mod workspace;

/// Fails with the list, if there is anything in it.
#[track_caller]
fn nothing(violations: &[String]) {
    assert!(violations.is_empty(), "\n  {}\n", violations.join("\n  "));
}
