//! The file of an SQLite database before SQLite opens it, and why it cannot be opened, in words that name the path.
//!
//! SQLite itself says only "unable to open database file", whatever the cause.

use crate::error::StoreError;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Write as _};
use std::path::Path;

/// Makes the file if it is absent, readable by its owner only: it holds personal data and signing keys. SQLite gives
/// the files beside it (`-wal`, `-shm`) the same permissions.
///
/// # Errors
/// [`StoreError::Unopened`], or [`StoreError::ReadOnly`] for a file that this user may read but not write.
pub(crate) fn create(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if is_write_refused(&error) && File::open(path).is_ok() && path.is_file() => {
            Err(StoreError::ReadOnly(format!("make {} and its folder writable for this user", path.display())))
        }
        Err(error) => Err(unopened(path, &error)),
    }
}

/// Checks that there is a file which this user may read.
///
/// # Errors
/// [`StoreError::Absent`] if its folder is there and the file is not; otherwise [`StoreError::Unopened`].
pub(crate) fn check(path: &Path) -> Result<(), StoreError> {
    let metadata = match path.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound && folder_of(path).is_dir() => {
            return Err(StoreError::Absent);
        }
        found => found.map_err(|error| unopened(path, &error))?,
    };
    if metadata.is_dir() {
        return Err(unopened(path, &ErrorKind::IsADirectory.into()));
    }
    File::open(path).map(drop).map_err(|error| unopened(path, &error))
}

/// What an error of SQLite means for this file.
pub(crate) fn failure(path: &Path, error: rusqlite::Error) -> StoreError {
    let shown = path.display();
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => StoreError::Unopened(format!("{shown} is not an SQLite database")),
        Some(rusqlite::ErrorCode::ReadOnly) => {
            StoreError::ReadOnly(format!("make {shown} and its folder writable for this user"))
        }
        // The file itself was there a moment ago, so what SQLite cannot open are the files beside it.
        Some(rusqlite::ErrorCode::CannotOpen) if path.is_file() => {
            let folder = folder_of(path).display().to_string();
            StoreError::Down(format!(
                "{shown} or the -wal and -shm files next to it cannot be opened; {folder} must be writable and the process needs free file descriptors ({error})"
            ))
        }
        _ => match crate::sqlite::failure(error) {
            StoreError::Down(text) => StoreError::Down(format!("{shown}: {text}")),
            StoreError::Failed(text) => StoreError::Failed(format!("{shown}: {text}")),
            other => other,
        },
    }
}

/// Why the file system of the database takes no writes, if it takes none: it writes a small file next to the database to
/// find out. A file system that the kernel made read-only after a fault still opens files for writing.
pub(crate) fn refusal(path: &Path) -> Option<StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".try");
    let tried = File::create(&name).and_then(|mut file| {
        file.write_all(b"postrider")?;
        file.sync_all()
    });
    // A file that could be created but not written must not stay.
    drop(std::fs::remove_file(&name));
    tried.err().and_then(|error| refused(path, error.kind()))
}

fn refused(path: &Path, kind: ErrorKind) -> Option<StoreError> {
    match kind {
        ErrorKind::ReadOnlyFilesystem => {
            Some(StoreError::ReadOnly(format!("the file system of {} is read-only", folder_of(path).display())))
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(StoreError::Full),
        _ => None,
    }
}

fn is_write_refused(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn unopened(path: &Path, error: &Error) -> StoreError {
    let (shown, folder) = (path.display(), folder_of(path).display());
    StoreError::Unopened(match error.kind() {
        ErrorKind::NotFound => format!("{shown}: the folder {folder} does not exist"),
        ErrorKind::NotADirectory => format!("{shown}: {folder} is not a folder"),
        ErrorKind::IsADirectory => format!("{shown} is a folder, not a file"),
        ErrorKind::ReadOnlyFilesystem => format!("{shown}: the file system of {folder} is read-only"),
        ErrorKind::PermissionDenied if path.is_file() => format!("{shown}: this user may not read and write the file"),
        ErrorKind::PermissionDenied if folder_of(path).is_dir() => {
            format!("{shown}: this user may not make files in the folder {folder}")
        }
        ErrorKind::PermissionDenied => format!("{shown}: this user may not enter the folder {folder}"),
        _ => format!("{shown}: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(result: Result<(), StoreError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn each_cause_has_its_own_words_and_names_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "x").unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        assert!(text(create(&at("no/such.db"))).ends_with("/no does not exist"));
        assert!(text(check(&at("no/such.db"))).ends_with("/no does not exist"));
        assert!(text(create(&at("file/such.db"))).ends_with("/file is not a folder"));
        assert!(text(check(&at("file/such.db"))).ends_with("/file is not a folder"));
        assert!(text(create(&at("folder"))).ends_with("/folder is a folder, not a file"));
        assert!(text(check(&at("folder"))).ends_with("/folder is a folder, not a file"));
        assert!(matches!(check(&at("absent")), Err(StoreError::Absent)));
        let denied = Error::from(ErrorKind::PermissionDenied);
        for (path, says) in [
            ("file", "this user may not read and write the file"),
            ("absent", "this user may not make files in the folder"),
            ("no/such.db", "this user may not enter the folder"),
        ] {
            let text = unopened(&at(path), &denied).to_string();
            assert!(text.contains(says) && text.contains(path), "{text}");
        }
        let read_only = unopened(Path::new("p.db"), &ErrorKind::ReadOnlyFilesystem.into()).to_string();
        assert_eq!(read_only, "the database cannot be opened: p.db: the file system of . is read-only");
    }

    #[test]
    fn a_disk_that_takes_no_writes_says_why_and_one_that_does_is_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.db");
        assert!(refusal(&path).is_none());
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        let of = |kind| refused(&path, kind);
        assert!(
            matches!(of(ErrorKind::ReadOnlyFilesystem), Some(StoreError::ReadOnly(why)) if why.ends_with("is read-only"))
        );
        assert!(matches!(of(ErrorKind::StorageFull), Some(StoreError::Full)));
        assert!(matches!(of(ErrorKind::QuotaExceeded), Some(StoreError::Full)));
        assert!(of(ErrorKind::NotFound).is_none(), "it is another fault");
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.db");
        create(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
