//! `client`: a client is generated from the document, compiled, and does the main job on the running service.

use super::environment::quietly;
use super::served::Served;
use super::{Environment, lint, node};
use crate::Outcome;

/// Where the program is that people read, from the root of the workspace.
const PROGRAM: &str = "docs/client";

/// Fails if the client does not compile, or the job is not done.
pub fn client(environment: &Environment) -> Outcome<()> {
    node::packages(environment)?;
    let document = lint::document(environment)?;
    let folder = node::folder(environment);
    for name in ["main-job.ts", "tsconfig.json"] {
        std::fs::copy(environment.root().join(PROGRAM).join(name), folder.join(name))?;
    }
    eprintln!("xtask: generating a client and compiling it");
    let mut generate = node::tool(environment, "openapi-typescript");
    generate.arg(document).args(["--output", "schema.ts"]);
    quietly(&mut generate, "no client can be generated")?;
    quietly(node::tool(environment, "tsc").args(["--project", "."]), "the client does not compile")?;
    let served = Served::start(environment)?;
    eprintln!("xtask: the client does the main job at {}", served.url());
    let mut job = environment.tool("node");
    served.tell(job.arg("main-job.ts").current_dir(folder));
    let status = job.status()?;
    if status.success() { Ok(()) } else { Err("the client could not do the main job".into()) }
}
