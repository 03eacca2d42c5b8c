-- Instants are milliseconds since 1970 UTC. Enums are text with a check. JSON is text and never queried inside.

CREATE TABLE tenants (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    default_timezone TEXT,
    mail_cutoff_minutes INTEGER NOT NULL,
    last_touchpoint_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE clients (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX clients_by_tenant ON clients (tenant_id, id);

-- Keys of the instance: JWT signing keys and the key of unsubscribe links.
CREATE TABLE secrets (
    id TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('token_signing', 'unsubscribe')),
    value BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT, WITHOUT ROWID;
-- One key of each purpose is in use; the retired ones still verify for a while.
CREATE UNIQUE INDEX secrets_in_use ON secrets (purpose) WHERE retired_at IS NULL;

CREATE TABLE idempotency_keys (
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    client_id BLOB NOT NULL,
    idempotency_key BLOB NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, client_id, idempotency_key, method, path)
) STRICT;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE profiles (
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    id BLOB NOT NULL,
    email TEXT,
    phone TEXT,
    customer_id TEXT,
    first_name TEXT,
    last_name TEXT,
    timezone TEXT,
    locale TEXT,
    push_tokens TEXT,
    address TEXT,
    consent_email TEXT NOT NULL CHECK (consent_email IN ('granted', 'denied', 'unknown')),
    consent_sms TEXT NOT NULL CHECK (consent_sms IN ('granted', 'denied', 'unknown')),
    consent_push TEXT NOT NULL CHECK (consent_push IN ('granted', 'denied', 'unknown')),
    consent_direct_mail TEXT NOT NULL CHECK (consent_direct_mail IN ('granted', 'denied', 'unknown')),
    attributes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX profiles_by_email ON profiles (tenant_id, email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX profiles_by_customer_id ON profiles (tenant_id, customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX profiles_by_phone ON profiles (tenant_id, phone) WHERE phone IS NOT NULL;

-- Names of attributes that profiles of a tenant have carried: what a template may use without a warning.
CREATE TABLE attribute_names (
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE lists (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    description TEXT,
    member_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX lists_by_tenant ON lists (tenant_id, created_at, id);

CREATE TABLE list_members (
    list_id BLOB NOT NULL REFERENCES lists (id),
    profile_id BLOB NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (list_id, profile_id)
) STRICT, WITHOUT ROWID;

-- Never to be sent to. `address` is normalised as in profiles.
CREATE TABLE suppressions (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'push', 'direct_mail')),
    address TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('unsubscribed', 'bounced', 'complained', 'manual')),
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX suppressions_by_address ON suppressions (tenant_id, channel, address);
CREATE INDEX suppressions_by_tenant ON suppressions (tenant_id, created_at, id);

CREATE TABLE templates (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'push', 'direct_mail')),
    status TEXT NOT NULL CHECK (status IN ('draft', 'published', 'archived')),
    content TEXT NOT NULL,
    published_version_id BLOB,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX templates_by_tenant ON templates (tenant_id, created_at, id);

-- What a publish froze; never changed afterwards.
CREATE TABLE template_versions (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    template_id BLOB NOT NULL REFERENCES templates (id),
    number INTEGER NOT NULL,
    content TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX template_versions_by_number ON template_versions (template_id, number);

CREATE TABLE sender_profiles (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'push', 'direct_mail')),
    details TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;
CREATE INDEX sender_profiles_by_tenant ON sender_profiles (tenant_id, created_at, id);

-- The schedule_* columns are the stored intent; schedule_mode is null when there is none.
CREATE TABLE campaigns (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    campaign_type TEXT NOT NULL CHECK (campaign_type IN ('broadcast')),
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'push', 'direct_mail')),
    name TEXT NOT NULL,
    description TEXT,
    category TEXT NOT NULL,
    tags TEXT NOT NULL,
    external_id TEXT,
    metadata TEXT,
    authoring_status TEXT NOT NULL CHECK (authoring_status IN ('draft', 'published', 'archived')),
    execution_status TEXT NOT NULL CHECK (execution_status IN ('not_scheduled', 'scheduled', 'running', 'paused',
        'held', 'completed', 'completed_with_failures', 'failed', 'canceled')),
    current_version_id BLOB,
    template_id BLOB REFERENCES templates (id),
    sender_profile_id BLOB REFERENCES sender_profiles (id),
    subject_line TEXT,
    schedule_mode TEXT CHECK (schedule_mode IN ('now', 'at', 'batch_on_date')),
    schedule_send_at TEXT,
    schedule_instant INTEGER,
    schedule_batch_date TEXT,
    schedule_timezone TEXT,
    schedule_timezone_source TEXT CHECK (schedule_timezone_source IN ('request', 'tenant_default', 'utc_fallback')),
    schedule_local_time TEXT,
    schedule_offset_seconds INTEGER,
    schedule_rule TEXT CHECK (schedule_rule IN ('exact', 'gap_shifted', 'fold_first')),
    schedule_tzdb_version TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    archived_at INTEGER,
    deleted_at INTEGER
) STRICT;
CREATE INDEX campaigns_by_tenant ON campaigns (tenant_id, created_at, id);
CREATE UNIQUE INDEX campaigns_by_external_id ON campaigns (tenant_id, external_id)
    WHERE external_id IS NOT NULL AND deleted_at IS NULL;

CREATE TABLE campaign_audiences (
    campaign_id BLOB NOT NULL REFERENCES campaigns (id),
    side TEXT NOT NULL CHECK (side IN ('include', 'exclude')),
    position INTEGER NOT NULL,
    audience_id BLOB NOT NULL,
    audience_type TEXT NOT NULL CHECK (audience_type IN ('audience', 'segment')),
    PRIMARY KEY (campaign_id, side, position)
) STRICT, WITHOUT ROWID;

-- One committed execution of one campaign version: a schedule job or a send job. `id` is the API's scheduleId.
-- The template version, sender and subject are those of the commit: later edits do not reach it.
-- `budget_at` and `budget_taken` tell the last take from the budget of `rate_per_minute`.
CREATE TABLE schedule_jobs (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    campaign_id BLOB NOT NULL REFERENCES campaigns (id),
    version_id BLOB NOT NULL UNIQUE,
    manifest_id BLOB NOT NULL UNIQUE,
    touchpoint_id INTEGER NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'push', 'direct_mail')),
    state TEXT NOT NULL CHECK (state IN ('scheduled', 'running', 'paused', 'held', 'completed',
        'completed_with_failures', 'failed', 'canceled')),
    immediate INTEGER NOT NULL CHECK (immediate IN (0, 1)),
    due_at INTEGER NOT NULL,
    send_at TEXT,
    batch_date TEXT,
    timezone TEXT NOT NULL,
    timezone_source TEXT NOT NULL CHECK (timezone_source IN ('request', 'tenant_default', 'utc_fallback')),
    instant INTEGER NOT NULL,
    local_time TEXT NOT NULL,
    offset_seconds INTEGER NOT NULL,
    rule TEXT NOT NULL CHECK (rule IN ('exact', 'gap_shifted', 'fold_first')),
    tzdb_version TEXT NOT NULL,
    template_version_id BLOB NOT NULL REFERENCES template_versions (id),
    sender_profile_id BLOB REFERENCES sender_profiles (id),
    subject_line TEXT,
    latest_start INTEGER,
    on_missed TEXT NOT NULL CHECK (on_missed IN ('send', 'hold', 'cancel')),
    latest_finish INTEGER,
    on_uncertain TEXT NOT NULL CHECK (on_uncertain IN ('hold', 'retry', 'assume_sent')),
    rate_per_minute INTEGER,
    blocked_reason TEXT,
    budget_at INTEGER,
    budget_taken INTEGER,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER
) STRICT;
CREATE INDEX schedule_jobs_by_campaign ON schedule_jobs (campaign_id, created_at);
CREATE INDEX schedule_jobs_due ON schedule_jobs (state, due_at);
CREATE INDEX schedule_jobs_open ON schedule_jobs (id) WHERE finished_at IS NULL;

-- A frozen audience. `number` is the short key of its ledger. The cursor is the place up to which it is frozen.
-- Matched = excluded + duplicates + frozen, once frozen_at is set.
CREATE TABLE manifests (
    number INTEGER NOT NULL PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    schedule_id BLOB NOT NULL UNIQUE REFERENCES schedule_jobs (id),
    cursor_audience INTEGER NOT NULL,
    cursor_profile_id BLOB,
    last_seq INTEGER NOT NULL,
    last_chunk INTEGER NOT NULL,
    matched INTEGER NOT NULL,
    excluded INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    audience_hash BLOB NOT NULL,
    node_id BLOB,
    lease_until INTEGER,
    fence INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    frozen_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX manifests_open ON manifests (number) WHERE frozen_at IS NULL;

-- The audiences of a job, copied at its commit.
CREATE TABLE schedule_job_audiences (
    schedule_id BLOB NOT NULL REFERENCES schedule_jobs (id),
    side TEXT NOT NULL CHECK (side IN ('include', 'exclude')),
    position INTEGER NOT NULL,
    audience_id BLOB NOT NULL,
    audience_type TEXT NOT NULL CHECK (audience_type IN ('audience', 'segment')),
    PRIMARY KEY (schedule_id, side, position)
) STRICT, WITHOUT ROWID;

-- What is claimed: a range of the ledger, with its lease, its fence and its accounts.
CREATE TABLE chunks (
    manifest_number INTEGER NOT NULL REFERENCES manifests (number),
    chunk INTEGER NOT NULL,
    tenant_id BLOB NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ready', 'claimed', 'done')),
    due_at INTEGER NOT NULL,
    node_id BLOB,
    lease_until INTEGER,
    fence INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    in_flight INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    suppressed INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    expired INTEGER NOT NULL,
    canceled INTEGER NOT NULL,
    uncertain INTEGER NOT NULL,
    PRIMARY KEY (manifest_number, chunk)
) STRICT, WITHOUT ROWID;
CREATE INDEX chunks_ready ON chunks (manifest_number, due_at) WHERE state = 'ready';
CREATE INDEX chunks_claimed ON chunks (manifest_number, lease_until) WHERE state = 'claimed';

-- The ledger: one row for each recipient, clustered by (manifest, seq). `due_at` is set while pending after a
-- first attempt, `settled_at` once the recipient is accounted for. `address_key` is the first 16 bytes of the
-- SHA-256 of the normalised address.
CREATE TABLE deliveries (
    manifest_number INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    profile_id BLOB NOT NULL,
    address TEXT,
    address_key BLOB,
    state TEXT NOT NULL CHECK (state IN ('pending', 'in_flight', 'sent', 'failed', 'suppressed', 'skipped',
        'expired', 'canceled', 'uncertain')),
    attempt INTEGER NOT NULL,
    due_at INTEGER,
    settled_at INTEGER,
    reason TEXT,
    provider_ref TEXT,
    PRIMARY KEY (manifest_number, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX deliveries_by_address ON deliveries (manifest_number, address_key)
    WHERE address_key IS NOT NULL;
CREATE UNIQUE INDEX deliveries_by_profile ON deliveries (manifest_number, profile_id);

-- Only what did not succeed at the first try.
CREATE TABLE attempts (
    manifest_number INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('handed_off', 'rejected', 'deferred', 'not_attempted', 'uncertain')),
    reason TEXT,
    provider_text TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (manifest_number, seq, attempt, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE nodes (
    id BLOB NOT NULL PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('all', 'api', 'engine')),
    started_at INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
