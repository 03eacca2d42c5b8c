-- People who can be found and erased, typed attributes, and where consent came from.
-- Whether people whose consent is unknown get messages.
ALTER TABLE tenants ADD COLUMN mail_unknown BOOLEAN NOT NULL DEFAULT TRUE;

-- How people are found by name: folded as in `core::person_name`, first name first and last name first.
ALTER TABLE profiles ADD COLUMN name_key TEXT COLLATE "C";
ALTER TABLE profiles ADD COLUMN name_key_reversed TEXT COLLATE "C";
CREATE INDEX profiles_by_name ON profiles (tenant_id, name_key, id) WHERE name_key IS NOT NULL;
CREATE INDEX profiles_by_name_reversed ON profiles (tenant_id, name_key_reversed, id) WHERE name_key_reversed IS NOT NULL;
-- In the order of their bytes, whatever the collation of the database is, so that an index finds what begins with a text.
DROP INDEX profiles_by_phone;
ALTER TABLE profiles ALTER COLUMN email TYPE TEXT COLLATE "C", ALTER COLUMN phone TYPE TEXT COLLATE "C",
    ALTER COLUMN customer_id TYPE TEXT COLLATE "C";
CREATE INDEX profiles_by_phone ON profiles (tenant_id, phone, id) WHERE phone IS NOT NULL;
-- Where consent came from: an import job, a client of the API, or the campaign whose message had the link to unsubscribe.
CREATE TABLE consent_sources (
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    id UUID NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('import', 'api_client', 'unsubscribe_link')),
    name TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
-- What a source said of a person, for all channels (bits) of which it said the same. Without foreign keys: an import writes
-- as many rows as it has people, each together with its person and source.
CREATE TABLE consent_evidence (
    profile_id UUID NOT NULL,
    number BIGINT NOT NULL,
    source_id UUID NOT NULL,
    line BIGINT,
    channels BIGINT NOT NULL,
    consent TEXT NOT NULL CHECK (consent IN ('granted', 'denied', 'unknown')),
    recorded_at BIGINT NOT NULL,
    said_at BIGINT,
    words TEXT,
    PRIMARY KEY (profile_id, number)
);
-- How many people have a value of each kind in an attribute. `attribute_names.kind` is the kind that new values must
-- have; values that are older than it keep theirs.
ALTER TABLE attribute_names ADD COLUMN kind TEXT CHECK (kind IN ('text', 'number', 'date', 'boolean', 'list'));
CREATE TABLE attribute_counts (
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('text', 'number', 'date', 'boolean', 'list')),
    people BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, name, kind)
);
INSERT INTO attribute_counts (tenant_id, name, kind, people)
SELECT tenant_id, name, kind, COUNT(*) FROM (
    SELECT p.tenant_id AS tenant_id, a.key AS name, CASE json_typeof(a.value)
        WHEN 'array' THEN 'list' WHEN 'boolean' THEN 'boolean' WHEN 'number' THEN 'number'
        ELSE CASE WHEN (a.value #>> '{}') ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}.*)?$'
            THEN 'date' ELSE 'text' END END AS kind
    FROM profiles AS p, json_each(CAST(p.attributes AS JSON)) AS a
    WHERE json_typeof(a.value) NOT IN ('null', 'object')
) AS found GROUP BY tenant_id, name, kind;
-- The kind that most people have. Text that looks like a date was never declared to be one, so it stays text.
UPDATE attribute_names SET kind = (
    SELECT CASE kind WHEN 'date' THEN 'text' ELSE kind END FROM attribute_counts AS c
    WHERE c.tenant_id = attribute_names.tenant_id AND c.name = attribute_names.name
    GROUP BY CASE kind WHEN 'date' THEN 'text' ELSE kind END ORDER BY SUM(people) DESC, 1 LIMIT 1
);

-- People who were erased: who asked, when, and which profile; nothing else of the person. `traces` holds what the sweep
-- looks for, and is empty once it has finished.
CREATE TABLE erasures (
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    profile_id UUID NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    traces TEXT,
    finished_at BIGINT,
    CHECK ((traces IS NULL) = (finished_at IS NOT NULL)),
    PRIMARY KEY (tenant_id, profile_id)
);
CREATE INDEX erasures_by_time ON erasures (tenant_id, requested_at, profile_id);
CREATE INDEX erasures_unfinished ON erasures (requested_at) WHERE finished_at IS NULL;
-- When the address of a recipient was removed.
ALTER TABLE deliveries ADD COLUMN erased_at BIGINT;
-- Since when an entry holds a keyed hash instead of the address.
ALTER TABLE suppressions ADD COLUMN erased_at BIGINT;
-- One purpose more: the key of these hashes.
ALTER TABLE secrets DROP CONSTRAINT secrets_purpose_check;
ALTER TABLE secrets ADD CONSTRAINT secrets_purpose_check
    CHECK (purpose IN ('token_signing', 'unsubscribe', 'client_secrets', 'erased_addresses'));
-- Import jobs can run dry, and begin again where the first row is; `dry_run` is JSON with the counts of the last dry run.
ALTER TABLE import_jobs ADD COLUMN is_dry_run BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE import_jobs ADD COLUMN dry_run TEXT;
ALTER TABLE import_jobs ADD COLUMN first_byte BIGINT;
ALTER TABLE import_jobs ADD COLUMN first_line BIGINT;
-- JSON: how many rows were refused or taken without a field, by reason. The rows themselves are kept up to a limit.
ALTER TABLE import_jobs ADD COLUMN reasons TEXT;
ALTER TABLE import_jobs ADD COLUMN errors_kept BIGINT NOT NULL DEFAULT 0;
ALTER TABLE import_jobs ADD COLUMN warnings_kept BIGINT NOT NULL DEFAULT 0;
ALTER TABLE import_jobs ADD COLUMN note_bytes BIGINT NOT NULL DEFAULT 0;
UPDATE import_jobs SET errors_kept = rows_refused, warnings_kept = fields_left_out;
CREATE INDEX import_job_errors_by_severity ON import_job_errors (job_id, severity, seq);
