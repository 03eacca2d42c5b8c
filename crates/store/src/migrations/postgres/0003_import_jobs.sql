-- Files of people on their way in. The file itself lies in parts, so that any node can go on with it.

CREATE TABLE import_jobs (
    id UUID NOT NULL PRIMARY KEY,
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    name TEXT,
    file_name TEXT,
    format TEXT CHECK (format IN ('csv', 'jsonl')),
    state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'running', 'completed', 'failed')),
    asked_match_key TEXT CHECK (asked_match_key IN ('email', 'phone', 'customer_id')),
    match_key TEXT CHECK (match_key IN ('email', 'phone', 'customer_id')),
    list_id UUID,
    list_name TEXT,
    -- SHA-256 of the token in the upload URL.
    upload_hash BYTEA NOT NULL,
    upload_expires_at BIGINT NOT NULL,
    -- Counts uploads; parts of an earlier one are rubbish.
    upload BIGINT NOT NULL,
    uploaded_bytes BIGINT NOT NULL,
    -- Absent until the file is whole.
    file_bytes BIGINT,
    layout TEXT,
    samples TEXT,
    mapping TEXT,
    -- Where the next set of rows begins.
    next_byte BIGINT NOT NULL,
    next_line BIGINT NOT NULL,
    rows_read BIGINT NOT NULL,
    rows_created BIGINT NOT NULL,
    rows_updated BIGINT NOT NULL,
    rows_unchanged BIGINT NOT NULL,
    rows_refused BIGINT NOT NULL,
    fields_left_out BIGINT NOT NULL,
    added_to_list BIGINT NOT NULL,
    -- How often it was claimed since it last moved on.
    attempts BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    lease_until BIGINT,
    failure_code TEXT,
    failure_message TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    deleted_at BIGINT,
    CHECK (rows_read = rows_created + rows_updated + rows_unchanged + rows_refused)
);
CREATE INDEX import_jobs_by_tenant ON import_jobs (tenant_id, created_at, id);
CREATE UNIQUE INDEX import_jobs_by_upload_hash ON import_jobs (upload_hash);
CREATE INDEX import_jobs_by_state ON import_jobs (state, updated_at);
CREATE INDEX import_jobs_deleted ON import_jobs (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE import_job_parts (
    job_id UUID NOT NULL REFERENCES import_jobs (id),
    upload BIGINT NOT NULL,
    part BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (job_id, upload, part)
);

-- What is to be said of rows: refused ones, and those that were taken without a field.
CREATE TABLE import_job_errors (
    job_id UUID NOT NULL REFERENCES import_jobs (id),
    seq BIGINT NOT NULL,
    line BIGINT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('error', 'warning')),
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    path TEXT,
    value TEXT,
    cells TEXT NOT NULL,
    PRIMARY KEY (job_id, seq)
);
