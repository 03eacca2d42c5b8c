//! `check`: everything that can be said of the code without running the product.

use super::{cargo, root};
use crate::Outcome;
use std::process::{Command, ExitCode, Stdio};

/// Runs every check, even after one has failed, and fails if one did.
pub fn check() -> Outcome<ExitCode> {
    let mut failed = Vec::new();
    for (name, arguments) in [
        ("formatting", &["fmt", "--all", "--check"][..]),
        ("lints", &["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]),
        ("tidiness, licences and sources", &["test", "--quiet", "--package", "xtask", "--test", "tidy"]),
    ] {
        if !run(name, arguments)? {
            failed.push(name);
        }
    }
    if has_cargo_deny()? {
        if !run("advisories (cargo-deny)", &["deny", "--all-features", "check"])? {
            failed.push("advisories (cargo-deny)");
        }
    } else {
        eprintln!("xtask: known vulnerabilities are not checked; for that: cargo install cargo-deny --locked");
    }
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(format!("failed: {}", failed.join("; ")).into())
}

fn run(name: &str, arguments: &[&str]) -> Outcome<bool> {
    eprintln!("xtask: {name}: cargo {}", arguments.join(" "));
    Ok(Command::new(cargo()).args(arguments).current_dir(root()).status()?.success())
}

fn has_cargo_deny() -> Outcome<bool> {
    let mut command = Command::new(cargo());
    command.args(["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command.status()?.success())
}
