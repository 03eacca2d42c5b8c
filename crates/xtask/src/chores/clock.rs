//! `clock`: the running product under wrong clocks.

use super::{cargo, root};
use crate::Outcome;
use crate::clock::{find_or_install, run};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Builds the program and runs it under clocks that jump, drift and come back.
pub fn clock() -> Outcome<ExitCode> {
    let library = find_or_install()?;
    let built =
        Command::new(cargo()).args(["build", "--quiet", "--package", "postrider"]).current_dir(root()).status()?;
    if !built.success() {
        return Err("the program cannot be built".into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let failed = run(&target.join("debug/postrider"), &library)?;
    if failed == 0 {
        println!("No message was early, late, lost or sent twice.");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{failed} cases went wrong.");
    Ok(ExitCode::FAILURE)
}
