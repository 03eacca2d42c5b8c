//! What is kept of a row that was refused or taken without a field.

use crate::file::rows::Row;
use postrider_core::error::{Detail, Refusal};
use postrider_core::import::ImportSeverity;
use postrider_store::import_files::ImportNote;

/// What is stored of a row that was refused or taken without a field.
pub fn note(row: &Row, severity: ImportSeverity, refusal: &Refusal) -> ImportNote {
    let (path, value) = match &refusal.detail {
        Detail::Field { path, value, .. } => (Some(text(path)), value.as_deref().map(text)),
        _ => (None, None),
    };
    ImportNote {
        line: i64::try_from(row.line).unwrap_or(i64::MAX),
        severity,
        code: refusal.code.as_str().to_owned(),
        message: text(&refusal.message()),
        path,
        value,
        cells: serde_json::json!(row.cells).to_string(),
    }
}

/// Text as PostgreSQL can hold it, which has no character NUL.
fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
