package backchannel

import (
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
)

func setThanks(tx *db.Tx, c ConvID) error {
	_, err := tx.Exec("UPDATE conv SET kind = 'thanks' WHERE id = ?", c)
	return err
}

// alarmsOf are the threads of which a manager was warned since a moment.
func alarmsOf(tx *db.Tx, m lists.MemberID, since time.Time) ([]archive.ThreadID, error) {
	return db.Select(tx, func(r db.Scanner) (id archive.ThreadID, err error) { return id, r.Scan(&id) },
		"SELECT thread FROM heat_alarm WHERE manager = ? AND at > ? ORDER BY thread", m, db.Micros(since))
}

// CountAlarms is of how many threads a manager was warned since a moment.
func CountAlarms(tx *db.Tx, m lists.MemberID, since time.Time) (int, error) {
	threads, err := alarmsOf(tx, m, since)
	return len(threads), err
}

// thanks are the words of thanks since a moment that a manager may read, oldest first.
func (b *Letterbox) thanks(tx *db.Tx, community lists.CommunityID, m lists.Member, since time.Time) (words []templates.BriefThanks, about []ConvID, err error) {
	all, err := db.Select(tx, scanConv, "SELECT "+convColumns+" FROM conv WHERE community = ? AND kind = 'thanks' AND opened > ? ORDER BY id LIMIT 50", community, db.Micros(since))
	if err != nil {
		return nil, nil, err
	}
	for _, c := range all {
		if !c.mayRead(m) {
			continue
		}
		said, err := lastAsked(tx, c.ID)
		if err != nil {
			return nil, nil, err
		}
		if said.text != "" {
			words, about = append(words, templates.BriefThanks{Member: c.Name, Text: said.text}), append(about, c.ID)
		}
	}
	return words, about, nil
}
