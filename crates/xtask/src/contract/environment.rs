//! `target/contract`: the tools of the other steps, made once and kept until their list changes.

use super::python;
use crate::Outcome;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the lists of tools and their settings are, from the root of the workspace.
const LISTS: &str = "crates/xtask/contract";

/// In the environment: what it was made of. Written last, so that one half made is made again.
const MADE_OF: &str = "made-of.txt";

/// The tools, ready to run.
#[derive(Debug)]
pub struct Environment {
    root: PathBuf,
}

impl Environment {
    /// Makes the Python environment, or finds it made of the very lists that stand in the repository now.
    pub fn ready(root: &Path) -> Outcome<Self> {
        let environment = Self { root: root.to_owned() };
        let (requirements, constraints) = (environment.list("requirements.txt"), environment.list("constraints.txt"));
        let wanted = format!("{}{}", std::fs::read_to_string(&requirements)?, std::fs::read_to_string(&constraints)?);
        let made_of = environment.venv().join(MADE_OF);
        if std::fs::read_to_string(&made_of).is_ok_and(|made| made == wanted) && environment.python().is_file() {
            return Ok(environment);
        }
        let base = python::find_or_install()?;
        eprintln!("xtask: making {} (some minutes the first time)", environment.venv().display());
        std::fs::create_dir_all(environment.folder())?;
        let mut make = Command::new(base);
        make.args(["-m", "venv", "--clear"]).arg(environment.venv());
        quietly(&mut make, "the Python environment cannot be made")?;
        let mut install = environment.tool("python");
        install.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--requirement"]);
        install.arg(requirements).arg("--constraint").arg(constraints);
        quietly(
            &mut install,
            "the packages of crates/xtask/contract/requirements.txt cannot be installed. The first run needs a Python \
             package index; pip asks the one of its own settings (PIP_INDEX_URL)",
        )?;
        std::fs::write(made_of, wanted)?;
        Ok(environment)
    }

    /// The folder of the workspace.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where what the steps make lies; all of it can be deleted.
    pub fn folder(&self) -> PathBuf {
        self.root.join("target/contract")
    }

    /// A file of the repository's lists and settings.
    pub fn list(&self, name: &str) -> PathBuf {
        self.root.join(LISTS).join(name)
    }

    /// The interpreter.
    pub fn python(&self) -> PathBuf {
        self.venv().join("bin/python")
    }

    /// A program of the environment, found before any of the machine's and blind to the machine's Python settings.
    pub fn tool(&self, name: &str) -> Command {
        let folder = self.venv().join("bin");
        let mut command = Command::new(folder.join(name));
        let machine = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&machine)));
        command.env("PATH", path.unwrap_or(machine)).env("VIRTUAL_ENV", self.venv());
        command.env_remove("PYTHONPATH").env_remove("PYTHONHOME").current_dir(&self.root).stdin(Stdio::null());
        command
    }

    fn venv(&self) -> PathBuf {
        self.folder().join("venv")
    }
}

/// The step: prints where the interpreter is.
pub fn tell(environment: &Environment) -> Outcome<()> {
    println!("{}", environment.python().display());
    Ok(())
}

/// Runs the command without a word; if it fails, the error is the trouble and what the command said last.
pub fn quietly(command: &mut Command, trouble: &str) -> Outcome<()> {
    let output = command.output().map_err(|error| format!("{trouble}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{trouble}. {}:\n{}", output.status, String::from_utf8_lossy(&said).trim()).into())
}
