package backchannel

import (
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

func exclude(tx *db.Tx, c ConvID, m lists.MemberID, why Reason, by lists.MemberID) error {
	_, err := tx.Exec(`INSERT INTO conv_exclusion (conv, manager, reason, by, at) VALUES (@conv, @manager, @reason, @by, @at)
		ON CONFLICT (conv, manager) DO UPDATE SET reason = excluded.reason, by = excluded.by, at = excluded.at
		WHERE reason = 'named' OR reason = 'asked' AND by IS NOT NULL AND (excluded.reason = 'concerned' OR excluded.by IS NULL)`,
		db.Named("conv", c), db.Named("manager", m), db.Named("reason", string(why)), db.Named("by", null(int64(by))), db.Named("at", db.Micros(tx.Now)))
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE conv SET restricted = 1, state = CASE WHEN owner = @manager AND state IN ('claimed','waiting_manager') THEN 'new' ELSE state END,
		owner = nullif(owner, @manager) WHERE id = @id`, db.Named("manager", m), db.Named("id", c))
	return err
}

func include(tx *db.Tx, c ConvID, m lists.MemberID) error {
	if _, err := tx.Exec("DELETE FROM conv_exclusion WHERE conv = ? AND manager = ?", c, m); err != nil {
		return err
	}
	_, err := tx.Exec("UPDATE conv SET restricted = EXISTS (SELECT 1 FROM conv_exclusion WHERE conv = @id) WHERE id = @id", db.Named("id", c))
	return err
}

// Exclusions are the managers for whom a conversation does not exist. Whoever shows them shows them to those who may see it.
func exclusions(tx *db.Tx, c ConvID) ([]Exclusion, error) {
	return db.Select(tx, func(r db.Scanner) (e Exclusion, err error) { return e, r.Scan(&e.Manager, &e.Reason, &e.By) },
		"SELECT manager, reason, coalesce(by, 0) FROM conv_exclusion WHERE conv = ? ORDER BY manager", c)
}

// endHeld forgets the answers of a manager that wait for their word.
func endHeld(tx *db.Tx, c ConvID, m lists.MemberID) error {
	held, err := db.Select(tx, scanMsg, "SELECT "+msgColumns+" FROM conv_msg WHERE conv = ? AND author = ? AND state = 'held'", c, m)
	if err != nil {
		return err
	}
	for _, msg := range held {
		if err := msg.end(tx, stateDropped); err != nil {
			return err
		}
		if err := calendar.Clear(tx, Expire, msg.id); err != nil {
			return err
		}
	}
	return nil
}

// tagsOf are the tags of a conversation, in the order of the alphabet.
func tagsOf(tx *db.Tx, c ConvID) ([]string, error) {
	return db.Select(tx, scanWord, "SELECT tag FROM conv_tag WHERE conv = ? ORDER BY tag", c)
}

func scanWord(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }

// parts are a conversation and those that became a part of it: filed copies bear the id they were filed with.
func (c Conv) parts(tx *db.Tx) ([]ConvID, error) {
	return db.Select(tx, func(r db.Scanner) (id ConvID, err error) { return id, r.Scan(&id) },
		`WITH RECURSIVE part (id) AS (SELECT @id UNION SELECT conv.id FROM conv JOIN part ON conv.merged = part.id) SELECT id FROM part ORDER BY id`, db.Named("id", c.ID))
}
