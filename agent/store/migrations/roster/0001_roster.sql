-- Lists by generation: the one in force, one that is being staged, and those that are being swept away.
CREATE TABLE generation (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    state       TEXT    NOT NULL CHECK (state IN ('staging', 'active', 'retired')),
    revision    INTEGER NOT NULL,
    digest      BLOB    NOT NULL,
    count       INTEGER NOT NULL,
    enforced_ms INTEGER,
    head        TEXT
);
CREATE UNIQUE INDEX generation_active ON generation (state) WHERE state = 'active';
CREATE UNIQUE INDEX generation_staging ON generation (state) WHERE state = 'staging';

-- Times are milliseconds since 1970, UTC; groups is a JSON list of names; flags: 1 verified, 2 override, 4 longer.
CREATE TABLE person (
    gen            INTEGER NOT NULL,
    id             TEXT    NOT NULL,
    flags          INTEGER NOT NULL,
    verified_until INTEGER,
    from_ms        INTEGER,
    until_ms       INTEGER,
    groups         TEXT    NOT NULL,
    household      TEXT,
    PRIMARY KEY (gen, id)
) WITHOUT ROWID;

-- kind: 0 card, 1 phone. state: 0 active, 1 suspended, 2 lost, 3 revoked. key: a phone's 32 bytes.
CREATE TABLE credential (
    gen      INTEGER NOT NULL,
    digest   BLOB    NOT NULL,
    kind     INTEGER NOT NULL,
    state    INTEGER NOT NULL,
    person   TEXT    NOT NULL,
    from_ms  INTEGER,
    until_ms INTEGER,
    key      BLOB,
    kid      TEXT,
    PRIMARY KEY (gen, digest)
) WITHOUT ROWID;
CREATE INDEX credential_by_person ON credential (gen, person);
CREATE INDEX credential_by_kid ON credential (gen, kid) WHERE kid IS NOT NULL;

-- Groups and schedules, as their canonical JSON.
CREATE TABLE rule (
    gen  INTEGER NOT NULL,
    kind TEXT    NOT NULL CHECK (kind IN ('group', 'schedule')),
    name TEXT    NOT NULL,
    body TEXT    NOT NULL,
    PRIMARY KEY (gen, kind, name)
) WITHOUT ROWID;

-- Chunks of the staged list that are wholly in.
CREATE TABLE staged_chunk (
    gen INTEGER NOT NULL,
    n   INTEGER NOT NULL,
    PRIMARY KEY (gen, n)
) WITHOUT ROWID;
