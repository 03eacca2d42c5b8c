-- What protects tenants, people and campaigns from each other and from strangers.

-- Whether email of the category marketing must show a link to unsubscribe.
ALTER TABLE tenants ADD COLUMN require_unsubscribe_link BOOLEAN NOT NULL DEFAULT TRUE;
-- One purpose more: the key that hashes the secrets of clients.
ALTER TABLE secrets DROP CONSTRAINT secrets_purpose_check;
ALTER TABLE secrets ADD CONSTRAINT secrets_purpose_check
    CHECK (purpose IN ('token_signing', 'unsubscribe', 'client_secrets'));

-- When a client last got a new secret; tokens from before are refused.
ALTER TABLE clients ADD COLUMN secret_generation BIGINT NOT NULL DEFAULT 0;

-- Requests are counted by client, not by token.
ALTER TABLE rate_windows RENAME COLUMN token_id TO client_id;

-- Domains that the operator bound to a tenant, in lower case and as xn--: whoever has some sends from these alone.
CREATE TABLE tenant_sender_domains (
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    domain TEXT NOT NULL,
    PRIMARY KEY (tenant_id, domain)
);
CREATE INDEX tenant_sender_domains_by_domain ON tenant_sender_domains (domain);

-- The domain of a sender's address, in the same form.
ALTER TABLE sender_profiles ADD COLUMN email_domain TEXT;
UPDATE sender_profiles SET email_domain = lower(split_part((CAST(details AS JSON) ->> 'fromEmail'), '@', 2)) WHERE channel = 'email';
CREATE INDEX sender_profiles_by_email_domain ON sender_profiles (email_domain) WHERE email_domain IS NOT NULL;

-- Whose fields a test message shows: those of a named profile, of who has the address, of a sample recipient, or none.
ALTER TABLE test_recipients ADD COLUMN fields TEXT NOT NULL DEFAULT 'recipient'
    CHECK (fields IN ('profile', 'recipient', 'sample', 'none'));

-- A job that tries the failed recipients of another one again: at most one, not counting those that were canceled before
-- they began.
ALTER TABLE schedule_jobs ADD COLUMN parent_schedule_id UUID REFERENCES schedule_jobs (id);
CREATE UNIQUE INDEX schedule_jobs_of_parent ON schedule_jobs (parent_schedule_id)
    WHERE parent_schedule_id IS NOT NULL AND (started_at IS NOT NULL OR finished_at IS NULL);

-- How often the process that held a chunk ended in the middle of it, not counting what was explained since; the recipient
-- whose message is rendered alone because of that; and the one that was rendered when the process ended again.
ALTER TABLE chunks ADD COLUMN deaths BIGINT NOT NULL DEFAULT 0;
ALTER TABLE chunks ADD COLUMN composing_seq BIGINT;
ALTER TABLE chunks ADD COLUMN suspect_seq BIGINT;
