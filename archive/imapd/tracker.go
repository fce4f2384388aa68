package imapd

import (
	"context"
	"maps"
	"slices"
	"sort"
)

// tracker is what one client knows about the mailbox it opened, and what it was not told yet. Message numbers are places in the
// client's list; they change only when the client is told so (RFC 9051 §7.5.1).
type tracker struct {
	uids   []uint32            // the client's list; the message number is the place plus one
	change int64               // everything up to this change is in the list or in the three below
	gone   map[uint32]struct{} // in the list, but not in the mailbox any more
	fresh  []uint32            // in the mailbox, but not in the list yet
	flags  map[uint32][]string // flags that changed behind the client's back
}

// newTracker begins with what SELECT tells the client.
func newTracker(s Snapshot) *tracker {
	return &tracker{uids: s.UIDs, change: s.Change, gone: map[uint32]struct{}{}, flags: map[uint32][]string{}}
}

// place finds a UID in the client's list.
func (t *tracker) place(uid uint32) (int, bool) { return slices.BinarySearch(t.uids, uid) }

// last is the greatest UID the client or we know of.
func (t *tracker) last() uint32 {
	if n := len(t.fresh); n > 0 {
		return t.fresh[n-1]
	}
	return t.lastKnown()
}

// lastKnown is the greatest UID in the client's list, 0 when it is empty.
func (t *tracker) lastKnown() uint32 {
	if len(t.uids) == 0 {
		return 0
	}
	return t.uids[len(t.uids)-1]
}

// look takes in what happened in the mailbox since the last look. Nothing is told yet.
func (t *tracker) look(ctx context.Context, v View) error {
	c, err := v.Changes(ctx, t.change)
	if err != nil {
		return err
	}
	for _, row := range c.Rows {
		if _, known := t.place(row.UID); known {
			t.flags[row.UID] = row.Flags
		} else if row.UID > t.last() {
			t.fresh = append(t.fresh, row.UID)
		}
	}
	for _, uid := range c.Vanished {
		if _, known := t.place(uid); known {
			t.gone[uid] = struct{}{}
			delete(t.flags, uid)
		} else if i, found := slices.BinarySearch(t.fresh, uid); found {
			t.fresh = slices.Delete(t.fresh, i, i+1)
		}
	}
	t.change = c.Change
	return nil
}

// forget drops the news about flags of these messages, because the client learns them otherwise.
func (t *tracker) forget(uids []uint32) {
	for _, uid := range uids {
		delete(t.flags, uid)
	}
}

// teller writes news to the client; the library has several kinds of it.
type teller interface {
	expunge(number uint32) error
	exists(total uint32) error
	flags(number, uid uint32, flags []string) error
}

// tell writes the news. Messages that are gone stay in the list while expunge is not allowed: after FETCH, STORE and SEARCH by
// number the client is counting on its numbers (RFC 9051 §7.5.1).
func (t *tracker) tell(w teller, mayExpunge bool) error {
	if mayExpunge {
		if err := t.tellGone(w.expunge); err != nil {
			return err
		}
	}
	if len(t.fresh) > 0 {
		t.uids = append(t.uids, t.fresh...)
		t.fresh = nil
		if err := w.exists(uint32(len(t.uids))); err != nil {
			return err
		}
	}
	for _, uid := range slices.Sorted(maps.Keys(t.flags)) {
		flags := t.flags[uid]
		delete(t.flags, uid)
		if i, known := t.place(uid); known {
			if err := w.flags(uint32(i+1), uid, flags); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellGone reports each message that is gone by the number it has at that moment, the greatest first, so that no number changes
// before it was named.
func (t *tracker) tellGone(expunge func(number uint32) error) error {
	if len(t.gone) == 0 {
		return nil
	}
	gone := slices.Sorted(maps.Keys(t.gone))
	for i := len(gone) - 1; i >= 0; i-- {
		if place, known := t.place(gone[i]); known {
			if err := expunge(uint32(place + 1)); err != nil {
				return err
			}
		}
	}
	t.uids = slices.DeleteFunc(t.uids, func(uid uint32) bool { _, is := t.gone[uid]; return is })
	clear(t.gone)
	return nil
}

// picked is a message chosen by a command.
type picked struct{ number, uid uint32 }

// pickNumbers chooses messages of the client's list by number. Numbers that do not exist are left out.
func (t *tracker) pickNumbers(s spans) []picked {
	var out []picked
	for _, r := range s {
		for n := max(r.first, 1); n <= r.last && int(n) <= len(t.uids); n++ {
			out = append(out, picked{n, t.uids[n-1]})
		}
	}
	return out
}

// pickUIDs chooses messages of the client's list by UID.
func (t *tracker) pickUIDs(s spans) []picked {
	var out []picked
	for _, r := range s {
		i := sort.Search(len(t.uids), func(i int) bool { return t.uids[i] >= r.first })
		for ; i < len(t.uids) && t.uids[i] <= r.last; i++ {
			out = append(out, picked{uint32(i + 1), t.uids[i]})
		}
	}
	return out
}
