-- People who can be found and erased, typed attributes, and where consent came from.
-- Whether people whose consent is unknown get messages.
ALTER TABLE tenants ADD COLUMN mail_unknown INTEGER NOT NULL DEFAULT 1 CHECK (mail_unknown IN (0, 1));

-- How people are found by name: folded as in `core::person_name`, first name first and last name first.
ALTER TABLE profiles ADD COLUMN name_key TEXT;
ALTER TABLE profiles ADD COLUMN name_key_reversed TEXT;
CREATE INDEX profiles_by_name ON profiles (tenant_id, name_key, id) WHERE name_key IS NOT NULL;
CREATE INDEX profiles_by_name_reversed ON profiles (tenant_id, name_key_reversed, id) WHERE name_key_reversed IS NOT NULL;
DROP INDEX profiles_by_phone;
CREATE INDEX profiles_by_phone ON profiles (tenant_id, phone, id) WHERE phone IS NOT NULL;
-- Where consent came from: an import job, a client of the API, or the campaign whose message had the link to unsubscribe.
CREATE TABLE consent_sources (
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('import', 'api_client', 'unsubscribe_link')),
    name TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
-- What a source said of a person, for all channels (bits) of which it said the same. Without foreign keys: an import writes
-- as many rows as it has people, each together with its person and source.
CREATE TABLE consent_evidence (
    profile_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    source_id BLOB NOT NULL,
    line INTEGER,
    channels INTEGER NOT NULL,
    consent TEXT NOT NULL CHECK (consent IN ('granted', 'denied', 'unknown')),
    recorded_at INTEGER NOT NULL,
    said_at INTEGER,
    words TEXT,
    PRIMARY KEY (profile_id, number)
) STRICT, WITHOUT ROWID;

-- People who were erased: who asked, when, and which profile; nothing else of the person. `traces` holds what the sweep
-- looks for, and is empty once it has finished.
CREATE TABLE erasures (
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    profile_id BLOB NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    traces TEXT,
    finished_at INTEGER,
    CHECK ((traces IS NULL) = (finished_at IS NOT NULL)),
    PRIMARY KEY (tenant_id, profile_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX erasures_by_time ON erasures (tenant_id, requested_at, profile_id);
CREATE INDEX erasures_unfinished ON erasures (requested_at) WHERE finished_at IS NULL;
-- When the address of a recipient was removed.
ALTER TABLE deliveries ADD COLUMN erased_at INTEGER;
-- Since when an entry holds a keyed hash instead of the address.
ALTER TABLE suppressions ADD COLUMN erased_at INTEGER;
-- One purpose more: the key of these hashes. SQLite replaces a table to change its check.
ALTER TABLE secrets RENAME TO secrets_before;
CREATE TABLE secrets (
    id TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('token_signing', 'unsubscribe', 'client_secrets', 'erased_addresses')),
    value BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO secrets (id, purpose, value, created_at, retired_at)
    SELECT id, purpose, value, created_at, retired_at FROM secrets_before;
DROP TABLE secrets_before;
CREATE UNIQUE INDEX secrets_in_use ON secrets (purpose) WHERE retired_at IS NULL;
-- Import jobs can run dry, and begin again where the first row is; `dry_run` is JSON with the counts of the last dry run.
ALTER TABLE import_jobs ADD COLUMN is_dry_run INTEGER NOT NULL DEFAULT 0 CHECK (is_dry_run IN (0, 1));
ALTER TABLE import_jobs ADD COLUMN dry_run TEXT;
ALTER TABLE import_jobs ADD COLUMN first_byte INTEGER;
ALTER TABLE import_jobs ADD COLUMN first_line INTEGER;
-- JSON: how many rows were refused or taken without a field, by reason. The rows themselves are kept up to a limit.
ALTER TABLE import_jobs ADD COLUMN reasons TEXT;
ALTER TABLE import_jobs ADD COLUMN errors_kept INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_jobs ADD COLUMN warnings_kept INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_jobs ADD COLUMN note_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE import_jobs SET errors_kept = rows_refused, warnings_kept = fields_left_out;
CREATE INDEX import_job_errors_by_severity ON import_job_errors (job_id, severity, seq);
-- How many people have a value of each kind in an attribute. `attribute_names.kind` is the kind that new values must
-- have; values that are older than it keep theirs.
ALTER TABLE attribute_names ADD COLUMN kind TEXT CHECK (kind IN ('text', 'number', 'date', 'boolean', 'list'));
CREATE TABLE attribute_counts (
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('text', 'number', 'date', 'boolean', 'list')),
    people INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, name, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO attribute_counts (tenant_id, name, kind, people)
SELECT tenant_id, name, kind, COUNT(*) FROM (
    SELECT p.tenant_id AS tenant_id, a.key AS name, CASE a.type
        WHEN 'array' THEN 'list' WHEN 'true' THEN 'boolean' WHEN 'false' THEN 'boolean'
        WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number'
        ELSE CASE WHEN a.atom GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
            OR a.atom GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T ][0-9][0-9]:[0-9][0-9]*'
            THEN 'date' ELSE 'text' END END AS kind
    FROM profiles AS p, json_each(p.attributes) AS a
    WHERE a.type NOT IN ('null', 'object')
) AS found GROUP BY tenant_id, name, kind;
-- The kind that most people have. Text that looks like a date was never declared to be one, so it stays text.
UPDATE attribute_names SET kind = (
    SELECT CASE kind WHEN 'date' THEN 'text' ELSE kind END FROM attribute_counts AS c
    WHERE c.tenant_id = attribute_names.tenant_id AND c.name = attribute_names.name
    GROUP BY CASE kind WHEN 'date' THEN 'text' ELSE kind END ORDER BY SUM(people) DESC, 1 LIMIT 1
);
