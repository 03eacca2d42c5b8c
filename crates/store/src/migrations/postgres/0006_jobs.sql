-- A test send is a job of its own beside the campaign's: to people named for it, outside the campaign's accounts.
ALTER TABLE schedule_jobs ADD COLUMN is_test BOOLEAN NOT NULL DEFAULT FALSE;

-- Whom a test send names, in the order of the request from 1, which is their place in its ledger. `profile_id` is the
-- person who has the address, or a fresh id if nobody does; `sample_id` the person whose fields the message shows.
-- `refused` tells why nothing may be sent there, as found when it was asked for.
CREATE TABLE test_recipients (
    schedule_id UUID NOT NULL REFERENCES schedule_jobs (id),
    position BIGINT NOT NULL,
    address TEXT NOT NULL,
    profile_id UUID NOT NULL,
    sample_id UUID,
    refused TEXT CHECK (refused IN ('suppressed', 'consent_denied')),
    PRIMARY KEY (schedule_id, position)
);

ALTER TABLE templates ADD COLUMN deleted_at BIGINT;
