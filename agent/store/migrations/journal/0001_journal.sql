-- What happened, in order. The hash of the row before is the row before's `hash`, or `removed.hash`
-- where the row before has been removed; it is not stored twice.
CREATE TABLE journal (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms   INTEGER NOT NULL,
    boot_id TEXT    NOT NULL,
    mono_ms INTEGER NOT NULL,
    clock   TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    door    TEXT,
    alarm   INTEGER NOT NULL,
    body    TEXT    NOT NULL,
    hash    BLOB    NOT NULL
);

-- Finds the oldest rows that are no alarms, however many alarms stand before them.
CREATE INDEX journal_ordinary ON journal (alarm) WHERE alarm = 0;

-- Stretches of the chain that are no longer here; `hash` is the hash of row `last`.
CREATE TABLE removed (
    first INTEGER PRIMARY KEY,
    last  INTEGER NOT NULL UNIQUE,
    hash  BLOB    NOT NULL
);

-- How far the centre is: `sent` and `confirmed`.
CREATE TABLE cursor (
    name TEXT PRIMARY KEY,
    seq  INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO cursor (name, seq) VALUES ('sent', 0), ('confirmed', 0);

-- Tokens acted on: each counts once.
CREATE TABLE used_token (
    jti        TEXT PRIMARY KEY,
    expires_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX used_token_by_expiry ON used_token (expires_ms);

-- What each door must know again after a restart, as JSON.
CREATE TABLE door (
    name  TEXT PRIMARY KEY,
    state TEXT NOT NULL
) WITHOUT ROWID;

-- Single values: the boot epoch, the highest roster revision, the watermark of forgotten tokens.
CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
