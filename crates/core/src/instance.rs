//! Tells whether an engine starts on the database that it knows, or on a copy.
//!
//! A copy must not send what the original sends too. An engine therefore keeps an *epoch*, a random word, and a number of
//! commits in the database and in a note next to its file. If the two do not fit, it is not the database that ran here.

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
    /// The file system. Its number may change with each mount.
    pub device: u64,
    /// The file within it.
    pub inode: u64,
    /// When the file was made, in nanoseconds; no program can set it. None where the file system does not keep it.
    pub born_ns: Option<i64>,
}

impl FileId {
    /// Whether both may be the same file. A file keeps its identity when it is renamed within its file system.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        let agree = match (self.born_ns, other.born_ns) {
            (Some(one), Some(other)) => one == other,
            (None, None) => self.device == other.device,
            // A kernel or a file system that does not say it contradicts nothing.
            (Some(_), None) | (None, Some(_)) => true,
        };
        self.inode == other.inode && agree
    }
}

/// What an SQLite database says about itself.
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

/// The note next to an SQLite database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The epoch of the database.
    pub epoch: String,
    /// How often an engine had committed in it; 0 if no commit was noted since the epoch began.
    pub commits: i64,
    /// The file that it was written for.
    pub file: Option<FileId>,
    /// Whether the file of the note is another than the one that an engine made: a copy was written over it.
    pub overwritten: bool,
}

/// Judges an SQLite database by the note next to it.
///
/// The number in the note follows that of the database: each commit is noted before any code acts on it, and so before a
/// message leaves because of it. A note is behind after a crash between the two, or after a power cut, which may lose
/// the last write to the note.
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
        // The engine ended during its first start.
        (None, Some(note)) if note.commits == 0 => Verdict::First,
        (None, Some(_)) => hold(HoldReason::Copy, "a later state of it ran here"),
        (Some(_), None) => {
            hold(HoldReason::Unproven, "the .epoch file that an engine keeps next to the database is missing or empty")
        }
        (Some(epoch), Some(note)) if *epoch != note.epoch => {
            hold(HoldReason::Copy, "the .epoch file next to it belongs to another database")
        }
        (Some(_), Some(note)) if !is_same(database.file.as_ref(), note.file.as_ref()) => {
            hold(HoldReason::Unproven, "the file was copied, or moved to another file system")
        }
        (Some(_), Some(note)) if database.commits < note.commits => {
            let lost = note.commits - database.commits;
            Verdict::Hold(HoldReason::Copy, format!("{lost} later commits were made here and are not in it"))
        }
        // An engine replaces the note again and again, so the database next to an overwritten one may be as old.
        (Some(_), Some(note)) if note.overwritten => {
            hold(HoldReason::Unproven, "a copy was written over the .epoch file next to it")
        }
        (Some(_), Some(_)) => Verdict::Continues,
    }
}

fn is_same(one: Option<&FileId>, other: Option<&FileId>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is_same_as(other),
        // This system has no numbers for files.
        (None, None) => true,
        _ => false,
    }
}

/// Where a PostgreSQL database is, as an ordinary user of it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The system identifier of the server, the number of the database in it, and that of our table in it: a copy
    /// has others, but for a copy of the whole data directory.
    pub identity: String,
    /// Rises with each promotion and each restore to a point in time.
    pub timeline: i64,
    /// Position in the write-ahead log, in bytes.
    pub wal_at: i64,
    /// When the server process was started.
    pub started: String,
}

/// Judges a PostgreSQL database by what engines noted in it when they used it last, at the start of an engine. `known`
/// says whether engines have reached the server under the configured address before.
#[must_use]
pub fn judge_server(noted: Option<&Server>, found: &Server, known: bool, has_jobs: bool) -> Verdict {
    let Some(noted) = noted else { return Verdict::First };
    let hold = |reason, why: &str| Verdict::Hold(reason, why.to_owned());
    let verdict = if noted.identity != found.identity {
        hold(HoldReason::Copy, "it is in another database, or on another server, than the one that has sent")
    } else if noted.timeline != found.timeline {
        // A node that ran during a promotion has noted the new timeline.
        hold(HoldReason::Unproven, "the server was promoted or restored to a point in time while no engine watched")
    } else if found.wal_at < noted.wal_at {
        hold(HoldReason::Copy, "the write-ahead log of the server is behind what was seen before")
    } else if noted.started != found.started && !known {
        hold(HoldReason::Unproven, "the server was restarted and is reached under an address that no engine has used")
    } else {
        Verdict::Continues
    };
    match verdict {
        Verdict::Hold(..) if !has_jobs => Verdict::First,
        verdict => verdict,
    }
}

/// Judges a PostgreSQL database under an engine that runs and remembers what it saw last: the server, and how often
/// engines had noted their use. A promotion that lost nothing of that goes on.
#[must_use]
pub fn judge_again(remembered: (&Server, i64), found: (&Server, i64)) -> Verdict {
    let ((before, noted_before), (now, noted_now)) = (remembered, found);
    let hold = |why: &str| Verdict::Hold(HoldReason::Copy, why.to_owned());
    if before.identity != now.identity {
        hold("the connection leads to another database than before")
    } else if noted_now < noted_before || (before.timeline == now.timeline && now.wal_at < before.wal_at) {
        hold("the database was set back while an engine ran")
    } else {
        Verdict::Continues
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(device: u64, inode: u64, born_ns: Option<i64>) -> FileId {
        FileId { device, inode, born_ns }
    }

    #[test]
    fn a_file_is_known_by_its_number_and_birth_and_by_its_file_system_only_without_a_birth() {
        let known = file(1, 2, Some(3));
        for (other, same) in [
            (file(1, 2, Some(3)), true),
            // Each mount may number the file system differently.
            (file(9, 2, Some(3)), true),
            (file(1, 3, Some(3)), false),
            // The number of a deleted file is given to the next one.
            (file(1, 2, Some(4)), false),
            (file(9, 2, None), true),
            (file(1, 3, None), false),
        ] {
            assert_eq!(known.is_same_as(&other), same, "{other:?}");
            assert_eq!(other.is_same_as(&known), same, "{other:?}");
        }
        let unborn = file(1, 2, None);
        assert!(unborn.is_same_as(&file(1, 2, None)));
        assert!(!unborn.is_same_as(&file(9, 2, None)));
    }

    #[test]
    fn a_copy_is_distinguished_from_a_restart() {
        let at = |inode| Some(file(1, inode, Some(3)));
        let state = |epoch: Option<&str>, commits, inode| FileState {
            epoch: epoch.map(str::to_owned),
            commits,
            has_jobs: true,
            file: at(inode),
        };
        let note = |epoch: &str, commits, inode| {
            Some(Note { epoch: epoch.to_owned(), commits, file: at(inode), overwritten: false })
        };
        let overwritten = Some(Note { epoch: "e".to_owned(), commits: 7, file: at(1), overwritten: true });
        let (copy, unproven) = (Some(HoldReason::Copy), Some(HoldReason::Unproven));
        for (case, database, note, expected) in [
            ("a restart", state(Some("e"), 7, 1), note("e", 7, 1), None),
            ("a crash before the note, or a power cut", state(Some("e"), 9, 1), note("e", 7, 1), None),
            ("a crash before the first commit", state(Some("e"), 0, 1), note("e", 0, 1), None),
            ("cp of the file alone", state(Some("e"), 7, 2), None, unproven),
            ("cp -r of the folder, rsync, mv to another disk", state(Some("e"), 7, 2), note("e", 7, 1), unproven),
            ("an older copy put back into the same file", state(Some("e"), 6, 1), note("e", 7, 1), copy),
            ("an older folder copied over the same files", state(Some("e"), 7, 1), overwritten, unproven),
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

    fn server(identity: &str, timeline: i64, wal_at: i64, started: &str) -> Server {
        Server { identity: identity.to_owned(), timeline, wal_at, started: started.to_owned() }
    }

    #[test]
    fn a_copy_on_postgres_is_distinguished_from_a_restart_and_a_failover() {
        let noted = server("1:2:3", 1, 100, "a");
        let (copy, unproven) = (Some(HoldReason::Copy), Some(HoldReason::Unproven));
        for (case, found, known, expected) in [
            ("a restart of the engine, also through a pooler", server("1:2:3", 1, 100, "a"), false, None),
            ("a restart of the server", server("1:2:3", 1, 120, "b"), true, None),
            ("a failover that a node lived through and noted", server("1:2:3", 1, 120, "b"), true, None),
            ("CREATE DATABASE … TEMPLATE", server("1:9:3", 1, 120, "a"), true, copy),
            ("a dump restored into the same database", server("1:2:9", 1, 120, "a"), true, copy),
            ("a dump restored on another server, pg_upgrade", server("9:9:9", 1, 20, "b"), true, copy),
            ("a cold copy of the data directory, elsewhere", server("1:2:3", 1, 120, "b"), false, unproven),
            (
                "a promotion that no node saw, a restore to a point in time",
                server("1:2:3", 2, 120, "b"),
                true,
                unproven,
            ),
        ] {
            let verdict = judge_server(Some(&noted), &found, known, true);
            let held = match &verdict {
                Verdict::Hold(reason, _) => Some(*reason),
                Verdict::First | Verdict::Continues => None,
            };
            assert_eq!(held, expected, "{case}: {verdict:?}");
            assert!(!matches!(judge_server(Some(&noted), &found, known, false), Verdict::Hold(..)), "{case}");
        }
        assert_eq!(judge_server(None, &noted, false, true), Verdict::First);
    }

    #[test]
    fn an_engine_that_runs_goes_on_after_a_failover_and_not_on_an_older_state() {
        let before = server("1:2:3", 1, 100, "a");
        for (found, noted, goes_on) in [
            (server("1:2:3", 1, 100, "a"), 7, true),
            // A standby was promoted; the old primary came back by pg_rewind.
            (server("1:2:3", 2, 90, "b"), 7, true),
            (server("1:2:3", 2, 190, "b"), 6, false),
            (server("1:2:3", 1, 90, "b"), 7, false),
            (server("1:9:3", 1, 190, "a"), 9, false),
        ] {
            let verdict = judge_again((&before, 7), (&found, noted));
            assert_eq!(verdict == Verdict::Continues, goes_on, "{found:?}");
        }
    }
}
