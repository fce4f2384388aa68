package backchannel

import (
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

// unsealing is a wish of managers to learn who a made-up name is.
type unsealing struct {
	id     int64
	conv   ConvID
	by     lists.MemberID
	reason string
	state  string
	second lists.MemberID // who agreed; 0: nobody has
	days   int            // by how many days the ombuds has put off that the member is told
	done   time.Time      // when it was done; zero: it is not
}

func askUnseal(tx *db.Tx, c Conv, by lists.MemberID, reason string) (int64, error) {
	id := randomID()
	_, err := tx.Exec("INSERT INTO unseal (id, conv, by, reason, at) VALUES (@id, @conv, @by, @reason, @at)", db.Named("id", id), db.Named("conv", c.ID), db.Named("by", by),
		db.Named("reason", reason), db.Named("at", db.Micros(tx.Now)))
	if err != nil {
		return 0, err
	}
	return id, calendar.Set(tx, UnsealExpire, id, tx.Now.AddDate(0, 0, unsealDays))
}

const unsealColumns = "id, conv, by, reason, state, coalesce(second, 0), defer, done"

func scanUnseal(r db.Scanner) (u unsealing, err error) {
	var done int64
	err = r.Scan(&u.id, &u.conv, &u.by, &u.reason, &u.state, &u.second, &u.days, &done)
	u.done = db.Time(done)
	return u, err
}

func findUnseal(tx *db.Tx, id int64) (unsealing, error) {
	return scanUnseal(tx.QueryRow("SELECT "+unsealColumns+" FROM unseal WHERE id = ?", id))
}

// wishesOf are all wishes to know who wrote in conversations.
func wishesOf(tx *db.Tx, parts []ConvID) ([]unsealing, error) {
	return db.Select(tx, scanUnseal, "SELECT "+unsealColumns+" FROM unseal WHERE conv IN (SELECT value FROM json_each(?)) ORDER BY id", asJSON(parts))
}

// forgetWish takes the words out of a wish, and ends it if it is open.
func forgetWish(tx *db.Tx, id int64) error {
	_, err := tx.Exec("UPDATE unseal SET reason = '', state = CASE WHEN state IN ('asked','confirmed') THEN 'expired' ELSE state END WHERE id = ?", id)
	return err
}

func setUnseal(tx *db.Tx, id int64, state string, second lists.MemberID) error {
	_, err := tx.Exec(`UPDATE unseal SET state = @state, second = coalesce(@second, second), confirmed = CASE WHEN @state = 'confirmed' THEN @at ELSE confirmed END,
		done = CASE WHEN @state = 'done' THEN @at ELSE done END WHERE id = @id`,
		db.Named("state", state), db.Named("second", null(int64(second))), db.Named("at", db.Micros(tx.Now)), db.Named("id", id))
	return err
}

// dropSeals forgets who wrote in conversations.
func dropSeals(tx *db.Tx, parts []ConvID) error {
	_, err := tx.Exec("DELETE FROM sealed_identity WHERE conv IN (SELECT value FROM json_each(?))", asJSON(parts))
	return err
}

// deferUnseal puts off for every open wish about a conversation that its writer is told, and counts them.
func deferUnseal(tx *db.Tx, c ConvID, days int) (int64, error) {
	return tx.Change("UPDATE unseal SET defer = ? WHERE conv = ? AND state IN ('asked','confirmed')", days, c)
}
