//! `regen`: the pages that are made from the code.

use super::root;
use crate::{Outcome, generated};
use std::process::ExitCode;

/// Where the pages are.
const FOLDER: &str = "docs/generated";

/// Writes every page anew; with `--check` only looks, and fails if one differs from what would be written.
pub fn regen(arguments: &[String]) -> Outcome<ExitCode> {
    let only_check = match arguments {
        [] => false,
        [argument] if argument == "--check" => true,
        other => return Err(format!("regen takes --check alone, not {}", other.join(" ")).into()),
    };
    let folder = root().join(FOLDER);
    let mut stale = Vec::new();
    for (name, page) in generated::pages(&root())? {
        let path = folder.join(name);
        if std::fs::read_to_string(&path).is_ok_and(|old| old == page) {
            continue;
        }
        if only_check {
            stale.push(format!("{FOLDER}/{name}"));
        } else {
            std::fs::create_dir_all(&folder)?;
            std::fs::write(&path, page)?;
            eprintln!("xtask: wrote {FOLDER}/{name}");
        }
    }
    if stale.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(format!("not fresh: {}; run cargo xtask regen and commit the result", stale.join(", ")).into())
}
