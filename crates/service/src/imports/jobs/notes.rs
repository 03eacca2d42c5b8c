//! `GET /import-jobs/{id}/errors`: refused rows, and rows that were taken without a field.

use super::found;
use crate::{Actor, Service, ServiceError};
use postrider_core::id::ImportJobId;
use postrider_core::import::ImportSeverity;
use postrider_intake::file::object::object;
use postrider_intake::file::refused::{LINE, REASON, mendable, mendable_line};
use postrider_intake::file::source::RECORD_HEADER;
use postrider_intake::file::tally::clause;
use postrider_intake::jobs::inspect::{Layout, stored};
use postrider_store::import_files::ImportNote;
use serde_json::{Map, Value};

/// The columns that stand behind those of the file where refused rows are written out to be mended.
pub const MENDABLE_HEADERS: [&str; 2] = [LINE, REASON];

/// Which page of which job's notes.
#[derive(Debug, Clone, Copy)]
pub struct ListNotes {
    /// Which job.
    pub job: ImportJobId,
    /// After which note; 0 for the first.
    pub after: i64,
    /// Notes of the page.
    pub limit: i64,
}

/// Notes in the order of the file.
#[derive(Debug, Clone)]
pub struct NotePage {
    /// What the cells stand under.
    pub headers: Vec<String>,
    /// The notes.
    pub items: Vec<Note>,
    /// After which note the next page begins, if there is one.
    pub next: Option<i64>,
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
        let (tenant, ListNotes { job, after, limit }) = (actor.tenant, query);
        let read = self.store().read("imports.notes", move |tx| {
            let row = found(tx, tenant, job)?;
            Ok::<_, ServiceError>((row, tx.import_notes(tenant, job, after, limit + 1)?))
        });
        let (row, mut notes) = read.await?;
        let layout = Layout::of(&row)?;
        let is_table = layout.as_ref().is_some_and(|layout| layout.delimiter.is_some());
        let headers = match layout {
            Some(layout) if is_table => layout.headers,
            _ => vec![RECORD_HEADER.to_owned()],
        };
        let limit = usize::try_from(limit).unwrap_or(0);
        let has_more = notes.len() > limit;
        notes.truncate(limit);
        let next = notes.last().filter(|_| has_more).map(|(seq, _)| *seq);
        let items = notes.into_iter().map(|(_, note)| Note::of(note, is_table)).collect::<Result<_, _>>()?;
        Ok(NotePage { headers, items, next })
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
        mendable(&self.cells, headers.len(), self.line, &self.reason())
    }

    /// The row as one object with line and reason beside its record, which imports take as it is.
    #[must_use]
    pub fn mendable_record(&self, headers: &[String]) -> Value {
        if self.is_table {
            return serde_json::json!({
                "record": self.record(headers), LINE: self.line, REASON: self.reason()
            });
        }
        mendable_line(self.cells.first().map_or("", String::as_str), self.line, &self.reason())
    }

    fn reason(&self) -> String {
        clause(self.severity, &self.message)
    }
}
