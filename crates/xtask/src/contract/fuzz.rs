//! `fuzz`: Schemathesis holds the running service against the document with requests of its own making.

use super::Environment;
use super::served::Served;
use crate::Outcome;

/// Fails if a check finds anything.
pub fn fuzz(environment: &Environment) -> Outcome<()> {
    let served = Served::start(environment)?;
    eprintln!("xtask: testing {} against its OpenAPI document", served.url());
    let mut schemathesis = environment.tool("schemathesis");
    schemathesis.arg("--config-file").arg(environment.list("schemathesis.toml")).args(["run", "--no-color"]);
    schemathesis.arg(format!("{}/openapi.json", served.url()));
    let log = environment.folder().join("schemathesis.log");
    schemathesis
        .stdout(std::fs::File::create(&log)?)
        .stderr(std::fs::File::create(environment.folder().join("schemathesis.err"))?);
    let status = served.tell(&mut schemathesis).status()?;
    let said = std::fs::read_to_string(&log)?;
    if status.success() {
        let closing = said.trim_end().lines().last().unwrap_or_default();
        eprintln!("xtask: {}", closing.trim_matches(['=', ' ']));
        return Ok(());
    }
    let found =
        said.find("= FAILURES").or_else(|| said.find("= ERRORS")).map_or(said.as_str(), |at| said.split_at(at).1);
    Err(format!("the service and its document differ ({status}); all of it is in {}:\n{found}", log.display()).into())
}
