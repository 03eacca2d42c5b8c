//! What the columns of the file of a job are.

use super::inspect::{Layout, Samples, said, unreadable};
use crate::IntakeError;
use crate::file::columns::Columns;
use crate::file::mapping::Mapping;
use crate::file::object::Fields;
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
    let key = match format {
        ImportFormat::Csv => {
            let columns = Columns::new(&layout.headers, mapping).map_err(said)?;
            columns.match_key(wanted).map_err(said)?
        }
        ImportFormat::Jsonl => {
            Fields::new(mapping).map_err(said)?;
            wanted.unwrap_or_default()
        }
    };
    Ok(ImportLayout {
        state: ImportState::Ready,
        format,
        match_key: Some(key),
        layout: row.layout.clone().unwrap_or_default(),
        samples: row.samples.clone(),
        mapping: Some(serde_json::json!(mapping).to_string()),
        start: (row.next_byte, row.next_line),
    })
}

/// What a caller said of the file of a job.
///
/// # Errors
/// A failure if the row holds what no release wrote.
pub fn stored(row: &ImportJobRow) -> Result<Mapping, IntakeError> {
    row.mapping.as_deref().map_or_else(|| Ok(Mapping::default()), |text| Mapping::parse(text).map_err(unreadable))
}

/// The columns of a job whose file was looked at, and what is missing before it can start.
///
/// # Errors
/// A failure if the row holds what no release wrote.
pub fn columns(row: &ImportJobRow) -> Result<(Vec<Column>, Option<String>), IntakeError> {
    let (Some(layout), Some(format)) = (Layout::of(row)?, row.format) else { return Ok((Vec::new(), None)) };
    let mapping = stored(row)?;
    let samples = Samples::of(row)?;
    let mut problem = None;
    let named = match format {
        ImportFormat::Csv => {
            let columns = Columns::new(&layout.headers, &mapping).map_err(said)?;
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
    let columns = named.into_iter().enumerate().map(|(place, (column, field))| {
        let samples = samples.columns.get(place).cloned().unwrap_or_default();
        Column { column, field, samples }
    });
    Ok((columns.collect(), problem))
}
