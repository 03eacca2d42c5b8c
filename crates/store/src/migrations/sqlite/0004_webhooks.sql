-- Where tenants want events to be sent. `events` are the kinds, separated by spaces. While `previous_secret` has not
-- run out, it signs beside `secret`. `failing_since` is the first failure after the last success.
CREATE TABLE webhook_endpoints (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    url TEXT NOT NULL,
    description TEXT,
    events TEXT NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    disabled_reason TEXT CHECK (disabled_reason IN ('manual', 'gone', 'failing')),
    secret BLOB NOT NULL,
    previous_secret BLOB,
    previous_secret_until INTEGER,
    failing_since INTEGER,
    last_success_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_endpoints_by_tenant ON webhook_endpoints (tenant_id, created_at, id);

-- Who wants to know of what: a row for each kind of each endpoint that is enabled and not deleted.
CREATE TABLE webhook_subscriptions (
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    kind TEXT NOT NULL,
    endpoint_id BLOB NOT NULL REFERENCES webhook_endpoints (id),
    PRIMARY KEY (tenant_id, kind, endpoint_id)
) STRICT, WITHOUT ROWID;

-- The outbox and the log of events: one row for each endpoint that an event goes to. `due_at` is set while pending;
-- of one that is on its way it is the end of its lease. `attempt` counts all attempts, `round_attempt` those since
-- it was queued last.
CREATE TABLE webhook_deliveries (
    endpoint_id BLOB NOT NULL REFERENCES webhook_endpoints (id),
    event_id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempt INTEGER NOT NULL,
    round_attempt INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    due_at INTEGER,
    reason TEXT,
    created_at INTEGER NOT NULL,
    settled_at INTEGER,
    PRIMARY KEY (endpoint_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (due_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (endpoint_id, due_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (endpoint_id, state, event_id);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);

CREATE TABLE webhook_attempts (
    endpoint_id BLOB NOT NULL,
    event_id BLOB NOT NULL,
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    status INTEGER,
    error TEXT,
    response TEXT,
    PRIMARY KEY (endpoint_id, event_id, attempt)
) STRICT, WITHOUT ROWID;
