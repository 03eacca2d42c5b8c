-- What protects tenants, people and campaigns from each other and from strangers.

-- Whether email of the category marketing must show a link to unsubscribe.
ALTER TABLE tenants ADD COLUMN require_unsubscribe_link INTEGER NOT NULL DEFAULT 1 CHECK (require_unsubscribe_link IN (0, 1));
-- One purpose more: the key that hashes the secrets of clients. SQLite replaces a table to change its check.
ALTER TABLE secrets RENAME TO secrets_before;
CREATE TABLE secrets (
    id TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('token_signing', 'unsubscribe', 'client_secrets')),
    value BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO secrets (id, purpose, value, created_at, retired_at)
    SELECT id, purpose, value, created_at, retired_at FROM secrets_before;
DROP TABLE secrets_before;
CREATE UNIQUE INDEX secrets_in_use ON secrets (purpose) WHERE retired_at IS NULL;

-- When a client last got a new secret; tokens from before are refused.
ALTER TABLE clients ADD COLUMN secret_generation INTEGER NOT NULL DEFAULT 0;

-- Requests are counted by client, not by token.
ALTER TABLE rate_windows RENAME COLUMN token_id TO client_id;

-- Domains that the operator bound to a tenant, in lower case and as xn--: whoever has some sends from these alone.
CREATE TABLE tenant_sender_domains (
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    domain TEXT NOT NULL,
    PRIMARY KEY (tenant_id, domain)
) STRICT, WITHOUT ROWID;
CREATE INDEX tenant_sender_domains_by_domain ON tenant_sender_domains (domain);

-- The domain of a sender's address, in the same form.
ALTER TABLE sender_profiles ADD COLUMN email_domain TEXT;
UPDATE sender_profiles SET email_domain = lower(substr(json_extract(details, '$.fromEmail'), instr(json_extract(details, '$.fromEmail'), '@') + 1)) WHERE channel = 'email';
CREATE INDEX sender_profiles_by_email_domain ON sender_profiles (email_domain) WHERE email_domain IS NOT NULL;

-- Whose fields a test message shows: those of a named profile, of who has the address, of a sample recipient, or none.
ALTER TABLE test_recipients ADD COLUMN fields TEXT NOT NULL DEFAULT 'recipient'
    CHECK (fields IN ('profile', 'recipient', 'sample', 'none'));

-- A job that tries the failed recipients of another one again: at most one, not counting those that were canceled before
-- they began.
ALTER TABLE schedule_jobs ADD COLUMN parent_schedule_id BLOB REFERENCES schedule_jobs (id);
CREATE UNIQUE INDEX schedule_jobs_of_parent ON schedule_jobs (parent_schedule_id)
    WHERE parent_schedule_id IS NOT NULL AND (started_at IS NOT NULL OR finished_at IS NULL);

-- How often the process that held a chunk ended in the middle of it, not counting what was explained since; the recipient
-- whose message is rendered alone because of that; and the one that was rendered when the process ended again.
ALTER TABLE chunks ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chunks ADD COLUMN composing_seq INTEGER;
ALTER TABLE chunks ADD COLUMN suspect_seq INTEGER;
