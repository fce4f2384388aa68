package backchannel

import (
	"errors"
	"fmt"

	"backchannel/archive/calendar"
	"backchannel/archive/chain"
	"backchannel/archive/db"
	"backchannel/lists"
)

// schemaAudit is what was done that others must be able to hold people to (product.md B14). Each community has a chain of its own: every
// row bears the hash of the row before it, so that nobody can take one out or change one without its showing in all that follow. What
// SQLite can refuse it refuses; whoever writes the file by other means is found out by check, and by the heads that the ombuds has.
const schemaAudit = `
	CREATE TABLE audit (
		community INTEGER NOT NULL REFERENCES community (id),
		seq       INTEGER NOT NULL,                    -- 1, 2, 3 …; shown to nobody who may not see every row
		at        INTEGER NOT NULL,                    -- microseconds UTC
		actor     INTEGER REFERENCES member (id),      -- the manager; NULL is the program, a writer or the ombuds
		action    TEXT NOT NULL CHECK (action <> ''),  -- as in "unseal"
		object    TEXT NOT NULL,                       -- a conversation's code; of other things what kind and which one, as in "member:12"; '' is the community
		detail    TEXT NOT NULL DEFAULT '',            -- a reason; never private words, never who an anonymous member is
		prev_hash BLOB NOT NULL,                       -- of the row before; of the first one 32 zeros
		hash      BLOB NOT NULL CHECK (length(hash) = 32),
		PRIMARY KEY (community, seq)
	) STRICT, WITHOUT ROWID;

	CREATE TRIGGER audit_next BEFORE INSERT ON audit
		WHEN NEW.seq <> 1 + coalesce((SELECT max(seq) FROM audit WHERE community = NEW.community), 0)
			OR NEW.prev_hash <> coalesce((SELECT hash FROM audit WHERE community = NEW.community ORDER BY seq DESC LIMIT 1), zeroblob(32))
		BEGIN SELECT raise(ABORT, 'the audit grows at its end only'); END;
	CREATE TRIGGER audit_change BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit is never changed'); END;
	CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit is never cut'); END;

	-- The ends of the chain that went out of the house.
	CREATE TABLE audit_head (
		community INTEGER NOT NULL REFERENCES community (id),
		seq       INTEGER NOT NULL,
		hash      BLOB NOT NULL,
		at        INTEGER NOT NULL,                    -- when it was told
		PRIMARY KEY (community, seq)
	) STRICT, WITHOUT ROWID`

// audit writes down what somebody did: actor is the manager, 0 the program, a writer or the ombuds. The detail holds no private words, nor
// does it tell who an anonymous member is. Rows are never changed.
func audit(tx *db.Tx, c lists.CommunityID, actor lists.MemberID, action, object, detail string) error {
	last, err := auditEnd(tx, c)
	if err != nil {
		return err
	}
	e := deed{seq: last.seq + 1, at: db.Micros(tx.Now), actor: actor, action: action, object: object, detail: detail, prev: last.hash}
	e.hash = e.link(c).Sum()
	_, err = tx.Exec(`INSERT INTO audit (community, seq, at, actor, action, object, detail, prev_hash, hash)
		VALUES (@community, @seq, @at, @actor, @action, @object, @detail, @prev, @hash)`,
		db.Named("community", c), db.Named("seq", e.seq), db.Named("at", e.at), db.Named("actor", null(int64(actor))), db.Named("action", action),
		db.Named("object", object), db.Named("detail", detail), db.Named("prev", e.prev), db.Named("hash", e.hash))
	if err != nil {
		return fmt.Errorf("write the audit: %w", err)
	}
	return planHead(tx, c)
}

const deedColumns = "seq, at, coalesce(actor, 0), action, object, detail, prev_hash, hash"

func scanDeed(r db.Scanner) (e deed, err error) {
	return e, r.Scan(&e.seq, &e.at, &e.actor, &e.action, &e.object, &e.detail, &e.prev, &e.hash)
}

// auditEnd is the newest row of a community; without any, what stands before the first.
func auditEnd(tx *db.Tx, c lists.CommunityID) (deed, error) {
	e, err := scanDeed(tx.QueryRow("SELECT "+deedColumns+" FROM audit WHERE community = ? ORDER BY seq DESC LIMIT 1", c))
	if errors.Is(err, db.ErrNoRows) {
		return deed{hash: chain.First()}, nil
	}
	return e, err
}

// deeds are the rows of a community, oldest first.
func deeds(tx *db.Tx, c lists.CommunityID) ([]deed, error) {
	return db.Select(tx, scanDeed, "SELECT "+deedColumns+" FROM audit WHERE community = ? ORDER BY seq", c)
}

// planHead sees to it that the end of the chain leaves the house before the week is over.
func planHead(tx *db.Tx, c lists.CommunityID) error {
	_, planned, err := calendar.At(tx, AuditHead, int64(c))
	if err != nil || planned {
		return err
	}
	community, err := lists.CommunityByID(tx, c)
	if err != nil {
		return err
	}
	return calendar.Set(tx, AuditHead, int64(c), headDay(community).Next(tx.Now))
}

type head struct {
	seq  int64
	hash []byte
}

// heads are the ends of the chain that were told.
func heads(tx *db.Tx, c lists.CommunityID) ([]head, error) {
	return db.Select(tx, func(r db.Scanner) (h head, err error) { return h, r.Scan(&h.seq, &h.hash) },
		"SELECT seq, hash FROM audit_head WHERE community = ? ORDER BY seq", c)
}

func addHead(tx *db.Tx, c lists.CommunityID, e deed) error {
	_, err := tx.Exec("INSERT INTO audit_head (community, seq, hash, at) VALUES (@community, @seq, @hash, @at) ON CONFLICT DO NOTHING",
		db.Named("community", c), db.Named("seq", e.seq), db.Named("hash", e.hash), db.Named("at", db.Micros(tx.Now)))
	return err
}

// byCode finds a conversation whoever may see it; false when there is none of that code.
func byCode(tx *db.Tx, community lists.CommunityID, code string) (Conv, bool, error) {
	c, err := scanConv(tx.QueryRow("SELECT "+convColumns+" FROM conv WHERE code = ? AND community = ?", code, community))
	if errors.Is(err, db.ErrNoRows) {
		return c, false, nil
	}
	if err == nil && c.merged != 0 {
		c, err = find(tx, c.ID)
	}
	return c, err == nil, err
}
