//! `test`, `pg` and `sim`: a command beside a PostgreSQL server.

use super::cargo;
use crate::Outcome;
use crate::postgres::{Cluster, find_or_install_pooler};
use crate::supervise::{Signals, Terminal};
use std::process::{Command, ExitCode};

/// Names the server the tests use; the account in it must be able to create databases.
pub(super) const URL_VARIABLE: &str = "POSTRIDER_TEST_POSTGRES_URL";

/// Runs every test of the workspace, or those that the arguments of `cargo test` choose.
pub fn test(arguments: &[String]) -> Outcome<ExitCode> {
    let mut command = Command::new(cargo());
    command.arg("test");
    let own = arguments.split(|argument| argument == "--").next().unwrap_or_default();
    // Cargo lets --workspace win over -p, so it is left out when packages are chosen.
    if !own.iter().any(|argument| argument.starts_with("-p") || argument.starts_with("--package")) {
        command.arg("--workspace");
    }
    command.args(arguments);
    find_or_install_pooler()?;
    beside_postgres(command, Terminal::Detached)
}

/// Runs any command with the URL of a server in its environment.
pub fn pg(arguments: &[String]) -> Outcome<ExitCode> {
    let Some((program, rest)) = arguments.split_first() else {
        eprintln!("xtask: name a command, as in: cargo xtask pg -- cargo test -p postrider-store");
        return Ok(ExitCode::from(2));
    };
    let mut command = Command::new(program);
    command.args(rest);
    beside_postgres(command, Terminal::Shared)
}

/// Runs simulated worlds; a server is there only if they are to run on one.
pub fn sim(arguments: &[String]) -> Outcome<ExitCode> {
    let mut command = Command::new(cargo());
    command.args(["run", "--quiet", "-p", "postrider-sim", "--"]).args(arguments);
    if arguments.iter().any(|argument| argument == "--postgres") {
        return beside_postgres(command, Terminal::Shared);
    }
    Signals::catch()?.run(&mut command, Terminal::Shared)
}

/// Runs the command beside the server that was named, or else beside a cluster that lives as long as the command.
pub(super) fn beside_postgres(mut command: Command, terminal: Terminal) -> Outcome<ExitCode> {
    let signals = Signals::catch()?;
    if std::env::var(URL_VARIABLE).is_ok_and(|url| !url.is_empty()) {
        return signals.run(&mut command, terminal);
    }
    let cluster = Cluster::start()?;
    eprintln!("xtask: {} listens at {}", cluster.version(), cluster.url());
    command.env(URL_VARIABLE, cluster.url());
    let outcome = signals.run(&mut command, terminal);
    cluster.stop()?;
    outcome
}
