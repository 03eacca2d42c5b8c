-- What tells a copy from a restart, a wrong clock from a right one, and what waits for a person.

-- One row: which database this is, when an engine used it last, and whether everything that sends waits for a person.
CREATE TABLE instance (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    -- Random, and new each time that the database is found to be a copy; NULL before an engine first used it.
    epoch TEXT,
    -- SQLite: commits of engines. PostgreSQL: how often an engine looked after the row.
    writes BIGINT NOT NULL DEFAULT 0,
    used_at BIGINT,
    -- PostgreSQL: the server and its database, its timeline, its position in the write-ahead log, when it was started, and
    -- the addresses under which engines reach it, one a line.
    server TEXT,
    timeline BIGINT,
    wal_at BIGINT,
    server_started TEXT,
    addresses TEXT,
    held_at BIGINT,
    held_reason TEXT,
    held_text TEXT
);
INSERT INTO instance (id) VALUES (1);
-- How far the wall clock of a node is ahead of the clock that all nodes follow.
ALTER TABLE nodes ADD COLUMN wall_ahead_ms BIGINT;
