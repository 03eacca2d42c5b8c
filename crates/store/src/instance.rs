//! Which database this is and when an engine used it last: what tells a copy from a restart.

use crate::error::StoreError;
use crate::holds::Held;
use crate::statements;
use crate::store::Store;
use crate::tx::Tx;
use crate::value::Row;
use postrider_core::env::Entropy;
use postrider_core::time::Timestamp;

/// While another engine used the database within so many milliseconds, it is in use.
const IN_USE_MS: i64 = 5_000;

statements! { "instance":
    USED_AT = "SELECT used_at FROM instance";
    USE = "UPDATE instance SET used_at = $1";
}

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
}

impl Store {
    /// Takes the database into use by an engine.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn enter(&self, now: Timestamp, _entropy: &dyn Entropy) -> Result<Entry, StoreError> {
        let alone = self.is_embedded();
        let enter = move |tx: &mut Tx<'_>| {
            let used_at = tx.instance_used_at()?;
            let rested = used_at.is_some_and(|at| alone || now.millis_since(at) > IN_USE_MS);
            let overdue = if rested { tx.jobs_overdue(now)? } else { None };
            tx.instance_used(now)?;
            Ok(Entry { held: tx.held()?, used_at, overdue })
        };
        self.write_guarded("instance.enter", enter).await
    }
}
