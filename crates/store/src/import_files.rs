//! The files of import jobs, in parts of one size, and the notes about their rows.
//!
//! Invariant: an upload has parts 0, 1, 2 … without a gap, all but the last of [`PART_BYTES`], written in order
//! under the number of the upload: whoever begins another one for the same job makes this one rubbish.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::id::{ImportJobId, TenantId};
use postrider_core::import::ImportSeverity;
use postrider_core::time::Timestamp;

/// Bytes of a part; the last one of a file may be shorter.
pub const PART_BYTES: usize = 256 * 1024;
/// Parts that one sweep takes away, at most.
const PARTS_SWEPT_MAX: i64 = 64;
/// Notes that one sweep takes away, at most.
const NOTES_SWEPT_MAX: i64 = 5_000;

/// Makes the advisory lock of a tenant's uploads another one than any other lock of the tenant.
const LOCK_SALT: u64 = 0x7570_6c6f_6164_7321;

statements! { "import_files":
    STORED = "SELECT CAST(COALESCE(SUM(uploaded_bytes), 0) AS BIGINT) FROM import_jobs WHERE tenant_id = $1 \
        AND state IN ('pending', 'ready', 'running') AND deleted_at IS NULL";
    BEGIN = "UPDATE import_jobs SET upload = upload + 1, uploaded_bytes = 0, file_bytes = NULL, state = 'pending', \
        layout = NULL, samples = NULL, mapping = NULL, updated_at = $1 WHERE tenant_id = $2 AND id = $3 \
        AND state IN ('pending', 'ready') AND deleted_at IS NULL RETURNING upload";
    GROW = "UPDATE import_jobs SET uploaded_bytes = uploaded_bytes + CAST($1 AS BIGINT), updated_at = $2 \
        WHERE id = $3 AND upload = $4 AND file_bytes IS NULL AND deleted_at IS NULL AND tenant_id = $5";
    PUT_PART = "INSERT INTO import_job_parts (job_id, upload, part, bytes) VALUES ($1, $2, $3, $4)";
    WHOLE = "UPDATE import_jobs SET file_bytes = uploaded_bytes, updated_at = $1 WHERE id = $2 AND upload = $3 \
        AND file_bytes IS NULL AND deleted_at IS NULL AND tenant_id = $4";
    /// The caller found the job among the tenant's.
    PART = "SELECT bytes FROM import_job_parts WHERE job_id = $1 AND upload = $2 AND part = $3";
    DROP_UPLOAD = "UPDATE import_jobs SET upload = upload + 1, uploaded_bytes = 0, file_bytes = NULL, updated_at = $1 \
        WHERE id = $2 AND upload = $3 AND state = 'pending' AND tenant_id = $4";
    NOTE = "INSERT INTO import_job_errors (job_id, seq, line, severity, code, message, path, value, cells) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    NOTES = "SELECT e.seq, e.line, e.severity, e.code, e.message, e.path, e.value, e.cells FROM import_jobs j \
        JOIN import_job_errors e ON e.job_id = j.id WHERE j.tenant_id = $1 AND j.id = $2 AND j.deleted_at IS NULL \
        AND e.severity = $3 AND e.seq > $4 ORDER BY e.seq LIMIT $5";
    /// All tenants: an age is an age. An upload that has not grown for so long was cut off.
    ABANDON = "UPDATE import_jobs SET upload = upload + 1, uploaded_bytes = 0 WHERE state = 'pending' \
        AND file_bytes IS NULL AND uploaded_bytes > 0 AND updated_at <= $1";
    /// All tenants.
    EXPIRE = "UPDATE import_jobs SET deleted_at = $1 WHERE deleted_at IS NULL \
        AND ((state IN ('pending', 'ready') AND updated_at <= $2) \
        OR (state IN ('completed', 'failed') AND updated_at <= $3))";
    /// All tenants.
    RUBBISH = "SELECT p.job_id, p.upload, p.part FROM import_job_parts p JOIN import_jobs j ON j.id = p.job_id \
        WHERE j.deleted_at IS NOT NULL OR j.state IN ('completed', 'failed') OR p.upload <> j.upload LIMIT $1";
    DROP_PART = "DELETE FROM import_job_parts WHERE job_id = $1 AND upload = $2 AND part = $3";
    /// All tenants.
    DELETED = "SELECT id FROM import_jobs WHERE deleted_at IS NOT NULL LIMIT 100";
    DROP_NOTES = "DELETE FROM import_job_errors WHERE job_id = $1 AND seq IN \
        (SELECT seq FROM import_job_errors WHERE job_id = $1 ORDER BY seq LIMIT $2)";
    DROP_JOB = "DELETE FROM import_jobs WHERE id = $1 AND deleted_at IS NOT NULL \
        AND NOT EXISTS (SELECT 1 FROM import_job_parts WHERE job_id = $1) \
        AND NOT EXISTS (SELECT 1 FROM import_job_errors WHERE job_id = $1)";
}

/// What is to be said of a row.
#[derive(Clone, PartialEq, Eq)]
pub struct ImportNote {
    /// The line on which the row begins, from 1.
    pub line: i64,
    /// Whether the row was refused or taken without a field.
    pub severity: ImportSeverity,
    /// Code of the catalogue.
    pub code: String,
    /// One sentence that begins with the path.
    pub message: String,
    /// Where in the row.
    pub path: Option<String>,
    /// What stood there, as JSON.
    pub value: Option<String>,
    /// The row's cells, as a JSON array of texts.
    pub cells: String,
}

impl std::fmt::Debug for ImportNote {
    /// Shows line and code only: the rest is about a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImportNote({}, {})", self.line, self.code)
    }
}

impl ImportNote {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            line: row.next()?,
            severity: row.word(ImportSeverity::parse)?,
            code: row.next()?,
            message: row.next()?,
            path: row.next()?,
            value: row.next()?,
            cells: row.next()?,
        })
    }
}

impl Tx<'_> {
    /// Begins an upload, in place of any before it, and answers its number; none if the job takes no file.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_upload_begin(
        &mut self,
        tenant: TenantId,
        job: ImportJobId,
        now: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        self.query_one(&BEGIN, &[now.into(), id(tenant), id(job)], Row::next)
    }

    /// Bytes of all files that a tenant's jobs still need. The files of jobs that ended or were deleted do not count,
    /// even before the sweep deletes them.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_bytes(&mut self, tenant: TenantId) -> Result<i64, StoreError> {
        self.query_number(&STORED, &[id(tenant)])
    }

    /// Waits until no other transaction stores parts for the tenant, so that [`Tx::import_bytes`] holds until the end
    /// of this one. Take it first, and in [`crate::Store::write_guarded`], which sees what others wrote meanwhile.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_bytes_lock(&mut self, tenant: TenantId) -> Result<(), StoreError> {
        self.wait_tenant_lock(tenant, LOCK_SALT)
    }

    /// Writes the next part; whether the upload is still the current one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_part_put(
        &mut self,
        tenant: TenantId,
        (job, upload): (ImportJobId, i64),
        part: i64,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        if self.execute(&GROW, &[length.into(), now.into(), id(job), upload.into(), id(tenant)])? == 0 {
            return Ok(false);
        }
        self.execute(&PUT_PART, &[id(job), upload.into(), part.into(), bytes.into()]).map(|rows| rows > 0)
    }

    /// Says that the file is whole; whether the upload is still the current one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_upload_end(
        &mut self,
        tenant: TenantId,
        (job, upload): (ImportJobId, i64),
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.execute(&WHOLE, &[now.into(), id(job), upload.into(), id(tenant)]).map(|rows| rows > 0)
    }

    /// Gives up what has come of a file; the sweep takes its parts away.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_upload_drop(
        &mut self,
        tenant: TenantId,
        (job, upload): (ImportJobId, i64),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(&DROP_UPLOAD, &[now.into(), id(job), upload.into(), id(tenant)]).map(drop)
    }

    /// One part of a file.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_part(&mut self, (job, upload): (ImportJobId, i64), part: i64) -> Result<Option<Vec<u8>>, StoreError> {
        self.query_one(&PART, &[id(job), upload.into(), part.into()], Row::next)
    }

    /// Writes notes, numbered from `first` on.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_notes_put(&mut self, job: ImportJobId, first: i64, notes: &[ImportNote]) -> Result<(), StoreError> {
        let sets: Vec<Vec<Value>> = (first..)
            .zip(notes)
            .map(|(seq, note)| {
                vec![
                    id(job),
                    seq.into(),
                    note.line.into(),
                    note.severity.as_str().into(),
                    (&note.code).into(),
                    (&note.message).into(),
                    note.path.as_ref().into(),
                    note.value.as_ref().into(),
                    (&note.cells).into(),
                ]
            })
            .collect();
        self.execute_many(&NOTE, &sets).map(drop)
    }

    /// Notes of a job of one kind after a number, in order, each with its number.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn import_notes(
        &mut self,
        tenant: TenantId,
        job: ImportJobId,
        severity: ImportSeverity,
        after: i64,
        limit: i64,
    ) -> Result<Vec<(i64, ImportNote)>, StoreError> {
        let values = [id(tenant), id(job), severity.as_str().into(), after.into(), limit.into()];
        self.query_as(&NOTES, &values, |row| Ok((row.next()?, ImportNote::read(row)?)))
    }

    /// Says which uploads were cut off and which jobs have had their time: uploads that have not grown since
    /// `cut_off`, jobs not started that have not changed since `unstarted`, and those that ended before `ended`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn imports_expire(
        &mut self,
        now: Timestamp,
        cut_off: Timestamp,
        unstarted: Timestamp,
        ended: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(&ABANDON, &[cut_off.into()])?;
        self.execute(&EXPIRE, &[now.into(), unstarted.into(), ended.into()]).map(drop)
    }

    /// Takes away some of what nobody needs any more: parts, notes, jobs. Whether there may be more of it.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn imports_sweep(&mut self) -> Result<bool, StoreError> {
        let parts: Vec<Vec<Value>> = self.query_as(&RUBBISH, &[PARTS_SWEPT_MAX.into()], |row| {
            Ok(vec![id(row.id::<ImportJobId>()?), row.next::<i64>()?.into(), row.next::<i64>()?.into()])
        })?;
        if !parts.is_empty() {
            self.execute_many(&DROP_PART, &parts)?;
            return Ok(true);
        }
        let jobs: Vec<ImportJobId> = self.query_as(&DELETED, &[], Row::id)?;
        for &job in &jobs {
            if self.execute(&DROP_NOTES, &[id(job), NOTES_SWEPT_MAX.into()])? > 0 {
                return Ok(true);
            }
            self.execute(&DROP_JOB, &[id(job)])?;
        }
        Ok(!jobs.is_empty())
    }
}
