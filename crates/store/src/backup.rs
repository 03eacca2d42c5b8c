//! Copies of an SQLite database, made while it is in use, and putting one in its place.
//!
//! The pages are copied in one pass from one snapshot: writers go on meanwhile, and the pass takes about as long as reading the file.
//! In several steps it would begin again after each write of another process, and `VACUUM INTO`, which writes each row again,
//! would keep the write-ahead log from being emptied several times as long.

use crate::error::StoreError;
use crate::holds::Held;
use crate::migrate;
use crate::sqlite::{connect, failure, transaction};
use crate::sqlite_file;
use crate::store::OpenMode;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long to wait for a lock of another process between two tries.
const PAUSE: Duration = Duration::from_millis(20);
/// How often the copy is tried while another process holds the file locked.
const TRIES: u32 = 250;
/// The endings of the files that SQLite and an engine keep next to a database.
const BESIDE: [&str; 4] = ["", "-wal", "-shm", ".epoch"];

/// A finished copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Its size in bytes.
    pub bytes: u64,
    /// Whether it is marked as a copy inside; one with the schema of an older release cannot be.
    pub marked: bool,
}

/// Copies a database into a file that does not exist: whole, checked, synced, for its owner only, and marked so that an
/// engine on it sends nothing before a person confirms. Call on a blocking thread.
///
/// # Errors
/// [`StoreError::Absent`] or [`StoreError::Empty`] without a database of ours; [`StoreError::Unopened`] if the target
/// exists or cannot be made. The target then does not exist.
pub fn back_up(source: &Path, target: &Path, held: &Held) -> Result<Copied, StoreError> {
    sqlite_file::check(source)?;
    if target.symlink_metadata().is_ok() {
        return Err(exists(target));
    }
    let partial = partial_of(target)?;
    let done = copy(source, &partial, held).and_then(|copied| {
        put(&partial, target)?;
        sync_folder(target)?;
        Ok(copied)
    });
    drop(std::fs::remove_file(&partial));
    done
}

/// Puts a copy in the place of a database that no process uses. What is there is kept under another name if `aside` says
/// which; without it there must be nothing. Call on a blocking thread.
///
/// # Errors
/// As [`back_up`]; [`StoreError::Busy`] if another process uses the database. Nothing was changed then.
pub fn restore(backup: &Path, database: &Path, aside: Option<&Path>, held: &Held) -> Result<Copied, StoreError> {
    sqlite_file::check(backup)?;
    let there = BESIDE.map(|suffix| with_suffix(database, suffix)).into_iter().any(|path| path.exists());
    if there && aside.is_none() {
        return Err(exists(database));
    }
    let partial = partial_of(database)?;
    let done = copy(backup, &partial, held).and_then(|copied| {
        if let Some(aside) = aside.filter(|_| there) {
            settle(database)?;
            for suffix in BESIDE {
                let (from, to) = (with_suffix(database, suffix), with_suffix(aside, suffix));
                if from.exists() {
                    std::fs::rename(&from, &to).map_err(|error| unwritten(&to, &error))?;
                }
            }
        }
        put(&partial, database)?;
        sync_folder(database)?;
        Ok(copied)
    });
    drop(std::fs::remove_file(&partial));
    done
}

/// Makes an unfinished copy under a name that no other run has used, so that only what this run made is removed.
fn partial_of(target: &Path) -> Result<PathBuf, StoreError> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut number = 0_u32;
    loop {
        let partial = with_suffix(target, &format!(".{}-{number}.partial", std::process::id()));
        match options.open(&partial) {
            Ok(_) => return Ok(partial),
            // Another container may have the same number of a process.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(unwritten(&partial, &error)),
        }
    }
}

/// Gives a finished copy its name, and never replaces a file that was made meanwhile.
fn put(partial: &Path, target: &Path) -> Result<(), StoreError> {
    let taken = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => exists(target),
        _ => unwritten(target, &error),
    };
    match std::fs::hard_link(partial, target) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(exists(target)),
        // Not every file system has links.
        Err(_) => claim(partial, target).map_err(taken),
    }
}

/// Takes a name by an empty file, and puts the copy in its place.
fn claim(partial: &Path, target: &Path) -> std::io::Result<()> {
    OpenOptions::new().create_new(true).write(true).open(target)?;
    std::fs::rename(partial, target).inspect_err(|_| drop(std::fs::remove_file(target)))
}

/// Copies all pages into an empty file, marks it, checks it and syncs it.
fn copy(source: &Path, target: &Path, held: &Held) -> Result<Copied, StoreError> {
    let from = connect(source, OpenMode::ReadOnly)?;
    if !migrate::is_ours(&mut transaction(&from, None)).map_err(|error| named(source, error))? {
        return Err(StoreError::Empty);
    }
    let told = |error| sqlite_file::failure(target, error);
    let mut to = Connection::open_with_flags(target, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(told)?;
    // The file gets its name only when it is synced as a whole.
    to.pragma_update(None, "synchronous", "OFF").map_err(told)?;
    copy_pages(&from, &mut to)?;
    drop(from);
    // One file, without a write-ahead log next to it.
    to.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).map_err(told)?;
    let marked = mark(&to, held).map_err(|error| named(target, error))?;
    let found: String = to.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(told)?;
    if found != "ok" {
        return Err(StoreError::Failed(format!("{} is damaged: {found}", source.display())));
    }
    to.close().map_err(|(_, error)| told(error))?;
    let synced = File::open(target).and_then(|file| {
        file.sync_all()?;
        file.metadata()
    });
    let bytes = synced.map_err(|error| unwritten(target, &error))?.len();
    Ok(Copied { bytes, marked })
}

fn copy_pages(from: &Connection, to: &mut Connection) -> Result<(), StoreError> {
    let backup = Backup::new(from, to).map_err(failure)?;
    for _ in 0..TRIES {
        // All pages at once.
        match backup.step(-1).map_err(failure)? {
            StepResult::Done => return Ok(()),
            _ => std::thread::sleep(PAUSE),
        }
    }
    Err(StoreError::Busy("another program holds the file locked".into()))
}

/// Holds everything that a copy would send. Returns false for the schema of an older release.
fn mark(copy: &Connection, held: &Held) -> Result<bool, StoreError> {
    const KNOWS_HOLDS: &str = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'instance'";
    if copy.query_row(KNOWS_HOLDS, [], |row| row.get::<_, i64>(0)).map_err(failure)? == 0 {
        return Ok(false);
    }
    transaction(copy, None).hold(held)?;
    Ok(true)
}

/// Makes sure that no process uses a database, and empties its write-ahead log into it.
fn settle(database: &Path) -> Result<(), StoreError> {
    if !database.exists() {
        return Ok(());
    }
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failure)?;
    let alone = connection
        .pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))
        .and_then(|()| connection.execute_batch("BEGIN EXCLUSIVE; COMMIT"))
        .and_then(|()| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
    match alone.map_err(failure) {
        Err(busy @ StoreError::Busy(_)) => Err(busy),
        // A broken database is kept under the other name as it is.
        Ok(()) | Err(_) => Ok(()),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

fn sync_folder(path: &Path) -> Result<(), StoreError> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    let folder = sqlite_file::folder_of(path);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| unwritten(folder, &error))
}

fn exists(path: &Path) -> StoreError {
    StoreError::Unopened(format!("{} exists, and no file is overwritten", path.display()))
}

fn named(path: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Failed(text) => StoreError::Failed(format!("{}: {text}", path.display())),
        other => other,
    }
}

fn unwritten(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unopened(format!("{} cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_replaces_no_file_and_two_runs_with_the_same_number_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("b.db");
        let (one, other) = (partial_of(&target).unwrap(), partial_of(&target).unwrap());
        assert_ne!(one, other);
        put(&one, &target).unwrap();
        assert!(matches!(put(&other, &target), Err(StoreError::Unopened(_))));
        // Without links.
        assert_eq!(claim(&other, &target).unwrap_err().kind(), ErrorKind::AlreadyExists);
        let second = folder.path().join("c.db");
        std::fs::write(&other, "x").unwrap();
        claim(&other, &second).unwrap();
        assert_eq!(std::fs::read(&second).unwrap(), b"x");
        assert!(!other.exists());
    }
}
