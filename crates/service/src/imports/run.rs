//! The import itself: reads a set of rows while the one before is written.

use super::columns::Columns;
use super::report::{EXAMPLES_MAX, ImportError, ImportReport, Progress, RefusedRow};
use super::row::parse;
use super::rows::{Row, Rows};
use super::write::{Destination, Entry, Written, list, write};
use crate::lists::check_name;
use crate::profiles::{MatchKey, Operation};
use crate::{Service, ServiceError};
use postrider_core::id::TenantId;
use postrider_store::profiles::PROFILES_PER_SET;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read, Write};
use tokio::task::JoinHandle;

/// Most bytes of rows in one set.
const SET_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Keys that are remembered to count doubles; beyond them doubles are still merged but no longer counted.
const KEYS_REMEMBERED_MAX: usize = 4_000_000;

/// Bring people in from a table.
#[derive(Debug, Clone)]
pub struct Import {
    /// Whose people.
    pub tenant: TenantId,
    /// Name of the list on which everybody of the file is put; made if there is none.
    pub list: String,
    /// Columns whose field the caller names: `(column, field)`.
    pub map: Vec<(String, String)>,
    /// By what profiles are found; if absent the first of email, customer id and phone that has a column.
    pub match_key: Option<MatchKey>,
    /// Only tell what would happen.
    pub dry_run: bool,
}

/// Opens the file of refused rows; called at the first one.
pub type OpenRefused = Box<dyn FnMut() -> io::Result<Box<dyn Write + Send>> + Send>;

/// What is read and written.
pub struct ImportFiles {
    /// The table.
    pub input: Box<dyn Read + Send>,
    /// Where refused rows go, if anywhere.
    pub refused: Option<OpenRefused>,
}

impl Service {
    /// Imports a table. `progress` is told after each set of rows.
    ///
    /// # Errors
    /// [`ImportError`]; the sets before it are in, and the same file may be imported again.
    pub async fn import(
        &self,
        command: Import,
        files: ImportFiles,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<ImportReport, ImportError> {
        let name = check_name(&command.list).map_err(ServiceError::from)?;
        self.get_tenant(command.tenant).await?;
        let (mut rows, header) = Rows::open(files.input)?;
        let columns = Columns::new(&header.cells, &command.map)?;
        let key = columns.match_key(command.match_key)?;
        let mut keys = HashSet::new();
        let mut first = Some(read_set(&mut rows, &columns, key, &mut keys)?);
        if first.as_ref().is_some_and(Vec::is_empty) {
            return Err(ImportError::file("has a header and no rows below it"));
        }
        let list = if command.dry_run { None } else { Some(list(self, command.tenant, name).await?) };
        let to = Destination { tenant: command.tenant, key, list, dry_run: command.dry_run, now: self.now() };
        let mut accounts = Accounts::new(&columns, to, rows.delimiter(), files.refused);
        let mut before: Option<(JoinHandle<Result<Written, ServiceError>>, u64)> = None;
        loop {
            let set = first.take().map_or_else(|| read_set(&mut rows, &columns, key, &mut keys), Ok);
            let bytes = rows.bytes();
            if let Some((written, bytes)) = before.take() {
                accounts.add(finished(written).await?)?;
                progress(Progress { rows: accounts.report.read, bytes });
            }
            let set = set?;
            if set.is_empty() {
                break;
            }
            before = Some((tokio::spawn(write(self.clone(), to, set)), bytes));
        }
        accounts.finish()
    }
}

/// Waits for a set to be written.
async fn finished(written: JoinHandle<Result<Written, ServiceError>>) -> Result<Written, ImportError> {
    match written.await {
        Ok(result) => Ok(result?),
        Err(_) => {
            Err(ServiceError::Failed(postrider_store::StoreError::Failed("the write of a set panicked".into())).into())
        }
    }
}

/// Reads the next set of rows; none at the end.
fn read_set(
    rows: &mut Rows,
    columns: &Columns,
    key: MatchKey,
    keys: &mut HashSet<u64>,
) -> Result<Vec<Entry>, ImportError> {
    let mut set = Vec::new();
    let mut size = 0;
    while set.len() < PROFILES_PER_SET && size < SET_BYTES_MAX {
        let Some(row) = rows.next()? else { break };
        size += row.size();
        set.push(entry(row, columns, key, keys));
    }
    Ok(set)
}

fn entry(row: Row, columns: &Columns, key: MatchKey, keys: &mut HashSet<u64>) -> Entry {
    let parsed = match &row.problem {
        Some(problem) => Err(problem.clone()),
        None => parse(columns, &row.cells, key),
    };
    let value = parsed.as_ref().ok().and_then(|parsed| parsed.record.key(key).ok());
    let duplicate = value.is_some_and(|value| {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        let hash = hasher.finish();
        if keys.len() < KEYS_REMEMBERED_MAX { !keys.insert(hash) } else { keys.contains(&hash) }
    });
    Entry { row, parsed, duplicate }
}

/// The report as it grows, and the file of refused rows.
struct Accounts {
    report: ImportReport,
    to: Destination,
    headers: Vec<String>,
    delimiter: u8,
    open: Option<OpenRefused>,
    refused: Option<csv::Writer<Box<dyn Write + Send>>>,
}

impl Accounts {
    fn new(columns: &Columns, to: Destination, delimiter: u8, open: Option<OpenRefused>) -> Self {
        let names = columns.headers.iter().zip(&columns.targets);
        let report = ImportReport {
            list: to.list,
            columns: names.map(|(header, target)| (header.clone(), target.name())).collect(),
            ..ImportReport::default()
        };
        Self { report, to, headers: columns.headers.clone(), delimiter, open, refused: None }
    }

    fn add(&mut self, written: Written) -> Result<(), ImportError> {
        self.report.added_to_list += written.added_to_list as u64;
        let mut outcome = written.outcome.into_iter();
        for entry in written.entries.iter() {
            self.report.read += 1;
            let parsed = match &entry.parsed {
                Ok(parsed) => parsed,
                Err(reason) => {
                    self.refuse(&entry.row, reason)?;
                    continue;
                }
            };
            match outcome.next() {
                Some(Ok((operation, _))) => {
                    self.report.duplicates += u64::from(entry.duplicate);
                    match entry.operation(operation, self.to.dry_run) {
                        Operation::Created => self.report.created += 1,
                        Operation::Updated => self.report.updated += 1,
                        Operation::Unchanged => self.report.unchanged += 1,
                    }
                    for reason in &parsed.left_out {
                        self.report.fields_left_out += 1;
                        self.note(&entry.row, &format!("{reason}; the rest of the row was imported"))?;
                    }
                }
                Some(Err(refusal)) => self.refuse(&entry.row, &refusal.message())?,
                None => self.refuse(&entry.row, "has no outcome")?,
            }
        }
        Ok(())
    }

    fn refuse(&mut self, row: &Row, reason: &str) -> Result<(), ImportError> {
        self.report.refused += 1;
        self.note(row, reason)
    }

    /// Writes a row with the reason into the file of refused rows, which begins with the first one.
    fn note(&mut self, row: &Row, reason: &str) -> Result<(), ImportError> {
        if self.report.examples.len() < EXAMPLES_MAX {
            self.report.examples.push(RefusedRow { line: row.line, reason: reason.to_owned() });
        }
        let failed = |error: csv::Error| ImportError::WriteRefused(error.into());
        if let (None, Some(open)) = (&self.refused, &mut self.open) {
            let output = open().map_err(ImportError::WriteRefused)?;
            let mut writer = csv::WriterBuilder::new().flexible(true).delimiter(self.delimiter).from_writer(output);
            let ours = ["postrider_line", "postrider_reason"].map(str::to_owned);
            writer.write_record(self.headers.iter().chain(&ours)).map_err(failed)?;
            self.refused = Some(writer);
        }
        let Some(writer) = &mut self.refused else { return Ok(()) };
        // A row too short is filled up, so that line and reason stand under their headers.
        let missing = self.headers.len().saturating_sub(row.cells.len());
        let ours = [row.line.to_string(), reason.to_owned()];
        let filled = std::iter::repeat_n(String::new(), missing);
        let cells = row.cells.iter().cloned().chain(filled).chain(ours);
        writer.write_record(cells).map_err(failed)
    }

    fn finish(mut self) -> Result<ImportReport, ImportError> {
        if let Some(writer) = &mut self.refused {
            writer.flush().map_err(ImportError::WriteRefused)?;
        }
        Ok(self.report)
    }
}
