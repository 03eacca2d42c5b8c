//! `GET /import-jobs/{id}/errors`: refused rows, and rows that were taken without a field.

use super::found;
use crate::{Actor, Service, ServiceError};
use postrider_core::id::ImportJobId;
use postrider_core::import::ImportSeverity;
use postrider_intake::file::object::object;
use postrider_intake::file::refused::{LINE, REASON, SEVERITY, mendable, mendable_line};
use postrider_intake::file::source::RECORD_HEADER;
use postrider_intake::file::tally::clause;
use postrider_intake::jobs::inspect::{Layout, stored};
use postrider_store::import_files::ImportNote;
use serde_json::{Map, Value};

/// The columns that stand behind those of the file where refused rows are written out to be mended.
pub const MENDABLE_HEADERS: [&str; 3] = [LINE, SEVERITY, REASON];

/// Which page of which job's notes.
#[derive(Debug, Clone, Copy)]
pub struct ListNotes {
    /// Which job.
    pub job: ImportJobId,
    /// Which notes; absent for refused rows and then warnings.
    pub severity: Option<ImportSeverity>,
    /// After which note; absent for the first.
    pub after: Option<NotePlace>,
    /// Notes of the page.
    pub limit: i64,
}

/// A place among the notes of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotePlace {
    /// Refused rows come first.
    pub severity: ImportSeverity,
    /// The number of the note.
    pub seq: i64,
}

/// Notes: refused rows first, each kind in the order of the file.
#[derive(Debug, Clone)]
pub struct NotePage {
    /// What the cells stand under.
    pub headers: Vec<String>,
    /// The notes.
    pub items: Vec<Note>,
    /// After which note the next page begins, if there is one.
    pub next: Option<NotePlace>,
    /// The delimiter of the file; absent for lines of JSON.
    pub delimiter: Option<u8>,
}

/// What is to be said of a row.
#[derive(Clone)]
pub struct Note {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// Whether the row was refused or taken without a field.
    pub severity: ImportSeverity,
    /// Code of the catalogue.
    pub code: String,
    /// One sentence that begins with the path.
    pub message: String,
    /// Where in the row.
    pub path: Option<String>,
    /// What stood there, as JSON.
    pub value: Option<Value>,
    cells: Vec<String>,
    is_table: bool,
}

impl std::fmt::Debug for Note {
    /// Shows line and code only: the rest is about a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Note({}, {})", self.line, self.code)
    }
}

impl Service {
    /// Notes about the rows of a job.
    ///
    /// # Errors
    /// `IMPORTS.NOT_FOUND`.
    pub async fn import_notes(&self, actor: &Actor, query: ListNotes) -> Result<NotePage, ServiceError> {
        let (tenant, ListNotes { job, severity, after, limit }) = (actor.tenant, query);
        let kinds = [ImportSeverity::Error, ImportSeverity::Warning];
        let from = after.map_or(0, |place| usize::from(place.severity == ImportSeverity::Warning));
        let read = self.store().read("imports.notes", move |tx| {
            let row = found(tx, tenant, job)?;
            let mut notes = Vec::new();
            for kind in kinds.into_iter().skip(from).filter(|kind| severity.is_none_or(|wanted| wanted == *kind)) {
                let after = after.filter(|place| place.severity == kind).map_or(0, |place| place.seq);
                let room = limit + 1 - i64::try_from(notes.len()).unwrap_or(limit);
                notes.extend(tx.import_notes(tenant, job, kind, after, room)?);
            }
            Ok::<_, ServiceError>((row, notes))
        });
        let (row, mut notes) = read.await?;
        let layout = Layout::of(&row)?;
        let delimiter = layout.as_ref().and_then(|layout| layout.delimiter);
        let is_table = delimiter.is_some();
        let headers = match layout {
            Some(layout) if is_table => layout.headers,
            _ => vec![RECORD_HEADER.to_owned()],
        };
        let limit = usize::try_from(limit).unwrap_or(0);
        let has_more = notes.len() > limit;
        notes.truncate(limit);
        let next = notes.last().filter(|_| has_more);
        let next = next.map(|(seq, note)| NotePlace { severity: note.severity, seq: *seq });
        let items = notes.into_iter().map(|(_, note)| Note::of(note, is_table)).collect::<Result<_, _>>()?;
        Ok(NotePage { headers, items, next, delimiter })
    }
}

impl Note {
    fn of(note: ImportNote, is_table: bool) -> Result<Self, ServiceError> {
        Ok(Self {
            line: note.line.unsigned_abs(),
            severity: note.severity,
            code: note.code,
            message: note.message,
            path: note.path,
            value: note.value.as_deref().map(stored).transpose()?,
            cells: stored(&note.cells)?,
            is_table,
        })
    }

    /// The row as it was: by header for a table, the record itself otherwise; text if it is no record.
    #[must_use]
    pub fn record(&self, headers: &[String]) -> Value {
        let text = self.cells.first().map_or("", String::as_str);
        if !self.is_table {
            return object(text).map_or_else(|_| text.into(), Value::Object);
        }
        let mut record = Map::new();
        for (place, cell) in self.cells.iter().enumerate() {
            let name = headers.get(place).cloned().unwrap_or_default();
            let taken = name.is_empty() || record.contains_key(&name);
            record.insert(if taken { format!("column_{}", place + 1) } else { name }, cell.as_str().into());
        }
        record.into()
    }

    /// The cells of the row with line and reason behind them, to stand under the headers and [`MENDABLE_HEADERS`].
    #[must_use]
    pub fn mendable_row(&self, headers: &[String]) -> Vec<String> {
        mendable(&self.cells, headers.len(), (self.line, self.severity, &self.reason()))
    }

    /// The row as one object with line and reason beside its record, which imports take as it is.
    #[must_use]
    pub fn mendable_record(&self, headers: &[String]) -> Value {
        if self.is_table {
            return serde_json::json!({
                "record": self.record(headers), LINE: self.line, SEVERITY: self.severity.as_str(), REASON: self.reason()
            });
        }
        mendable_line(self.cells.first().map_or("", String::as_str), (self.line, self.severity, &self.reason()))
    }

    /// Why, in one clause that begins with the field.
    #[must_use]
    pub fn reason(&self) -> String {
        clause(self.severity, &self.message)
    }
}
