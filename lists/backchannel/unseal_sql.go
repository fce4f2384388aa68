package backchannel

import (
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

func findUnseal(tx *db.Tx, id int64) (u unsealing, err error) {
	err = tx.QueryRow("SELECT id, conv, by, reason, state FROM unseal WHERE id = ?", id).Scan(&u.id, &u.conv, &u.by, &u.reason, &u.state)
	return u, err
}

func setUnseal(tx *db.Tx, id int64, state string, second lists.MemberID) error {
	_, err := tx.Exec("UPDATE unseal SET state = @state, second = coalesce(@second, second), confirmed = CASE WHEN @state = 'confirmed' THEN @at ELSE confirmed END WHERE id = @id",
		db.Named("state", state), db.Named("second", null(int64(second))), db.Named("at", db.Micros(tx.Now)), db.Named("id", id))
	return err
}
