//! An import job as JSON.

use crate::routes::BASE;
use postrider_core::import::ImportFormat;
use postrider_service::imports::jobs::{Column, ImportCounts, ImportJob, NewImportJob, Reason};
use serde::Serialize;
use utoipa::ToSchema;

/// What is imported, as the API names it.
pub const OBJECT_NAME: &str = "profiles";

/// An import job.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportJobDto {
    /// The id.
    id: String,
    /// The id once more, under its other name.
    job_id: String,
    /// Always `profiles`.
    object_name: &'static str,
    name: Option<String>,
    file_name: Option<String>,
    /// `csv` or `jsonl`; null until that is known.
    #[schema(value_type = Option<String>)]
    format: Option<&'static str>,
    /// `pending`, `ready`, `running`, `completed` or `failed`.
    state: &'static str,
    /// `email`, `phone` or `customer_id`: the field that identifies people; null until it is known.
    #[schema(value_type = Option<String>)]
    match_key: Option<&'static str>,
    /// The list on which everybody is put.
    list_id: Option<String>,
    /// Name of the list that the start finds or makes.
    list_name: Option<String>,
    /// Bytes of the file that have come.
    uploaded_bytes: i64,
    /// Length of the file; null until it is whole.
    file_size: Option<i64>,
    /// Columns of a table or fields of records, and what becomes of each.
    columns: Vec<ColumnDto>,
    /// What is missing before it can start, if its file is there.
    problem: Option<String>,
    /// The export of another system that the file is, such as `mailchimp_unsubscribed`; null if it is none.
    #[schema(value_type = Option<String>)]
    preset: Option<&'static str>,
    /// What follows for everybody if no column is about consent.
    consent_note: Option<String>,
    /// How the file is read where that is not plain: lines above the header, lines that are not UTF-8, with
    /// samples. Null if there are none.
    reading_note: Option<String>,
    counts: ImportCountsDto,
    /// Why rows were refused, the most frequent reason first.
    refused_by_reason: Vec<ImportReasonDto>,
    /// Why fields were left out of rows that were imported, the most frequent reason first.
    warnings: Vec<ImportReasonDto>,
    /// Refused rows that `errors` shows: at most 100,000, and fewer if they are long.
    refused_kept: i64,
    /// Warnings that `errors` shows: at most 100,000, and fewer if they are long.
    warnings_kept: i64,
    /// Whether it runs, or ran, without writing anything.
    is_dry_run: bool,
    /// What the last dry run found; null without one, and after a new mapping.
    dry_run: Option<ImportDryRunDto>,
    /// How much of the file is behind us, from 0 to 1.
    progress: f64,
    /// Why it failed.
    error: Option<ImportFailureDto>,
    created_at: String,
    updated_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    links: ImportLinks,
}

/// A column of a table or a field of records.
#[derive(Serialize, ToSchema)]
pub struct ColumnDto {
    /// Its header or name.
    column: String,
    /// The field it becomes; `-` if none.
    field: String,
    /// Some of what stands in it, until the start.
    samples: Vec<String>,
    /// What must be said about it in the mapping before the job is `ready`; null if nothing.
    question: Option<String>,
    /// `text`, `number`, `date`, `boolean` or `list`, recognized from all cells or as the mapping says; absent if it becomes
    /// no attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    kind: Option<&'static str>,
    /// The kind with how it is written, as the mapping takes it, such as `date:dmy`; absent as `kind` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<String>,
    /// Cells that are not of this kind, whose rows are imported without them; absent as `kind` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    misfits: Option<u64>,
    /// What else the column could be, in a sentence; absent if there is nothing to suggest.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<String>,
}

/// What became of the rows: `read = created + updated + unchanged + refused`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportCountsDto {
    read: i64,
    created: i64,
    updated: i64,
    unchanged: i64,
    refused: i64,
    /// Fields that rows were taken without.
    fields_left_out: i64,
    /// People who are new on the list.
    added_to_list: i64,
}

/// How many rows there are for one reason.
#[derive(Serialize, ToSchema)]
pub struct ImportReasonDto {
    code: String,
    /// One clause that begins with the field.
    message: String,
    /// Rows; for warnings, fields of rows.
    rows: i64,
}

/// What an import of the file would do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportDryRunDto {
    counts: ImportCountsDto,
    /// Why rows would be refused, the most frequent reason first.
    refused_by_reason: Vec<ImportReasonDto>,
    /// Why fields would be left out, the most frequent reason first.
    warnings: Vec<ImportReasonDto>,
}

/// Why an import job failed. What it brought in before stays.
#[derive(Serialize, ToSchema)]
pub struct ImportFailureDto {
    code: &'static str,
    message: String,
    remediation: &'static str,
}

/// Where to go on.
#[derive(Serialize, ToSchema)]
pub struct ImportLinks {
    #[serde(rename = "self")]
    this: String,
    upload: String,
    mapping: String,
    start: String,
    errors: String,
}

/// An import job that was just made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewImportJobDto {
    #[serde(flatten)]
    job: ImportJobDto,
    /// Where to PUT the file; it needs no token and is told only now.
    upload_url: String,
    /// Until when the upload URL is good.
    expires_at: String,
    /// Where to PUT the file with a token.
    landing_path: String,
}

impl ImportJobDto {
    /// As a value, for renderers.
    pub fn of(job: &ImportJob) -> Self {
        let at = format!("{BASE}/import-jobs/{}", job.id);
        Self {
            id: job.id.to_string(),
            job_id: job.id.to_string(),
            object_name: OBJECT_NAME,
            name: job.name.clone(),
            file_name: job.file_name.clone(),
            format: job.format.map(ImportFormat::as_str),
            state: job.state.as_str(),
            match_key: job.match_key.map(|key| key.as_str()),
            list_id: job.list.map(|list| list.to_string()),
            list_name: job.list_name.clone(),
            uploaded_bytes: job.uploaded_bytes,
            file_size: job.file_bytes,
            columns: job.columns.iter().map(ColumnDto::of).collect(),
            problem: job.problem.clone(),
            preset: job.preset.map(|(name, _)| name),
            consent_note: job.consent_note.clone(),
            reading_note: job.reading_note.clone(),
            counts: ImportCountsDto::of(&job.counts),
            refused_by_reason: ImportReasonDto::of(&job.reasons, true),
            warnings: ImportReasonDto::of(&job.reasons, false),
            refused_kept: job.kept.0,
            warnings_kept: job.kept.1,
            is_dry_run: job.is_dry_run,
            dry_run: job.dry_run.as_ref().map(|found| ImportDryRunDto {
                counts: ImportCountsDto::of(&found.counts),
                refused_by_reason: ImportReasonDto::of(&found.reasons, true),
                warnings: ImportReasonDto::of(&found.reasons, false),
            }),
            progress: job.progress,
            error: job.failure.as_ref().map(|(code, message)| ImportFailureDto {
                code: code.as_str(),
                message: message.clone(),
                remediation: code.remediation(),
            }),
            created_at: job.created_at.to_string(),
            updated_at: job.updated_at.to_string(),
            started_at: job.started_at.map(|at| at.to_string()),
            finished_at: job.finished_at.map(|at| at.to_string()),
            links: ImportLinks {
                upload: format!("{at}/file"),
                mapping: format!("{at}/mapping"),
                start: format!("{at}/start"),
                errors: format!("{at}/errors"),
                this: at,
            },
        }
    }
}

impl ColumnDto {
    fn of(column: &Column) -> Self {
        let kind = column.kind.as_ref();
        Self {
            column: column.column.clone(),
            field: column.field.clone(),
            samples: column.samples.clone(),
            question: column.question.clone(),
            kind: kind.map(|kind| kind.reading.kind().as_str()),
            r#type: kind.map(|kind| kind.reading.word()),
            misfits: kind.map(|kind| kind.misfits),
            suggestion: kind.and_then(|kind| kind.suggestion.clone()),
        }
    }
}

impl ImportReasonDto {
    fn of(reasons: &[Reason], is_error: bool) -> Vec<Self> {
        let of_the_kind = reasons.iter().filter(|reason| reason.is_error == is_error);
        let view = |Reason { code, message, rows, .. }: &Reason| Self {
            code: code.clone(),
            message: message.clone(),
            rows: *rows,
        };
        of_the_kind.map(view).collect()
    }
}

impl ImportCountsDto {
    const fn of(counts: &ImportCounts) -> Self {
        let ImportCounts { read, created, updated, unchanged, refused, fields_left_out, added_to_list } = *counts;
        Self { read, created, updated, unchanged, refused, fields_left_out, added_to_list }
    }
}

impl NewImportJobDto {
    /// As a value, for renderers.
    pub fn of(made: &NewImportJob) -> Self {
        let job = ImportJobDto::of(&made.job);
        let landing_path = job.links.upload.clone();
        let expires_at = made.job.upload_expires_at.to_string();
        Self { job, upload_url: made.upload_url.clone(), expires_at, landing_path }
    }
}
