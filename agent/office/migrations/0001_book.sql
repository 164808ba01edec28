-- What is kept of the office's side. Columns named `sealed` hold personal data under the book's key;
-- columns named `*_digest` hold keyed search digests. Nothing personal stands in any other column.

CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- The history: one row a change, never altered, never removed. `detail` holds opaque ids and counts only.
CREATE TABLE revision (
    number INTEGER PRIMARY KEY,
    at     TEXT NOT NULL,
    by     TEXT NOT NULL,
    what   TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE TRIGGER revision_stays BEFORE UPDATE ON revision
BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
CREATE TRIGGER revision_remains BEFORE DELETE ON revision
BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;

-- Each row as it was before a revision changed it (NULL: it was not there), so that any can be undone.
CREATE TABLE before (
    revision INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    id       TEXT NOT NULL,
    image    TEXT,
    PRIMARY KEY (kind, id, revision)
) STRICT;
CREATE INDEX before_by_revision ON before (revision);

CREATE TABLE person (
    id              TEXT PRIMARY KEY,
    sealed          BLOB NOT NULL,
    name_digest     TEXT,
    document_digest TEXT UNIQUE,
    phone_digest    TEXT,
    household       TEXT,
    role            TEXT NOT NULL,
    groups          TEXT NOT NULL,
    valid_from      TEXT,
    valid_until     TEXT,
    longer          INTEGER NOT NULL,
    override        INTEGER NOT NULL,
    verified_at     TEXT,
    verified_by     TEXT,
    verified_how    TEXT,
    verified_until  TEXT
) STRICT;
CREATE INDEX person_by_name ON person (name_digest);
CREATE INDEX person_by_phone ON person (phone_digest);
CREATE INDEX person_by_household ON person (household);

CREATE TABLE household (
    id              TEXT PRIMARY KEY,
    sealed          BLOB NOT NULL,
    digest          TEXT NOT NULL UNIQUE,
    building_digest TEXT NOT NULL,
    unit_digest     TEXT NOT NULL
) STRICT;
CREATE INDEX household_by_building ON household (building_digest);

-- Cards and phone keys. `id`: the digest that the gateways know. `key`: of a phone, public.
CREATE TABLE credential (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    person      TEXT NOT NULL,
    state       TEXT NOT NULL,
    valid_from  TEXT,
    valid_until TEXT,
    key         TEXT,
    sealed      BLOB NOT NULL
) STRICT;
CREATE INDEX credential_by_person ON credential (person);

CREATE TABLE door_group (id TEXT PRIMARY KEY, rights TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE schedule (id TEXT PRIMARY KEY, zone TEXT NOT NULL, windows TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE gateway (id TEXT PRIMARY KEY, doors TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- What gateways may know, by revision; NULL: not on the list from here on. Opaque throughout.
CREATE TABLE roster_row (
    kind     TEXT NOT NULL,
    id       TEXT NOT NULL,
    revision INTEGER NOT NULL,
    body     TEXT,
    person   TEXT,
    PRIMARY KEY (kind, id, revision)
) STRICT;
CREATE INDEX roster_row_by_revision ON roster_row (revision, kind);
CREATE INDEX roster_row_by_person ON roster_row (person) WHERE person IS NOT NULL;

-- The digest and the length of each gateway's list at the revisions that were pushed.
CREATE TABLE list_state (
    gateway  TEXT NOT NULL,
    revision INTEGER NOT NULL,
    digest   TEXT NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (gateway, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE publication (
    gateway  TEXT NOT NULL,
    revision INTEGER NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (gateway, revision)
) STRICT, WITHOUT ROWID;

-- The snapshot that lies at the broker. `chunks`: the SHA-256 of each.
CREATE TABLE snapshot (
    gateway  TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    digest   TEXT NOT NULL,
    count    INTEGER NOT NULL,
    chunks   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The key that a gateway signs receipts with, and how the office came to know it.
CREATE TABLE gateway_key (gateway TEXT PRIMARY KEY, key TEXT NOT NULL, how TEXT NOT NULL, at TEXT NOT NULL)
STRICT, WITHOUT ROWID;

-- Evidence: the signed token is kept beside what it says.
CREATE TABLE receipt (
    gateway     TEXT NOT NULL,
    door        TEXT NOT NULL,
    revision    INTEGER NOT NULL,
    digest      TEXT NOT NULL,
    count       INTEGER NOT NULL,
    enforced_at TEXT NOT NULL,
    complete    INTEGER NOT NULL,
    why         TEXT,
    token       TEXT NOT NULL,
    received_at TEXT NOT NULL,
    PRIMARY KEY (gateway, door, revision, complete)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER receipt_stays BEFORE UPDATE ON receipt
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER receipt_remains BEFORE DELETE ON receipt
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
