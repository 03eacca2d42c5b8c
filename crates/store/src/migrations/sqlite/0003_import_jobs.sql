-- Files of people on their way in. The file itself lies in parts, so that any node can go on with it.

CREATE TABLE import_jobs (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    name TEXT,
    file_name TEXT,
    format TEXT CHECK (format IN ('csv', 'jsonl')),
    state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'running', 'completed', 'failed')),
    asked_match_key TEXT CHECK (asked_match_key IN ('email', 'phone', 'customer_id')),
    match_key TEXT CHECK (match_key IN ('email', 'phone', 'customer_id')),
    list_id BLOB,
    list_name TEXT,
    -- SHA-256 of the token in the upload URL.
    upload_hash BLOB NOT NULL,
    upload_expires_at INTEGER NOT NULL,
    -- Counts uploads; parts of an earlier one are rubbish.
    upload INTEGER NOT NULL,
    uploaded_bytes INTEGER NOT NULL,
    -- Absent until the file is whole.
    file_bytes INTEGER,
    layout TEXT,
    samples TEXT,
    mapping TEXT,
    -- Where the next set of rows begins.
    next_byte INTEGER NOT NULL,
    next_line INTEGER NOT NULL,
    rows_read INTEGER NOT NULL,
    rows_created INTEGER NOT NULL,
    rows_updated INTEGER NOT NULL,
    rows_unchanged INTEGER NOT NULL,
    rows_refused INTEGER NOT NULL,
    fields_left_out INTEGER NOT NULL,
    added_to_list INTEGER NOT NULL,
    -- How often it was claimed since it last moved on.
    attempts INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    lease_until INTEGER,
    failure_code TEXT,
    failure_message TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    deleted_at INTEGER,
    CHECK (rows_read = rows_created + rows_updated + rows_unchanged + rows_refused)
) STRICT;
CREATE INDEX import_jobs_by_tenant ON import_jobs (tenant_id, created_at, id);
CREATE UNIQUE INDEX import_jobs_by_upload_hash ON import_jobs (upload_hash);
CREATE INDEX import_jobs_by_state ON import_jobs (state, updated_at);
CREATE INDEX import_jobs_deleted ON import_jobs (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE import_job_parts (
    job_id BLOB NOT NULL REFERENCES import_jobs (id),
    upload INTEGER NOT NULL,
    part INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (job_id, upload, part)
) STRICT;

-- What is to be said of rows: refused ones, and those that were taken without a field.
CREATE TABLE import_job_errors (
    job_id BLOB NOT NULL REFERENCES import_jobs (id),
    seq INTEGER NOT NULL,
    line INTEGER NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('error', 'warning')),
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    path TEXT,
    value TEXT,
    cells TEXT NOT NULL,
    PRIMARY KEY (job_id, seq)
) STRICT;
