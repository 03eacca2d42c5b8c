//! Pages that the API prints of itself: by examples of its crate, so that the chores need not be built with it inside.

use crate::Outcome;
use crate::chores::cargo;
use std::path::Path;
use std::process::{Command, Stdio};

/// What an example of the API's crate prints.
pub fn by(example: &str, root: &Path) -> Outcome<String> {
    let arguments = ["run", "--quiet", "--package", "postrider-api", "--example", example];
    let printed = Command::new(cargo()).args(arguments).current_dir(root).stderr(Stdio::inherit()).output()?;
    if !printed.status.success() {
        return Err(format!("cargo {} failed", arguments.join(" ")).into());
    }
    Ok(String::from_utf8(printed.stdout)?)
}
