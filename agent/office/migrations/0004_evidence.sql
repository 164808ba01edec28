-- Each line of history is chained to the one before by a keyed mark, so that a line altered or taken out by
-- whoever can write the file is found; lines from before the chain are covered by the first mark after them.
ALTER TABLE revision ADD COLUMN mark BLOB;

-- REPLACE removes a row without asking the triggers that forbid it.
CREATE TRIGGER revision_once BEFORE INSERT ON revision
WHEN EXISTS (SELECT 1 FROM revision WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
CREATE TRIGGER receipt_once BEFORE INSERT ON receipt
WHEN EXISTS (SELECT 1 FROM receipt WHERE gateway = NEW.gateway AND door = NEW.door
             AND revision = NEW.revision AND complete = NEW.complete)
BEGIN SELECT RAISE(IGNORE); END;

-- The office's signed word, for each opaque id, that nothing personal of it is left here.
CREATE TABLE purge_receipt (
    person TEXT NOT NULL,
    at     TEXT NOT NULL,
    token  TEXT NOT NULL,
    PRIMARY KEY (person, at)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER purge_receipt_stays BEFORE UPDATE ON purge_receipt
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER purge_receipt_remains BEFORE DELETE ON purge_receipt
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
