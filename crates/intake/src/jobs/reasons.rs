//! What is kept of rows that were refused or taken without a field: exact counts by reason, and the first rows.
//!
//! Invariant: the counts of the reasons sum up to all such rows and fields, however many of the rows are kept.

use super::inspect::unreadable;
use super::notes::note;
use crate::IntakeError;
use crate::file::rows::{ROW, Row};
use postrider_core::error::{Detail, Refusal};
use postrider_core::import::ImportSeverity;
use postrider_store::import_files::ImportNote;
use postrider_store::import_jobs::{ImportCounts, ImportJobRow};
use postrider_store::import_runs::Kept;
use serde::{Deserialize, Serialize};

/// Refused rows that a job keeps at most, and as many warnings.
pub const NOTES_MAX: i64 = 100_000;
/// Cells and reasons that a job keeps at most, in bytes.
pub const NOTE_BYTES_MAX: i64 = 64 * 1024 * 1024;
/// Reasons of one kind that a job counts apart; the rest is counted together.
const REASONS_MAX: usize = 100;
/// The sentence of the rest.
const OTHERS: &str = "other reasons";

/// How many rows there are for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Whether the rows were refused.
    pub is_error: bool,
    /// Code of the catalogue.
    pub code: String,
    /// One clause that begins with the field.
    pub message: String,
    /// Rows, or for warnings fields of rows.
    pub rows: i64,
}

/// What a dry run found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DryRun {
    /// What would become of the rows.
    pub counts: ImportCounts,
    /// Why rows would be refused or taken without a field.
    pub reasons: Vec<Reason>,
}

/// As it is stored.
#[derive(Serialize, Deserialize)]
struct StoredDryRun {
    counts: [i64; 7],
    reasons: Vec<Reason>,
}

/// The notes of one set, on top of what a job has kept before.
pub(super) struct Keeping {
    kept: Kept,
    reasons: Vec<Reason>,
    first: i64,
    notes: Vec<ImportNote>,
}

impl Keeping {
    pub(super) fn new(kept: Kept) -> Result<Self, IntakeError> {
        let reasons = parse(kept.reasons.as_deref())?;
        let first = kept.errors + kept.warnings + 1;
        Ok(Self { kept, reasons, first, notes: Vec::new() })
    }

    /// Counts a row, and keeps it if there is room.
    pub(super) fn add(&mut self, row: &Row, severity: ImportSeverity, refusal: &Refusal) {
        let rows = if severity == ImportSeverity::Error { row.rows } else { 1 };
        count(&mut self.reasons, severity, refusal, i64::try_from(rows).unwrap_or(i64::MAX));
        let number = match severity {
            ImportSeverity::Error => &mut self.kept.errors,
            ImportSeverity::Warning => &mut self.kept.warnings,
        };
        if *number >= NOTES_MAX || self.kept.bytes >= NOTE_BYTES_MAX {
            return;
        }
        let note = note(row, severity, refusal);
        *number += 1;
        self.kept.bytes += i64::try_from(note.cells.len() + note.message.len()).unwrap_or(0);
        self.notes.push(note);
    }

    /// What is kept now, and the new notes with the number of the first.
    pub(super) fn end(self) -> (Kept, i64, Vec<ImportNote>) {
        let reasons = (!self.reasons.is_empty()).then(|| serde_json::json!(self.reasons).to_string());
        (Kept { reasons, ..self.kept }, self.first, self.notes)
    }
}

fn count(reasons: &mut Vec<Reason>, severity: ImportSeverity, refusal: &Refusal, rows: i64) {
    let (code, message) = (refusal.code.as_str(), sentence(refusal));
    let is_error = severity == ImportSeverity::Error;
    let is_same = |reason: &Reason| reason.is_error == is_error && reason.code == code && reason.message == message;
    if let Some(reason) = reasons.iter_mut().find(|reason| is_same(reason)) {
        reason.rows += rows;
        return;
    }
    let mut of_its_kind = reasons.iter_mut().filter(|reason| reason.is_error == is_error);
    if of_its_kind.by_ref().count() < REASONS_MAX {
        reasons.push(Reason { is_error, code: code.to_owned(), message, rows });
        return;
    }
    match reasons.iter_mut().find(|reason| reason.is_error == is_error && reason.message == OTHERS) {
        Some(others) => others.rows += rows,
        None => reasons.push(Reason { is_error, code: code.to_owned(), message: OTHERS.to_owned(), rows }),
    }
}

/// The field and what is wrong with it, the same for every row: without the place in a list.
fn sentence(refusal: &Refusal) -> String {
    let Detail::Field { path, problem, .. } = &refusal.detail else { return refusal.message() };
    let path = path.split('[').next().unwrap_or(path);
    let text = if path == ROW { problem.clone() } else { format!("{path}: {problem}") };
    text.replace('\0', "\u{fffd}")
}

fn parse(text: Option<&str>) -> Result<Vec<Reason>, IntakeError> {
    text.map_or_else(|| Ok(Vec::new()), |text| serde_json::from_str(text).map_err(unreadable))
}

/// Why rows of a job were refused or taken without a field, the most frequent first.
///
/// # Errors
/// A failure if the row holds what no release wrote.
pub fn reasons(row: &ImportJobRow) -> Result<Vec<Reason>, IntakeError> {
    let mut reasons = parse(row.reasons.as_deref())?;
    reasons.sort_by_key(|reason| (!reason.is_error, -reason.rows));
    Ok(reasons)
}

impl DryRun {
    /// What a dry run that is at its end found, as it is stored.
    pub(super) fn stored(row: &ImportJobRow) -> Result<String, IntakeError> {
        let ImportCounts { read, created, updated, unchanged, refused, fields_left_out, added_to_list } = row.counts;
        let counts = [read, created, updated, unchanged, refused, fields_left_out, added_to_list];
        Ok(serde_json::json!(StoredDryRun { counts, reasons: reasons(row)? }).to_string())
    }

    /// What the last dry run of a job found.
    ///
    /// # Errors
    /// A failure if the row holds what no release wrote.
    pub fn of(row: &ImportJobRow) -> Result<Option<Self>, IntakeError> {
        let Some(text) = &row.dry_run else { return Ok(None) };
        let StoredDryRun { counts, reasons } = serde_json::from_str(text).map_err(unreadable)?;
        let [read, created, updated, unchanged, refused, fields_left_out, added_to_list] = counts;
        let counts = ImportCounts { read, created, updated, unchanged, refused, fields_left_out, added_to_list };
        Ok(Some(Self { counts, reasons }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: u64) -> Row {
        Row { line, rows: 1, cells: vec!["nobody".to_owned()], problem: None }
    }

    #[test]
    fn counts_stay_exact_when_no_more_rows_are_kept() {
        let kept = Kept { errors: NOTES_MAX - 1, warnings: NOTES_MAX, ..Kept::default() };
        let mut keeping = Keeping::new(kept).unwrap();
        let refusal = Refusal::invalid("email", Some("nobody"), "has no @");
        for line in 1..=5 {
            keeping.add(&row(line), ImportSeverity::Error, &refusal);
            keeping.add(&row(line), ImportSeverity::Warning, &refusal);
        }
        let (kept, first, notes) = keeping.end();
        assert_eq!((kept.errors, kept.warnings, first), (NOTES_MAX, NOTES_MAX, 2 * NOTES_MAX));
        assert_eq!(
            notes.iter().map(|note| (note.line, note.severity)).collect::<Vec<_>>(),
            [(1, ImportSeverity::Error)]
        );
        let counted: Vec<i64> = parse(kept.reasons.as_deref()).unwrap().iter().map(|reason| reason.rows).collect();
        assert_eq!(counted, [5, 5]);
    }

    #[test]
    fn rows_are_kept_up_to_a_number_of_bytes_and_reasons_up_to_a_number() {
        let kept = Kept { bytes: NOTE_BYTES_MAX - 1, ..Kept::default() };
        let mut keeping = Keeping::new(kept).unwrap();
        for line in 1..=150 {
            keeping.add(&row(line), ImportSeverity::Error, &Refusal::invalid(format!("f{line}"), None, "is wrong"));
        }
        let (kept, _, notes) = keeping.end();
        assert_eq!((kept.errors, notes.len()), (1, 1));
        let reasons = parse(kept.reasons.as_deref()).unwrap();
        assert_eq!(reasons.len(), REASONS_MAX + 1);
        assert_eq!(reasons.iter().map(|reason| reason.rows).sum::<i64>(), 150);
        assert_eq!((reasons[REASONS_MAX].message.as_str(), reasons[REASONS_MAX].rows), (OTHERS, 50));
    }
}
