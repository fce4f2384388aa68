package backchannel

import (
	"errors"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// countedSQL picks the conversations that figures may count: letters of members that no rule keeps from any manager. A letter that
// somebody may not know of is in no figure at all, whoever reads it, so that no figure differs because of it (I9, product.md B9);
// reports, letters of strangers and of the ombuds are in none either.
const countedSQL = "conv.merged IS NULL AND NOT conv.restricted AND conv.ombuds = '' AND (conv.kind = 'question' OR conv.kind = 'idea')"

// fewAnswered is how many letters a digest needs to tell their number.
const fewAnswered = 5

// Answered is what a digest may tell everybody of a span of time: how many letters the managers answered, and how many of what they asked
// the writers of became posts without a name, which everybody sees as such anyway. Of fewer than five letters it tells nothing:
// both are 0 (product.md A4).
func Answered(tx *db.Tx, c lists.CommunityID, from, to time.Time) (letters, bridged int, err error) {
	span := []any{db.Named("community", c), db.Named("from", db.Micros(from)), db.Named("to", db.Micros(to))}
	err = tx.QueryRow(`SELECT count(DISTINCT conv.id) FROM conv JOIN conv_msg ON conv_msg.conv = conv.id
		WHERE conv.community = @community AND conv_msg.dir = 'out' AND conv_msg.state = 'sent' AND conv_msg.at >= @from AND conv_msg.at < @to AND `+countedSQL, span...).Scan(&letters)
	if err != nil || letters < fewAnswered {
		return 0, 0, err
	}
	err = tx.QueryRow(`SELECT count(DISTINCT conv.id) FROM conv JOIN consent ON consent.conv = conv.id
		WHERE conv.community = @community AND consent.state = 'posted' AND consent.choice = 'anon' AND consent.ended_at >= @from AND consent.ended_at < @to AND `+countedSQL, span...).Scan(&bridged)
	return letters, min(bridged, letters), err
}

// Entry is one letter of a member as figures see it: one that began a conversation.
type Entry struct {
	Code      string
	Member    lists.MemberID // 0: forgotten, or without a name
	Voice     string         // tells members apart within a month, for as long as that month is counted; "": without a name, or too long ago
	Opened    time.Time
	Closed    time.Time // zero: it is open
	First     bool      // the first one of its member
	Digest    bool      // it answers a digest
	Wanted    bool      // its writer then wanted it to reach everybody
	Public    bool      // a manager says that it could have been public
	Published time.Time // when a text of it was posted that still stands; zero: none
	Tags      []string
}

// Ledger are the letters that were opened or closed since a moment, oldest first, without those that figures may not count.
func Ledger(tx *db.Tx, c lists.CommunityID, since time.Time) ([]Entry, error) {
	return db.Select(tx, func(r db.Scanner) (e Entry, err error) {
		var opened, closed, published int64
		var tags string
		err = r.Scan(&e.Code, &e.Member, &e.Voice, &opened, &closed, &e.First, &e.Digest, &e.Wanted, &e.Public, &published, &tags)
		e.Opened, e.Closed, e.Published, e.Tags = db.Time(opened), db.Time(closed), db.Time(published), strings.Fields(tags)
		return e, err
	}, `SELECT conv.code, CASE WHEN conv.anon THEN 0 ELSE coalesce(conv.member, 0) END, CASE WHEN conv.anon THEN '' ELSE conv.voice END, conv.opened, conv.closed,
		conv.member IS NOT NULL AND NOT conv.anon AND NOT EXISTS (SELECT 1 FROM conv AS older WHERE older.community = conv.community AND older.member = conv.member
			AND older.opened < conv.opened AND `+strings.ReplaceAll(countedSQL, "conv.", "older.")+`),
		conv.digest <> 0, EXISTS (SELECT 1 FROM consent WHERE consent.conv = conv.id AND consent.own),
		conv.publicable = 'y' OR conv.outcome = 'published',
		(SELECT coalesce(min(ended_at), 0) FROM consent WHERE consent.conv = conv.id AND consent.state = 'posted'),
		(SELECT coalesce(group_concat(tag, ' '), '') FROM conv_tag WHERE conv_tag.conv = conv.id)
		FROM conv WHERE conv.community = @community AND (conv.opened >= @since OR conv.closed >= @since) AND `+countedSQL+` ORDER BY conv.opened, conv.id`,
		db.Named("community", c), db.Named("since", db.Micros(since)))
}

// CountThanks is how many members said thanks to a digest in a span of time, and said nothing else.
func CountThanks(tx *db.Tx, c lists.CommunityID, from, to time.Time) (members int, err error) {
	err = tx.QueryRow("SELECT count(DISTINCT member) FROM conv WHERE community = @community AND kind = 'thanks' AND NOT restricted AND opened >= @from AND opened < @to",
		db.Named("community", c), db.Named("from", db.Micros(from)), db.Named("to", db.Micros(to))).Scan(&members)
	return members, err
}

// quoted is how much of a posted text a report quotes, in characters.
const quoted = 240

// Quotable is the newest text about a tag that was posted in a span of time, with its writer's yes, and still stands; "" when there is
// none. Of letters that figures may not count it is never (B13).
func Quotable(tx *db.Tx, c lists.CommunityID, tag string, from, to time.Time) (Said, error) {
	var text string
	err := tx.QueryRow(`SELECT consent.text_final FROM consent JOIN conv ON conv.id = consent.conv JOIN conv_tag ON conv_tag.conv = conv.id
		WHERE conv.community = @community AND conv_tag.tag = @tag AND consent.state = 'posted' AND consent.text_final <> ''
		AND consent.ended_at >= @from AND consent.ended_at < @to AND `+countedSQL+` ORDER BY consent.ended_at DESC, consent.id DESC LIMIT 1`,
		db.Named("community", c), db.Named("tag", tag), db.Named("from", db.Micros(from)), db.Named("to", db.Micros(to))).Scan(&text)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return Said(letter.Excerpt(text, quoted)), err
}
