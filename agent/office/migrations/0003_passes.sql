-- Visitor passes that were signed: opaque throughout. `id`: the digest under which a gateway's list names one
-- that was revoked; `number`: its own, as the token has it; `kid`: the key that signed it; `host`: who is visited.
CREATE TABLE pass (
    id      TEXT PRIMARY KEY,
    number  TEXT NOT NULL UNIQUE,
    kid     TEXT NOT NULL,
    gateway TEXT NOT NULL,
    doors   TEXT NOT NULL,
    person  TEXT NOT NULL,
    host    TEXT,
    begins  TEXT NOT NULL,
    ends    TEXT NOT NULL,
    uses    INTEGER NOT NULL,
    state   TEXT NOT NULL
) STRICT;
CREATE INDEX pass_by_end ON pass (state, ends);
