//! Which database it is that an engine begins on: the one that it knows, or a copy.
//!
//! A copy must not send what the original sends too. An engine therefore keeps an *epoch*, a random word, and a number of
//! commits in the database and in a note beside its file; what does not fit together is not the database that ran here.

use crate::hold::HoldReason;

/// What an engine concludes when it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No engine used it before: it gets an epoch.
    First,
    /// It is the database that the engine knows.
    Continues,
    /// It is a copy or may be one, in one clause: it gets a new epoch, and sending is held.
    Hold(HoldReason, String),
}

/// Which file it is, as far as the operating system says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileId {
    /// The file system.
    pub device: u64,
    /// The file within it.
    pub inode: u64,
    /// When the file was made, in nanoseconds; no program can set it. None where the file system does not keep it.
    pub born_ns: Option<i64>,
    /// The boot of the machine in which the number of the file system holds; another boot may number them differently.
    pub boot: Option<String>,
}

impl FileId {
    /// Whether both are the same file. A file keeps its identity when it is renamed within its file system.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        let same_boot = self.boot.is_some() && self.boot == other.boot;
        let device_matters = same_boot || self.born_ns.is_none();
        self.inode == other.inode && self.born_ns == other.born_ns && (!device_matters || self.device == other.device)
    }
}

/// What an SQLite database says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// Its epoch; none before an engine first used it.
    pub epoch: Option<String>,
    /// How often an engine has committed in it.
    pub commits: i64,
    /// Whether it holds any job; one without any cannot send twice.
    pub has_jobs: bool,
    /// The file.
    pub file: Option<FileId>,
}

/// The note beside an SQLite database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The epoch of the database.
    pub epoch: String,
    /// How often an engine had committed in it; 0 if no commit was noted since the epoch began.
    pub commits: i64,
    /// The file that it was written for.
    pub file: Option<FileId>,
}

/// Judges an SQLite database by the note beside it.
///
/// The number in the note follows that of the database: each commit is noted before anybody learns of it, and so before a
/// message leaves because of it. A note that is behind is one of a crash between the two, or of a power cut, which
/// may lose what was written to the note last.
#[must_use]
pub fn judge_file(database: &FileState, note: Option<&Note>) -> Verdict {
    match compare(database, note) {
        Verdict::Hold(..) if !database.has_jobs => Verdict::First,
        verdict => verdict,
    }
}

fn compare(database: &FileState, note: Option<&Note>) -> Verdict {
    let hold = |reason, why: &str| Verdict::Hold(reason, why.to_owned());
    match (&database.epoch, note) {
        (None, None) => Verdict::First,
        // An engine that was ended while it began for the first time.
        (None, Some(note)) if note.commits == 0 => Verdict::First,
        (None, Some(_)) => hold(HoldReason::Copy, "another state of it ran here later"),
        (Some(_), None) => {
            hold(HoldReason::Unproven, "the .epoch file that an engine keeps beside the database is missing")
        }
        (Some(epoch), Some(note)) if *epoch != note.epoch => {
            hold(HoldReason::Copy, "the .epoch file beside it belongs to another database")
        }
        (Some(_), Some(note)) if !is_same(database.file.as_ref(), note.file.as_ref()) => {
            hold(HoldReason::Unproven, "the file was copied, or moved to another file system")
        }
        (Some(_), Some(note)) if database.commits < note.commits => {
            let lost = note.commits - database.commits;
            Verdict::Hold(HoldReason::Copy, format!("{lost} later commits were made here and are not in it"))
        }
        (Some(_), Some(_)) => Verdict::Continues,
    }
}

fn is_same(one: Option<&FileId>, other: Option<&FileId>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is_same_as(other),
        // This system does not number files.
        (None, None) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(device: u64, inode: u64, born_ns: Option<i64>, boot: &str) -> FileId {
        FileId { device, inode, born_ns, boot: Some(boot.to_owned()) }
    }

    #[test]
    fn a_file_is_known_by_its_number_and_birth_and_within_one_boot_by_its_file_system() {
        let known = file(1, 2, Some(3), "a");
        for (other, same) in [
            (file(1, 2, Some(3), "a"), true),
            // A machine may number its file systems differently each time that it starts.
            (file(9, 2, Some(3), "b"), true),
            (file(9, 2, Some(3), "a"), false),
            (file(1, 3, Some(3), "a"), false),
            // The number of a deleted file is given to the next one.
            (file(1, 2, Some(4), "a"), false),
            (file(1, 2, None, "a"), false),
        ] {
            assert_eq!(known.is_same_as(&other), same, "{other:?}");
        }
        let unborn = file(1, 2, None, "a");
        assert!(unborn.is_same_as(&file(1, 2, None, "b")));
        assert!(!unborn.is_same_as(&file(9, 2, None, "b")));
    }

    #[test]
    fn a_copy_is_told_from_a_restart() {
        let at = |inode| Some(file(1, inode, Some(3), "a"));
        let state = |epoch: Option<&str>, commits, inode| FileState {
            epoch: epoch.map(str::to_owned),
            commits,
            has_jobs: true,
            file: at(inode),
        };
        let note = |epoch: &str, commits, inode| Some(Note { epoch: epoch.to_owned(), commits, file: at(inode) });
        let (copy, unproven) = (Some(HoldReason::Copy), Some(HoldReason::Unproven));
        for (case, database, note, expected) in [
            ("a restart", state(Some("e"), 7, 1), note("e", 7, 1), None),
            ("a crash before the note, or a power cut", state(Some("e"), 9, 1), note("e", 7, 1), None),
            ("a crash before the first commit", state(Some("e"), 0, 1), note("e", 0, 1), None),
            ("cp of the file alone", state(Some("e"), 7, 2), None, unproven),
            ("cp -r of the folder, rsync, mv to another disk", state(Some("e"), 7, 2), note("e", 7, 1), unproven),
            ("an older copy put back into the same file", state(Some("e"), 6, 1), note("e", 7, 1), copy),
            ("another database put there", state(Some("f"), 9, 1), note("e", 7, 1), copy),
            ("a copy from before this release put back", state(None, 0, 1), note("e", 7, 1), copy),
        ] {
            let verdict = judge_file(&database, note.as_ref());
            let found = match &verdict {
                Verdict::Hold(reason, _) => Some(*reason),
                Verdict::First | Verdict::Continues => None,
            };
            assert_eq!(found, expected, "{case}: {verdict:?}");
        }
        // The first engine, also one that was ended in the middle of it.
        assert_eq!(judge_file(&state(None, 0, 1), None), Verdict::First);
        assert_eq!(judge_file(&state(None, 0, 1), note("e", 0, 1).as_ref()), Verdict::First);
        // Without a job there is nothing to send twice.
        let empty = FileState { has_jobs: false, ..state(Some("e"), 7, 2) };
        assert_eq!(judge_file(&empty, None), Verdict::First);
    }
}
