package lists

import "backchannel/archive/db"

// Schema is everything about communities and those who belong to them.
func Schema() db.Schema {
	return db.Schema{Owner: "lists", Steps: []string{`
	CREATE TABLE community (
		id        INTEGER PRIMARY KEY,
		domain    TEXT NOT NULL UNIQUE,          -- the mail domain, lower case, A-labels
		name      TEXT NOT NULL,
		timezone  TEXT NOT NULL,                 -- IANA name, never an offset
		language  TEXT NOT NULL DEFAULT 'en',    -- of our mails to those who have not chosen one
		ombuds    TEXT NOT NULL DEFAULT '',      -- one trusted outside address
		ombuds_since INTEGER NOT NULL DEFAULT 0, -- since when letters to it come back; 0: they do not
		ombuds_last  INTEGER NOT NULL DEFAULT 0, -- when the last one did
		rota      INTEGER NOT NULL DEFAULT 0 CHECK (rota IN (0, 1)),
		duty_days INTEGER NOT NULL CHECK (duty_days BETWEEN 1 AND 127), -- a bit for each day of the week, Sunday is 1
		duty_from INTEGER NOT NULL CHECK (duty_from BETWEEN 0 AND 23),  -- by the community's clock
		duty_to   INTEGER NOT NULL CHECK (duty_to BETWEEN 1 AND 24),
		due       INTEGER NOT NULL CHECK (due > 0),                     -- duty hours until an answer is due
		urgent    INTEGER NOT NULL CHECK (urgent > 0),                  -- the same for urgent letters and reports
		confidential TEXT NOT NULL DEFAULT '',   -- what may leave the community: a sentence below each digest
		same_employer INTEGER NOT NULL DEFAULT 0 CHECK (same_employer IN (0, 1)),
		restricted TEXT NOT NULL DEFAULT 'mail' CHECK (restricted IN ('mail','imap')), -- how managers get what not all of them may see
		votes     INTEGER NOT NULL DEFAULT 2 CHECK (votes > 0),
		delivery  TEXT NOT NULL DEFAULT 'each' CHECK (delivery IN ('each','digest','none')),
		questions TEXT NOT NULL DEFAULT '[]',    -- what applicants are asked, JSON
		created   INTEGER NOT NULL               -- microseconds UTC, as all times
	) STRICT;
` + listTable + `
	CREATE TABLE member (
		id        INTEGER PRIMARY KEY AUTOINCREMENT,
		community INTEGER NOT NULL REFERENCES community (id),
		name      TEXT NOT NULL,
		role      TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('member','manager')),
		kind      TEXT NOT NULL DEFAULT 'practitioner' CHECK (kind IN ('practitioner','consultant','vendor','thought_leader','staff')),
		state     TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('applicant','active','paused','left','removed')),
		trust     INTEGER NOT NULL CHECK (trust BETWEEN 0 AND 4),
		timezone  TEXT NOT NULL DEFAULT '',      -- '': the community's
		language  TEXT NOT NULL DEFAULT '',      -- '': the community's
		own_copy  INTEGER NOT NULL DEFAULT 1 CHECK (own_copy IN (0, 1)),
		epoch     INTEGER NOT NULL DEFAULT 0,    -- raised when all tokens of the member must die
		joined    INTEGER NOT NULL
	) STRICT;
	CREATE INDEX member_community ON member (community, role);

	-- The addresses a member writes from; mail goes to the primary one.
	CREATE TABLE member_address (
		community INTEGER NOT NULL REFERENCES community (id),
		addr_key  TEXT NOT NULL,                 -- the form in which addresses are compared
		member    INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
		local     TEXT NOT NULL,                 -- as written
		domain    TEXT NOT NULL,
		main      INTEGER NOT NULL DEFAULT 0 CHECK (main IN (0, 1)),
		confirmed INTEGER NOT NULL,              -- when its owner, or the operator, vouched for it
		PRIMARY KEY (community, addr_key)        -- no two persons of a community share an address
	) STRICT, WITHOUT ROWID;
	CREATE UNIQUE INDEX member_address_main ON member_address (member) WHERE main = 1;
	CREATE INDEX member_address_member ON member_address (member);
	CREATE INDEX member_address_key ON member_address (addr_key);

	CREATE TABLE subscription (
		list     INTEGER NOT NULL REFERENCES list (id),
		member   INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
		delivery TEXT NOT NULL CHECK (delivery IN ('each','digest','none')),
		since    INTEGER NOT NULL,               -- on the list
		changed  INTEGER NOT NULL,               -- with this delivery
		PRIMARY KEY (list, member)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX subscription_member ON subscription (member);

	-- When a member's digest comes. No row: the house's default, Friday 08:00 in the member's zone.
	CREATE TABLE digest_pref (
		member  INTEGER PRIMARY KEY REFERENCES member (id) ON DELETE CASCADE,
		period  TEXT NOT NULL CHECK (period IN ('daily','weekly','monthly')),
		weekday INTEGER NOT NULL CHECK (weekday BETWEEN 0 AND 6),  -- 0 is Sunday
		hour    INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 23),
		format  TEXT NOT NULL CHECK (format IN ('alt','text','mime','rfc1153')),
		min_posts INTEGER NOT NULL CHECK (min_posts BETWEEN 1 AND 1000), -- fewer new ones wait for the next slot
		threads INTEGER NOT NULL CHECK (threads BETWEEN 1 AND 30)  -- shown with excerpts, at most
	) STRICT;

	-- 128 random bits for mail programs; only their SHA-256 is kept (A14).
	CREATE TABLE app_password (
		id       INTEGER PRIMARY KEY,
		addr_key TEXT NOT NULL,                  -- whose: one login for each person, whatever their communities
		hash     BLOB NOT NULL UNIQUE,
		label    TEXT NOT NULL,
		created  INTEGER NOT NULL,
		used     INTEGER NOT NULL DEFAULT 0,     -- when last, to the hour
		revoked  INTEGER NOT NULL DEFAULT 0
	) STRICT;
	CREATE INDEX app_password_key ON app_password (addr_key);

	-- How often members posted lately on lists with a limit (C10); rows live one day.
	CREATE TABLE recent_post (
		list   INTEGER NOT NULL REFERENCES list (id),
		member INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
		at     INTEGER NOT NULL,
		n      INTEGER NOT NULL CHECK (n > 0),   -- posts at that time
		PRIMARY KEY (list, member, at)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX recent_post_at ON recent_post (at)`, bounceTables + interestTables + vacationTable, `
	-- Whose words since then make a manager's answer come back (product.md B15b).
	ALTER TABLE community ADD COLUMN collision TEXT NOT NULL DEFAULT 'managers' CHECK (collision IN ('managers','strict'))`, sessionTable, introColumns, `
	-- Whether a member agrees that those who see who is on a list see their address.
	ALTER TABLE member ADD COLUMN listed INTEGER NOT NULL DEFAULT 0 CHECK (listed IN (0, 1))`, `
	-- Whether a member of trust is asked to greet each new one.
	ALTER TABLE community ADD COLUMN greeter INTEGER NOT NULL DEFAULT 0 CHECK (greeter IN (0, 1))`, joinedBeforeTable}}
}

const joinedBeforeTable = `
	-- When members joined who left and came back: a backup of those days knows them by that.
	CREATE TABLE joined_before (
		member INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
		joined INTEGER NOT NULL,
		PRIMARY KEY (member, joined)
	) STRICT, WITHOUT ROWID`

const listTable = `
	CREATE TABLE list (
		id             INTEGER PRIMARY KEY,
		community      INTEGER NOT NULL REFERENCES community (id),
		local          TEXT NOT NULL,            -- local part, lower case
		name           TEXT NOT NULL,
		mailbox        INTEGER NOT NULL UNIQUE REFERENCES list_mailbox (id),
		posting        TEXT NOT NULL DEFAULT 'members' CHECK (posting IN ('members','managers','anyone')),
		subject_prefix TEXT NOT NULL DEFAULT '',
		posts_per_hour INTEGER NOT NULL DEFAULT 10 CHECK (posts_per_hour >= 0),  -- of one member; 0 is no limit
		undo           INTEGER NOT NULL DEFAULT 0 CHECK (undo BETWEEN 0 AND 300), -- seconds
		joining        TEXT NOT NULL DEFAULT 'open' CHECK (joining IN ('open','ask')),
		stage          TEXT NOT NULL DEFAULT 'growing' CHECK (stage IN ('founding','growing','rooted')),
		rules          TEXT NOT NULL DEFAULT '{}',  -- what it asks of each post, JSON
		removed        INTEGER NOT NULL DEFAULT 0, -- when it was given up; its archive stays
		created        INTEGER NOT NULL,
		UNIQUE (community, local)
	) STRICT;
`
