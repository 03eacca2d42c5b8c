-- A test send is a job of its own beside the campaign's: to people named for it, outside the campaign's accounts.
ALTER TABLE schedule_jobs ADD COLUMN is_test INTEGER NOT NULL DEFAULT 0 CHECK (is_test IN (0, 1));

-- Whom a test send names, in the order of the request from 1, which is their place in its ledger. `profile_id` is the
-- person who has the address, or a fresh id if nobody does; `sample_id` the person whose fields the message shows.
-- `refused` tells why nothing may be sent there, as found when it was asked for.
CREATE TABLE test_recipients (
    schedule_id BLOB NOT NULL REFERENCES schedule_jobs (id),
    position INTEGER NOT NULL,
    address TEXT NOT NULL,
    profile_id BLOB NOT NULL,
    sample_id BLOB,
    refused TEXT CHECK (refused IN ('suppressed', 'consent_denied')),
    PRIMARY KEY (schedule_id, position)
) STRICT, WITHOUT ROWID;

ALTER TABLE templates ADD COLUMN deleted_at INTEGER;
