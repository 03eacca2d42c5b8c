//! What comes from npm, run by the Node.js of the Python environment.

use super::Environment;
use super::environment::quietly;
use crate::Outcome;
use std::path::PathBuf;
use std::process::Command;

/// In the folder of the packages: the lock file they were installed by. Written last.
const MADE_OF: &str = "made-of.json";

/// Installs the packages of the lock file, unless they are there.
pub fn packages(environment: &Environment) -> Outcome<()> {
    let folder = folder(environment);
    let lock = std::fs::read_to_string(environment.list("package-lock.json"))?;
    if std::fs::read_to_string(folder.join(MADE_OF)).is_ok_and(|made| made == lock) {
        return Ok(());
    }
    std::fs::create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(environment.list(name), folder.join(name))?;
    }
    let mut install = environment.tool("npm");
    install.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]).current_dir(&folder);
    let trouble = "the packages of crates/xtask/contract/package-lock.json cannot be installed. The first run needs an \
                   npm registry; npm asks the one of its own settings";
    quietly(&mut install, trouble)?;
    Ok(std::fs::write(folder.join(MADE_OF), lock)?)
}

/// A program of the packages, in their folder.
pub fn tool(environment: &Environment, name: &str) -> Command {
    let folder = folder(environment);
    let mut command = environment.tool("node");
    command.arg(folder.join("node_modules/.bin").join(name)).current_dir(folder);
    // Nothing is told to anybody, and nobody is asked for news.
    command.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    command
}

/// Where the packages are.
pub fn folder(environment: &Environment) -> PathBuf {
    environment.folder().join("node")
}
