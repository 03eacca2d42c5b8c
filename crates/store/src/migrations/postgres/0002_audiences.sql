-- Audiences by rule. The rule is JSON text as it was written; `member_count` is what was counted last, at `counted_at`.
CREATE TABLE audiences (
    id UUID NOT NULL PRIMARY KEY,
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    description TEXT,
    rule TEXT NOT NULL,
    member_count BIGINT,
    counted_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE INDEX audiences_by_tenant ON audiences (tenant_id, created_at, id);

-- The lists that a rule names.
CREATE TABLE audience_lists (
    audience_id UUID NOT NULL REFERENCES audiences (id),
    list_id UUID NOT NULL REFERENCES lists (id),
    PRIMARY KEY (audience_id, list_id)
);
CREATE INDEX audience_lists_by_list ON audience_lists (list_id);

CREATE INDEX campaign_audiences_by_audience ON campaign_audiences (audience_id);

-- The rule of a segment as it was when the job was committed.
ALTER TABLE schedule_job_audiences ADD COLUMN rule TEXT;

-- Whom a campaign's audiences reach, as counted last. `basis` says what the count stands on; `revision` grows with
-- each request, so that an answer to an older one is not taken for the newer.
CREATE TABLE campaign_reach (
    campaign_id UUID NOT NULL PRIMARY KEY REFERENCES campaigns (id),
    tenant_id UUID NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'ok', 'failed')),
    revision BIGINT NOT NULL,
    requested_at BIGINT NOT NULL,
    lease_until BIGINT,
    basis TEXT,
    evaluated_count BIGINT,
    evaluated_at BIGINT
);
CREATE INDEX campaign_reach_pending ON campaign_reach (requested_at) WHERE status = 'pending';
