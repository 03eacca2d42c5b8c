//! What the columns of the file of a job are.

use super::inspect::{Layout, Samples, said, unreadable};
use crate::IntakeError;
use crate::file::columns::{Columns, Origin};
use crate::file::doubts::Doubt;
use crate::file::encoding::Reading;
use crate::file::mapping::Mapping;
use crate::file::object::Fields;
use crate::file::survey::Seen;
use crate::file::types::{ColumnType, Types};
use postrider_core::error::Code;
use postrider_core::import::{ImportFormat, ImportState};
use postrider_store::import_jobs::{ImportJobRow, ImportLayout};
use postrider_store::profiles::MatchKey;

/// A column of a table or a field of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its header or name.
    pub column: String,
    /// What becomes of it; `-` if nothing.
    pub field: String,
    /// Some of what stands in it, until the start.
    pub samples: Vec<String>,
    /// What a person must say about it before the import.
    pub question: Option<String>,
    /// Its kind, if it becomes an attribute.
    pub kind: Option<ColumnType>,
}

/// The layout of a job of whose file a caller says this.
///
/// # Errors
/// `IMPORTS.ALREADY_STARTED`, `FILE_MISSING`, `MAPPING_INVALID`.
pub fn mapped(row: &ImportJobRow, mapping: &Mapping, match_key: Option<MatchKey>) -> Result<ImportLayout, IntakeError> {
    row.state.may_map(row.file_bytes.is_some())?;
    let (Some(layout), Some(format)) = (Layout::of(row)?, row.format) else {
        return Err(Code::ImportFileMissing.into());
    };
    let wanted = match_key.or(row.asked_match_key);
    let mapping = Mapping { file_name: row.file_name.clone(), ..mapping.clone() };
    let columns = columns_of(format, &layout, &mapping)?;
    let key = match format {
        ImportFormat::Csv => columns.match_key(wanted).map_err(said)?,
        ImportFormat::Jsonl => wanted.unwrap_or_default(),
    };
    let types = types_of(format, &columns, &layout, &mapping)?;
    let has_doubts = columns.doubts(&Samples::of(row)?.seen).iter().any(Option::is_some)
        || layout.reading.as_ref().is_some_and(Reading::is_doubtful);
    Ok(ImportLayout {
        state: if has_doubts || !types.questions.is_empty() { ImportState::Pending } else { ImportState::Ready },
        format,
        match_key: Some(key),
        layout: row.layout.clone().unwrap_or_default(),
        samples: row.samples.clone(),
        mapping: Some(serde_json::json!(mapping).to_string()),
        start: (row.next_byte, row.next_line),
    })
}

/// The columns of a table or the fields of records, as a caller says.
fn columns_of(format: ImportFormat, layout: &Layout, mapping: &Mapping) -> Result<Columns, IntakeError> {
    match format {
        ImportFormat::Csv => Columns::new(&layout.headers, mapping).map_err(said),
        ImportFormat::Jsonl => Ok(Fields::new(mapping).map_err(said)?.columns(&layout.headers)),
    }
}

/// The kinds of the columns of a table or the fields of records.
fn types_of(format: ImportFormat, columns: &Columns, layout: &Layout, mapping: &Mapping) -> Result<Types, IntakeError> {
    let types = match format {
        ImportFormat::Csv => Types::of_table(columns, &layout.forms, mapping),
        ImportFormat::Jsonl => {
            Types::of_records(&Fields::new(mapping).map_err(said)?, &layout.headers, &layout.forms, mapping)
        }
    };
    types.map_err(said)
}

/// What a caller said of the file of a job.
///
/// # Errors
/// A failure if the row holds what no release wrote.
pub fn stored(row: &ImportJobRow) -> Result<Mapping, IntakeError> {
    let said = row.mapping.as_deref().map(|text| Mapping::parse(text).map_err(unreadable)).transpose()?;
    Ok(Mapping { file_name: row.file_name.clone(), ..said.unwrap_or_default() })
}

/// What is known of the columns of a job whose file was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Described {
    /// Columns of a table or fields of records.
    pub columns: Vec<Column>,
    /// What is missing before it can start.
    pub problem: Option<String>,
    /// Name of the preset, and what such a file is.
    pub preset: Option<(&'static str, &'static str)>,
    /// What follows for everybody if nothing in the file is about consent.
    pub consent_note: Option<String>,
    /// How the file is read where that is not plain: title lines, lines that are not UTF-8.
    pub reading_note: Option<String>,
}

/// Says what is known of the columns of a job. `mails_unknown` is what the tenant does about unknown consent.
///
/// # Errors
/// A failure if the row holds what no release wrote.
pub fn describe(row: &ImportJobRow, mails_unknown: bool) -> Result<Described, IntakeError> {
    let (Some(layout), Some(format)) = (Layout::of(row)?, row.format) else { return Ok(Described::default()) };
    let mapping = stored(row)?;
    let samples = Samples::of(row)?;
    let columns = columns_of(format, &layout, &mapping)?;
    let is_open = matches!(row.state, ImportState::Pending | ImportState::Ready);
    let doubts = if is_open { columns.doubts(&samples.seen) } else { vec![None; columns.headers.len()] };
    let mut problem = None;
    let named = match format {
        ImportFormat::Csv => {
            if row.state == ImportState::Pending {
                problem = columns.match_key(row.asked_match_key).err().map(|error| said(error).to_string());
            }
            columns.named()
        }
        ImportFormat::Jsonl => {
            let fields = Fields::new(&mapping).map_err(said)?;
            layout.headers.iter().map(|name| (name.clone(), fields.target(name))).collect()
        }
    };
    let types = types_of(format, &columns, &layout, &mapping)?;
    let is_asked = row.state == ImportState::Pending && !types.questions.is_empty();
    let reading = layout.reading.as_ref();
    let unread = reading.filter(|reading| row.state == ImportState::Pending && reading.is_doubtful());
    let problem = unread.map(Reading::question).or(problem).or_else(|| questions(&doubts));
    let problem = problem.or_else(|| is_asked.then(|| types.questions.join("; ")));
    let kinds = types.columns.into_iter().chain(std::iter::repeat(None));
    let has_consent = columns.tells_consent() || layout.headers.iter().any(|name| name == "consent");
    let described =
        named.into_iter().zip(doubts).zip(kinds).enumerate().map(|(place, (((column, field), doubt), kind))| {
            let samples = samples.columns.get(place).cloned().unwrap_or_default();
            Column { column, field, samples, question: doubt.as_ref().map(Doubt::sentence), kind }
        });
    Ok(Described {
        columns: described.collect(),
        problem,
        preset: columns.preset.map(|preset| (preset.name, preset.about)),
        reading_note: layout.note(),
        consent_note: (!has_consent).then(|| consent_note(&columns, &samples.seen, mails_unknown)),
    })
}

/// The first question of a file, and about which other columns there are more.
fn questions(doubts: &[Option<Doubt>]) -> Option<String> {
    let mut doubts = doubts.iter().flatten();
    let mut problem = doubts.next()?.sentence();
    let others: Vec<String> = doubts.map(|doubt| format!("\"{}\"", doubt.column)).collect();
    if !others.is_empty() {
        problem.push_str("; the same is asked about ");
        problem.push_str(&others.join(", "));
    }
    Some(problem)
}

/// What follows for everybody if nothing in a file is about consent.
fn consent_note(columns: &Columns, seen: &[Seen], mails_unknown: bool) -> String {
    let mails = if mails_unknown { "mails" } else { "does not mail" };
    let mut note = format!(
        "no column is about consent, so consent stays unknown for everyone; this tenant {mails} people whose consent is \
        unknown"
    );
    let is_answers = |place: usize| seen.get(place).is_some_and(Seen::is_answers);
    let places = columns.origins.iter().enumerate().filter(|(_, origin)| **origin == Origin::Header);
    let headers = places.filter(|(place, _)| is_answers(*place)).map(|(place, _)| &columns.headers[place]);
    let headers: Vec<String> = headers.take(5).map(|header| format!("\"{header}\"")).collect();
    if !headers.is_empty() {
        note.push_str("; only yes and no stands in ");
        note.push_str(&headers.join(", "));
    }
    note
}
