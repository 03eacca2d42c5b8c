//! A small world in which the real engine, service and store run as foretold by a seed.
//!
//! Only time, chance, the provider and the store's probe are replaced. Everybody stops before each transaction, each
//! message and each sleep; the world lets one of them go, so exactly one thing happens at a time. Nodes crash, stand
//! still and lose answers while they send and import files, and clients erase people; the oracle then compares the
//! ledger with what the provider really took, and imports with their files. The same seed gives the same run. Not here:
//! what happens inside one transaction, which the tests of the store explore.

mod budgets;
mod chance;
mod client;
mod clock;
mod erasures;
mod faults;
mod gate;
mod imports;
mod listener;
mod look;
mod node;
mod nodes;
mod observer;
mod oracle;
mod panics;
mod provider;
mod report;
mod scheduler;
#[cfg(test)]
mod scripts;
mod setup;
mod telling;
mod verdict;
mod workload;
mod world;

pub use postrider_store::testkit::Database;
pub use report::{Failure, Report};

use world::SimWorld;

/// What kind of world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Where its data live.
    pub database: Database,
    /// How many nodes there are on PostgreSQL; drawn from the seed if none. An embedded database has one.
    pub nodes: Option<usize>,
    /// Whether nodes crash and stop. Without that, a seed runs alike on every database.
    pub crashes: bool,
}

impl Options {
    /// Every fault, on a database.
    #[must_use]
    pub const fn on(database: Database) -> Self {
        Self { database, nodes: None, crashes: true }
    }
}

/// Runs the world of a seed.
///
/// # Errors
/// What does not hold in it.
///
/// # Panics
/// If there is no runtime, folder or database to run it in.
pub fn run(seed: u64, options: Options) -> Result<Report, Box<Failure>> {
    block_on(async move {
        let folder = folder();
        let url = postrider_store::testkit::fresh_url(options.database, folder.path()).await;
        let mut world = SimWorld::new(seed, options, url).await.expect("an empty database can be filled");
        let result = world.run(seed).await;
        result.map_err(|problem| {
            let (world, trace) = (world.describe(), std::mem::take(&mut world.trace));
            Box::new(Failure { seed, problem, replay: replay(seed, options), world, trace })
        })
    })
}

/// Runs a world on a thread of its own accord: nothing yields but at the gate.
fn block_on<T>(world: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    runtime.block_on(tokio::task::unconstrained(world))
}

/// A folder in memory where there is one: every commit is synced, and thousands of them are made.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder can be made")
}

fn replay(seed: u64, options: Options) -> String {
    let database = match options.database {
        Database::Sqlite => "",
        Database::Postgres => " --postgres",
    };
    let nodes = options.nodes.map(|nodes| format!(" --nodes {nodes}")).unwrap_or_default();
    let crashes = if options.crashes { "" } else { " --no-crashes" };
    format!("cargo xtask sim --seed {seed}{database}{nodes}{crashes}")
}
