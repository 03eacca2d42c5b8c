//! Chores of the workspace: `cargo xtask` lists them.
//!
//! Nothing has to be installed first but a Rust toolchain; what a chore needs beyond that it finds, or says by name.
//! Not here: anything the product needs at run time. Invariant: a chore that could not do all of its work fails.

mod chores;
mod clock;
mod contract;
mod generated;
mod machine;
mod mutants;
mod postgres;
mod supervise;

use std::process::ExitCode;

/// What a chore answers: `T`, or a sentence for the person who ran it.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const HELP: &str = "\
Chores of the Postrider workspace.

cargo xtask test [-- CARGO TEST ARGUMENTS]   run every test, on SQLite and on PostgreSQL
cargo xtask pg -- COMMAND…                   run a command beside a throw-away PostgreSQL cluster
cargo xtask check                            formatting, lints, tidiness and licences
cargo xtask sim --seed N [--count N] [--postgres] [--nodes N] [--no-crashes]
                                             run the simulated worlds of seeds, and show the trace of a broken one
cargo xtask clock                            run the program under clocks that jump and drift (libfaketime)
cargo xtask contract [STEP…]                 hold the API's description and the running service against each other
cargo xtask mutants [BUG…]                   turn on each planted bug, and fail if no test notices it
cargo xtask bench-import [--rows N] [--scattered] [--postgres]
                                             measure imports of 1,000,000 people beside a bare insert of the same rows
cargo xtask regen [--check]                  write docs/generated anew; with --check, fail if it is not fresh

The steps of `contract`, all of them if none is named: `environment` makes target/contract/venv, a Python with what the
others use, and prints where it is; `zones` asks zoneinfo about every transition of every zone; `lint` looks at the
OpenAPI document; `client` generates a client from it that does the main job; `fuzz` tests the running service against it.

`test`, `pg`, `sim` and `mutants` take the PostgreSQL server named by POSTRIDER_TEST_POSTGRES_URL (a superuser's URL, such as
postgres://postgres@127.0.0.1:5432/postgres); without it they start a cluster of their own and remove it afterwards.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (chore, rest) = match arguments.split_first() {
        None => ("help", &[][..]),
        Some((chore, rest)) => (chore.as_str(), rest.strip_prefix(&["--".to_owned()]).unwrap_or(rest)),
    };
    let outcome = match chore {
        "test" => chores::test(rest),
        "pg" => chores::pg(rest),
        "check" => chores::check(),
        "sim" => chores::sim(rest),
        "clock" => chores::clock(),
        "contract" => chores::contract(rest),
        "mutants" => chores::mutants(rest),
        "bench-import" => chores::bench_import(rest),
        "regen" => chores::regen(rest),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        other => {
            eprintln!("xtask: there is no chore {other}.\n\n{HELP}");
            Ok(ExitCode::from(2))
        }
    };
    outcome.unwrap_or_else(|trouble| {
        eprintln!("xtask: {trouble}");
        ExitCode::FAILURE
    })
}
