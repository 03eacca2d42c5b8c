//! `lint`: the document by itself. Redocly CLI knows good style, openapi-spec-validator the specification.

use super::environment::quietly;
use super::{Environment, node};
use crate::Outcome;
use crate::generated;
use std::path::PathBuf;

/// Fails if a rule finds anything.
pub fn lint(environment: &Environment) -> Outcome<()> {
    node::packages(environment)?;
    let document = document(environment)?;
    eprintln!("xtask: linting the OpenAPI document");
    let mut redocly = node::tool(environment, "redocly");
    redocly.args(["lint", "--format=codeframe", "--config"]).arg(environment.list("redocly.yaml")).arg(&document);
    quietly(&mut redocly, "the linter found something")?;
    let mut validator = environment.tool("openapi-spec-validator");
    quietly(validator.arg(&document), "the document is not OpenAPI 3.1")
}

/// The document as the code has it now, in a file.
pub fn document(environment: &Environment) -> Outcome<PathBuf> {
    let path = environment.folder().join("openapi.json");
    std::fs::write(&path, generated::openapi(environment.root())?)?;
    Ok(path)
}
