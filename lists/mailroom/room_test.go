package mailroom_test

import (
	"errors"
	"testing"

	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// P6: with hardly any room on the disk no letter comes in (452), what is here goes on being delivered, and with room again all is as
// before, without a restart. The mark is 200 MB, or 5 % where that is less.
func TestP6NoRoomOnTheDisk(t *testing.T) {
	v := mailroomtest.New(t)
	free, total, fault := uint64(1<<40), uint64(1<<41), error(nil)
	v.Room.Free = func() (uint64, uint64, error) { return free, total, fault }
	p := mailroomtest.Post{From: "bill@south.example", To: talk, Subject: "Compost", Body: "Mine is too wet."}
	v.MustSend(p)
	for _, c := range []struct {
		free, total uint64
		fault       error
		kind        refusal.Kind
		ok          bool
	}{
		{200<<20 - 1, 1 << 40, nil, refusal.Full, false},
		{200 << 20, 1 << 40, nil, 0, true},
		{60 << 20, 1 << 30, nil, 0, true}, // a small disk: 5 % are 51 MB
		{50 << 20, 1 << 30, nil, refusal.Full, false},
		{0, 0, errors.New("no such disk"), refusal.Unavailable, false},
		{1 << 40, 1 << 41, nil, 0, true},
	} {
		free, total, fault = c.free, c.total, c.fault
		p.Body += "!"
		if _, err := v.Send(p); (err == nil) != c.ok || err != nil && (refusal.KindOf(err) != c.kind || !refusal.Temporary(err)) {
			t.Errorf("%d of %d bytes free: %v", c.free, c.total, err)
		}
	}
	free = 0
	if n := len(mailroomtest.To(v.Deliver(), "dana@north.example")); n != 4 {
		t.Errorf("%d copies went out while there was no room, want 4", n)
	}
}
