package backchannel

import (
	"errors"
	"slices"
	"strings"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// Claim lets a manager take a conversation. Taking one that a colleague has is a handover that the colleague can see.
func (b *Letterbox) Claim(tx *db.Tx, c Conv, m lists.Member) error {
	return b.give(tx, c, m, m, "took it")
}

// give makes a conversation somebody's.
func (b *Letterbox) give(tx *db.Tx, c Conv, by, to lists.Member, deed string) error {
	return b.set(tx, c, by, deed, func() error {
		_, err := tx.Exec(`UPDATE conv SET owner = @owner, closed = 0, outcome = '', purge = 0, snoozed = 0, snooze_as = '', snoozer = NULL,
			state = CASE WHEN state = 'waiting_member' THEN state ELSE 'claimed' END WHERE id = @id`, db.Named("owner", to.ID), db.Named("id", c.ID))
		if err != nil {
			return err
		}
		return calendar.Clear(tx, Wake, int64(c.ID))
	})
}

// Close ends a conversation. A letter of its member opens it again. While an answer of the manager waits for their word, it is refused: they
// may believe that the member has it.
func (b *Letterbox) Close(tx *db.Tx, c Conv, m lists.Member) error {
	msg, err := heldOf(tx, c.ID, m.ID)
	if err == nil && msg.dir == dirOut {
		return refusal.Because(refusal.Conflict, "An answer of yours still waits in %s: it came back to you, and %s has not got it. So nothing is closed. /send sends it; DROP, as a reply to the mail in which it came back, forgets it.", c.Code, c.Name)
	}
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return err
	}
	return b.end(tx, c, m, "answered")
}

// end is Close with the word for how it ended, for a conversation of which nothing else is known.
func (b *Letterbox) end(tx *db.Tx, c Conv, m lists.Member, outcome string) error {
	return b.set(tx, c, m, "closed it", func() error {
		_, err := tx.Exec(`UPDATE conv SET owner = coalesce(owner, @by), closed = @now, state = 'closed', snoozed = 0, snooze_as = '', snoozer = NULL,
			outcome = CASE WHEN outcome <> '' THEN outcome WHEN @outcome = 'answered' AND answered = 0 THEN 'unanswered' ELSE @outcome END WHERE id = @id AND state <> 'closed'`,
			db.Named("by", m.ID), db.Named("now", db.Micros(tx.Now)), db.Named("outcome", outcome), db.Named("id", c.ID))
		if err != nil {
			return err
		}
		return calendar.Clear(tx, Wake, int64(c.ID))
	})
}

// Release gives a conversation back to everybody.
func (b *Letterbox) Release(tx *db.Tx, c Conv, m lists.Member) error {
	return b.set(tx, c, m, "gave it back", func() error {
		_, err := tx.Exec(`UPDATE conv SET owner = NULL, closed = 0, outcome = '', purge = 0, snoozed = 0, snooze_as = '', snoozer = NULL,
			state = CASE WHEN state = 'closed' THEN 'reopened' ELSE 'new' END WHERE id = ?`, c.ID)
		if err != nil {
			return err
		}
		return calendar.Clear(tx, Wake, int64(c.ID))
	})
}

// Reopen takes a closed conversation up again, for whose it was.
func (b *Letterbox) Reopen(tx *db.Tx, c Conv, m lists.Member) error {
	return b.set(tx, c, m, "took it up again", func() error {
		_, err := tx.Exec("UPDATE conv SET closed = 0, outcome = '', purge = 0, state = 'reopened' WHERE id = ? AND state = 'closed'", c.ID)
		return err
	})
}

// Wake is the calendar's kind for snoozed conversations.
const Wake calendar.Kind = "letter.wake"

// Snooze puts a conversation out of sight until a date.
func (b *Letterbox) Snooze(tx *db.Tx, c Conv, m lists.Member, until time.Time, folder string) error {
	return b.set(tx, c, m, "put it off until "+until.Format("2 January"), func() error {
		_, err := tx.Exec(`UPDATE conv SET snoozed = @until, snooze_as = @folder, snoozer = @by, closed = 0, outcome = '', purge = 0,
			state = CASE WHEN state = 'closed' THEN 'reopened' ELSE state END WHERE id = @id`,
			db.Named("until", db.Micros(until)), db.Named("folder", folder), db.Named("by", m.ID), db.Named("id", c.ID))
		if err != nil {
			return err
		}
		return calendar.Set(tx, Wake, int64(c.ID), until)
	})
}

// wake ends a snooze.
func wake(tx *db.Tx, c Conv) error {
	_, err := tx.Exec("UPDATE conv SET snoozed = 0, snooze_as = '', snoozer = NULL WHERE id = ?", c.ID)
	return err
}

// Urge marks a conversation as urgent, for all managers, or takes the mark away.
func (b *Letterbox) Urge(tx *db.Tx, c Conv, m lists.Member, urgent bool) error {
	if c.Urgent == urgent {
		return nil
	}
	deed := "called it urgent"
	if !urgent {
		deed = "called it not urgent any more"
	}
	return b.set(tx, c, m, deed, func() error {
		_, err := tx.Exec("UPDATE conv SET urgent = ? WHERE id = ?", urgent, c.ID)
		return err
	})
}

func tagAs(tx *db.Tx, c ConvID, tag string) error {
	_, err := tx.Exec("INSERT INTO conv_tag (conv, tag) VALUES (?, ?) ON CONFLICT DO NOTHING", c, tag)
	return err
}

// answersOf are the newest answers of a manager.
func answersOf(tx *db.Tx, m lists.MemberID) ([]string, error) {
	return db.Select(tx, scanWord, "SELECT words FROM conv_msg WHERE author = ? AND dir = 'out' AND state = 'sent' ORDER BY id DESC LIMIT 10", m)
}

// Tag gives a conversation tags, and takes others from it.
func (b *Letterbox) Tag(tx *db.Tx, c Conv, m lists.Member, add, remove []string) error {
	return b.set(tx, c, m, "", func() error {
		for _, t := range add {
			if err := tagAs(tx, c.ID, t); err != nil {
				return err
			}
		}
		for _, t := range remove {
			if _, err := tx.Exec("DELETE FROM conv_tag WHERE conv = ? AND tag = ?", c.ID, t); err != nil {
				return err
			}
		}
		return nil
	})
}

func setPublicable(tx *db.Tx, c ConvID, yn string) error {
	_, err := tx.Exec("UPDATE conv SET publicable = ? WHERE id = ?", yn, c)
	return err
}

// set changes where a conversation stands, notes who did it, and moves everybody's copies there.
func (b *Letterbox) set(tx *db.Tx, c Conv, by lists.Member, deed string, change func() error) error {
	now, err := find(tx, c.ID) // what the caller has may be older than an exclusion
	if err != nil {
		return err
	}
	if !now.mayRead(by) {
		return notThere(c.Code)
	}
	if err := change(); err != nil {
		return err
	}
	if deed != "" {
		if err := did(tx, c, by.ID, deed); err != nil {
			return err
		}
	}
	return b.refile(tx, c)
}

// did notes what a manager did with a conversation, for /log: "took it".
func did(tx *db.Tx, c Conv, by lists.MemberID, deed string) error {
	_, err := insert(tx, message{conv: c.ID, rev: c.Rev, dir: dirSystem, author: by, text: deed, verdict: lists.Verified, state: stateDone})
	return err
}

// ByCode finds a conversation that a manager may see.
func (b *Letterbox) ByCode(tx *db.Tx, m lists.Member, code string) (Conv, error) {
	c, err := scanConv(tx.QueryRow("SELECT "+convColumns+" FROM conv WHERE code = ? AND community = ?", strings.ToUpper(strings.TrimSpace(code)), m.Community))
	if errors.Is(err, db.ErrNoRows) {
		return c, notThere(code)
	}
	if err == nil && c.merged != 0 {
		c, err = find(tx, c.ID)
	}
	if err != nil {
		return c, err
	}
	if !c.mayRead(m) {
		return Conv{}, notThere(code)
	}
	return c, nil
}

// List are the conversations that a manager may see, newest first; without all the closed ones are left out.
func (b *Letterbox) List(tx *db.Tx, m lists.Member, all bool) ([]Conv, error) {
	found, err := db.Select(tx, scanConv, "SELECT "+convColumns+" FROM conv WHERE community = ? AND merged IS NULL AND (state <> 'closed' OR ?) ORDER BY id DESC", m.Community, all)
	return slices.DeleteFunc(found, func(c Conv) bool { return !c.mayRead(m) }), err
}
