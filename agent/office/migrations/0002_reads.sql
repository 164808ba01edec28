-- What the readers of a gateway make of a card: names of protocols.wiegand.identity.SHORTENINGS and spaces.
-- A book from before has none, and so its lists stay as they were until somebody declares what is there.
ALTER TABLE gateway ADD COLUMN reads TEXT NOT NULL DEFAULT '[]';

-- The ways of shortening that are kept up for every card, since a gateway was first said to have them.
CREATE TABLE shortening (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- The digests under which readers that send less than the card know it. They follow from the card's number
-- and the building's digest key, so they never change and have no revision; all of it is opaque.
CREATE TABLE alias (
    credential TEXT NOT NULL,
    shortening TEXT NOT NULL,
    digest     TEXT NOT NULL,
    PRIMARY KEY (credential, shortening)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_by_digest ON alias (digest);

-- Stopped cards that the book no longer holds, though nobody has brought them back: no other card may
-- be taken for one of them. Opaque, as all that has been on a list.
CREATE TABLE buried (id TEXT PRIMARY KEY, person TEXT NOT NULL) STRICT, WITHOUT ROWID;
