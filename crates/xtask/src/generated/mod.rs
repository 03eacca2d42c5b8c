//! The pages of `docs/generated`, each made of the code or of a file in it and of nothing else.

mod config;
mod printed;

use crate::Outcome;
use std::path::Path;

/// The commented file with every default, from the root of the workspace.
const DEFAULT_CONFIG: &str = "crates/postrider/src/config/default.toml";

/// Every page, by the name of its file.
pub fn pages(root: &Path) -> Outcome<Vec<(&'static str, String)>> {
    let defaults = std::fs::read_to_string(root.join(DEFAULT_CONFIG))?;
    Ok(vec![
        ("config.md", config::page(&defaults)),
        ("error-codes.md", format!("{NOTICE}\n{}", printed::by("error_codes", root)?)),
        ("openapi.json", openapi(root)?),
    ])
}

/// The OpenAPI document, as the code has it now.
pub fn openapi(root: &Path) -> Outcome<String> {
    printed::by("openapi", root)
}

/// Stands at the top of every page for people.
const NOTICE: &str = "<!-- Made by `cargo xtask regen`; do not edit. -->\n";
