package backchannel

import (
	"errors"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

// unanswered tells whether the writer has said something that nobody has answered.
func unanswered(tx *db.Tx, c ConvID) (is bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM conv_msg WHERE conv = @conv AND dir = 'in' AND state = 'sent'
		AND rev > (SELECT coalesce(max(rev), 0) FROM conv_msg WHERE conv = @conv AND dir = 'out' AND state = 'sent'))`, db.Named("conv", c)).Scan(&is)
	return is, err
}

// firstUnanswered is the first thing that the writer said since the last answer; the last thing at all when everything is answered.
func firstUnanswered(tx *db.Tx, c ConvID) (message, error) {
	m, err := scanMsg(tx.QueryRow("SELECT "+msgColumns+` FROM conv_msg WHERE conv = @conv AND dir = 'in' AND state = 'sent'
		AND rev > (SELECT coalesce(max(rev), 0) FROM conv_msg WHERE conv = @conv AND dir = 'out' AND state = 'sent') ORDER BY rev LIMIT 1`, db.Named("conv", c)))
	if errors.Is(err, db.ErrNoRows) {
		return lastAsked(tx, c)
	}
	return m, err
}

func saveClock(tx *db.Tx, c Conv) error {
	_, err := tx.Exec("UPDATE conv SET clock = @clock, due = @due, reminded = @reminded WHERE id = @id",
		db.Named("clock", db.Micros(c.clock)), db.Named("due", db.Micros(c.Due)), db.Named("reminded", int(c.reminded)), db.Named("id", c.ID))
	return err
}

func stopClock(tx *db.Tx, c ConvID) error {
	if _, err := tx.Exec("UPDATE conv SET clock = 0, due = 0, reminded = 0 WHERE id = ?", c); err != nil {
		return err
	}
	return calendar.Clear(tx, Late, int64(c))
}

// disown gives a conversation back to everybody.
func disown(tx *db.Tx, c ConvID) error {
	_, err := tx.Exec("UPDATE conv SET owner = NULL, state = CASE WHEN state IN ('claimed','waiting_manager') THEN 'new' ELSE state END WHERE id = ?", c)
	return err
}

// lastAnswer is when the writer was answered last; zero: never.
func lastAnswer(tx *db.Tx, c ConvID) (time.Time, error) {
	var at int64
	err := tx.QueryRow("SELECT coalesce(max(at), 0) FROM conv_msg WHERE conv = ? AND dir = 'out' AND state = 'sent'", c).Scan(&at)
	return db.Time(at), err
}

func markUrgent(tx *db.Tx, c ConvID) error {
	_, err := tx.Exec("UPDATE conv SET urgent = 1 WHERE id = ?", c)
	return err
}

// answerTime is when a letter came, and when a person answered first; zero: nobody has.
type answerTime struct{ opened, answered time.Time }

// answerTimes are those of the newest conversations since a date. Reports, letters without a name, and what
// somebody may not know of are left out: they tell nobody anything.
func answerTimes(tx *db.Tx, c lists.CommunityID, since time.Time, most int) ([]answerTime, error) {
	return db.Select(tx, func(r db.Scanner) (a answerTime, err error) {
		var opened, answered int64
		err = r.Scan(&opened, &answered)
		a.opened, a.answered = db.Time(opened), db.Time(answered)
		return a, err
	}, `SELECT opened, answered FROM conv WHERE community = @community AND opened > @since AND member IS NOT NULL AND NOT anon AND merged IS NULL
		AND NOT restricted AND ombuds = '' AND kind IN ('question','idea','apply') AND (answered <> 0 OR state <> 'closed') ORDER BY id DESC LIMIT @most`,
		db.Named("community", c), db.Named("since", db.Micros(since)), db.Named("most", most))
}
