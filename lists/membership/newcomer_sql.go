package membership

import (
	"encoding/json"
	"errors"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

// newcomer is a new member on the steps of their welcome.
type newcomer struct {
	member lists.MemberID
	step   int
	intro  introState
	text   string
	list   lists.ListID // where it goes, as its writer was told; 0: nothing was said of that
}

const introListColumn = "ALTER TABLE newcomer ADD COLUMN list INTEGER NOT NULL DEFAULT 0"

// introState is where an introduction stands.
type introState string

// Where it stands.
const (
	introAsked   introState = "asked"
	introShown   introState = "shown"
	introPosted  introState = "posted"
	introDropped introState = "dropped"
)

func findNewcomer(tx *db.Tx, m lists.MemberID) (n newcomer, ok bool, err error) {
	err = tx.QueryRow("SELECT member, step, intro, text, list FROM newcomer WHERE member = ?", m).Scan(&n.member, &n.step, &n.intro, &n.text, &n.list)
	if errors.Is(err, db.ErrNoRows) {
		return n, false, nil
	}
	return n, err == nil, err
}

func (n newcomer) save(tx *db.Tx) error {
	_, err := tx.Exec(`INSERT INTO newcomer (member, step, intro, text, list) VALUES (@member, @step, @intro, @text, @list)
		ON CONFLICT (member) DO UPDATE SET step = excluded.step, intro = excluded.intro, text = excluded.text, list = excluded.list`,
		db.Named("member", n.member), db.Named("step", n.step), db.Named("intro", string(n.intro)), db.Named("text", n.text), db.Named("list", n.list))
	return err
}

func (n newcomer) forget(tx *db.Tx) error {
	if err := calendar.Clear(tx, welcomeDue, int64(n.member)); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM newcomer WHERE member = ?", n.member)
	return err
}

// departure is what somebody got who left.
type departure struct {
	at   time.Time
	subs map[lists.ListID]lists.Delivery
}

func saveDeparture(tx *db.Tx, m lists.MemberID, subs []lists.Subscription) error {
	had := map[lists.ListID]lists.Delivery{}
	for _, s := range subs {
		had[s.List] = s.Delivery
	}
	all, err := json.Marshal(had)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO departure (member, at, subs) VALUES (@member, @at, @subs) ON CONFLICT (member) DO UPDATE SET at = excluded.at, subs = excluded.subs",
		db.Named("member", m), db.Named("at", db.Micros(tx.Now)), db.Named("subs", string(all)))
	if err != nil {
		return err
	}
	return calendar.Set(tx, departureDue, int64(m), tx.Now.AddDate(0, 0, undoDays))
}

func findDeparture(tx *db.Tx, m lists.MemberID) (d departure, ok bool, err error) {
	var at int64
	var subs string
	err = tx.QueryRow("SELECT at, subs FROM departure WHERE member = ?", m).Scan(&at, &subs)
	if errors.Is(err, db.ErrNoRows) {
		return d, false, nil
	}
	if err != nil {
		return d, false, err
	}
	d.at = db.Time(at)
	return d, true, json.Unmarshal([]byte(subs), &d.subs)
}

func forgetDeparture(tx *db.Tx, m lists.MemberID) error {
	if err := calendar.Clear(tx, departureDue, int64(m)); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM departure WHERE member = ?", m)
	return err
}
