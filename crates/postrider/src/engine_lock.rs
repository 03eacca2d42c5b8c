//! One engine at a time on an SQLite file, held by a lock of the operating system beside it.
//!
//! A process that dies releases it. PostgreSQL needs none: there, engines share the work by leases.

use crate::cli::{Failure, Trouble};
use postrider_store::{DatabaseUrl, Store};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::PathBuf;

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
        let DatabaseUrl::Sqlite(database) = store.url() else { return Ok(None) };
        let mut path = database.clone().into_os_string();
        path.push(".lock");
        let path = PathBuf::from(path);
        let failed = |error: std::io::Error| {
            Failure::of(Trouble::File, format!("the lock file {} cannot be used: {error}", path.display()))
        };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
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
