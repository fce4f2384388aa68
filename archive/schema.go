package archive

import "backchannel/archive/db"

// Schema is the archive's part of the database.
func Schema() db.Schema {
	return db.Schema{Owner: "archive", Steps: []string{bytesTables + listTables + privateTables, programColumn}, Ensure: ensureIndexes, Tidy: mergeIndexes}
}

// programColumn tells posts that a program wrote. What was stored before is taken for people's.
const programColumn = "ALTER TABLE post ADD COLUMN program INTEGER NOT NULL DEFAULT 0 CHECK (program = 0 OR program = 1)"

const bytesTables = `
-- Stored bytes. A row goes when nobody points at it any more; whoever points here needs an index on the column that does.
CREATE TABLE raw (
	id     INTEGER PRIMARY KEY AUTOINCREMENT,                   -- never used again: who has the bytes in memory knows them by it
	size   INTEGER NOT NULL CHECK (size >= 0),                  -- octets of the original
	salt   BLOB,                                                -- makes the key of its seal; NULL: open
	keyed  BLOB,                                                -- tells which key sealed it; NULL: open
	doomed INTEGER NOT NULL DEFAULT 0 CHECK (doomed IN (0, 1)), -- goes as soon as nobody points at it
	packed INTEGER NOT NULL CHECK (packed IN (0, 1)),           -- 1: deflated before it was sealed
	bytes  BLOB NOT NULL,                                       -- the first 256 KiB of the original, packed and sealed by themselves
	CHECK ((salt IS NULL) = (keyed IS NULL))
) STRICT;
CREATE INDEX raw_doomed ON raw (id) WHERE doomed = 1;

-- What is longer goes on in more pieces of 256 KiB of the original, each packed and sealed by itself.
CREATE TABLE raw_chunk (
	raw    INTEGER NOT NULL REFERENCES raw (id) ON DELETE CASCADE,
	n      INTEGER NOT NULL CHECK (n >= 1),                     -- 1, 2, 3, …
	packed INTEGER NOT NULL CHECK (packed IN (0, 1)),           -- as above
	bytes  BLOB NOT NULL,
	UNIQUE (raw, n)
) STRICT;

-- Every letter that came in, as it came, for some days.
CREATE TABLE letter (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	story    TEXT NOT NULL UNIQUE,                              -- the same in every log line about it
	msgid    TEXT NOT NULL,                                     -- Message-ID without brackets; '': none
	received INTEGER NOT NULL,                                  -- microseconds UTC
	size     INTEGER NOT NULL,                                  -- octets
	envelope BLOB NOT NULL,                                     -- the Arrival as JSON, sealed: recipients hold live tokens
	raw      INTEGER NOT NULL REFERENCES raw (id)
) STRICT;
CREATE INDEX letter_msgid ON letter (msgid);
CREATE INDEX letter_raw ON letter (raw);

-- Message-IDs of our own that never were public: an answer to one must not become public either (W1, W2).
CREATE TABLE private_id (
	msgid TEXT PRIMARY KEY,
	kind  TEXT NOT NULL,
	at    INTEGER NOT NULL                                      -- when it was made, microseconds UTC
) STRICT, WITHOUT ROWID;
`

const listTables = `
-- A numbering of threads: one for each community, whose id it has.
CREATE TABLE thread_series (
	id     INTEGER PRIMARY KEY,
	number INTEGER NOT NULL CHECK (number >= 0)                 -- the last one given
) STRICT;

-- The mailbox of one list.
CREATE TABLE list_mailbox (
	id          INTEGER PRIMARY KEY,
	series      INTEGER NOT NULL REFERENCES thread_series (id),
	name        TEXT NOT NULL,
	uidvalidity INTEGER NOT NULL CHECK (uidvalidity BETWEEN 1 AND 4294967295),
	uidnext     INTEGER NOT NULL CHECK (uidnext BETWEEN 1 AND 4294967295),
	modseq      INTEGER NOT NULL CHECK (modseq >= 1),           -- the last change number given
	seq         INTEGER NOT NULL CHECK (seq >= 0),              -- the last sequence number given
	messages    INTEGER NOT NULL CHECK (messages >= 0),         -- posts that are shown
	octets      INTEGER NOT NULL CHECK (octets >= 0),           -- their size
	UNIQUE (series, name)
) STRICT;

-- One conversation on a list. When two turn out to be one, the younger row stays and leads to the elder.
CREATE TABLE thread (
	id       INTEGER PRIMARY KEY,
	series   INTEGER NOT NULL REFERENCES thread_series (id),
	number   INTEGER NOT NULL,                                  -- for people, for ever
	mailbox  INTEGER NOT NULL REFERENCES list_mailbox (id),
	merged   INTEGER REFERENCES thread (id),                    -- the thread this one is part of; never merged itself
	root     INTEGER NOT NULL,                                  -- post it begins with; 0 while the first one is written
	subject  TEXT NOT NULL,                                     -- of that post, without Re:
	key      TEXT NOT NULL,                                     -- the subject for comparing; '': joins nobody
	posts_n  INTEGER NOT NULL CHECK (posts_n >= 0),             -- published or redacted
	people_n INTEGER NOT NULL CHECK (people_n >= 0),            -- who wrote those
	first    INTEGER NOT NULL,                                  -- oldest publication, microseconds UTC
	last     INTEGER NOT NULL,                                  -- newest publication
	UNIQUE (series, number)
) STRICT;
CREATE INDEX thread_last ON thread (mailbox, last) WHERE merged IS NULL;
CREATE INDEX thread_key ON thread (mailbox, key, last) WHERE merged IS NULL AND key <> '';
CREATE INDEX thread_merged ON thread (merged) WHERE merged IS NOT NULL;

-- Where a message id belongs, whether the list has the message or others only name it.
CREATE TABLE thread_ref (
	mailbox INTEGER NOT NULL REFERENCES list_mailbox (id),
	msgid   TEXT NOT NULL,
	thread  INTEGER NOT NULL REFERENCES thread (id),            -- perhaps merged since
	PRIMARY KEY (mailbox, msgid)
) STRICT, WITHOUT ROWID;

-- A letter accepted onto a list. The row stays for ever, for its place in the thread; a removed post keeps nothing else.
CREATE TABLE post (
	id          INTEGER PRIMARY KEY,
	mailbox     INTEGER NOT NULL REFERENCES list_mailbox (id),
	seq         INTEGER NOT NULL,                               -- position in the list, by publication
	uid         INTEGER NOT NULL,                               -- IMAP; a redacted post gets a new one
	modseq      INTEGER NOT NULL,                               -- change number of its last change
	thread      INTEGER NOT NULL REFERENCES thread (id),
	parent      INTEGER REFERENCES post (id),
	-- Why it is in its thread, and what became of it. Here is no IN: SQLite would make a table of the list for each row that is written.
	evidence    TEXT NOT NULL CHECK (evidence = 'new' OR evidence = 'reference' OR evidence = 'subject'),
	state       TEXT NOT NULL CHECK (state = 'published' OR state = 'redacted' OR state = 'removed'),
	published   INTEGER NOT NULL,                               -- microseconds UTC
	date        INTEGER NOT NULL,                               -- as its author says, microseconds UTC
	imported    INTEGER NOT NULL CHECK (imported IN (0, 1)),    -- 1: old mail, in no digest
	author      INTEGER NOT NULL,                               -- member, opaque; 0: not known
	who         TEXT NOT NULL,                                  -- tells authors apart: member or address
	raw         INTEGER REFERENCES raw (id),
	size        INTEGER NOT NULL,                               -- octets
	msgid       TEXT NOT NULL,                                  -- '': none
	body        BLOB NOT NULL,                                  -- hash of the body: the same mail again is a duplicate (P3)
	from_name   TEXT NOT NULL,
	from_local  TEXT NOT NULL,
	from_domain TEXT NOT NULL,
	subject     TEXT NOT NULL,
	refs        TEXT NOT NULL,                                  -- ids above it, nearest first, one on a line
	attachments TEXT NOT NULL,                                  -- JSON
	structure   TEXT NOT NULL,                                  -- envelope and body structure for IMAP, JSON
	text        TEXT NOT NULL,                                  -- the new text, without quotes and signature
	UNIQUE (mailbox, seq),
	UNIQUE (mailbox, uid),
	UNIQUE (mailbox, msgid, body),
	CHECK ((state = 'removed') = (raw IS NULL))
) STRICT;
CREATE INDEX post_thread ON post (thread, who);
CREATE INDEX post_modseq ON post (mailbox, modseq);
-- All that a mail program is told when it opens the mailbox, so that the long rows need not be read.
CREATE INDEX post_imap ON post (mailbox, uid, modseq, published, size, raw) WHERE state <> 'removed';
CREATE INDEX post_live ON post (mailbox, seq) WHERE imported = 0;
CREATE INDEX post_author ON post (author, id) WHERE author <> 0;
CREATE INDEX post_raw ON post (raw);

-- The words that are searched. Newest first is by doc: imported mail lies below all that was published here.
CREATE VIEW post_words AS
	SELECT id - imported * 1099511627776 AS doc, id, 'm' || mailbox AS box, subject, from_name AS author, text AS body FROM post;

-- What one person has marked on one post.
CREATE TABLE post_flag (
	mailbox INTEGER NOT NULL,
	person  INTEGER NOT NULL,                                   -- opaque
	post    INTEGER NOT NULL REFERENCES post (id),
	flags   TEXT NOT NULL,                                      -- sorted, one space between them
	seen    INTEGER NOT NULL CHECK (seen IN (0, 1)),            -- whether \Seen is among them
	modseq  INTEGER NOT NULL,
	PRIMARY KEY (mailbox, person, post)
) STRICT, WITHOUT ROWID;
CREATE INDEX post_flag_modseq ON post_flag (mailbox, person, modseq);
CREATE INDEX post_flag_post ON post_flag (post);

-- UIDs of a list's mailbox that are no more.
CREATE TABLE post_gone (
	mailbox INTEGER NOT NULL REFERENCES list_mailbox (id),
	modseq  INTEGER NOT NULL,
	uid     INTEGER NOT NULL,
	PRIMARY KEY (mailbox, modseq, uid)
) STRICT, WITHOUT ROWID;

-- A search index that fell behind while a program without full-text search was at work; it is made anew.
CREATE TABLE search_debt (
	name TEXT PRIMARY KEY CHECK (name IN ('post_fts', 'private_fts'))
) STRICT, WITHOUT ROWID;
`

const privateTables = `
-- A mailbox that belongs to one person.
CREATE TABLE private_mailbox (
	id          INTEGER PRIMARY KEY,
	owner       INTEGER NOT NULL,                               -- opaque
	name        TEXT NOT NULL,
	uidvalidity INTEGER NOT NULL CHECK (uidvalidity BETWEEN 1 AND 4294967295),
	uidnext     INTEGER NOT NULL CHECK (uidnext BETWEEN 1 AND 4294967295),
	modseq      INTEGER NOT NULL CHECK (modseq >= 1),
	UNIQUE (owner, name)
) STRICT;

-- A private message. Its words lie sealed, here and in raw.
CREATE TABLE private_message (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	mailbox  INTEGER NOT NULL REFERENCES private_mailbox (id),
	uid      INTEGER NOT NULL,
	modseq   INTEGER NOT NULL,
	object   INTEGER NOT NULL,                                  -- what it belongs to, opaque; 0: nothing
	msgid    TEXT NOT NULL,
	internal INTEGER NOT NULL,                                  -- when it was filed, microseconds UTC
	size     INTEGER NOT NULL,
	raw      INTEGER NOT NULL REFERENCES raw (id),
	card     BLOB NOT NULL,                                     -- subject, author, text, structure as JSON, sealed
	words    TEXT NOT NULL,                                     -- its words under a key: equal ones are equal, none can be read
	UNIQUE (mailbox, uid)
) STRICT;
CREATE INDEX private_message_modseq ON private_message (mailbox, modseq);
CREATE INDEX private_message_object ON private_message (object) WHERE object <> 0;
CREATE INDEX private_message_raw ON private_message (raw);

-- What one person has marked on one private message.
CREATE TABLE private_flag (
	mailbox INTEGER NOT NULL,
	person  INTEGER NOT NULL,
	message INTEGER NOT NULL REFERENCES private_message (id) ON DELETE CASCADE,
	flags   TEXT NOT NULL,
	seen    INTEGER NOT NULL CHECK (seen IN (0, 1)),
	modseq  INTEGER NOT NULL,
	PRIMARY KEY (mailbox, person, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX private_flag_message ON private_flag (message);

-- UIDs of a private mailbox that are no more.
CREATE TABLE private_gone (
	mailbox INTEGER NOT NULL REFERENCES private_mailbox (id),
	modseq  INTEGER NOT NULL,
	uid     INTEGER NOT NULL,
	PRIMARY KEY (mailbox, modseq, uid)
) STRICT, WITHOUT ROWID;
`
