package digest

import (
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

// farAhead is later than any post: the clock of a rehearsal may have run ahead of ours.
const farAhead = 100 * 365 * 24 * time.Hour

// Check compares what is known of issues and readers with the lists, and returns a sentence for each fault; none when all is well.
func (e *Editor) Check(tx *db.Tx) ([]string, error) {
	faults, err := db.Select(tx, func(r db.Scanner) (string, error) {
		var id, member int64
		var state string
		err := r.Scan(&id, &member, &state)
		return fmt.Sprintf("Issue %d of member %d is called %s, but no letter belongs to it.", id, member, state), err
	}, "SELECT id, member, state FROM digest_issue WHERE state = 'writing' OR state = 'queued' AND msgid IS NULL ORDER BY id")
	if err != nil {
		return nil, err
	}
	type place struct {
		member lists.MemberID
		list   lists.ListID
		seq    int64
	}
	places, err := db.Select(tx, func(r db.Scanner) (p place, err error) { return p, r.Scan(&p.member, &p.list, &p.seq) },
		"SELECT member, list, seq FROM digest_cursor ORDER BY list, member")
	if err != nil {
		return nil, err
	}
	newest := map[lists.ListID]int64{}
	for _, p := range places {
		if _, known := newest[p.list]; !known {
			l, err := lists.ListByID(tx, p.list)
			if err != nil {
				return nil, err
			}
			if newest[p.list], err = e.Store.Newest(tx, l.Box, tx.Now.Add(farAhead)); err != nil {
				return nil, err
			}
		}
		if p.seq > newest[p.list] {
			faults = append(faults, fmt.Sprintf("Member %d has read list %d up to post %d, but its newest is %d: posts would be missing from a digest.", p.member, p.list, p.seq, newest[p.list]))
		}
	}
	return faults, nil
}
