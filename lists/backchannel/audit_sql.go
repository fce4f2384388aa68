package backchannel

import (
	"backchannel/archive/db"
	"backchannel/lists"
)

// schemaAudit is what managers did that others must be able to hold them to (product.md B14).
const schemaAudit = `;
	CREATE TABLE audit (
		seq       INTEGER PRIMARY KEY,
		at        INTEGER NOT NULL,                    -- microseconds UTC
		community INTEGER NOT NULL REFERENCES community (id),
		actor     INTEGER REFERENCES member (id),      -- the manager; NULL is the program, or the ombuds
		action    TEXT NOT NULL,                       -- as in "unseal"
		object    TEXT NOT NULL,                       -- a conversation's code, or what else it is about
		detail    TEXT NOT NULL DEFAULT ''             -- a reason; never private words, never who an anonymous member is
	) STRICT`

// audit writes down what somebody did. Rows are never changed.
func audit(tx *db.Tx, c lists.CommunityID, actor lists.MemberID, action, object, detail string) error {
	_, err := tx.Exec("INSERT INTO audit (at, community, actor, action, object, detail) VALUES (@at, @community, @actor, @action, @object, @detail)",
		db.Named("at", db.Micros(tx.Now)), db.Named("community", c), db.Named("actor", null(int64(actor))), db.Named("action", action), db.Named("object", object), db.Named("detail", detail))
	return err
}
