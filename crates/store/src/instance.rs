//! Which database this is and when an engine used it last: what tells a copy from a restart.

use crate::beside::{self, Beside};
use crate::error::StoreError;
use crate::holds::Held;
use crate::statements;
use crate::store::Store;
use crate::tx::Tx;
use crate::value::Row;
use postrider_core::env::{Entropy, random_below};
use postrider_core::instance::{FileState, Note, Verdict, judge_file};
use postrider_core::time::Timestamp;
use std::path::PathBuf;

/// While another engine used the database within so many milliseconds, it is in use.
const IN_USE_MS: i64 = 5_000;

statements! { "instance":
    USED_AT = "SELECT used_at FROM instance";
    USE = "UPDATE instance SET used_at = $1";
    STATE = "SELECT epoch, writes, CASE WHEN EXISTS (SELECT 1 FROM schedule_jobs) THEN 1 ELSE 0 END FROM instance";
    ADOPT = "UPDATE instance SET epoch = $1";
    COUNT = "UPDATE instance SET writes = writes + 1 RETURNING writes";
}

/// Counts a commit on SQLite.
pub(crate) const COUNT_COMMIT: &str = COUNT.sqlite;

/// What an engine finds that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The hold on everything that sends, if there is one.
    pub held: Option<Held>,
    /// When an engine used the database last.
    pub used_at: Option<Timestamp>,
    /// How many jobs fell due while no engine used the database, and when the first of them was due.
    pub overdue: Option<(i64, Timestamp)>,
}

impl Tx<'_> {
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
    /// then on each commit of this process is noted beside an SQLite file.
    ///
    /// Nobody else takes an SQLite file into use at the same time; the caller sees to that.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn enter(&self, now: Timestamp, entropy: &dyn Entropy) -> Result<Entry, StoreError> {
        let epoch = format!("{:016x}{:016x}", random_below(entropy, u64::MAX), random_below(entropy, u64::MAX));
        let file = self.sqlite().map(|sqlite| sqlite.path().to_owned());
        let alone = file.is_some();
        let path = file.clone();
        let enter = move |tx: &mut Tx<'_>| {
            if let Some(path) = &path {
                enter_file(tx, path, &epoch, now)?;
            }
            let used_at = tx.instance_used_at()?;
            let rested = used_at.is_some_and(|at| alone || now.millis_since(at) > IN_USE_MS);
            let overdue = if rested { tx.jobs_overdue(now)? } else { None };
            Ok::<_, StoreError>(Entry { held: tx.held()?, used_at, overdue })
        };
        let entry = self.write_guarded("instance.enter", enter).await?;
        if let (Some(sqlite), Some(path)) = (self.sqlite(), file) {
            sqlite.count_commits(Beside::open(&path)?);
        }
        Ok(entry)
    }
}

/// Compares the database with the note beside its file. A new note is written before the new epoch is committed: whoever
/// is ended between the two finds them apart at the next start, and decides the same again.
fn enter_file(tx: &mut Tx<'_>, path: &PathBuf, epoch: &str, now: Timestamp) -> Result<(), StoreError> {
    let file = beside::identify(path)?;
    let state = tx.query_one(&STATE, &[], |row| {
        Ok(FileState { epoch: row.next()?, commits: row.next()?, has_jobs: row.next()?, file: file.clone() })
    });
    let state = state?.ok_or_else(|| StoreError::Failed("the table instance is empty".into()))?;
    let verdict = judge_file(&state, beside::read(path)?.as_ref());
    if verdict == Verdict::Continues {
        return Ok(());
    }
    beside::write(path, &Note { epoch: epoch.to_owned(), commits: 0, file })?;
    tx.adopt(epoch, &verdict, now)
}
