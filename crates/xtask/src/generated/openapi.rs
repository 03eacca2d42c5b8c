//! `openapi.json`: the description of the API, as the API itself prints it.

use crate::Outcome;
use crate::chores::cargo;
use std::path::Path;
use std::process::{Command, Stdio};

/// What prints it: an example of the API's crate, so that the chores need not be built with the API inside.
const PRINTER: &[&str] = &["run", "--quiet", "--package", "postrider-api", "--example", "openapi"];

/// The document.
pub fn document(root: &Path) -> Outcome<String> {
    let printed = Command::new(cargo()).args(PRINTER).current_dir(root).stderr(Stdio::inherit()).output()?;
    if !printed.status.success() {
        return Err(format!("cargo {} failed", PRINTER.join(" ")).into());
    }
    Ok(String::from_utf8(printed.stdout)?)
}
