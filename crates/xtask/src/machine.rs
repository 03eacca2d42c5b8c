//! The machine we run on: its programs, and how missing ones come onto it.

use crate::Outcome;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Whether we run as root.
pub fn is_root() -> Outcome<bool> {
    let output = Command::new("id").arg("-u").output().map_err(|error| format!("id cannot be run: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim() == "0")
}

/// The program of that name on the search path.
pub fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Whether we may install what is missing: on Debian and its children, as root.
pub fn can_install() -> Outcome<bool> {
    Ok(is_root()? && on_path("apt-get").is_some())
}

/// Runs `apt-get` and waits for it; nobody is asked anything.
pub fn apt(arguments: &[&str]) -> Outcome<()> {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("apt-get {} ended with {status}", arguments.join(" ")).into()) }
}
