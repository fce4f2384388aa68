package digest

import (
	"encoding/json"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// schemaFate is what became of an issue after it was written (product.md A3). That one was sent says the logbook.
const schemaFate = `
	ALTER TABLE digest_issue ADD COLUMN fate TEXT NOT NULL DEFAULT '' CHECK (fate IN ('','held','bounced','superseded'))`

// fate is what became of an issue that was written.
type fate string

const (
	onItsWay   fate = ""           // it waits for its delivery, or was delivered
	heldBack   fate = "held"       // managers stopped it after it was written: before it goes it is written anew
	cameBack   fate = "bounced"    // it will never arrive
	superseded fate = "superseded" // it never went out, or came back and another one told what it had told
)

func setFate(tx *db.Tx, issue int64, f fate) error {
	_, err := tx.Exec("UPDATE digest_issue SET fate = ? WHERE id = ?", string(f), issue)
	return err
}

// bounced notes that an issue with this Message-ID, if it is one of this member, will never arrive.
func bounced(tx *db.Tx, m lists.MemberID, id letter.MessageID) error {
	_, err := tx.Exec("UPDATE digest_issue SET fate = ? WHERE msgid = ? AND member = ? AND fate <> ?", string(cameBack), string(id), m, string(superseded))
	return err
}

// supersedeBounced notes that a later issue tells what those told that came back to a member.
func supersedeBounced(tx *db.Tx, m lists.MemberID) error {
	_, err := tx.Exec("UPDATE digest_issue SET fate = ? WHERE member = ? AND fate = ?", string(superseded), m, string(cameBack))
	return err
}

// writtenSince are the issues written since a moment that may still wait to be delivered, with their readers.
func writtenSince(tx *db.Tx, since time.Time) ([]issueInfo, error) {
	return db.Select(tx, func(r db.Scanner) (i issueInfo, err error) { return i, r.Scan(&i.id, &i.member) },
		"SELECT id, member FROM digest_issue WHERE state = 'queued' AND at >= ? AND fate IN ('','held') ORDER BY id", db.Micros(since))
}

// issueSlot is a slot that is over, with the issue that was written for it, or why none was.
type issueSlot struct {
	issueInfo
	skipped bool
	reason  string
}

// newestIssues are the newest slots of some members that are over, the newest in front.
func newestIssues(tx *db.Tx, members []lists.MemberID, most int) ([]issueSlot, error) {
	ids, err := json.Marshal(members)
	if err != nil || len(members) == 0 {
		return nil, err
	}
	return db.Select(tx, func(r db.Scanner) (i issueSlot, err error) {
		var slot int64
		err = r.Scan(&i.id, &i.member, &slot, &i.skipped, &i.reason, &i.fate, &i.msgid)
		i.slot = db.Time(slot)
		return i, err
	}, `SELECT id, member, slot, state = 'skipped', reason, fate, coalesce(msgid, '') FROM digest_issue
		WHERE member IN (SELECT value FROM json_each(?)) ORDER BY slot DESC, id DESC LIMIT ?`, string(ids), most)
}

// setNote gives an issue another note; 0 is none.
func setNote(tx *db.Tx, issue, note int64) error {
	_, err := tx.Exec("UPDATE digest_issue SET note = nullif(?, 0) WHERE id = ?", note, issue)
	return err
}
