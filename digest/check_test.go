package digest_test

import (
	"bytes"
	"slices"
	"testing"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/digest"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/smtpd/queue"
)

func TestCheck(t *testing.T) {
	d := dbtest.Open(t, calendar.Schema(), logbook.Schema(), archive.Schema(), queue.Schema(), address.Schema(), lists.Schema(), digest.Schema())
	e := &digest.Editor{Store: archive.New(bytes.Repeat([]byte{1}, 32))}
	dbtest.Update(t, d, func(tx *db.Tx) error {
		c, err := lists.AddCommunity(tx, lists.Community{Domain: "gardeners.example"})
		if err != nil {
			return err
		}
		l, err := lists.AddList(tx, e.Store, lists.NewList(c, "talk"))
		if err != nil {
			return err
		}
		_, err = lists.AddMember(tx, c, lists.NewMember{Address: letter.Address{Local: "dana", Domain: "north.example"}, Role: lists.RoleMember, Delivery: lists.Digest, Lists: []lists.List{l}})
		return err
	})
	for _, c := range []struct {
		change string
		want   []string
	}{
		{"", nil},
		{"INSERT INTO digest_cursor (member, list, seq, since) VALUES (1, 1, 0, 0)", nil},
		{"INSERT INTO digest_issue (id, member, slot, state, at) VALUES (1, 1, 5, 'skipped', 6)", nil},
		{"INSERT INTO digest_issue (id, member, slot, state, at, msgid) VALUES (2, 1, 10, 'queued', 11, 'd.x@gardeners.example')", nil},
		{"UPDATE digest_cursor SET seq = 7", []string{"Member 1 has read list 1 up to post 7, but its newest is 0: posts would be missing from a digest."}},
		{"UPDATE digest_cursor SET seq = 0", nil},
		{"UPDATE digest_issue SET msgid = NULL", []string{"Issue 2 of member 1 is called queued, but no letter belongs to it."}},
		{"UPDATE digest_issue SET state = 'writing' WHERE id = 2", []string{"Issue 2 of member 1 is called writing, but no letter belongs to it."}},
	} {
		dbtest.Update(t, d, func(tx *db.Tx) error {
			if c.change != "" {
				if _, err := tx.Exec(c.change); err != nil {
					return err
				}
			}
			got, err := e.Check(tx)
			if !slices.Equal(got, c.want) {
				t.Errorf("after %q: %q, want %q", c.change, got, c.want)
			}
			return err
		})
	}
}
