-- What protects tenants, people and campaigns from each other and from strangers.

-- Whether email of the category marketing must show a link to unsubscribe.
ALTER TABLE tenants ADD COLUMN require_unsubscribe_link BOOLEAN NOT NULL DEFAULT TRUE;
-- One purpose more: the key that hashes the secrets of clients.
ALTER TABLE secrets DROP CONSTRAINT secrets_purpose_check;
ALTER TABLE secrets ADD CONSTRAINT secrets_purpose_check
    CHECK (purpose IN ('token_signing', 'unsubscribe', 'client_secrets'));

-- When a client last got a new secret; tokens from before are refused.
ALTER TABLE clients ADD COLUMN tokens_since BIGINT;

-- Requests are counted by client, not by token.
ALTER TABLE rate_windows RENAME COLUMN token_id TO client_id;
