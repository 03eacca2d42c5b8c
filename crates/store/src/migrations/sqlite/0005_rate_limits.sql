-- Requests of the last minute, by token and class. Losing them costs one minute of limits.
-- `seconds` holds pairs of second and requests; `version` grows with each count.
CREATE TABLE rate_windows (
    token_id BLOB NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('read', 'write', 'batch', 'execute', 'token')),
    version INTEGER NOT NULL,
    seconds BLOB NOT NULL,
    idle_at INTEGER NOT NULL,
    PRIMARY KEY (token_id, class)
) STRICT, WITHOUT ROWID;

-- Limits that the operator set for one tenant, in place of the configured ones; 0 is none.
CREATE TABLE tenant_rate_limits (
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    class TEXT NOT NULL CHECK (class IN ('read', 'write', 'batch', 'execute', 'token')),
    per_minute INTEGER NOT NULL CHECK (per_minute >= 0),
    PRIMARY KEY (tenant_id, class)
) STRICT, WITHOUT ROWID;

-- What all jobs of a tenant together may send in a minute on a channel; `taken_at` and `taken` tell the last take.
CREATE TABLE tenant_budgets (
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'push', 'direct_mail')),
    per_minute INTEGER NOT NULL CHECK (per_minute >= 1),
    taken_at INTEGER,
    taken INTEGER,
    PRIMARY KEY (tenant_id, channel)
) STRICT, WITHOUT ROWID;

-- What the tenant's jobs do that do not say it themselves; null: what is configured.
ALTER TABLE tenants ADD COLUMN policy_latest_start_minutes INTEGER CHECK (policy_latest_start_minutes >= 0);
ALTER TABLE tenants ADD COLUMN policy_on_missed TEXT CHECK (policy_on_missed IN ('send', 'hold', 'cancel'));
ALTER TABLE tenants ADD COLUMN policy_latest_finish_minutes INTEGER CHECK (policy_latest_finish_minutes >= 1);
ALTER TABLE tenants ADD COLUMN policy_on_uncertain TEXT CHECK (policy_on_uncertain IN ('hold', 'retry', 'assume_sent'));
ALTER TABLE tenants ADD COLUMN policy_rate_per_minute INTEGER CHECK (policy_rate_per_minute >= 1);
