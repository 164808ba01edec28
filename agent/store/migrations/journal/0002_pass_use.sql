-- How often each visitor's pass has opened a door here. Times are milliseconds since 1970, UTC.
CREATE TABLE pass_use (
    number  TEXT    PRIMARY KEY,
    used    INTEGER NOT NULL CHECK (used > 0),
    ends_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX pass_use_by_end ON pass_use (ends_ms);
