//! Looks at the beginning of a file: how it is written, what its columns are called, and what stands in them.

use crate::IntakeError;
use crate::file::columns::Columns;
use crate::file::encoding::{self, Reading};
use crate::file::forms::Forms;
use crate::file::lines::Lines;
use crate::file::mapping::Mapping;
use crate::file::object::{Fields, object};
use crate::file::report::ImportError;
use crate::file::row::bare;
use crate::file::rows::{NEVER_CLOSED, Place, Rows, Shape};
use crate::file::source::Middle;
use crate::file::survey::Seen;
use crate::file::types::Types;
use postrider_core::error::Refusal;
use postrider_core::import::ImportFormat;
use postrider_store::StoreError;
use postrider_store::import_jobs::ImportJobRow;
use postrider_store::profiles::MatchKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::Read;

/// Rows of which samples are taken.
const SAMPLED_ROWS: usize = 3;
/// Lines of JSON that are looked at for the names of their fields.
const SAMPLED_LINES: usize = 100;
/// Fields of records that are told, at most.
const FIELDS_TOLD_MAX: usize = 200;
/// Longest sample, in characters.
const SAMPLE_CHARS_MAX: usize = 100;

/// How a file is to be read, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// What parts the cells; absent for lines of JSON.
    pub delimiter: Option<u8>,
    /// Headers of a table; names of fields that records were seen to have.
    pub headers: Vec<String>,
    /// The forms of the cells of each column, all over the file.
    #[serde(default)]
    pub forms: Vec<Forms>,
    /// How lines are read that are not UTF-8; absent if there are none.
    #[serde(default)]
    pub reading: Option<Reading>,
    /// Lines above the header that belong to no table.
    #[serde(default)]
    pub title_lines: u64,
}

impl Layout {
    /// How the file is read where that is not plain.
    pub fn note(&self) -> Option<String> {
        let titles = match self.title_lines {
            0 => None,
            1 => Some("the line above the header is left out".to_owned()),
            lines => Some(format!("the header is in line {}, and the {lines} lines above it are left out", lines + 1)),
        };
        let notes: Vec<String> = titles.into_iter().chain(self.reading.as_ref().map(Reading::note)).collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }
}

/// Some of what stands in each column, as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Samples {
    pub columns: Vec<Vec<String>>,
    /// What stands in each column of the whole file, as far as it matters for consent.
    pub seen: Vec<Seen>,
}

/// What was seen.
pub struct Inspection {
    pub layout: Layout,
    pub samples: Samples,
    /// Where the first row begins.
    pub start: Place,
    /// By what people are found, if the headers say it.
    pub key: Option<MatchKey>,
    /// Whether a person must decide about a column before it is imported.
    pub has_doubts: bool,
}

impl Layout {
    /// How the file of a job is to be read, if it was looked at.
    ///
    /// # Errors
    /// A failure if the row holds what no release wrote.
    pub fn of(row: &ImportJobRow) -> Result<Option<Self>, IntakeError> {
        row.layout.as_deref().map(stored).transpose()
    }

    /// How to read on in the middle of the file.
    pub fn middle(self) -> Middle {
        match self.delimiter {
            Some(delimiter) => {
                let decoding = self.reading.as_ref().map(Reading::decoding).unwrap_or_default();
                Middle::Table(Shape { delimiter, columns: self.headers.len(), decoding }, self.headers, self.forms)
            }
            None => Middle::Lines,
        }
    }
}

impl Samples {
    /// The samples of a job that is not started.
    ///
    /// # Errors
    /// A failure if the row holds what no release wrote.
    pub fn of(row: &ImportJobRow) -> Result<Self, IntakeError> {
        row.samples.as_deref().map_or_else(|| Ok(Self::default()), stored)
    }
}

/// Reads JSON that was stored.
///
/// # Errors
/// A failure if it is not what was written.
pub fn stored<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, IntakeError> {
    serde_json::from_str(text).map_err(unreadable)
}

/// The failure of a row that holds what no release wrote.
pub fn unreadable(error: serde_json::Error) -> IntakeError {
    StoreError::Failed(format!("an import job holds what cannot be read: {error}")).into()
}

/// The error of an import as the error of a use case.
pub fn said(error: ImportError) -> IntakeError {
    match error {
        ImportError::Service(error) => error,
        ImportError::Read(error) | ImportError::WriteRefused(error) => match error.downcast::<StoreError>() {
            Ok(failure) => failure.into(),
            Err(error) => StoreError::Failed(format!("the file of an import cannot be read: {error}")).into(),
        },
    }
}

/// Looks at a file, all of it: an unknown word of consent or a letter of another alphabet may be in the last row.
/// `open` opens the file from its beginning; a table is read twice, since its header needs the encoding of the rows.
///
/// # Errors
/// `IMPORTS.FILE_INVALID`, `IMPORTS.MAPPING_INVALID`; the input's own errors.
pub fn inspect(
    open: &dyn Fn() -> Box<dyn Read + Send>,
    format: ImportFormat,
    key: Option<MatchKey>,
    mapping: &Mapping,
) -> Result<Inspection, ImportError> {
    match format {
        ImportFormat::Csv => {
            let asked = mapping.asked_encoding()?;
            let reading = encoding::read(open(), asked).map_err(ImportError::Read)?;
            inspect_table(open(), reading, key, mapping)
        }
        ImportFormat::Jsonl => inspect_lines(open(), key, mapping),
    }
}

fn inspect_table(
    input: Box<dyn Read + Send>,
    reading: Option<Reading>,
    key: Option<MatchKey>,
    mapping: &Mapping,
) -> Result<Inspection, ImportError> {
    let (mut rows, header) = Rows::open(input, reading.as_ref().map(Reading::decoding).unwrap_or_default())?;
    let start = rows.place();
    let title_lines = rows.title_lines();
    let columns = Columns::new(&header.cells, mapping)?;
    let mut samples = vec![Vec::new(); columns.headers.len()];
    let mut seen = vec![Seen::default(); columns.headers.len()];
    let mut forms = vec![Forms::default(); columns.headers.len()];
    let mut count = 0;
    while let Some(row) = rows.next_row()? {
        if let Some(problem) = row.problem.as_deref().filter(|problem| problem.starts_with(NEVER_CLOSED)) {
            let wrong = format!("cannot be read to its end: {problem}; it is in line {}", row.line);
            return Err(ImportError::file(wrong));
        }
        count += 1;
        for (place, cell) in row.cells.iter().enumerate().take(columns.headers.len()) {
            if count <= SAMPLED_ROWS {
                samples[place].push(short(cell));
            }
            seen[place].see(bare(cell));
            if row.problem.is_none() {
                forms[place].look(bare(cell), row.line);
            }
        }
    }
    if count == 0 {
        return Err(ImportError::file("has a header and no rows below it"));
    }
    let types = Types::of_table(&columns, &forms, mapping)?;
    let has_doubts = columns.doubts(&seen).iter().any(Option::is_some)
        || !types.questions.is_empty()
        || reading.as_ref().is_some_and(Reading::is_doubtful);
    let layout = Layout {
        delimiter: Some(rows.shape().delimiter),
        headers: columns.headers.clone(),
        forms,
        reading,
        title_lines,
    };
    let key = columns.match_key(key).ok();
    Ok(Inspection { layout, samples: Samples { columns: samples, seen }, start, key, has_doubts })
}

fn inspect_lines(
    input: Box<dyn Read + Send>,
    key: Option<MatchKey>,
    mapping: &Mapping,
) -> Result<Inspection, ImportError> {
    let fields = Fields::new(mapping)?;
    let mut lines = Lines::open(input)?;
    let start = lines.place();
    let mut found = Found::default();
    let mut first_problem: Option<Refusal> = None;
    let mut objects = 0;
    let mut count = 0;
    while let Some(row) = if count < SAMPLED_LINES { lines.next_row()? } else { lines.next_row().unwrap_or(None) } {
        count += 1;
        let text = row.cells.first().map_or("", String::as_str);
        match row.refusal().map_or_else(|| object(text), Err) {
            Ok(record) => {
                objects += 1;
                for (name, value) in &record {
                    found.sample(name, value, &fields, row.line);
                }
            }
            Err(refusal) => drop(first_problem.get_or_insert(refusal)),
        }
        if objects == 0 && count >= SAMPLED_LINES {
            break;
        }
    }
    if let (0, Some(refusal)) = (objects, first_problem) {
        return Err(ImportError::file(format!("holds no record: {}", refusal.message())));
    }
    let has_doubts = fields.columns(&found.headers).doubts(&found.seen).iter().any(Option::is_some);
    let Found { headers, samples, seen, forms } = found;
    let layout = Layout { delimiter: None, headers, forms, reading: None, title_lines: 0 };
    let samples = Samples { columns: samples, seen };
    Ok(Inspection { layout, samples, start, key: Some(key.unwrap_or_default()), has_doubts })
}

/// The fields that records were seen to have.
#[derive(Default)]
struct Found {
    headers: Vec<String>,
    samples: Vec<Vec<String>>,
    seen: Vec<Seen>,
    forms: Vec<Forms>,
}

impl Found {
    fn sample(&mut self, name: &str, value: &Value, fields: &Fields, line: u64) {
        let place = self.headers.iter().position(|known| known == name).unwrap_or(self.headers.len());
        if place == self.headers.len() {
            // A field about consent is never left aside, however many there are.
            if self.headers.len() >= FIELDS_TOLD_MAX && !fields.is_about_consent(name) {
                return;
            }
            self.headers.push(name.to_owned());
            self.samples.push(Vec::new());
            self.seen.push(Seen::default());
            self.forms.push(Forms::default());
        }
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        self.seen[place].see(&text);
        self.forms[place].look_value(value, line);
        if self.samples[place].len() < SAMPLED_ROWS {
            self.samples[place].push(short(if value.is_null() { "null" } else { &text }));
        }
    }
}

fn short(text: &str) -> String {
    text.trim().chars().take(SAMPLE_CHARS_MAX).collect()
}
