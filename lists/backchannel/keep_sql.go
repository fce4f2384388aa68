package backchannel

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// schemaKeep is what is needed to forget (product.md B14).
const schemaKeep = `
	-- Which letters, as they came, belong to a conversation: they go with its words.
	CREATE TABLE conv_letter (
		conv  INTEGER NOT NULL REFERENCES conv (id),
		story TEXT NOT NULL,
		PRIMARY KEY (conv, story)
	) STRICT, WITHOUT ROWID;

	-- Who wanted their own words erased, and when: done again after a backup was restored.
	CREATE TABLE erasure (
		id        INTEGER PRIMARY KEY,
		community INTEGER NOT NULL REFERENCES community (id),
		member    INTEGER NOT NULL REFERENCES member (id),
		at        INTEGER NOT NULL,                    -- microseconds UTC: what was written until then goes
		pending   INTEGER NOT NULL DEFAULT 0 CHECK (pending IN (0, 1)), -- an open report about the member needs something of it
		UNIQUE (member, at)
	) STRICT;
	CREATE INDEX erasure_pending ON erasure (id) WHERE pending = 1;

	-- The conversations of such a wish, until the managers are asked to delete their copies.
	CREATE TABLE erasure_conv (
		erasure INTEGER NOT NULL REFERENCES erasure (id),
		conv    INTEGER NOT NULL REFERENCES conv (id),
		PRIMARY KEY (erasure, conv)
	) STRICT, WITHOUT ROWID;

	-- When a member last asked for their own data.
	CREATE TABLE member_export (
		member INTEGER PRIMARY KEY REFERENCES member (id),
		at     INTEGER NOT NULL
	) STRICT;

	-- There is a row while something was erased that the write-ahead log may still hold.
	CREATE TABLE erase_debt (
		id INTEGER PRIMARY KEY CHECK (id = 1),
		at INTEGER NOT NULL
	) STRICT`

// comes notes that a letter, as it came, belongs to a conversation.
func comes(tx *db.Tx, c ConvID, story string) error {
	if c == 0 || story == "" {
		return nil
	}
	_, err := tx.Exec("INSERT INTO conv_letter (conv, story) VALUES (?, ?) ON CONFLICT DO NOTHING", c, story)
	return err
}

func scanConvID(r db.Scanner) (id ConvID, err error) { return id, r.Scan(&id) }

// day is one day in microseconds, as times are kept.
const day = int64(24 * time.Hour / time.Microsecond)

// lifetimes is how long the words of a conversation stay after its end, in SQL.
func lifetimes() []any {
	return []any{db.Named("reports", reportDays*day), db.Named("anon", anonDays*day), db.Named("text", textDays*day)}
}

const lifetimeSQL = "CASE WHEN kind = 'report' THEN @reports WHEN anon THEN @anon ELSE @text END"

// outlived are conversations whose words have been kept long enough: so long after they were closed, or after the member left.
func outlived(tx *db.Tx, most int) ([]ConvID, error) {
	return db.Select(tx, scanConvID, `SELECT id FROM conv WHERE erased = 0 AND merged IS NULL AND hold <= @now
		AND CASE WHEN closed <> 0 THEN closed + `+lifetimeSQL+` <= @now ELSE purge <> 0 AND purge <= @now END ORDER BY id LIMIT @most`,
		append(lifetimes(), db.Named("now", db.Micros(tx.Now)), db.Named("most", most))...)
}

// openWriters are the members who have conversations that are not closed.
func openWriters(tx *db.Tx) ([]lists.MemberID, error) {
	return db.Select(tx, scanMemberID, "SELECT DISTINCT member FROM conv WHERE member IS NOT NULL AND closed = 0 AND erased = 0")
}

func scanMemberID(r db.Scanner) (id lists.MemberID, err error) { return id, r.Scan(&id) }

// startClock sets the date of a member's open conversations when they are gone, and takes it back when they have come again.
func startClock(tx *db.Tx, m lists.MemberID, gone bool) error {
	_, err := tx.Exec(`UPDATE conv SET purge = CASE WHEN @gone THEN @now + `+lifetimeSQL+` ELSE 0 END
		WHERE member = @member AND closed = 0 AND erased = 0 AND (purge = 0) = @gone`,
		append(lifetimes(), db.Named("now", db.Micros(tx.Now)), db.Named("member", m), db.Named("gone", gone))...)
	return err
}

// stories are the letters, as they came, that belong to conversations.
func stories(tx *db.Tx, parts []ConvID) ([]string, error) {
	return db.Select(tx, scanWord, `SELECT story FROM conv_letter WHERE conv IN (SELECT value FROM json_each(@parts))
		UNION SELECT story FROM conv_msg WHERE conv IN (SELECT value FROM json_each(@parts)) AND story <> ''`, db.Named("parts", asJSON(parts)))
}

// references are our own letters about conversations.
func references(tx *db.Tx, parts []ConvID) ([]letter.MessageID, error) {
	return db.Select(tx, func(r db.Scanner) (id letter.MessageID, err error) { return id, r.Scan(&id) },
		`SELECT msgid FROM conv_ref WHERE conv IN (SELECT value FROM json_each(@parts))
			UNION SELECT msgid FROM conv_several WHERE conv IN (SELECT value FROM json_each(@parts)) ORDER BY msgid`, db.Named("parts", asJSON(parts)))
}

func asJSON[T any](all []T) string {
	b, err := json.Marshal(all)
	if err != nil {
		return "[]" // ids can always be written
	}
	return string(b)
}

// wipe takes everything that was said out of conversations, and whose they were. Month, tags, times and outcome stay.
func wipe(tx *db.Tx, parts []ConvID) error {
	for _, query := range []string{
		"DELETE FROM conv_msg WHERE conv IN (SELECT value FROM json_each(@parts))",
		"DELETE FROM conv_ref WHERE conv IN (SELECT value FROM json_each(@parts))",
		"DELETE FROM conv_several WHERE conv IN (SELECT value FROM json_each(@parts))",
		"DELETE FROM conv_letter WHERE conv IN (SELECT value FROM json_each(@parts))",
		"DELETE FROM conv_role WHERE conv IN (SELECT value FROM json_each(@parts))",
		"DELETE FROM conv_seen WHERE conv IN (SELECT value FROM json_each(@parts))",
	} {
		if _, err := tx.Exec(query, db.Named("parts", asJSON(parts))); err != nil {
			return fmt.Errorf("forget a conversation: %w", err)
		}
	}
	_, err := tx.Exec(`UPDATE conv SET member = NULL, local = '', domain = '', name = '', subject = '', about = '', digest = 0, thread = '', snoozed = 0, snooze_as = '',
		snoozer = NULL, purge = 0, hold = 0, erased = @now, closed = CASE WHEN closed = 0 THEN @now ELSE closed END, state = 'closed' WHERE id IN (SELECT value FROM json_each(@parts))`,
		db.Named("now", db.Micros(tx.Now)), db.Named("parts", asJSON(parts)))
	return err
}

// holdUntil keeps the words of a conversation until a date, whatever its age; the zero time ends that.
func holdUntil(tx *db.Tx, c ConvID, until time.Time) error {
	_, err := tx.Exec("UPDATE conv SET hold = ? WHERE id = ?", db.Micros(until), c)
	return err
}

// isHeld tells whether the words of a conversation are kept as evidence.
func isHeld(tx *db.Tx, c ConvID) (is bool, err error) {
	err = tx.QueryRow("SELECT hold > ? FROM conv WHERE id = ?", db.Micros(tx.Now), c).Scan(&is)
	return is, err
}

// clearDates takes the dates of conversations from the calendar.
func clearDates(tx *db.Tx, parts []ConvID) error {
	held, err := db.Select(tx, func(r db.Scanner) (id int64, err error) { return id, r.Scan(&id) },
		"SELECT id FROM conv_msg WHERE state = 'held' AND conv IN (SELECT value FROM json_each(?))", asJSON(parts))
	if err != nil {
		return err
	}
	for _, id := range held {
		if err := calendar.Clear(tx, Expire, id); err != nil {
			return err
		}
	}
	for _, c := range parts {
		for _, kind := range []calendar.Kind{Wake, MayRead} {
			if err := calendar.Clear(tx, kind, int64(c)); err != nil {
				return err
			}
		}
	}
	return nil
}

// owe notes that the write-ahead log may still hold what was erased.
func owe(tx *db.Tx) error {
	_, err := tx.Exec("INSERT INTO erase_debt (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at", db.Micros(tx.Now))
	return err
}

// Unwiped tells whether something was erased that the write-ahead log of the database may still hold, and since when.
func Unwiped(tx *db.Tx) (since time.Time, is bool, err error) {
	var at int64
	err = tx.QueryRow("SELECT at FROM erase_debt").Scan(&at)
	if errors.Is(err, db.ErrNoRows) {
		return time.Time{}, false, nil
	}
	return db.Time(at), err == nil, err
}

// Wiped notes that the log was emptied after everything that had been erased until then.
func Wiped(tx *db.Tx, until time.Time) error {
	_, err := tx.Exec("DELETE FROM erase_debt WHERE at <= ?", db.Micros(until))
	return err
}

// Erasure is one member's wish to have their own words erased.
type Erasure struct {
	Community lists.CommunityID
	Member    lists.MemberID
	At        time.Time   // what was written until then goes
	Joined    []time.Time // when that member joined, each time: nobody else has this number and these dates
}

// Erasures are all wishes there ever were, oldest first.
func Erasures(tx *db.Tx) ([]Erasure, error) { return erasures(tx, false) }

func erasures(tx *db.Tx, pending bool) ([]Erasure, error) {
	all, err := db.Select(tx, func(r db.Scanner) (e Erasure, err error) {
		var at int64
		var joined string
		if err = r.Scan(&e.Community, &e.Member, &at, &joined); err != nil {
			return e, err
		}
		e.At = db.Time(at)
		return e, json.Unmarshal([]byte(joined), &e.Joined)
	}, "SELECT community, member, at, joined FROM erasure WHERE pending OR NOT ? ORDER BY at, id", pending)
	for i := range all {
		if len(all[i].Joined) == 0 { // a wish of before these dates were noted
			if all[i].Joined, err = lists.Joinings(tx, all[i].Member); err != nil {
				return nil, err
			}
		}
	}
	return all, err
}

func noteErasure(tx *db.Tx, e Erasure, pending bool) (id int64, err error) {
	err = tx.QueryRow(`INSERT INTO erasure (community, member, at, pending, joined) VALUES (@community, @member, @at, @pending, @joined)
		ON CONFLICT (member, at) DO UPDATE SET pending = excluded.pending RETURNING id`,
		db.Named("joined", asJSON(e.Joined)), db.Named("community", e.Community), db.Named("member", e.Member), db.Named("at", db.Micros(e.At)), db.Named("pending", pending)).Scan(&id)
	return id, err
}

// noteErased notes a conversation of a wish, for the managers.
func noteErased(tx *db.Tx, erasure int64, c ConvID) error {
	_, err := tx.Exec("INSERT INTO erasure_conv (erasure, conv) VALUES (?, ?) ON CONFLICT DO NOTHING", erasure, c)
	return err
}

// takeErased gives a wish and its conversations, which are noted no longer.
func takeErased(tx *db.Tx, erasure int64) (e Erasure, all []ConvID, err error) {
	var at int64
	if err = tx.QueryRow("SELECT community, member, at FROM erasure WHERE id = ?", erasure).Scan(&e.Community, &e.Member, &at); err != nil {
		return e, nil, err
	}
	e.At = db.Time(at)
	if all, err = db.Select(tx, scanConvID, "SELECT conv FROM erasure_conv WHERE erasure = ? ORDER BY conv", erasure); err != nil {
		return e, nil, err
	}
	_, err = tx.Exec("DELETE FROM erasure_conv WHERE erasure = ?", erasure)
	return e, all, err
}

// ownConversations are those that a member began until a date, and that were not merged into another.
func ownConversations(tx *db.Tx, m lists.MemberID, until time.Time) ([]Conv, error) {
	return db.Select(tx, scanConv, "SELECT "+convColumns+" FROM conv WHERE member = ? AND merged IS NULL AND opened <= ? ORDER BY id", m, db.Micros(until))
}

// everything is all that was said in conversations, what waits and what was decided too.
func everything(tx *db.Tx, parts []ConvID) ([]message, error) {
	return db.Select(tx, scanMsg, "SELECT "+msgColumns+" FROM conv_msg WHERE dir <> 'system' AND conv IN (SELECT value FROM json_each(?)) ORDER BY id", asJSON(parts))
}

// blank takes the words out of one thing said, or leaves others in their place.
func (m message) blank(tx *db.Tx, rest string) error {
	_, err := tx.Exec("UPDATE conv_msg SET words = @rest, msgid = CASE WHEN dir = 'in' THEN '' ELSE msgid END WHERE id = @id", db.Named("rest", rest), db.Named("id", m.id))
	return err
}

// unname takes the writer's words out of the rows of conversations themselves.
func unname(tx *db.Tx, parts []ConvID) error {
	_, err := tx.Exec("UPDATE conv SET subject = '', thread = '' WHERE id IN (SELECT value FROM json_each(?))", asJSON(parts))
	return err
}

// openReports are the reports that are not decided yet.
func openReports(tx *db.Tx, c lists.CommunityID) ([]Conv, error) {
	return db.Select(tx, scanConv, "SELECT "+convColumns+" FROM conv WHERE community = ? AND kind = 'report' AND state <> 'closed' AND merged IS NULL ORDER BY id", c)
}

// firstExportSince notes that a member asked for their data, unless they did since a date.
func firstExportSince(tx *db.Tx, m lists.MemberID, since time.Time) (bool, error) {
	n, err := tx.Change(`INSERT INTO member_export (member, at) VALUES (@member, @now) ON CONFLICT (member) DO UPDATE SET at = excluded.at WHERE at <= @since`,
		db.Named("member", m), db.Named("now", db.Micros(tx.Now)), db.Named("since", db.Micros(since)))
	return n == 1, err
}

// endTexts ends the texts of a conversation that wait for somebody's word, and forgets all that were not posted; with all, the others too:
// what was posted stands in the archive.
func endTexts(tx *db.Tx, c ConvID, all bool) error {
	open, err := openTexts(tx, c)
	if err != nil {
		return err
	}
	for _, k := range open {
		if err := k.end(tx, textDropped); err != nil {
			return err
		}
	}
	_, err = tx.Exec("UPDATE consent SET subject = '', text_final = '', answer_msgid = '' WHERE conv = @conv AND (@all OR state <> 'posted')", db.Named("conv", c), db.Named("all", all))
	return err
}

// allVoices are the conversations under made-up names that began until a date and whose writers are still sealed.
func allVoices(tx *db.Tx, c lists.CommunityID, until time.Time) ([]ConvID, error) {
	return db.Select(tx, scanConvID, "SELECT s.conv FROM sealed_identity AS s JOIN conv ON conv.id = s.conv WHERE conv.community = ? AND conv.erased = 0 AND conv.opened <= ?", c, db.Micros(until))
}
