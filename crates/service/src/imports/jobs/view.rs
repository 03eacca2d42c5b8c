//! A job as callers see it, made of its row.

use crate::ServiceError;
use postrider_core::error::Code;
use postrider_core::id::{ImportJobId, ListId};
use postrider_core::import::{ImportFormat, ImportState};
use postrider_core::time::Timestamp;
pub use postrider_intake::jobs::mapping::Column;
use postrider_intake::jobs::mapping::{Described, describe};
use postrider_intake::jobs::reasons::{DryRun, Reason, reasons};
use postrider_store::import_jobs::{ImportCounts, ImportJobRow};
use postrider_store::profiles::MatchKey;

/// A job.
#[derive(Debug, Clone)]
pub struct ImportJob {
    /// Id.
    pub id: ImportJobId,
    /// What people call it.
    pub name: Option<String>,
    /// What the file is called where it comes from.
    pub file_name: Option<String>,
    /// How the file is written, once that is known.
    pub format: Option<ImportFormat>,
    /// Where it stands.
    pub state: ImportState,
    /// By what people are found, once that is known.
    pub match_key: Option<MatchKey>,
    /// On which list everybody is put.
    pub list: Option<ListId>,
    /// Name of the list that the start finds or makes.
    pub list_name: Option<String>,
    /// Until when the upload URL is good.
    pub upload_expires_at: Timestamp,
    /// Bytes of the file that have come.
    pub uploaded_bytes: i64,
    /// Length of the file, once it is whole.
    pub file_bytes: Option<i64>,
    /// Columns of a table or fields of records, with what becomes of each.
    pub columns: Vec<Column>,
    /// Why it cannot be started yet though its file is there.
    pub problem: Option<String>,
    /// The export of another system that the file is, and what such a file is.
    pub preset: Option<(&'static str, &'static str)>,
    /// What follows for everybody if nothing in the file is about consent.
    pub consent_note: Option<String>,
    /// How the file is read where that is not plain.
    pub reading_note: Option<String>,
    /// What became of the rows so far.
    pub counts: ImportCounts,
    /// Why rows were refused or taken without a field, refused ones first, the most frequent first.
    pub reasons: Vec<Reason>,
    /// Refused rows and warnings that are kept; there may be more.
    pub kept: (i64, i64),
    /// Whether it runs, or ran, without writing anything.
    pub is_dry_run: bool,
    /// What the last dry run found.
    pub dry_run: Option<DryRun>,
    /// How much of the file is behind us, from 0 to 1.
    pub progress: f64,
    /// Why it failed: code and sentence.
    pub failure: Option<(Code, String)>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// A job that was just made, with the token of its upload URL, which is told once.
#[derive(Debug, Clone)]
pub struct NewImportJob {
    /// The job.
    pub job: ImportJob,
    /// Where the file goes: a URL that needs no bearer token.
    pub upload_url: String,
}

impl ImportJob {
    /// Reads what is stored. `mails_unknown` is what the tenant does about people whose consent is unknown.
    ///
    /// # Errors
    /// A failure if the row holds what no release wrote.
    pub(super) fn of(row: ImportJobRow, mails_unknown: bool) -> Result<Self, ServiceError> {
        let Described { columns, problem, preset, consent_note, reading_note } = describe(&row, mails_unknown)?;
        let (reasons, dry_run) = (reasons(&row)?, DryRun::of(&row)?);
        let failure = row.failure.map(|(code, message)| {
            (Code::ALL.iter().copied().find(|known| known.as_str() == code).unwrap_or(Code::Internal), message)
        });
        Ok(Self {
            id: row.id,
            name: row.name,
            file_name: row.file_name,
            format: row.format,
            state: row.state,
            match_key: row.match_key.or(row.asked_match_key),
            list: row.list,
            list_name: row.list_name,
            upload_expires_at: row.upload_expires_at,
            uploaded_bytes: row.uploaded_bytes,
            file_bytes: row.file_bytes,
            columns,
            problem,
            preset,
            consent_note,
            reading_note,
            counts: row.counts,
            reasons,
            kept: (row.errors_kept, row.warnings_kept),
            is_dry_run: row.is_dry_run,
            dry_run,
            progress: progress(row.state, row.next_byte, row.file_bytes, row.started_at),
            failure,
            created_at: row.created_at,
            updated_at: row.updated_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share needs no more digits than a double has")]
fn progress(state: ImportState, next: i64, length: Option<i64>, started: Option<Timestamp>) -> f64 {
    match (state, started, length) {
        (ImportState::Completed, ..) => 1.0,
        (_, Some(_), Some(length)) if length > 0 => (next as f64 / length as f64).clamp(0.0, 1.0),
        _ => 0.0,
    }
}
