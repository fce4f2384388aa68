package backchannel

import (
	"slices"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// exclude writes an exclusion down. A rule of ours (by nobody, not asked for) does not undo what somebody decided.
func exclude(tx *db.Tx, c ConvID, m lists.MemberID, why Reason, by lists.MemberID) (changed bool, err error) {
	n, err := tx.Change(`INSERT INTO conv_exclusion (conv, manager, reason, by, at) VALUES (@conv, @manager, @reason, @by, @at)
		ON CONFLICT (conv, manager) DO UPDATE SET reason = excluded.reason, by = excluded.by, at = excluded.at, lifted = 0
		WHERE CASE WHEN lifted <> 0 THEN @rule = 0 ELSE reason = 'named' OR reason = 'asked' AND by IS NOT NULL AND (excluded.reason = 'concerned' OR excluded.by IS NULL) END`,
		db.Named("conv", c), db.Named("manager", m), db.Named("reason", string(why)), db.Named("by", null(int64(by))), db.Named("at", db.Micros(tx.Now)),
		db.Named("rule", by == 0 && why != Asked))
	if err != nil || n == 0 {
		return false, err
	}
	_, err = tx.Exec(`UPDATE conv SET restricted = 1, state = CASE WHEN owner = @manager AND state IN ('claimed','waiting_manager') THEN 'new' ELSE state END,
		owner = nullif(owner, @manager) WHERE id = @id`, db.Named("manager", m), db.Named("id", c))
	return true, err
}

// include writes down that somebody who may do so gave a conversation to a manager by name.
func include(tx *db.Tx, c ConvID, m lists.MemberID) error {
	_, err := tx.Exec(`INSERT INTO conv_exclusion (conv, manager, reason, at, lifted) VALUES (@conv, @manager, 'asked', @now, @now)
		ON CONFLICT (conv, manager) DO UPDATE SET lifted = excluded.lifted`, db.Named("conv", c), db.Named("manager", m), db.Named("now", db.Micros(tx.Now)))
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE conv SET restricted = kind = 'report' OR circle OR EXISTS (SELECT 1 FROM conv_exclusion WHERE conv = @id AND lifted = 0) WHERE id = @id", db.Named("id", c))
	return err
}

// drawCircle keeps a conversation for those to whom its writer gives it by name, whoever else is or becomes a manager.
func drawCircle(tx *db.Tx, c ConvID) error {
	_, err := tx.Exec("UPDATE conv SET circle = 1, restricted = 1 WHERE id = ?", c)
	return err
}

// exclusions are the managers for whom a conversation does not exist. Whoever shows them shows them to those who may see it.
func exclusions(tx *db.Tx, c ConvID) ([]Exclusion, error) {
	return db.Select(tx, func(r db.Scanner) (e Exclusion, err error) { return e, r.Scan(&e.Manager, &e.Reason, &e.By) },
		"SELECT manager, reason, coalesce(by, 0) FROM conv_exclusion WHERE conv = ? AND lifted = 0 ORDER BY manager", c)
}

// forgetHeld forgets the answers of a manager that wait for their word.
func (b *Letterbox) forgetHeld(tx *db.Tx, c ConvID, m lists.MemberID) error {
	held, err := db.Select(tx, scanMsg, "SELECT "+msgColumns+" FROM conv_msg WHERE conv = ? AND author = ? AND state = 'held'", c, m)
	if err != nil {
		return err
	}
	for _, msg := range held {
		if err := msg.end(tx, stateDropped); err != nil {
			return err
		}
		if err := b.dropFiles(tx, msg.id); err != nil {
			return err
		}
	}
	return nil
}

// tagsOf are the tags of a conversation, in the order of the alphabet.
func tagsOf(tx *db.Tx, c ConvID) ([]string, error) {
	return db.Select(tx, scanWord, "SELECT tag FROM conv_tag WHERE conv = ? ORDER BY tag", c)
}

// Tags are the tags of a conversation, in the order of the alphabet.
func (c Conv) Tags(tx *db.Tx) ([]string, error) { return tagsOf(tx, c.ID) }

func scanWord(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }

// parts are a conversation and those that became a part of it: filed copies bear the id they were filed with.
func (c Conv) parts(tx *db.Tx) ([]ConvID, error) {
	return db.Select(tx, func(r db.Scanner) (id ConvID, err error) { return id, r.Scan(&id) },
		`WITH RECURSIVE part (id) AS (SELECT @id UNION SELECT conv.id FROM conv JOIN part ON conv.merged = part.id) SELECT id FROM part ORDER BY id`, db.Named("id", c.ID))
}

// spokenIn are the managers who have said something to the writer.
func spokenIn(tx *db.Tx, c ConvID) ([]lists.MemberID, error) {
	return db.Select(tx, func(r db.Scanner) (id lists.MemberID, err error) { return id, r.Scan(&id) },
		"SELECT DISTINCT author FROM conv_msg WHERE conv = ? AND dir = 'out' AND state = 'sent' AND author IS NOT NULL", c)
}

// spokenTimes is how often the writer was answered.
func spokenTimes(tx *db.Tx, c ConvID) (n int, err error) {
	err = tx.QueryRow("SELECT count(*) FROM conv_msg WHERE conv = ? AND dir = 'out' AND state = 'sent'", c).Scan(&n)
	return n, err
}

// endAs closes a conversation that no manager closes.
func endAs(tx *db.Tx, c Conv, outcome string) error {
	_, err := tx.Exec("UPDATE conv SET state = 'closed', closed = @now, outcome = @outcome WHERE id = @id AND state <> 'closed'",
		db.Named("now", db.Micros(tx.Now)), db.Named("outcome", outcome), db.Named("id", c.ID))
	return err
}

// forget ends a conversation and its words.
func (b *Letterbox) forget(tx *db.Tx, c Conv, outcome string) error {
	if err := b.ForgetFiles(tx, c.ID); err != nil {
		return err
	}
	if err := calendar.Clear(tx, MayRead, int64(c.ID)); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE conv_msg SET words = '', msgid = '' WHERE conv = ?", c.ID); err != nil {
		return err
	}
	return endAs(tx, c, outcome)
}

// Tags are the tags that a manager has folders for: those of letters they may see, and those they made themselves.
func (b *Letterbox) Tags(tx *db.Tx, m lists.Member) ([]string, error) {
	return db.Select(tx, scanWord, `SELECT tag FROM conv_tag AS t JOIN conv AS c ON c.id = t.conv
			WHERE c.community = @community AND c.merged IS NULL AND c.member IS NOT @manager AND c.ombuds <> 'alone'
			AND NOT EXISTS (SELECT 1 FROM conv_exclusion AS e WHERE e.conv = c.id AND e.manager = @manager AND e.lifted = 0)
			AND (NOT c.circle OR EXISTS (SELECT 1 FROM conv_exclusion AS e WHERE e.conv = c.id AND e.manager = @manager AND e.lifted <> 0))
		UNION SELECT tag FROM manager_tag WHERE manager = @manager ORDER BY tag`,
		db.Named("community", m.Community), db.Named("manager", m.ID))
}

// MakeTag makes a folder of a tag for a manager, empty for now. The tag is written as tags are: in small letters.
func (b *Letterbox) MakeTag(tx *db.Tx, m lists.Member, tag string) error {
	add, remove, err := readTags(tag)
	if err != nil {
		return err
	}
	if len(add) != 1 || len(remove) != 0 || add[0] != tag {
		return refusal.Because(refusal.Invalid, "A tag is one word in small letters.")
	}
	have, err := b.Tags(tx, m)
	if err != nil {
		return err
	}
	if slices.Contains(have, tag) {
		return refusal.Because(refusal.Conflict, "There is such a folder already.")
	}
	_, err = tx.Exec("INSERT INTO manager_tag (manager, tag) VALUES (?, ?) ON CONFLICT DO NOTHING", m.ID, tag)
	return err
}
