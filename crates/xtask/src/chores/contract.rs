//! `contract`: the description of the API and the running service, held against each other.

use super::root;
use crate::Outcome;
use crate::contract::{Environment, STEPS};
use std::process::ExitCode;

/// Runs the steps that are named, or all of them, each only if the one before it succeeded.
pub fn contract(arguments: &[String]) -> Outcome<ExitCode> {
    if let Some(unknown) = arguments.iter().find(|argument| !STEPS.iter().any(|(name, _)| name == argument)) {
        let names: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
        eprintln!("xtask: contract has no step {unknown}; its steps are {}.", names.join(", "));
        return Ok(ExitCode::from(2));
    }
    let environment = Environment::ready(&root())?;
    for (_, step) in STEPS.iter().filter(|(name, _)| arguments.is_empty() || arguments.iter().any(|a| a == name)) {
        step(&environment)?;
    }
    Ok(ExitCode::SUCCESS)
}
