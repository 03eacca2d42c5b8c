//! The note next to an SQLite file, `PATH.epoch`: which database it is, which file it was written for, and how often
//! an engine has committed in it.
//!
//! The number of commits has a fixed place and width, so that noting one is one small write in place. It must survive the end
//! of the process, not a power cut, so it is not synced: see [`postrider_core::instance::judge_file`].

use crate::error::StoreError;
use postrider_core::instance::{FileId, Note};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// The text before the number of commits.
const COMMITS: &str = "commits ";

/// The open note.
#[derive(Debug)]
pub(crate) struct Beside {
    file: File,
    /// Whether the log has said that it cannot be written.
    told: bool,
}

impl Beside {
    /// Opens the note of a database, which exists.
    pub(crate) fn open(database: &Path) -> Result<Self, StoreError> {
        let path = path_of(database);
        let file = OpenOptions::new().write(true).open(&path).map_err(|error| failed(&path, &error))?;
        Ok(Self { file, told: false })
    }

    /// Notes a commit. A note that is behind is allowed, so a failure is only logged.
    pub(crate) fn note(&mut self, commits: i64) {
        let text = format!("{commits:020}");
        let place = SeekFrom::Start(COMMITS.len() as u64);
        let written = self.file.seek(place).and_then(|_| self.file.write_all(text.as_bytes()));
        match written {
            Err(error) if !self.told => {
                tracing::warn!(%error, "writing the .epoch file next to the database failed");
                self.told = true;
            }
            Err(_) => {}
            Ok(()) => self.told = false,
        }
    }
}

/// Reads the note of a database; none if it has no note.
pub(crate) fn read(database: &Path) -> Result<Option<Note>, StoreError> {
    let path = path_of(database);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&path, &error)),
    };
    let note = parse(&text).ok_or_else(|| {
        let shown = path.display();
        StoreError::Failed(format!(
            "{shown} cannot be understood: remove it; sending is then held until you release it"
        ))
    });
    note.map(Some)
}

/// Writes the note of a database whole and synced, in place of an earlier one.
pub(crate) fn write(database: &Path, note: &Note) -> Result<(), StoreError> {
    let path = path_of(database);
    let mut fresh = path.clone().into_os_string();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&fresh).and_then(|mut file| {
        file.write_all(render(note).as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&fresh, &path)).map_err(|error| failed(&path, &error))
}

/// Which file it is; none where files have no numbers.
pub(crate) fn identify(database: &Path) -> Result<Option<FileId>, StoreError> {
    let metadata = std::fs::metadata(database).map_err(|error| failed(database, &error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let born = metadata.created().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        Ok(Some(FileId {
            device: metadata.dev(),
            inode: metadata.ino(),
            born_ns: born.and_then(|born| i64::try_from(born.as_nanos()).ok()),
            boot: boot.map(|boot| boot.trim().to_owned()).filter(|boot| !boot.is_empty()),
        }))
    }
    #[cfg(not(unix))]
    {
        drop(metadata);
        Ok(None)
    }
}

/// Where the note is: next to the file itself, even if that is reached by a link, as SQLite's own files are.
fn path_of(database: &Path) -> PathBuf {
    let mut path = database.canonicalize().unwrap_or_else(|_| database.to_owned()).into_os_string();
    path.push(".epoch");
    path.into()
}

fn render(note: &Note) -> String {
    let file = note.file.as_ref().map_or_else(String::new, |file| {
        let FileId { device, inode, born_ns, boot } = file;
        let born = born_ns.map_or_else(|| "-".to_owned(), |born| born.to_string());
        format!("file {device} {inode} {born} {}\n", boot.as_deref().unwrap_or("-"))
    });
    format!("{COMMITS}{:020}\nepoch {}\n{file}", note.commits, note.epoch)
}

fn parse(text: &str) -> Option<Note> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let file = match field("file") {
        None => None,
        Some(file) => {
            let mut parts = file.split(' ');
            let mut next = || parts.next();
            let (device, inode, born, boot) = (next()?, next()?, next()?, next()?);
            Some(FileId {
                device: device.parse().ok()?,
                inode: inode.parse().ok()?,
                born_ns: if born == "-" { None } else { Some(born.parse().ok()?) },
                boot: (boot != "-").then(|| boot.to_owned()),
            })
        }
    };
    Some(Note { epoch: field("epoch")?.to_owned(), commits: field("commits")?.parse().ok()?, file })
}

fn failed(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Down(format!("{} cannot be read or written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_comes_back_as_it_was_written_and_a_commit_changes_its_number_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("p.db");
        assert_eq!(read(&database).unwrap(), None);
        std::fs::write(&database, "").unwrap();
        let file = identify(&database).unwrap();
        let note = Note { epoch: "e".to_owned(), commits: 0, file };
        write(&database, &note).unwrap();
        assert_eq!(read(&database).unwrap().as_ref(), Some(&note));
        let mut open = Beside::open(&database).unwrap();
        for commits in [7, i64::MAX, 12] {
            open.note(commits);
            assert_eq!(read(&database).unwrap(), Some(Note { commits, ..note.clone() }));
        }
        std::fs::write(path_of(&database), "commits x").unwrap();
        assert!(read(&database).unwrap_err().to_string().contains("p.db.epoch cannot be understood"));
    }

    #[cfg(unix)]
    #[test]
    fn a_renamed_file_is_the_same_and_a_copied_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("a"), "x").unwrap();
        let known = identify(&at("a")).unwrap().unwrap();
        std::fs::copy(at("a"), at("b")).unwrap();
        std::fs::rename(at("a"), at("c")).unwrap();
        assert!(identify(&at("c")).unwrap().unwrap().is_same_as(&known));
        assert!(!identify(&at("b")).unwrap().unwrap().is_same_as(&known));
    }
}
