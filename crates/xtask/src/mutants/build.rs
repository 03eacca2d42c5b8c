//! The test programs with the bugs compiled in.

use super::Catcher;
use crate::Outcome;
use crate::chores::cargo;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The package whose feature turns on that of every other one, and the feature.
const SWITCH: (&str, &str) = ("postrider-store", "postrider-store/planted");
/// The package of the simulation.
const SIMULATION: &str = "postrider-sim";

/// Programs by package and by name of their target.
#[derive(Debug)]
pub struct Built(BTreeMap<(String, String), PathBuf>);

impl Built {
    /// Builds what the catchers need. Cargo keeps it apart from what is built without the feature.
    pub fn of<'c>(root: &Path, catchers: impl Iterator<Item = &'c Catcher>) -> Outcome<Self> {
        let mut packages: Vec<&str> = catchers.map(package_of).chain([SWITCH.0]).collect();
        packages.sort_unstable();
        packages.dedup();
        let mut command = Command::new(cargo());
        command.args(["test", "--no-run", "--message-format=json-render-diagnostics", "--features", SWITCH.1]);
        command.args(packages.iter().flat_map(|package| ["--package", package]));
        let output = command.current_dir(root).stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err("the tests do not compile with the feature `planted`".into());
        }
        let mut built = BTreeMap::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let message: serde_json::Value = serde_json::from_str(line)?;
            let Some(program) = message["executable"].as_str() else { continue };
            let of = |pointer: &str| message.pointer(pointer).and_then(|value| value.as_str()).unwrap_or_default();
            let is_test = message["profile"]["test"] == true;
            // The library's own tests, an integration test, or a program without tests.
            let target = match of("/target/kind/0") {
                "lib" => "lib",
                "bin" if is_test => continue,
                _ => of("/target/name"),
            };
            let package = of("/manifest_path").rsplit('/').nth(1).unwrap_or_default();
            built.insert((package.to_owned(), target.to_owned()), program.into());
        }
        Ok(Self(built))
    }

    /// The command that runs a catcher.
    pub fn command(&self, catcher: &Catcher) -> Outcome<Command> {
        let (package, target) = match catcher {
            Catcher::Tests { package, target, .. } => (*package, *target),
            Catcher::Worlds { .. } => ("sim", SIMULATION),
        };
        let Some(program) = self.0.get(&(package.to_owned(), target.to_owned())) else {
            return Err(format!("crates/{package} has no tests {target}").into());
        };
        let mut command = Command::new(program);
        match catcher {
            Catcher::Tests { names, .. } => command.args(["--test-threads=2"]).args(*names),
            Catcher::Worlds { count } => command.args(["--seed", "1", "--count", &count.to_string()]),
        };
        Ok(command)
    }
}

fn package_of(catcher: &Catcher) -> &'static str {
    match catcher {
        Catcher::Worlds { .. } => SIMULATION,
        Catcher::Tests { package, .. } => match *package {
            "api" => "postrider-api",
            "channels" => "postrider-channels",
            "content" => "postrider-content",
            "core" => "postrider-core",
            "engine" => "postrider-engine",
            "service" => "postrider-service",
            "sim" => SIMULATION,
            _ => SWITCH.0,
        },
    }
}
