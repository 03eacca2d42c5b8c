//! Configuration: one TOML file, variables of the environment over it, options of the command line over both.
//!
//! Not here: what the values are used for. Invariant: a [`Config`] that [`load`] answers is complete and consistent;
//! otherwise every problem is told at once.

mod channels;
mod database;
mod engine;
mod imports;
mod log;
mod policy;
mod problem;
mod rate_limits;
mod secret;
mod section;
mod server;
mod sources;
#[cfg(test)]
mod tests;
mod time;
mod webhooks;

pub use channels::{Channels, Email, Sandbox, Smtp};
pub use engine::Engine;
pub use imports::Imports;
pub use log::{Level, Log, LogFormat};
pub use problem::{Origin, Problem};
pub use secret::Secret;
pub use server::{Auth, Server};
pub use time::Time;
pub use webhooks::Webhooks;

use postrider_core::rate_limit::RateLimits;
use postrider_core::schedule::PolicyDefaults;
use postrider_store::DatabaseUrl;
use section::Section;
use sources::Sources;
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// The commented file that gives every default.
pub const DEFAULT_FILE: &str = include_str!("default.toml");

/// The configuration file that is read when none is named, if it is in the current folder.
pub const FILE_DEFAULT: &str = "postrider.toml";

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The file that was read, if one was.
    pub file: Option<PathBuf>,
    /// Where everything is kept.
    pub database: DatabaseUrl,
    /// Where the database was named; nothing if it is the default.
    pub database_origin: Option<Origin>,
    /// How many connections to PostgreSQL are used at most, in addition to the one that carries nudges.
    pub database_connections: usize,
    /// Where requests are taken.
    pub server: Server,
    /// Tokens.
    pub auth: Auth,
    /// The ways out.
    pub channels: Channels,
    /// The rhythm of the engine.
    pub engine: Engine,
    /// What jobs do that do not say it themselves.
    pub policy: PolicyDefaults,
    /// How often clients may call.
    pub rate_limits: RateLimits,
    /// How times are read.
    pub time: Time,
    /// Where events may go.
    pub webhooks: Webhooks,
    /// What import jobs take.
    pub imports: Imports,
    /// What is logged, and how.
    pub log: Log,
}

/// What the command line overrides.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--database URL`.
    pub database: Option<String>,
    /// `--database-file FILE`.
    pub database_file: Option<PathBuf>,
    /// `--listen HOST:PORT`.
    pub listen: Option<String>,
}

impl Config {
    /// The database and where it was named, such as `./postrider.db (from postrider.toml)`.
    #[must_use]
    pub fn database_named(&self) -> String {
        let origin = match &self.database_origin {
            None => "the default".to_owned(),
            Some(Origin::File) => format!("from {}", self.file.as_deref().unwrap_or(Path::new(FILE_DEFAULT)).display()),
            Some(Origin::Variable(name)) => format!("from {name}"),
            Some(Origin::Option(option)) => format!("from {option}"),
        };
        let place = match &self.database {
            DatabaseUrl::Sqlite(path) if path.parent() == Some(Path::new("")) => format!("./{}", path.display()),
            DatabaseUrl::Sqlite(path) => path.display().to_string(),
            server @ DatabaseUrl::Postgres(_) => format!("{server:?}"),
        };
        format!("{place} ({origin})")
    }
}

/// Reads the configuration. Without a file the defaults stand below the environment.
///
/// # Errors
/// Everything that is wrong, in the order of the sections.
pub fn load(
    file: Option<&Path>,
    env: impl Iterator<Item = (String, String)>,
    overrides: Overrides,
) -> Result<Config, Vec<Problem>> {
    let mut sources = Sources::default();
    if let Some(file) = file {
        sources.file(file);
    }
    let mut variables: Vec<_> = env.collect();
    variables.sort();
    for (name, text) in variables {
        sources.variable(&name, text);
    }
    if let Some(url) = overrides.database {
        sources.option("--database", &["database", "url"], url);
    }
    if let Some(file) = overrides.database_file {
        sources.option("--database-file", &["database", "url_file"], file.display().to_string());
    }
    if let Some(listen) = overrides.listen {
        sources.option("--listen", &["server", "listen"], listen);
    }
    let problems = RefCell::new(sources.problems);
    let mut root = Section::root(sources.nodes, &problems);
    let (database, database_origin, database_connections) = database::read(root.section("database"));
    let config = Config {
        file: file.map(Path::to_owned),
        database,
        database_origin,
        database_connections,
        server: Server::read(root.section("server")),
        auth: Auth::read(root.section("auth")),
        channels: Channels::read(root.section("channels")),
        engine: Engine::read(root.section("engine")),
        policy: policy::read(root.section("policy")),
        rate_limits: rate_limits::read(root.section("rate_limits")),
        time: Time::read(root.section("time")),
        webhooks: Webhooks::read(root.section("webhooks")),
        imports: Imports::read(root.section("imports")),
        log: Log::read(root.section("log")),
    };
    root.finish();
    let problems = problems.into_inner();
    if problems.is_empty() { Ok(config) } else { Err(problems) }
}
