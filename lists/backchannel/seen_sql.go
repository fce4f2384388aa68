package backchannel

import (
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

// via is how we know that a manager has seen something.
type via string

const (
	viaMail     via = "mail"     // they answered it
	viaIMAP     via = "imap"     // their mail program marked it as read
	viaWeb      via = "web"      // they had it open on a page
	viaOperator via = "operator" // it was shown with --as
)

// saw notes what a manager has seen of a conversation. What was known before is never taken back.
func saw(tx *db.Tx, c ConvID, m lists.MemberID, rev int, how via) error {
	_, err := tx.Exec(`INSERT INTO conv_seen (conv, manager, rev, at, via) VALUES (@conv, @manager, @rev, @at, @via)
		ON CONFLICT (conv, manager) DO UPDATE SET rev = excluded.rev, at = excluded.at, via = excluded.via WHERE excluded.rev > rev`,
		db.Named("conv", c), db.Named("manager", m), db.Named("rev", rev), db.Named("at", db.Micros(tx.Now)), db.Named("via", string(how)))
	return err
}

// sight is one manager who has seen a conversation.
type sight struct {
	manager lists.MemberID
	rev     int
	at      time.Time
}

func seenBy(tx *db.Tx, c ConvID) ([]sight, error) {
	return db.Select(tx, func(r db.Scanner) (s sight, err error) {
		var at int64
		err = r.Scan(&s.manager, &s.rev, &at)
		s.at = db.Time(at)
		return s, err
	}, "SELECT manager, rev, at FROM conv_seen WHERE conv = ? ORDER BY at", c)
}

// asRole tells whether a manager answers a conversation without their first name.
func asRole(tx *db.Tx, c ConvID, m lists.MemberID) (is bool, err error) {
	err = tx.QueryRow("SELECT EXISTS (SELECT 1 FROM conv_role WHERE conv = ? AND manager = ?)", c, m).Scan(&is)
	return is, err
}

// signAs says whether they do.
func signAs(tx *db.Tx, c ConvID, m lists.MemberID, role bool) error {
	query := "DELETE FROM conv_role WHERE conv = ? AND manager = ?"
	if role {
		query = "INSERT INTO conv_role (conv, manager) VALUES (?, ?) ON CONFLICT DO NOTHING"
	}
	_, err := tx.Exec(query, c, m)
	return err
}

// mailedTo are the managers to whom a letter of a conversation was mailed.
func mailedTo(tx *db.Tx, c ConvID) ([]lists.MemberID, error) {
	return db.Select(tx, scanMemberID, "SELECT DISTINCT manager FROM conv_ref WHERE conv = ? AND manager > 0 AND what IN ('letter','note') ORDER BY manager", c)
}

// operatorLooked tells whether whoever runs the server was shown a conversation on the command line.
func operatorLooked(tx *db.Tx, c Conv) (is bool, err error) {
	err = tx.QueryRow("SELECT EXISTS (SELECT 1 FROM audit WHERE community = ? AND action = ? AND object = ?)", c.Community, byOperator, c.Code).Scan(&is)
	return is, err
}

// shownBack is up to where a manager has surely read a conversation: as far as the last answer showed it that came back to them, and that
// they sent all the same. 0 when there is none; when letters were put together, which counts them anew; and where such a mail shows nothing.
func shownBack(tx *db.Tx, c Conv, m lists.MemberID) (rev int, err error) {
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil || inFolders(community, c) {
		return 0, err
	}
	err = tx.QueryRow(`SELECT coalesce(max(rev), 0) FROM conv_msg WHERE conv = @conv AND author = @author AND state = @released
		AND NOT EXISTS (SELECT 1 FROM conv WHERE merged = @conv)`,
		db.Named("conv", c.ID), db.Named("author", m), db.Named("released", stateReleased)).Scan(&rev)
	return rev, err
}
