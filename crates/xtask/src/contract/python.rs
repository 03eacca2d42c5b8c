//! Where Python is, and how it comes onto a machine that lacks it.

use crate::Outcome;
use crate::machine::{apt, can_install, on_path};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The oldest Python that every tool of the contract runs on.
const VERSION_MIN: (u32, u32) = (3, 11);

/// What can be wrong with the machine, and what mends it.
const ADVICE: &str = "Python 3.11 or newer with its module venv is needed and not found: install the packages python3 \
                      and python3-venv (Debian, Ubuntu: sudo apt-get install python3 python3-venv).";

/// The Python on the machine; on a Debian machine where we are root and there is none, it is installed.
pub fn find_or_install() -> Outcome<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if !can_install()? {
        return Err(ADVICE.into());
    }
    eprintln!("xtask: Python with venv is not found; installing the packages python3 and python3-venv");
    let installed = apt(&["update"])
        .and_then(|()| apt(&["install", "--yes", "--no-install-recommends", "python3", "python3-venv"]));
    installed.map_err(|error| format!("{ADVICE} Installing them failed: {error}"))?;
    find().ok_or_else(|| ADVICE.into())
}

/// One on the search path that is new enough and can make environments, or else Debian's own.
fn find() -> Option<PathBuf> {
    on_path("python3").into_iter().chain([PathBuf::from("/usr/bin/python3")]).find(|python| serves(python))
}

/// Debian ships the module venv without the pip that it puts into an environment, so both are asked for.
fn serves(python: &Path) -> bool {
    let question = format!("import sys, venv, ensurepip; sys.exit(sys.version_info[:2] < {VERSION_MIN:?})");
    let mut command = Command::new(python);
    command.args(["-c", &question]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
