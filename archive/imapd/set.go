package imapd

import (
	"slices"
	"sort"

	"github.com/emersion/go-imap/v2"
)

// span is a run of numbers, both ends included.
type span struct{ first, last uint32 }

// spans are runs in ascending order that do not touch each other. Sets from clients are never written out number by number:
// 1:4294967295 is a short line.
type spans []span

// tidy sorts runs and joins those that touch.
func tidy(in spans) spans {
	slices.SortFunc(in, func(a, b span) int {
		switch {
		case a.first < b.first:
			return -1
		case a.first > b.first:
			return 1
		}
		return 0
	})
	out := in[:0]
	for _, s := range in {
		if n := len(out); n > 0 && (s.first <= out[n-1].last || s.first == out[n-1].last+1) {
			out[n-1].last = max(out[n-1].last, s.last)
			continue
		}
		out = append(out, s)
	}
	return out
}

// has tells whether n is in one of the runs.
func (s spans) has(n uint32) bool {
	i := sort.Search(len(s), func(i int) bool { return s[i].last >= n })
	return i < len(s) && s[i].first <= n
}

// spansOf makes runs of a set as the library read it, where 0 stands for '*', the greatest number there is (RFC 9051 §9: seq-range
// may be given in either order, and "n:*" means at least the last message).
func spansOf[R imap.SeqRange | imap.UIDRange](set []R, greatest uint32) spans {
	out := make(spans, 0, len(set))
	for _, r := range set {
		var a, b uint32
		switch r := any(r).(type) {
		case imap.SeqRange:
			a, b = r.Start, r.Stop
		case imap.UIDRange:
			a, b = uint32(r.Start), uint32(r.Stop)
		}
		if a == 0 {
			a = greatest
		}
		if b == 0 {
			b = greatest
		}
		if a > b {
			a, b = b, a
		}
		out = append(out, span{a, b})
	}
	return tidy(out)
}

// uidSet makes a set for the library of UIDs in ascending order.
func uidSet(uids []uint32) imap.UIDSet {
	set := imap.UIDSet{}
	for _, u := range uids {
		set.AddNum(imap.UID(u))
	}
	return set
}
