//! Keeps which database this is and when an engine used it last, to distinguish a copy from a restart.

use crate::beside::{self, Beside};
use crate::error::StoreError;
use crate::holds::Held;
use crate::sqlite::{Sqlite, renew_note};
use crate::statements;
use crate::store::Store;
use crate::tx::Tx;
use crate::value::Row;
use postrider_core::env::{Entropy, random_below};
use postrider_core::hold::HoldReason;
use postrider_core::instance::{FileId, FileState, Note, Server, Verdict, judge_again, judge_file, judge_server};
use postrider_core::time::Timestamp;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// If another engine used the database within this many milliseconds, it is in use.
const IN_USE_MS: i64 = 5_000;

/// Addresses of a server that are remembered, at most.
const ADDRESSES_MAX: usize = 16;

statements! { "instance":
    USED_AT = "SELECT used_at FROM instance";
    USE = "UPDATE instance SET used_at = $1";
    STATE = "SELECT epoch, writes, CASE WHEN EXISTS (SELECT 1 FROM schedule_jobs) THEN 1 ELSE 0 END FROM instance";
    // Only a server can say where it is. The functions are for every user, and a pooler changes nothing.
    SERVER = fork
        sqlite "SELECT '', '', 0, ''"
        postgres "SELECT CONCAT((SELECT system_identifier FROM pg_control_system()), ':', \
            (SELECT oid FROM pg_database WHERE datname = current_database()), ':', CAST('instance' AS REGCLASS)::OID), \
            SUBSTR(pg_walfile_name(pg_current_wal_lsn()), 1, 8), \
            CAST(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS BIGINT), \
            CAST(CAST(EXTRACT(EPOCH FROM pg_postmaster_start_time()) * 1000000 AS BIGINT) AS TEXT)";
    NOTED = "SELECT server, timeline, wal_at, server_started, addresses, writes, \
        CASE WHEN EXISTS (SELECT 1 FROM schedule_jobs) THEN 1 ELSE 0 END FROM instance";
    NOTE = "UPDATE instance SET server = $1, timeline = $2, wal_at = $3, server_started = $4, addresses = $5, \
        used_at = $6, writes = writes + 1 RETURNING writes";
    ADOPT = "UPDATE instance SET epoch = $1";
    COUNT = "UPDATE instance SET writes = writes + 1 RETURNING writes, epoch";
    RAISE = "UPDATE instance SET writes = $1, epoch = $2";
}

/// Counts a commit on SQLite.
pub(crate) const COUNT_COMMIT: &str = COUNT.sqlite;

/// What an engine finds at its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The hold on everything that sends, if there is one.
    pub held: Option<Held>,
    /// When an engine used the database last.
    pub used_at: Option<Timestamp>,
    /// How many jobs fell due while no engine used the database, and when the first of them was due.
    pub overdue: Option<(i64, Timestamp)>,
    /// What the engine remembers of a PostgreSQL database.
    pub seen: Option<Seen>,
}

impl Noted {
    fn knows(&self, address: &str) -> bool {
        self.addresses.lines().any(|known| known == address)
    }
}

/// What a running engine remembers of a PostgreSQL database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    server: Server,
    /// How often engines had noted their use.
    notes: i64,
}

/// What engines noted in a PostgreSQL database.
struct Noted {
    server: Option<Server>,
    /// The addresses under which engines have reached it, one a line.
    addresses: String,
    notes: i64,
    has_jobs: bool,
}

impl Tx<'_> {
    /// Where the PostgreSQL database is now.
    fn server(&mut self) -> Result<Server, StoreError> {
        let found = self.query_one(&SERVER, &[], |row| {
            let identity = row.next()?;
            let timeline = row.word(|text| i64::from_str_radix(text, 16).ok())?;
            Ok(Server { identity, timeline, wal_at: row.next()?, started: row.next()? })
        });
        found?.ok_or_else(missing)
    }

    fn noted(&mut self) -> Result<Noted, StoreError> {
        let noted = self.query_one(&NOTED, &[], |row| {
            let (identity, timeline): (Option<String>, Option<i64>) = (row.next()?, row.next()?);
            let (wal_at, started): (Option<i64>, Option<String>) = (row.next()?, row.next()?);
            let server =
                (|| Some(Server { identity: identity?, timeline: timeline?, wal_at: wal_at?, started: started? }))();
            let addresses: Option<String> = row.next()?;
            let (notes, has_jobs) = (row.next()?, row.next()?);
            Ok(Noted { server, addresses: addresses.unwrap_or_default(), notes, has_jobs })
        });
        noted?.ok_or_else(missing)
    }

    /// Notes where the database is, for the next engine that begins.
    fn note_use(&mut self, server: Server, noted: &Noted, address: &str, now: Timestamp) -> Result<Seen, StoreError> {
        let addresses = if noted.knows(address) {
            noted.addresses.clone()
        } else {
            let before = noted.addresses.lines().rev().take(ADDRESSES_MAX - 1).collect::<Vec<_>>();
            before.into_iter().rev().chain([address]).collect::<Vec<_>>().join("\n")
        };
        let Server { identity, timeline, wal_at, started } = &server;
        let values = [
            identity.as_str().into(),
            (*timeline).into(),
            (*wal_at).into(),
            started.as_str().into(),
            addresses.into(),
            now.into(),
        ];
        let notes = self.query_number(&NOTE, &values)?;
        Ok(Seen { server, notes })
    }

    /// Compares a PostgreSQL database with what engines noted in it, at the start of an engine.
    fn enter_server(&mut self, epoch: &str, address: &str, now: Timestamp) -> Result<Seen, StoreError> {
        let (found, noted) = (self.server()?, self.noted()?);
        let verdict = judge_server(noted.server.as_ref(), &found, noted.knows(address), noted.has_jobs);
        if verdict != Verdict::Continues {
            self.adopt(epoch, &verdict, now)?;
        }
        self.note_use(found, &noted, address, now)
    }

    /// When an engine used the database last.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn instance_used_at(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.query_one(&USED_AT, &[], Row::next)?.flatten())
    }

    /// Notes that an engine uses the database.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn instance_used(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.execute(&USE, &[now.into()]).map(drop)
    }

    fn file_state(&mut self, file: Option<FileId>) -> Result<FileState, StoreError> {
        let state = self.query_one(&STATE, &[], |row| {
            Ok(FileState { epoch: row.next()?, commits: row.next()?, has_jobs: row.next()?, file: file.clone() })
        });
        state?.ok_or_else(missing)
    }

    /// Adopts the database under a new epoch, and holds it if that is the verdict.
    fn adopt(&mut self, epoch: &str, verdict: &Verdict, now: Timestamp) -> Result<(), StoreError> {
        self.execute(&ADOPT, &[epoch.into()])?;
        if let Verdict::Hold(reason, why) = verdict {
            self.hold(&Held::of(*reason, why, now))?;
        }
        Ok(())
    }
}

impl Store {
    /// Takes the database into use by an engine: finds out whether it is a copy of another one, and holds it if so. From
    /// then on each commit of this process is noted next to an SQLite file.
    ///
    /// The caller ensures that no other process takes an SQLite file into use at the same time.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn enter(&self, now: Timestamp, entropy: &dyn Entropy) -> Result<Entry, StoreError> {
        let epoch = format!("{:016x}{:016x}", random_below(entropy, u64::MAX), random_below(entropy, u64::MAX));
        let file = self.sqlite().map(|sqlite| sqlite.path().to_owned());
        if let Some(sqlite) = self.sqlite() {
            // An engine may have used it before in this process.
            sqlite.count_commits(None);
        }
        let entered: Arc<Mutex<Option<Note>>> = Arc::default();
        let note = Arc::clone(&entered);
        let alone = file.is_some();
        let (path, address) = (file.clone(), format!("{:?}", self.url()));
        let enter = move |tx: &mut Tx<'_>| {
            let seen = match &path {
                Some(path) => {
                    let found = enter_file(tx, path, &epoch, now)?;
                    *note.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
                    None
                }
                None => Some(tx.enter_server(&epoch, &address, now)?),
            };
            let used_at = tx.instance_used_at()?;
            let rested = used_at.is_some_and(|at| alone || now.millis_since(at) > IN_USE_MS);
            let overdue = if rested { tx.jobs_overdue(now)? } else { None };
            Ok::<_, StoreError>(Entry { held: tx.held()?, used_at, overdue, seen })
        };
        let entry = self.write_guarded("instance.enter", enter).await?;
        let note = entered.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some(sqlite), Some(path), Some(note)) = (self.sqlite(), file, note) {
            sqlite.count_commits(Some(Beside::open(&path, note, now, Arc::clone(self.conditions()))?));
        }
        Ok(entry)
    }

    /// Looks whether everything is held. On PostgreSQL a running engine also finds out whether the database is still
    /// the one that it remembers, and holds it otherwise; on SQLite each commit does. `keep` notes that the database is
    /// in use.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn watch(
        &self,
        seen: Option<Seen>,
        now: Timestamp,
        keep: bool,
    ) -> Result<(Option<Held>, Option<Seen>), StoreError> {
        let Some(seen) = seen else {
            let held = self.read("instance.watch", |tx| tx.held()).await?;
            if keep {
                let counter = self.sqlite().map(Sqlite::counter);
                let note = move |tx: &mut Tx<'_>| {
                    if let Some(counter) = &counter {
                        renew_note(counter, Some(now));
                    }
                    tx.instance_used(now)
                };
                self.write_guarded("instance.note", note).await?;
            }
            return Ok((held, None));
        };
        let before = seen.clone();
        let look = move |tx: &mut Tx<'_>| {
            let (found, noted) = (tx.server()?, tx.noted()?);
            Ok::<_, StoreError>((judge_again((&before.server, before.notes), (&found, noted.notes)), tx.held()?))
        };
        let (verdict, held) = self.read("instance.watch", look).await?;
        if verdict == Verdict::Continues && !keep {
            return Ok((held, Some(seen)));
        }
        let address = format!("{:?}", self.url());
        let note = move |tx: &mut Tx<'_>| {
            let (found, noted) = (tx.server()?, tx.noted()?);
            if let Verdict::Hold(reason, why) = judge_again((&seen.server, seen.notes), (&found, noted.notes)) {
                tx.hold(&Held::of(reason, &why, now))?;
            }
            let seen = tx.note_use(found, &noted, &address, now)?;
            Ok::<_, StoreError>((tx.held()?, Some(seen)))
        };
        self.write_guarded("instance.note", note).await
    }
}

fn missing() -> StoreError {
    StoreError::Failed("the table instance is empty".into())
}

/// What keeps this user from using the note next to an SQLite file, if it has one.
#[must_use]
pub fn note_problem(database: &Path) -> Option<String> {
    beside::usable(database).err().map(|error| error.to_string())
}

/// Compares the database with the note next to its file. A new note is written before the new epoch is committed: after an
/// end between the two, the next start finds that they differ and decides the same again.
fn enter_file(tx: &mut Tx<'_>, path: &Path, epoch: &str, now: Timestamp) -> Result<Note, StoreError> {
    let file = beside::identify(path)?;
    let state = tx.file_state(file.clone())?;
    let verdict = judge_file(&state, beside::read(path)?.as_ref());
    if let (Verdict::Continues, Some(epoch)) = (&verdict, state.epoch) {
        return Ok(Note { epoch, commits: state.commits, file, overwritten: false });
    }
    let note = Note { epoch: epoch.to_owned(), commits: 0, file, overwritten: false };
    beside::write(path, &note)?;
    tx.adopt(epoch, &verdict, now)?;
    // No engine has used it before if the next start finds no commit.
    Ok(note)
}

/// Holds a database that an older state, or another database, has replaced while an engine ran, and lets it count on from
/// what was noted last. Runs in a transaction of its own. Returns the hold, which a database without jobs does not need.
pub(crate) fn set_back(tx: &mut Tx<'_>, noted: (&str, i64), now: Timestamp) -> Result<Option<Held>, StoreError> {
    let (epoch, commits) = noted;
    let state = tx.file_state(None)?;
    tx.execute(&RAISE, &[commits.max(state.commits).into(), epoch.into()])?;
    if state.has_jobs {
        let why = "an older state, or another database, was put in its place while an engine ran";
        tx.hold(&Held::of(HoldReason::Copy, why, now))?;
    }
    tx.held()
}
