package backchannel

import (
	"fmt"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

// schemaElsewhere is what waits for a member's word whether it is theirs.
const schemaElsewhere = `
	CREATE TABLE elsewhere (
		id        INTEGER PRIMARY KEY AUTOINCREMENT,
		member    INTEGER NOT NULL REFERENCES member (id),  -- whose address it came through
		letter    INTEGER REFERENCES letter (id),           -- its bytes, as long as it waits
		story     TEXT NOT NULL,
		conv      INTEGER REFERENCES conv (id),             -- that the address belongs to; NULL: none
		about     TEXT NOT NULL,                            -- as in conv
		digest    INTEGER NOT NULL,
		thread    TEXT NOT NULL,
		state     TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting','accepted','dropped','expired')),
		at        INTEGER NOT NULL,                         -- of the question, then of its end
		CHECK ((state = 'waiting') = (letter IS NOT NULL))
	) STRICT;
	CREATE INDEX elsewhere_letter ON elsewhere (letter) WHERE letter IS NOT NULL;
	CREATE INDEX elsewhere_member ON elsewhere (member) WHERE letter IS NOT NULL`

// schemaElsewhereTag is the tag of what such a letter is about.
const schemaElsewhereTag = "ALTER TABLE elsewhere ADD COLUMN tag TEXT NOT NULL DEFAULT ''"

// Where a letter from elsewhere stands.
const (
	elseWaits    = "waiting"
	elseAccepted = "accepted"
	elseDropped  = "dropped"
	elseExpired  = "expired"
)

// stray is a letter that came through a member's address from elsewhere.
type stray struct {
	id     int64
	member lists.MemberID
	story  string
	conv   ConvID
	about  Context
	state  string
	at     time.Time
}

const strayColumns = "id, member, story, coalesce(conv, 0), about, digest, thread, tag, state, at"

func scanStray(r db.Scanner) (s stray, err error) {
	var digest, at int64
	err = r.Scan(&s.id, &s.member, &s.story, &s.conv, &s.about.Object, &digest, &s.about.Thread, &s.about.Tag, &s.state, &at)
	s.about.Digest, s.at = db.Time(digest), db.Time(at)
	return s, err
}

// keepElsewhere keeps a letter until its member has said a word, or time is over.
func keepElsewhere(tx *db.Tx, in *lists.Incoming, owner lists.MemberID, about Context, conv ConvID) (int64, error) {
	id, err := tx.Insert("INSERT INTO elsewhere (member, letter, story, conv, about, digest, thread, tag, at) VALUES (@member, @letter, @story, @conv, @about, @digest, @thread, @tag, @at)",
		db.Named("member", owner), db.Named("letter", int64(in.ID)), db.Named("story", in.Story), db.Named("conv", null(int64(conv))), db.Named("about", about.Object),
		db.Named("digest", db.Micros(about.Digest)), db.Named("thread", about.Thread), db.Named("tag", about.Tag), db.Named("at", db.Micros(tx.Now)))
	if err != nil {
		return 0, fmt.Errorf("hold a letter from elsewhere: %w", err)
	}
	return id, calendar.Set(tx, ElsewhereEnds, id, tx.Now.AddDate(0, 0, heldDays))
}

func findElsewhere(tx *db.Tx, id int64) (stray, error) {
	return scanStray(tx.QueryRow("SELECT "+strayColumns+" FROM elsewhere WHERE id = ?", id))
}

// straysOf are the letters that wait for a member's word, asked about until a date.
func straysOf(tx *db.Tx, m lists.MemberID, until time.Time) ([]stray, error) {
	return db.Select(tx, scanStray, "SELECT "+strayColumns+" FROM elsewhere WHERE member = ? AND letter IS NOT NULL AND at <= ? ORDER BY id", m, db.Micros(until))
}

// end decides about a letter, once. What is kept is that there was one, so that a late answer can be told.
func (s stray) end(tx *db.Tx, as string) error {
	if _, err := tx.Exec("UPDATE elsewhere SET state = @state, letter = NULL, about = '', digest = 0, thread = '', tag = '', at = @at WHERE id = @id",
		db.Named("state", as), db.Named("at", db.Micros(tx.Now)), db.Named("id", s.id)); err != nil {
		return fmt.Errorf("decide about a letter from elsewhere: %w", err)
	}
	return calendar.Clear(tx, ElsewhereEnds, s.id)
}
