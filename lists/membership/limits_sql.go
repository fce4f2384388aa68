package membership

import (
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

// firstLetters counts the letters to an address in the last day and ever, and those asked for from a network, and by all, in the last hour.
func firstLetters(tx *db.Tx, c lists.CommunityID, marks [][]byte, net string) (n letterCount, err error) {
	for _, mark := range marks {
		var day, ever int
		err = tx.QueryRow("SELECT count(*) FILTER (WHERE at > @day), count(*) FROM first_letter WHERE community = @community AND mark = @mark",
			db.Named("day", db.Micros(tx.Now.Add(-24*time.Hour))), db.Named("community", c), db.Named("mark", mark)).Scan(&day, &ever)
		if err != nil {
			return n, err
		}
		n.day, n.ever = n.day+day, n.ever+ever
	}
	err = tx.QueryRow("SELECT count(*) FILTER (WHERE net = @net AND net <> ''), count(*) FROM first_letter WHERE at > @hour",
		db.Named("net", net), db.Named("hour", db.Micros(tx.Now.Add(-time.Hour)))).Scan(&n.net, &n.all)
	return n, err
}

// noteFirstLetter writes down that one more goes out. Where the older ones came from is forgotten.
func noteFirstLetter(tx *db.Tx, c lists.CommunityID, mark []byte, net string) error {
	if _, err := tx.Exec("UPDATE first_letter SET net = '' WHERE at <= ? AND net <> ''", db.Micros(tx.Now.Add(-time.Hour))); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO first_letter (community, mark, net, at) VALUES (@community, @mark, @net, @at)",
		db.Named("community", c), db.Named("mark", mark), db.Named("net", net), db.Named("at", db.Micros(tx.Now)))
	return err
}

// forgetFirstLetters begins anew with an address whose owner has answered.
func forgetFirstLetters(tx *db.Tx, c lists.CommunityID, marks [][]byte) error {
	for _, mark := range marks {
		if _, err := tx.Exec("DELETE FROM first_letter WHERE community = ? AND mark = ? AND at <= ?", c, mark, db.Micros(tx.Now.Add(-24*time.Hour))); err != nil {
			return err
		}
	}
	return nil
}

func markFormer(tx *db.Tx, c lists.CommunityID, mark []byte) error {
	_, err := tx.Exec("INSERT INTO former (community, mark, at) VALUES (@community, @mark, @at) ON CONFLICT DO NOTHING",
		db.Named("community", c), db.Named("mark", mark), db.Named("at", db.Micros(tx.Now)))
	return err
}

func isFormer(tx *db.Tx, c lists.CommunityID, marks [][]byte) (is bool, err error) {
	for _, mark := range marks {
		if err = tx.QueryRow("SELECT EXISTS (SELECT 1 FROM former WHERE community = ? AND mark = ?)", c, mark).Scan(&is); err != nil || is {
			return is, err
		}
	}
	return false, nil
}
