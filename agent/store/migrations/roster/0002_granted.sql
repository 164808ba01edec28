-- The revision of the newest change that was signed by a key trusted with whole lists: those since are by keys
-- that may only stop cards, and the office's head, which knows nothing of them, is no rollback.
ALTER TABLE generation ADD COLUMN granted INTEGER NOT NULL DEFAULT 0;
UPDATE generation SET granted = revision;
