package lists

import (
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/smtpd/bounce"
)

// OutOfOffice reads an automatic reply to a letter of ours to a member. is tells whether it came from the member's own address and says that
// they are away; back is the day on which they are there again, in the zone of now, where that is known.
func OutOfOffice(tx *db.Tx, m Member, l *letter.Letter, now time.Time) (back time.Time, known, is bool, err error) {
	from, err := l.Author()
	if err != nil {
		return back, false, false, nil // who writes under several names, or none, is no member's mail program
	}
	if by, ok, err := MemberByAddress(tx, m.Community, from.Address); err != nil || !ok || by.ID != m.ID {
		return back, false, false, err
	}
	back, known, is = bounce.OutOfOffice(l, now)
	return back, known, is, nil
}
