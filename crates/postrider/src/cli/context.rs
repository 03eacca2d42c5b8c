//! What every command is handed: the options they share, and ways to open what they need.

use super::{Failure, GlobalArgs, Report, Trouble};
use crate::config::{self, Config, Overrides};
use crate::wiring;
use postrider_core::time::Zones;
use postrider_service::Service;
use postrider_store::{DatabaseUrl, OpenMode, Store};
use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

/// How long closing the database may take.
const CLOSE_MAX: Duration = Duration::from_millis(2_500);

/// The surroundings of a command.
pub struct Context {
    global: GlobalArgs,
    /// The database that a command opened.
    opened: OnceLock<String>,
    /// The store that must be closed at the end.
    store: OnceLock<Store>,
}

impl Context {
    pub(super) const fn new(global: GlobalArgs) -> Self {
        Self { global, opened: OnceLock::new(), store: OnceLock::new() }
    }

    /// Whether a machine reads the answer.
    #[must_use]
    pub const fn json(&self) -> bool {
        self.global.json
    }

    /// Whether the command line names a database.
    #[must_use]
    pub const fn names_database(&self) -> bool {
        self.global.database.is_some() || self.global.database_file.is_some()
    }

    /// Says that a password on the command line is seen by others.
    pub(super) fn warn_of_password(&self) {
        let url = self.global.database.as_deref().and_then(|url| DatabaseUrl::parse(url).ok());
        if url.is_some_and(|url| url.has_password()) {
            self.note(
                "every user of this machine can see the password after --database in the list of processes: put the URL \
                into a file and name it with --database-file",
            );
        }
    }

    /// The configuration file that the command line names, if it names one.
    #[must_use]
    pub fn config_file(&self) -> Option<&Path> {
        self.global.config.as_deref()
    }

    /// Reads the configuration.
    ///
    /// # Errors
    /// All of its problems at once.
    pub fn config(&self) -> Result<Config, Failure> {
        self.config_with(Overrides::default())
    }

    /// Reads the configuration with more options of the command line over it: the file that `--config` names, or
    /// [`config::FILE_DEFAULT`] if it is in the current folder. Times are read with its zone data from now on.
    ///
    /// # Errors
    /// All of its problems at once.
    pub fn config_with(&self, overrides: Overrides) -> Result<Config, Failure> {
        let here = Path::new(config::FILE_DEFAULT);
        let file = self.global.config.as_deref().or_else(|| here.is_file().then_some(here));
        self.config_of(file, overrides)
    }

    /// Reads the configuration of one file, or of none, with options of the command line over it.
    ///
    /// # Errors
    /// All of its problems at once.
    pub fn config_of(&self, file: Option<&Path>, overrides: Overrides) -> Result<Config, Failure> {
        let GlobalArgs { database, database_file, .. } = self.global.clone();
        // A name or value that is not Unicode is none of ours.
        let env =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let config = config::load(file, env, Overrides { database, database_file, ..overrides })
            .map_err(|problems| Failure::config(&problems))?;
        // A command that reads its configuration once more keeps the zone data it began with.
        match &config.time.zones {
            Some(zones) if !zones.clone().put_to_use() && Zones::in_use().version() != zones.version() => {
                Err(Failure::of(Trouble::Config, "time.zone_data: other zone data are in use already".to_owned()))
            }
            Some(_) | None => Ok(config),
        }
    }

    /// Opens the database, and the use cases on it.
    ///
    /// # Errors
    /// A wrong configuration, a database that cannot be used.
    pub async fn open(&self, mode: OpenMode) -> Result<(Config, Store, Service), Failure> {
        let config = self.config()?;
        let store = self.open_store(&config, mode).await?;
        self.opened.get_or_init(|| config.database_named());
        let clock = wiring::clock(&config, &store).await?;
        let service = wiring::service(&config, &store, &clock, &wiring::public_url(&config, None), false);
        Ok((config, store, service))
    }

    /// Opens the database of a configuration; it is closed when the command ends.
    ///
    /// # Errors
    /// A database that cannot be used.
    pub async fn open_store(&self, config: &Config, mode: OpenMode) -> Result<Store, Failure> {
        let store = wiring::open_store(config, mode).await?;
        Ok(self.store.get_or_init(|| store).clone())
    }

    /// Closes the database that the command opened, so that the file of an SQLite one is whole.
    pub(super) async fn close(&self) {
        if let Some(store) = self.store.get() {
            let closed = store.close(CLOSE_MAX).await;
            if !closed {
                tracing::warn!("closing the database took too long; the process ends without closing it");
            }
        }
    }

    /// Answers; a command does it once.
    pub fn answer(&self, report: &Report) {
        report.write(self.global.json);
    }

    /// Says something on the side.
    pub fn note(&self, text: impl std::fmt::Display) {
        drop(writeln!(std::io::stderr().lock(), "postrider: {text}"));
    }

    /// Tells why there is no answer.
    pub(super) fn tell(&self, failure: Failure) {
        let failure = match self.opened.get() {
            Some(database) => failure.of_database(database),
            None => failure,
        };
        self.note(&failure);
        if self.global.json {
            Report::new("", failure.document()).write(true);
        }
    }
}
