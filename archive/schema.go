package archive

import "backchannel/archive/db"

// Schema is the archive's part of the database.
func Schema() db.Schema { return db.Schema{Owner: "archive", Steps: []string{tables}} }

const tables = `
-- Bytes as they came, in pieces. A row goes when nobody points at it any more.
CREATE TABLE raw (
	id     INTEGER PRIMARY KEY,
	size   INTEGER NOT NULL CHECK (size >= 0),                  -- octets of the original
	form   TEXT NOT NULL CHECK (form IN ('plain', 'deflate')),  -- how the pieces are packed
	salt   BLOB,                                                -- makes the key of its seal; NULL: open
	keyed  BLOB,                                                -- tells which key sealed it; NULL: open
	doomed INTEGER NOT NULL DEFAULT 0 CHECK (doomed IN (0, 1)), -- goes as soon as nobody points at it
	CHECK ((salt IS NULL) = (keyed IS NULL))
) STRICT;
CREATE INDEX raw_doomed ON raw (id) WHERE doomed = 1;
CREATE TABLE raw_chunk (
	raw   INTEGER NOT NULL REFERENCES raw (id) ON DELETE CASCADE,
	n     INTEGER NOT NULL CHECK (n >= 0),  -- 0, 1, 2, …
	bytes BLOB NOT NULL,
	UNIQUE (raw, n)
) STRICT;
`
