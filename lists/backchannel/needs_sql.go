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
	if _, err = tx.Exec("UPDATE conv SET voice = ? WHERE id = ?", v, c); err != nil {
		return err
	}
	conv, err := row(tx, c)
	if err != nil {
		return err
	}
	return planNeeds(tx, conv.Community)
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

// Tally is what became of conversations in a span of time. Those that a manager may not know of are in it only where the months of the
// span have five of them or more (product.md B9).
type Tally struct {
	Opened   int // by members
	Closed   int
	Public   int // of those closed, how many could have been public
	Bridged  int // of those, how many became a post by /public
	TopThree int // of those opened, how many are from the three members who wrote most
}

// leastRestricted is how many restricted conversations a month needs for them to be counted.
const leastRestricted = 5

// CountLetters counts the conversations of a span of time.
func CountLetters(tx *db.Tx, c lists.CommunityID, from, to time.Time) (t Tally, err error) {
	span := []any{db.Named("community", c), db.Named("from", db.Micros(from)), db.Named("to", db.Micros(to))}
	var restricted int
	month := time.Date(to.UTC().Year(), to.UTC().Month()-1, to.UTC().Day(), 0, 0, 0, 0, time.UTC)
	if err := tx.QueryRow("SELECT count(*) FROM conv WHERE community = ? AND restricted AND opened >= ? AND opened < ?", c, db.Micros(month), db.Micros(to)).Scan(&restricted); err != nil {
		return t, err
	}
	span = append(span, db.Named("all", restricted >= leastRestricted))
	const in = " FROM conv WHERE community = @community AND merged IS NULL AND ombuds <> 'alone' AND (NOT restricted OR @all) "
	err = tx.QueryRow(`SELECT count(*) FILTER (WHERE voice <> '' AND opened >= @from AND opened < @to),
		count(*) FILTER (WHERE closed >= @from AND closed < @to),
		count(*) FILTER (WHERE closed >= @from AND closed < @to AND (publicable = 'y' OR outcome = 'published')),
		count(*) FILTER (WHERE closed >= @from AND closed < @to AND outcome = 'published')`+in, span...).Scan(&t.Opened, &t.Closed, &t.Public, &t.Bridged)
	if err != nil {
		return t, err
	}
	err = tx.QueryRow("SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n"+in+"AND voice <> '' AND opened >= @from AND opened < @to GROUP BY voice ORDER BY n DESC LIMIT 3)", span...).Scan(&t.TopThree)
	return t, err
}
