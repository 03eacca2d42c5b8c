//! Import jobs: what is wanted and where each stands. Who is at work on one is [`crate::import_runs`]'s.

use crate::error::StoreError;
use crate::profiles::MatchKey;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::id::{ImportJobId, ListId, TenantId};
use postrider_core::import::{ImportFormat, ImportState};
use postrider_core::time::Timestamp;

/// The columns that [`ImportJobRow::read`] reads, in its order.
const COLUMNS: &str = "id, tenant_id, name, file_name, format, state, asked_match_key, match_key, list_id, list_name, \
    upload_expires_at, upload, uploaded_bytes, file_bytes, layout, samples, mapping, next_byte, next_line, rows_read, \
    rows_created, rows_updated, rows_unchanged, rows_refused, fields_left_out, added_to_list, attempts, fence, \
    failure_code, failure_message, is_dry_run, dry_run, reasons, errors_kept, warnings_kept, created_at, updated_at, started_at, finished_at";

statements! { "import_jobs":
    INSERT = "INSERT INTO import_jobs (id, tenant_id, name, file_name, format, state, asked_match_key, list_id, \
        list_name, upload_hash, upload_expires_at, upload, uploaded_bytes, next_byte, next_line, rows_read, \
        rows_created, rows_updated, rows_unchanged, rows_refused, fields_left_out, added_to_list, attempts, fence, \
        created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8, $9, $10, 0, 0, 0, 1, 0, 0, 0, 0, \
        0, 0, 0, 0, 0, $11, $12)";
    OPEN = "SELECT COUNT(*) FROM import_jobs WHERE tenant_id = $1 AND state IN ('pending', 'ready', 'running') \
        AND deleted_at IS NULL";
    RUNNING_INTO = "SELECT COUNT(*) FROM import_jobs WHERE tenant_id = $1 AND list_id = $2 AND state = 'running' \
        AND deleted_at IS NULL";
    /// All tenants: the token of an upload URL says whose job it is.
    BY_UPLOAD = "SELECT tenant_id, id, upload_expires_at FROM import_jobs WHERE upload_hash = $1 \
        AND deleted_at IS NULL";
    SET_LAYOUT = "UPDATE import_jobs SET state = $1, format = $2, match_key = $3, layout = $4, samples = $5, \
        mapping = $6, next_byte = $7, next_line = $8, first_byte = $9, first_line = $10, dry_run = NULL, \
        updated_at = $11 WHERE tenant_id = $12 AND id = $13 AND state IN ('pending', 'ready') AND deleted_at IS NULL";
    /// What ran or waits is out of sight at once; the sweep takes it away.
    DELETE = "UPDATE import_jobs SET deleted_at = $1, samples = NULL WHERE tenant_id = $2 AND id = $3 \
        AND deleted_at IS NULL";
}

/// A job as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportJobRow {
    /// Id.
    pub id: ImportJobId,
    /// Whose people.
    pub tenant: TenantId,
    /// What people call it.
    pub name: Option<String>,
    /// What the file is called where it comes from.
    pub file_name: Option<String>,
    /// How the file is written; absent until that is known.
    pub format: Option<ImportFormat>,
    /// Where it stands.
    pub state: ImportState,
    /// The key that was asked for when the job was made.
    pub asked_match_key: Option<MatchKey>,
    /// By what people are found; absent until that is known.
    pub match_key: Option<MatchKey>,
    /// On which list everybody is put.
    pub list: Option<ListId>,
    /// Name of the list that the start finds or makes.
    pub list_name: Option<String>,
    /// Until when the upload URL is good.
    pub upload_expires_at: Timestamp,
    /// Number of the current upload.
    pub upload: i64,
    /// Bytes of it that have come.
    pub uploaded_bytes: i64,
    /// Length of the file; absent until it is whole.
    pub file_bytes: Option<i64>,
    /// JSON: how the file is to be read.
    pub layout: Option<String>,
    /// JSON: some cells of each column, until the start.
    pub samples: Option<String>,
    /// JSON: what the caller said of the columns.
    pub mapping: Option<String>,
    /// Where the next set of rows begins, in bytes.
    pub next_byte: i64,
    /// On which line that is, from 1.
    pub next_line: i64,
    /// What became of the rows.
    pub counts: ImportCounts,
    /// How often it was claimed since it last moved on.
    pub attempts: i64,
    /// What the lease is worth: nobody has claimed it since.
    pub fence: i64,
    /// Why it failed: code and sentence.
    pub failure: Option<(String, String)>,
    /// Whether it runs, or ran, without writing anything.
    pub is_dry_run: bool,
    /// JSON: what the last dry run found.
    pub dry_run: Option<String>,
    /// JSON: how many rows there are by reason.
    pub reasons: Option<String>,
    /// Refused rows that are kept.
    pub errors_kept: i64,
    /// Warnings that are kept.
    pub warnings_kept: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// What became of the rows of a job, or of a set of them: `read = created + updated + unchanged + refused`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Rows with anything in them.
    pub read: i64,
    /// Rows that made a profile.
    pub created: i64,
    /// Rows that changed one.
    pub updated: i64,
    /// Rows that said nothing new.
    pub unchanged: i64,
    /// Rows that were not taken.
    pub refused: i64,
    /// Fields that rows were taken without.
    pub fields_left_out: i64,
    /// Profiles that are new on the list.
    pub added_to_list: i64,
}

/// A job to be made.
#[derive(Debug, Clone)]
pub struct NewImportJob {
    /// Id.
    pub id: ImportJobId,
    /// What people call it.
    pub name: Option<String>,
    /// What the file is called where it comes from.
    pub file_name: Option<String>,
    /// How the file is written, if that is known.
    pub format: Option<ImportFormat>,
    /// By what people are to be found.
    pub match_key: Option<MatchKey>,
    /// On which list everybody is put.
    pub list: Option<ListId>,
    /// Name of the list that the start finds or makes.
    pub list_name: Option<String>,
    /// SHA-256 of the token in the upload URL.
    pub upload_hash: Vec<u8>,
    /// Until when the upload URL is good.
    pub upload_expires_at: Timestamp,
}

/// How a file is to be read.
#[derive(Debug, Clone)]
pub struct ImportLayout {
    /// `Ready` if that is known, else `Pending`.
    pub state: ImportState,
    /// How the file is written.
    pub format: ImportFormat,
    /// By what people are found.
    pub match_key: Option<MatchKey>,
    /// JSON for [`ImportJobRow::layout`].
    pub layout: String,
    /// JSON for [`ImportJobRow::samples`].
    pub samples: Option<String>,
    /// JSON for [`ImportJobRow::mapping`].
    pub mapping: Option<String>,
    /// Where the first row begins: byte and line.
    pub start: (i64, i64),
}

/// Which jobs a listing shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportFilter {
    /// In this state only.
    pub state: Option<ImportState>,
    /// Older than this place: the time and id of the last entry seen.
    pub after: Option<(Timestamp, ImportJobId)>,
}

impl ImportJobRow {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id()?,
            tenant: row.id()?,
            name: row.next()?,
            file_name: row.next()?,
            format: row.optional_word(ImportFormat::parse)?,
            state: row.word(ImportState::parse)?,
            asked_match_key: row.optional_word(MatchKey::parse)?,
            match_key: row.optional_word(MatchKey::parse)?,
            list: row.optional_id()?,
            list_name: row.next()?,
            upload_expires_at: row.next()?,
            upload: row.next()?,
            uploaded_bytes: row.next()?,
            file_bytes: row.next()?,
            layout: row.next()?,
            samples: row.next()?,
            mapping: row.next()?,
            next_byte: row.next()?,
            next_line: row.next()?,
            counts: ImportCounts {
                read: row.next()?,
                created: row.next()?,
                updated: row.next()?,
                unchanged: row.next()?,
                refused: row.next()?,
                fields_left_out: row.next()?,
                added_to_list: row.next()?,
            },
            attempts: row.next()?,
            fence: row.next()?,
            failure: {
                let (code, message): (Option<String>, Option<String>) = (row.next()?, row.next()?);
                code.zip(message)
            },
            is_dry_run: row.next()?,
            dry_run: row.next()?,
            reasons: row.next()?,
            errors_kept: row.next()?,
            warnings_kept: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
            started_at: row.next()?,
            finished_at: row.next()?,
        })
    }
}

impl Tx<'_> {
    /// How many jobs of a tenant are not over.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_jobs_open(&mut self, tenant: TenantId) -> Result<i64, StoreError> {
        self.query_number(&OPEN, &[id(tenant)])
    }

    /// Whether a running job puts people on a list.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_runs_into(&mut self, tenant: TenantId, list: ListId) -> Result<bool, StoreError> {
        Ok(self.query_number(&RUNNING_INTO, &[id(tenant), id(list)])? > 0)
    }

    /// Writes a new job.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_job_insert(
        &mut self,
        tenant: TenantId,
        job: &NewImportJob,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let values = [
            id(job.id),
            id(tenant),
            job.name.as_ref().into(),
            job.file_name.as_ref().into(),
            job.format.map(ImportFormat::as_str).into(),
            job.match_key.map(MatchKey::as_str).into(),
            job.list.map_or(Value::Null, id),
            job.list_name.as_ref().into(),
            Value::Blob(job.upload_hash.clone()),
            job.upload_expires_at.into(),
            now.into(),
            now.into(),
        ];
        self.execute(&INSERT, &values).map(drop)
    }

    /// One job that is not deleted.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_job_get(&mut self, tenant: TenantId, job: ImportJobId) -> Result<Option<ImportJobRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM import_jobs WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL");
        let mut rows = self.query_text(&sql, &[id(tenant), id(job)])?;
        rows.first_mut().map(ImportJobRow::read).transpose()
    }

    /// Jobs, newest first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_jobs_list(
        &mut self,
        tenant: TenantId,
        filter: ImportFilter,
        limit: i64,
    ) -> Result<Vec<ImportJobRow>, StoreError> {
        let mut sql = format!("SELECT {COLUMNS} FROM import_jobs WHERE tenant_id = $1 AND deleted_at IS NULL");
        let mut values = vec![id(tenant)];
        if let Some(state) = filter.state {
            values.push(state.as_str().into());
            sql.push_str(&format!(" AND state = ${}", values.len()));
        }
        if let Some((at, after)) = filter.after {
            values.extend([at.into(), id(after)]);
            sql.push_str(&format!(" AND (created_at, id) < (${}, ${})", values.len() - 1, values.len()));
        }
        values.push(limit.into());
        sql.push_str(&format!(" ORDER BY created_at DESC, id DESC LIMIT ${}", values.len()));
        self.query_text(&sql, &values)?.iter_mut().map(ImportJobRow::read).collect()
    }

    /// The job of an upload URL by the hash of its token, and until when the URL is good.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_job_by_upload(
        &mut self,
        hash: &[u8],
    ) -> Result<Option<(TenantId, ImportJobId, Timestamp)>, StoreError> {
        self.query_one(&BY_UPLOAD, &[hash.into()], |row| Ok((row.id()?, row.id()?, row.next()?)))
    }

    /// Says how the file of a job that is not started is to be read; whether there was such a job.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_job_set_layout(
        &mut self,
        tenant: TenantId,
        job: ImportJobId,
        layout: &ImportLayout,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let values = [
            layout.state.as_str().into(),
            layout.format.as_str().into(),
            layout.match_key.map(MatchKey::as_str).into(),
            (&layout.layout).into(),
            layout.samples.as_ref().into(),
            layout.mapping.as_ref().into(),
            layout.start.0.into(),
            layout.start.1.into(),
            layout.start.0.into(),
            layout.start.1.into(),
            now.into(),
            id(tenant),
            id(job),
        ];
        self.execute(&SET_LAYOUT, &values).map(|rows| rows > 0)
    }

    /// Takes a job out of sight, running or not; whether there was such a job. What it brought in stays.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_job_delete(
        &mut self,
        tenant: TenantId,
        job: ImportJobId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.execute(&DELETE, &[now.into(), id(tenant), id(job)]).map(|rows| rows > 0)
    }
}
