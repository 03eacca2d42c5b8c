//! The import itself: reads a set of rows while the one before is written.

use super::accounts::{Accounts, OpenRefused};
use super::report::{ImportError, ImportReport, Progress};
use super::write::{Written, list, write};
use crate::lists::check_name;
use crate::profiles::MatchKey;
use crate::{Service, ServiceError};
use postrider_core::audience::evidence::{EvidenceSource, SourceKind};
use postrider_core::id::TenantId;
use postrider_core::id::uuid_v7;
use postrider_core::import::ImportFormat;
use postrider_intake::file::mapping::Mapping;
use postrider_intake::file::source::Source;
use postrider_intake::write::{Destination, Entry};
use postrider_store::profiles::PROFILES_PER_SET;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Read;
use tokio::task::JoinHandle;

/// Keys that are remembered to count doubles; beyond them doubles are still merged but no longer counted.
const KEYS_REMEMBERED_MAX: usize = 4_000_000;

/// Bring people in from a file.
#[derive(Debug, Clone)]
pub struct Import {
    /// Whose people.
    pub tenant: TenantId,
    /// How the file is written.
    pub format: ImportFormat,
    /// Name of the list on which everybody of the file is put; made if there is none.
    pub list: String,
    /// Columns whose field the caller names: `(column, field)`.
    pub map: Vec<(String, String)>,
    /// By what profiles are found; if absent the first of email, customer id and phone that has a column.
    pub match_key: Option<MatchKey>,
    /// Only tell what would happen.
    pub dry_run: bool,
}

/// What is read and written.
pub struct ImportFiles {
    /// The file.
    pub input: Box<dyn Read + Send>,
    /// Where refused rows go, if anywhere.
    pub refused: Option<OpenRefused>,
}

impl Service {
    /// Imports a file. `progress` is told after each set of rows.
    ///
    /// # Errors
    /// [`ImportError`]; the sets before it are in, and the same file may be imported again.
    pub async fn import(
        &self,
        command: Import,
        files: ImportFiles,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<ImportReport, ImportError> {
        let name = check_name(&command.list)?;
        self.get_tenant(command.tenant).await.map_err(stopped)?;
        let mut source = Source::open(
            files.input,
            command.format,
            &Mapping { columns: command.map, ..Mapping::default() },
            command.match_key,
        )?;
        let mut first = Some(source.next_set(PROFILES_PER_SET)?);
        if first.as_ref().is_some_and(Vec::is_empty) {
            return Err(ImportError::file("has a header and no rows below it"));
        }
        let list = if command.dry_run { None } else { Some(list(self, command.tenant, name).await?) };
        let key = source.key;
        let to = Destination { tenant: command.tenant, key, list, dry_run: command.dry_run, now: self.now() };
        let origin =
            EvidenceSource { kind: SourceKind::Import, id: uuid_v7(to.now, &*self.entropy()), name: String::new() };
        let mut accounts = Accounts::new(&source, to, files.refused);
        let mut keys = HashSet::new();
        let mut before: Option<(JoinHandle<Result<Written, ServiceError>>, u64)> = None;
        loop {
            let set = first.take().map_or_else(|| source.next_set(PROFILES_PER_SET), Ok);
            let bytes = source.bytes();
            if let Some((written, bytes)) = before.take() {
                accounts.add(finished(written).await?)?;
                progress(Progress { rows: accounts.report.read, bytes });
            }
            let mut set = set?;
            count_doubles(&mut set, key, &mut keys);
            if set.is_empty() {
                break;
            }
            before = Some((tokio::spawn(write(self.clone(), to, origin.clone(), set)), bytes));
        }
        accounts.finish()
    }
}

/// Waits for a set to be written.
async fn finished(written: JoinHandle<Result<Written, ServiceError>>) -> Result<Written, ImportError> {
    match written.await {
        Ok(result) => result.map_err(stopped),
        Err(_) => Err(postrider_store::StoreError::Failed("the write of a set panicked".into()).into()),
    }
}

/// Marks rows whose key an earlier row had.
fn count_doubles(set: &mut [Entry], key: MatchKey, keys: &mut HashSet<u64>) {
    for entry in set {
        let value = entry.parsed.as_ref().ok().and_then(|parsed| parsed.record.key(key).ok());
        entry.duplicate = value.is_some_and(|value| {
            let mut hasher = DefaultHasher::new();
            value.hash(&mut hasher);
            let hash = hasher.finish();
            if keys.len() < KEYS_REMEMBERED_MAX { !keys.insert(hash) } else { keys.contains(&hash) }
        });
    }
}

fn stopped(error: ServiceError) -> ImportError {
    match error {
        ServiceError::Refused(refusal) => refusal.into(),
        ServiceError::Failed(failure) => failure.into(),
    }
}
