//! The note next to an SQLite file, `PATH.epoch`: which database it is, which file it was written for, and how often
//! an engine has committed in it.
//!
//! The number of commits has a fixed place and width, so that noting one is one small write in place. It must survive the end
//! of the process, not a power cut, so it is not synced: see [`postrider_core::instance::judge_file`]. At a start, at a clean
//! stop and at each heartbeat a fresh file takes the place of the note, with its own identity in it, so a copy that is
//! written over it contradicts itself.

use crate::conditions::Conditions;
use crate::error::StoreError;
use postrider_core::instance::{FileId, Note};
use postrider_core::time::Timestamp;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{Error, ErrorKind, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The text before the number of commits.
const COMMITS: &str = "commits ";

/// The open note of a database that an engine of this process uses.
#[derive(Debug)]
pub(crate) struct Beside {
    file: File,
    database: PathBuf,
    note: Note,
    /// When the engine last noted that it uses the database.
    used_at: Timestamp,
    conditions: Arc<Conditions>,
    /// Whether the log has said that it cannot be written.
    told: bool,
}

impl Beside {
    /// Writes a note of its own for a database, which exists, and keeps it open. It must outlast a power cut.
    pub(crate) fn open(
        database: &Path,
        note: Note,
        used_at: Timestamp,
        conditions: Arc<Conditions>,
    ) -> Result<Self, StoreError> {
        let file = write(database, &note)?;
        Ok(Self { file, database: database.to_owned(), note, used_at, conditions, told: false })
    }

    /// The epoch and the number of commits that were noted last.
    pub(crate) fn last(&self) -> (&str, i64) {
        (&self.note.epoch, self.note.commits)
    }

    /// When the engine last noted that it uses the database.
    pub(crate) fn used_at(&self) -> Timestamp {
        self.used_at
    }

    /// Where what keeps this process from its work is kept.
    pub(crate) fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// Notes a commit. A note that is behind is allowed, so a failure is only logged.
    pub(crate) fn note(&mut self, commits: i64) {
        self.note.commits = commits;
        let text = format!("{commits:020}");
        let place = SeekFrom::Start(COMMITS.len() as u64);
        let written = self.file.seek(place).and_then(|_| self.file.write_all(text.as_bytes()));
        self.tell(written);
    }

    /// Puts a fresh file in the place of the note, without a sync.
    pub(crate) fn renew(&mut self, used_at: Option<Timestamp>) {
        self.used_at = used_at.unwrap_or(self.used_at);
        let renewed = replace(&path_of(&self.database), &self.database, &self.note, false);
        let renewed = renewed.map(|file| self.file = file);
        self.tell(renewed);
    }

    fn tell(&mut self, written: std::io::Result<()>) {
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

/// Reads the note of a database; none if it has no note, or an empty one, which a power cut can leave behind.
pub(crate) fn read(database: &Path) -> Result<Option<Note>, StoreError> {
    let path = path_of(database);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&path, &error)),
    };
    if text.bytes().all(|byte| byte == 0) {
        return Ok(None);
    }
    let (mut note, own) = parse(&text).ok_or_else(|| {
        let shown = path.display();
        StoreError::Unopened(format!(
            "{shown} cannot be understood: remove it; sending is then held until you release it"
        ))
    })?;
    let found = identify(&path)?;
    note.overwritten = matches!((&own, &found), (Some(own), Some(found)) if !own.is_same_as(found));
    Ok(Some(note))
}

/// Finds out whether this user may read and write the note of a database, if there is one.
pub(crate) fn usable(database: &Path) -> Result<(), StoreError> {
    if read(database)?.is_none() {
        return Ok(());
    }
    let path = path_of(database);
    OpenOptions::new().write(true).open(&path).map(drop).map_err(|error| failed(&path, &error))
}

/// Writes the note of a database whole and synced, in place of an earlier one.
pub(crate) fn write(database: &Path, note: &Note) -> Result<File, StoreError> {
    let path = path_of(database);
    replace(&path, database, note, true).map_err(|error| failed(&path, &error))
}

/// Puts a fresh file in the place of a note. It belongs to the owner of the database, also if the superuser makes it.
fn replace(path: &Path, database: &Path, note: &Note, sync: bool) -> std::io::Result<File> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    match std::fs::remove_file(&fresh) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    give(&file, database);
    let own = identity(&file.metadata()?);
    file.write_all(render(note, own.as_ref()).as_bytes())?;
    if sync {
        file.sync_all()?;
    }
    std::fs::rename(&fresh, path)?;
    if sync && cfg!(unix) {
        File::open(crate::sqlite_file::folder_of(path)).and_then(|folder| folder.sync_all())?;
    }
    Ok(file)
}

/// Gives a file that the superuser made the owner and the group of the database, as SQLite does for its own files: the
/// engine that runs as another user must be able to write it. Nothing is done for a file of another user.
pub fn give(file: &File, database: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let (Ok(own), Ok(database)) = (file.metadata(), database.metadata()) else { return };
        if own.uid() == 0
            && (database.uid() != 0 || database.gid() != own.gid())
            && let Err(error) = std::os::unix::fs::fchown(file, Some(database.uid()), Some(database.gid()))
        {
            tracing::warn!(%error, "giving a file next to the database the owner of the database failed");
        }
    }
    #[cfg(not(unix))]
    let _ = (file, database);
}

/// Which file it is; none where files have no numbers.
pub(crate) fn identify(path: &Path) -> Result<Option<FileId>, StoreError> {
    std::fs::metadata(path).map(|metadata| identity(&metadata)).map_err(|error| failed(path, &error))
}

fn identity(metadata: &Metadata) -> Option<FileId> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let born = metadata.created().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let born_ns = born.and_then(|born| i64::try_from(born.as_nanos()).ok());
        Some(FileId { device: metadata.dev(), inode: metadata.ino(), born_ns })
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        None
    }
}

/// Where the note is: next to the file itself, even if that is reached by a link, as SQLite's own files are.
fn path_of(database: &Path) -> PathBuf {
    let mut path = database.canonicalize().unwrap_or_else(|_| database.to_owned()).into_os_string();
    path.push(".epoch");
    path.into()
}

fn render(note: &Note, own: Option<&FileId>) -> String {
    let line = |name: &str, file: Option<&FileId>| {
        file.map_or_else(String::new, |FileId { device, inode, born_ns }| {
            let born = born_ns.map_or_else(|| "-".to_owned(), |born| born.to_string());
            format!("{name} {device} {inode} {born}\n")
        })
    };
    let (file, own) = (line("file", note.file.as_ref()), line("own", own));
    format!("{COMMITS}{:020}\nepoch {}\n{file}{own}", note.commits, note.epoch)
}

/// A note, and which file it was when it was written.
fn parse(text: &str) -> Option<(Note, Option<FileId>)> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let file = |name: &str| {
        let Some(file) = field(name) else { return Some(None) };
        let mut parts = file.split(' ');
        let (device, inode, born) = (parts.next()?, parts.next()?, parts.next()?);
        let born_ns = if born == "-" { None } else { Some(born.parse().ok()?) };
        Some(Some(FileId { device: device.parse().ok()?, inode: inode.parse().ok()?, born_ns }))
    };
    let (epoch, commits) = (field("epoch")?.to_owned(), field("commits")?.parse().ok()?);
    Some((Note { epoch, commits, file: file("file")?, overwritten: false }, file("own")?))
}

/// Not trouble of the database, which would be logged elsewhere.
fn failed(path: &Path, error: &Error) -> StoreError {
    let shown = path.display();
    StoreError::Unopened(format!(
        "{shown}: {error}; make the file and its folder readable and writable for the user that runs this program"
    ))
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
        let note = Note { epoch: "e".to_owned(), commits: 0, file, overwritten: false };
        write(&database, &note).unwrap();
        assert_eq!(read(&database).unwrap().as_ref(), Some(&note));
        let (now, conditions) = (Timestamp::from_millis(1), Arc::default());
        let mut open = Beside::open(&database, note.clone(), now, conditions).unwrap();
        for commits in [7, 12, i64::MAX] {
            open.note(commits);
            assert_eq!(read(&database).unwrap(), Some(Note { commits, ..note.clone() }));
        }
        open.renew(None);
        assert_eq!(read(&database).unwrap(), Some(Note { commits: i64::MAX, ..note }));
        std::fs::write(path_of(&database), "").unwrap();
        assert_eq!(read(&database).unwrap(), None);
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
