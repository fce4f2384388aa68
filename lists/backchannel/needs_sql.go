package backchannel

import (
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

// noteVoice notes whose a conversation is in a form that counts heads and names nobody once the key of the month is destroyed.
func noteVoice(tx *db.Tx, c ConvID, m lists.MemberID) error {
	if m == 0 {
		return nil
	}
	v, err := voiceOf(tx, m, tx.Now)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE conv SET voice = ? WHERE id = ?", v, c)
	return err
}

// TagCount is how many people wrote about a tag. It is for reports, which show no small numbers.
type TagCount struct {
	Tag       string
	Voices    int // distinct members
	Published int // conversations that became a post on a list
}

// CountTags counts the conversations that were opened in a span of time, which should lie within one calendar month of UTC: a member
// counts once for each tag and month.
func CountTags(tx *db.Tx, c lists.CommunityID, from, to time.Time) ([]TagCount, error) {
	return db.Select(tx, func(r db.Scanner) (t TagCount, err error) { return t, r.Scan(&t.Tag, &t.Voices, &t.Published) },
		`SELECT tag, count(DISTINCT voice), count(DISTINCT CASE WHEN outcome = 'published' THEN conv.id END) FROM conv JOIN conv_tag ON conv_tag.conv = conv.id
			WHERE community = @community AND opened >= @from AND opened < @to AND `+countedSQL+` AND NOT anon AND voice <> '' GROUP BY tag ORDER BY tag`,
		db.Named("community", c), db.Named("from", db.Micros(from)), db.Named("to", db.Micros(to)))
}
