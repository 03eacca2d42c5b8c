-- Where tenants want events to be sent. `events` are the kinds, separated by spaces. While `previous_secret` has not
-- run out, it signs beside `secret`. `failing_since` is the first failure after the last success.
CREATE TABLE webhook_endpoints (
    id UUID NOT NULL PRIMARY KEY,
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    url TEXT NOT NULL,
    description TEXT,
    events TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    disabled_reason TEXT CHECK (disabled_reason IN ('manual', 'gone', 'failing')),
    secret BYTEA NOT NULL,
    previous_secret BYTEA,
    previous_secret_until BIGINT,
    failing_since BIGINT,
    last_success_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE INDEX webhook_endpoints_by_tenant ON webhook_endpoints (tenant_id, created_at, id);

-- Who wants to know of what: a row for each kind of each endpoint that is enabled and not deleted.
CREATE TABLE webhook_subscriptions (
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    kind TEXT NOT NULL,
    endpoint_id UUID NOT NULL REFERENCES webhook_endpoints (id),
    PRIMARY KEY (tenant_id, kind, endpoint_id)
);

-- The outbox and the log of events: one row for each endpoint that an event goes to. `due_at` is set while pending;
-- of one that is on its way it is the end of its lease. `attempt` counts all attempts, `round_attempt` those since
-- it was queued last.
CREATE TABLE webhook_deliveries (
    endpoint_id UUID NOT NULL REFERENCES webhook_endpoints (id),
    event_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempt BIGINT NOT NULL,
    round_attempt BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    due_at BIGINT,
    reason TEXT,
    created_at BIGINT NOT NULL,
    settled_at BIGINT,
    PRIMARY KEY (endpoint_id, event_id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (due_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (endpoint_id, due_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (endpoint_id, state, event_id);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);

CREATE TABLE webhook_attempts (
    endpoint_id UUID NOT NULL,
    event_id UUID NOT NULL,
    attempt BIGINT NOT NULL,
    at BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    status BIGINT,
    error TEXT,
    response TEXT,
    PRIMARY KEY (endpoint_id, event_id, attempt)
);
