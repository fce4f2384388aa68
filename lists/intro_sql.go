package lists

import (
	"time"

	"backchannel/archive/db"
)

// introColumns are what a member says about being named as new, and since when.
const introColumns = `
	ALTER TABLE member ADD COLUMN intro_ok TEXT NOT NULL DEFAULT '' CHECK (intro_ok IN ('','yes','no'));
	ALTER TABLE member ADD COLUMN intro_ok_at INTEGER NOT NULL DEFAULT 0; -- when that was said
	CREATE INDEX member_intro ON member (community, intro_ok_at) WHERE intro_ok = 'yes'`

// Introduced are the members of a community who agreed to be named as new after one moment and before another, in the order in which they
// did. Who has left, or came too long ago to be new then, is not among them.
func Introduced(tx *db.Tx, c CommunityID, after, before time.Time) ([]Member, error) {
	return db.Select(tx, scanMember, "SELECT "+memberColumns+memberFrom+`WHERE m.community = @community AND m.intro_ok = 'yes' AND m.state = 'active'
		AND m.intro_ok_at >= @after AND m.intro_ok_at < @before AND m.joined >= @joined ORDER BY m.intro_ok_at, m.id`,
		db.Named("community", c), db.Named("after", db.Micros(after)), db.Named("before", db.Micros(before)), db.Named("joined", db.Micros(before.Add(-NewFor))))
}
