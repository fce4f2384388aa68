package backchannel

import (
	"strings"

	"backchannel/archive/db"
)

// Schema is the managers' letterbox.
func Schema() db.Schema {
	return db.Schema{Owner: "lists/backchannel", Steps: []string{strings.Join([]string{schemaConv, schemaSaid, schemaSeveral, schemaAttach, schemaAudit, schemaKeep, schemaRota, schemaAnon, schemaSignature, schemaConsent, schemaHeat}, ";\n"), schemaElsewhere, schemaElsewhereTag, schemaRemoval, schemaForgetting}}
}

// schemaConv is what is known of a conversation.
const schemaConv = `
	CREATE TABLE conv (
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		code       TEXT NOT NULL UNIQUE,               -- 4 random characters, for people
		community  INTEGER NOT NULL REFERENCES community (id),
		member     INTEGER REFERENCES member (id),     -- who wrote; NULL is an outsider, or nobody we may know
		local      TEXT NOT NULL,                      -- where they wrote from last
		domain     TEXT NOT NULL,
		name       TEXT NOT NULL,                      -- how managers see them named
		kind       TEXT NOT NULL DEFAULT 'question' CHECK (kind IN ('question','idea','report','unease','thanks','apply','outsider')),
		state      TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new','claimed','waiting_member','waiting_manager','closed','reopened')),
		owner      INTEGER REFERENCES member (id),     -- the manager who has taken it
		subject    TEXT NOT NULL,
		about      TEXT NOT NULL,                      -- for machines: "issue:12", '' is nothing
		digest     INTEGER NOT NULL DEFAULT 0,         -- the digest it answers, microseconds UTC
		thread     TEXT NOT NULL DEFAULT '',           -- subject of the thread it is about
		rev        INTEGER NOT NULL DEFAULT 0,         -- grows with everything that is said
		anon       INTEGER NOT NULL DEFAULT 0 CHECK (anon IN (0, 1)),       -- its writer is known by a made-up name
		restricted INTEGER NOT NULL DEFAULT 0 CHECK (restricted IN (0, 1)), -- there are managers who may not know of it
		urgent     INTEGER NOT NULL DEFAULT 0 CHECK (urgent IN (0, 1)),
		publicable TEXT NOT NULL DEFAULT '?' CHECK (publicable IN ('y','n','?')), -- could it have been public?
		outcome    TEXT NOT NULL DEFAULT '',           -- how it ended, in one word
		acked      INTEGER NOT NULL DEFAULT 0,         -- when its writer was told that it is there
		opened     INTEGER NOT NULL,
		clock      INTEGER NOT NULL DEFAULT 0,         -- since when an answer is owed; 0: none is
		due        INTEGER NOT NULL DEFAULT 0,         -- when it is due; 0: at no time
		reminded   INTEGER NOT NULL DEFAULT 0 CHECK (reminded BETWEEN 0 AND 3), -- who was told that it is late: nobody, those on duty, all, the ombuds
		answered   INTEGER NOT NULL DEFAULT 0,         -- when a person answered first
		snoozed    INTEGER NOT NULL DEFAULT 0,         -- until when nobody needs to look at it
		snooze_as  TEXT NOT NULL DEFAULT '',           -- the folder it waits in
		snoozer    INTEGER REFERENCES member (id),     -- who put it there
		closed     INTEGER NOT NULL DEFAULT 0,
		purge      INTEGER NOT NULL DEFAULT 0,         -- of an open one whose member has left: when its words are to be forgotten; 0: not decided
		hold       INTEGER NOT NULL DEFAULT 0,         -- until when its words are kept as evidence, whatever their age
		erased     INTEGER NOT NULL DEFAULT 0,         -- when its words were forgotten
		voice      TEXT NOT NULL DEFAULT '',           -- tells its member from others under the key of its month; '' when that is destroyed
		merged     INTEGER REFERENCES conv (id),       -- the conversation that it became a part of
		ombuds     TEXT NOT NULL DEFAULT '' CHECK (ombuds IN ('','copied','alone')), -- the ombuds has a copy, or has it and no manager does
		circle     INTEGER NOT NULL DEFAULT 0 CHECK (circle IN (0, 1)),     -- it is only for the managers to whom its writer gave it by name
		CHECK ((state = 'closed') = (closed <> 0))
	) STRICT;
	CREATE INDEX conv_member ON conv (community, member, opened);
	CREATE INDEX conv_writer ON conv (community, domain, local) WHERE member IS NULL;
	CREATE INDEX conv_state ON conv (community, state);
	CREATE INDEX conv_merged ON conv (merged) WHERE merged IS NOT NULL;

	-- Managers for whom a conversation does not exist; and those for whom it does again, or for whom alone it does (circle).
	CREATE TABLE conv_exclusion (
		conv    INTEGER NOT NULL REFERENCES conv (id),
		manager INTEGER NOT NULL REFERENCES member (id),
		reason  TEXT NOT NULL CHECK (reason IN ('named','concerned','asked')),
		by      INTEGER REFERENCES member (id),       -- the manager who asked for it; NULL: its writer, or a rule of ours
		at      INTEGER NOT NULL,
		lifted  INTEGER NOT NULL DEFAULT 0,           -- when somebody who may do so ended it; no rule of ours brings it back
		PRIMARY KEY (conv, manager)
	) STRICT, WITHOUT ROWID;

	CREATE TABLE conv_tag (
		conv INTEGER NOT NULL REFERENCES conv (id),
		tag  TEXT NOT NULL,
		PRIMARY KEY (conv, tag)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX conv_tag_tag ON conv_tag (tag, conv);

	-- Folders of tags that a manager made and that may be empty.
	CREATE TABLE manager_tag (
		manager INTEGER NOT NULL REFERENCES member (id),
		tag     TEXT NOT NULL,
		PRIMARY KEY (manager, tag)
	) STRICT, WITHOUT ROWID;

	-- What each manager is known to have seen.
	CREATE TABLE conv_seen (
		conv    INTEGER NOT NULL REFERENCES conv (id),
		manager INTEGER NOT NULL REFERENCES member (id),
		rev     INTEGER NOT NULL,
		at      INTEGER NOT NULL,                     -- when they saw that
		via     TEXT NOT NULL CHECK (via IN ('mail','imap','web','operator')),
		PRIMARY KEY (conv, manager)
	) STRICT, WITHOUT ROWID;

	-- Managers who answer a conversation without their first name.
	CREATE TABLE conv_role (
		conv    INTEGER NOT NULL REFERENCES conv (id),
		manager INTEGER NOT NULL REFERENCES member (id),
		PRIMARY KEY (conv, manager)
	) STRICT, WITHOUT ROWID;
`

// schemaSaid is what was said in it, and by which letters of ours.
const schemaSaid = `
	CREATE TABLE conv_msg (
		id       INTEGER PRIMARY KEY AUTOINCREMENT,
		conv     INTEGER NOT NULL REFERENCES conv (id),
		rev      INTEGER NOT NULL,                    -- of what was said; of a held answer what its manager had seen
		dir      TEXT NOT NULL CHECK (dir IN ('in','out','note','system')),
		author   INTEGER REFERENCES member (id),      -- NULL is an outsider, or the program
		story    TEXT NOT NULL,
		msgid    TEXT NOT NULL DEFAULT '',            -- of the writer's own letter
		words    TEXT NOT NULL,                       -- what was said, cleaned, or done ('system'); '' in a held answer once it is decided
		sender   TEXT NOT NULL DEFAULT '',            -- of a held answer: the strange address that it came from
		commands TEXT NOT NULL DEFAULT '',            -- of a held answer: lines that are to be done when it goes out
		verdict  TEXT NOT NULL CHECK (verdict IN ('verified','weak','none')),
		state    TEXT NOT NULL CHECK (state IN ('sent','done','held','released','dropped','expired')), -- the last three: what became of a held one
		sendable INTEGER NOT NULL CHECK (sendable IN (0, 1)), -- a held answer that SEND may send
		beside   INTEGER NOT NULL DEFAULT 0,          -- of a held answer: to how many addresses outside its letter went as well
		at       INTEGER NOT NULL
	) STRICT;
	CREATE UNIQUE INDEX conv_msg_rev ON conv_msg (conv, rev) WHERE state = 'sent';
	CREATE INDEX conv_msg_at ON conv_msg (conv, dir, at);

	-- Message-IDs of ours in conversations: a reply whose writer's program ignored Reply-To is found by them, and a copy still owed
	-- knows what it is about.
	CREATE TABLE conv_ref (
		msgid   TEXT PRIMARY KEY,
		conv    INTEGER NOT NULL REFERENCES conv (id),
		manager INTEGER NOT NULL,                     -- whose copy it was; 0 is the writer's side
		rev     INTEGER NOT NULL,                     -- what it showed
		what    TEXT NOT NULL DEFAULT 'letter' CHECK (what IN ('letter','filed','note','held','told','consent')),
		held    INTEGER NOT NULL DEFAULT 0            -- the answer that came back with it, or the text that it asks about
	) STRICT, WITHOUT ROWID;
	CREATE INDEX conv_ref_conv ON conv_ref (conv, manager, rev);

	-- Two managers together lock a third out of every address of theirs: the first one's word, until the second's.
	CREATE TABLE manager_lock (
		manager INTEGER PRIMARY KEY REFERENCES member (id),
		by      INTEGER NOT NULL REFERENCES member (id),
		at      INTEGER NOT NULL
	) STRICT;
`

// schemaForgetting is what it takes that FORGET reaches everything, and nobody else's (product.md B14).
const schemaForgetting = `
	-- With the reason its fingerprint in the audit is made; it goes with the reason, so that nobody can guess at what it was.
	ALTER TABLE unseal ADD COLUMN salt BLOB NOT NULL DEFAULT x'';
	-- Our mail that told the member of it: as long as it is owed they do not know.
	ALTER TABLE unseal ADD COLUMN notice TEXT NOT NULL DEFAULT '';
	-- Whether the words were taken away because the letter under which they were written is forgotten.
	ALTER TABLE removal ADD COLUMN cut INTEGER NOT NULL DEFAULT 0 CHECK (cut IN (0, 1));
	-- When the member joined, each time, as JSON: another database has others under these numbers. '[]': not noted yet.
	ALTER TABLE erasure ADD COLUMN joined TEXT NOT NULL DEFAULT '[]'`
