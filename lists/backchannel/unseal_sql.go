package backchannel

import (
	"crypto/rand"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// unsealing is a wish of managers to learn who a made-up name is.
type unsealing struct {
	id     int64
	conv   ConvID
	by     lists.MemberID
	reason string
	salt   []byte           // random; no fingerprint of the reason is made without it
	notice letter.MessageID // our mail that told the member; "": none did yet
	state  string
	second lists.MemberID // who agreed; 0: nobody has
	days   int            // by how many days the ombuds has put off that the member is told
	done   time.Time      // when it was done; zero: it is not
}

func askUnseal(tx *db.Tx, c Conv, by lists.MemberID, reason string) (unsealing, error) {
	u := unsealing{id: randomID(), conv: c.ID, by: by, reason: reason, salt: make([]byte, 16)}
	rand.Read(u.salt)
	_, err := tx.Exec("INSERT INTO unseal (id, conv, by, reason, salt, at) VALUES (@id, @conv, @by, @reason, @salt, @at)", db.Named("id", u.id), db.Named("conv", c.ID), db.Named("by", by),
		db.Named("reason", reason), db.Named("salt", u.salt), db.Named("at", db.Micros(tx.Now)))
	if err != nil {
		return u, err
	}
	return u, calendar.Set(tx, UnsealExpire, u.id, tx.Now.AddDate(0, 0, unsealDays))
}

const unsealColumns = "id, conv, by, reason, salt, notice, state, coalesce(second, 0), defer, done"

func scanUnseal(r db.Scanner) (u unsealing, err error) {
	var done int64
	err = r.Scan(&u.id, &u.conv, &u.by, &u.reason, &u.salt, &u.notice, &u.state, &u.second, &u.days, &done)
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

// wishesIn are the wishes of a community whose reasons are still kept, and bear a fingerprint.
func wishesIn(tx *db.Tx, c lists.CommunityID) ([]unsealing, error) {
	return db.Select(tx, scanUnseal, "SELECT "+unsealColumns+" FROM unseal WHERE reason <> '' AND salt <> x'' AND conv IN (SELECT id FROM conv WHERE community = ?) ORDER BY id", c)
}

// forgetWish takes the words out of a wish, and ends it if it is open.
func forgetWish(tx *db.Tx, id int64) error {
	_, err := tx.Exec("UPDATE unseal SET reason = '', salt = x'', notice = '', state = CASE WHEN state IN ('asked','confirmed') THEN 'expired' ELSE state END WHERE id = ?", id)
	return err
}

func setUnseal(tx *db.Tx, id int64, state string, second lists.MemberID) error {
	_, err := tx.Exec(`UPDATE unseal SET state = @state, second = coalesce(@second, second), confirmed = CASE WHEN @state = 'confirmed' THEN @at ELSE confirmed END,
		done = CASE WHEN @state = 'done' THEN @at ELSE done END WHERE id = @id`,
		db.Named("state", state), db.Named("second", null(int64(second))), db.Named("at", db.Micros(tx.Now)), db.Named("id", id))
	return err
}

// noteTold keeps by which mail the member is told.
func noteTold(tx *db.Tx, id int64, by letter.MessageID) error {
	_, err := tx.Exec("UPDATE unseal SET notice = ? WHERE id = ?", by, id)
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
