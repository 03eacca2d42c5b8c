//! One engine at a time on an SQLite file, held by a lock of the operating system beside it.
//!
//! A process that dies releases it. PostgreSQL needs none: there, engines share the work by leases.

use crate::cli::{Failure, Trouble};
use postrider_store::{DatabaseUrl, Store};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// The lock; dropping it lets another engine start.
#[derive(Debug)]
pub struct EngineLock {
    _file: File,
}

impl EngineLock {
    /// Takes the lock of an SQLite database; nothing is needed on PostgreSQL.
    ///
    /// # Errors
    /// If another process holds it, or the file beside the database cannot be made.
    pub fn take(store: &Store) -> Result<Option<Self>, Failure> {
        match store.url() {
            DatabaseUrl::Sqlite(database) => Self::of(database).map(Some),
            DatabaseUrl::Postgres(_) => Ok(None),
        }
    }

    /// Takes the lock of an SQLite file, which need not exist.
    ///
    /// # Errors
    /// As [`EngineLock::take`].
    pub fn of(database: &Path) -> Result<Self, Failure> {
        // A link and what it leads to are one database.
        let mut path = database.canonicalize().unwrap_or_else(|_| database.to_owned()).into_os_string();
        path.push(".lock");
        let path = PathBuf::from(path);
        let failed = |error: std::io::Error| {
            Failure::of(Trouble::File, format!("the lock file {} cannot be used: {error}", path.display()))
        };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        postrider_store::give_to_owner_of(&file, database);
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {
                let message = format!(
                    "another process already sends from {}: stop it, or start this one with --role api",
                    database.display()
                );
                Err(Failure::of(Trouble::EngineRunning, message))
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}
