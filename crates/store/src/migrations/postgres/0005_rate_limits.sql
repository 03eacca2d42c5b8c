-- Requests of the last minute, by token and class. Losing them costs one minute of limits, so they are not logged: a
-- count does not wait for the disk. `seconds` holds pairs of second and requests; `version` grows with each count.
CREATE UNLOGGED TABLE rate_windows (
    token_id UUID NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('read', 'write', 'batch', 'execute', 'token')),
    version BIGINT NOT NULL,
    seconds BYTEA NOT NULL,
    idle_at BIGINT NOT NULL,
    PRIMARY KEY (token_id, class)
);

-- Limits that the operator set for one tenant, in place of the configured ones; 0 is none.
CREATE TABLE tenant_rate_limits (
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    class TEXT NOT NULL CHECK (class IN ('read', 'write', 'batch', 'execute', 'token')),
    per_minute BIGINT NOT NULL CHECK (per_minute >= 0),
    PRIMARY KEY (tenant_id, class)
);

-- What all jobs of a tenant together may send in a minute on a channel; `taken_at` and `taken` tell the last take.
CREATE TABLE tenant_budgets (
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'push', 'direct_mail')),
    per_minute BIGINT NOT NULL CHECK (per_minute >= 1),
    taken_at BIGINT,
    taken BIGINT,
    PRIMARY KEY (tenant_id, channel)
);

-- What the tenant's jobs do that do not say it themselves; null: what is configured.
ALTER TABLE tenants ADD COLUMN policy_latest_start_minutes BIGINT CHECK (policy_latest_start_minutes >= 0);
ALTER TABLE tenants ADD COLUMN policy_on_missed TEXT CHECK (policy_on_missed IN ('send', 'hold', 'cancel'));
ALTER TABLE tenants ADD COLUMN policy_latest_finish_minutes BIGINT CHECK (policy_latest_finish_minutes >= 1);
ALTER TABLE tenants ADD COLUMN policy_on_uncertain TEXT CHECK (policy_on_uncertain IN ('hold', 'retry', 'assume_sent'));
ALTER TABLE tenants ADD COLUMN policy_rate_per_minute BIGINT CHECK (policy_rate_per_minute >= 1);
