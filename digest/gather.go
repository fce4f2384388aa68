package digest

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
)

// fresh is what is new for one reader, list by list.
type fresh []freshList

type freshList struct {
	list    lists.List
	upTo    int64
	threads []freshThread // the best first
}

type freshThread struct {
	thread archive.Thread
	posts  []archive.Post // the new ones, in order
}

func (f fresh) posts() (n int) {
	for _, l := range f {
		for _, t := range l.threads {
			n += len(t.posts)
		}
	}
	return n
}

// gather reads what is new for a reader, published before closing.
func (e *Editor) gather(tx *db.Tx, r reader, closing time.Time) (fresh, error) {
	var all fresh
	for _, s := range slices.Concat(r.subs, r.closing) {
		until := closing
		if s.Delivery != lists.Digest && s.Changed.Before(until) {
			until = s.Changed // what came later they got by itself
		}
		l, err := e.gatherList(tx, s, until)
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	slices.SortStableFunc(all, func(a, b freshList) int { return strings.Compare(a.list.Local, b.list.Local) })
	return all, nil
}

func (e *Editor) gatherList(tx *db.Tx, s lists.Subscription, until time.Time) (freshList, error) {
	l, err := lists.ListByID(tx, s.List)
	if err != nil {
		return freshList{}, err
	}
	from, _, err := place(tx, s)
	if err != nil {
		return freshList{}, err
	}
	upTo, err := e.Store.Newest(tx, l.Box, until)
	if err != nil {
		return freshList{}, err
	}
	posts, err := e.Store.Fresh(tx, l.Box, from, upTo)
	if err != nil {
		return freshList{}, err
	}
	threads, err := e.group(tx, posts, until)
	return freshList{l, max(from, upTo), threads}, err
}

// group puts posts into their threads, the best first. Among equals the one with more people, then the one that was written in last.
func (e *Editor) group(tx *db.Tx, posts []archive.Post, now time.Time) ([]freshThread, error) {
	at := map[archive.ThreadID]int{}
	var all []freshThread
	for _, p := range posts {
		i, ok := at[p.Thread]
		if !ok {
			t, err := e.Store.Thread(tx, p.Thread)
			if err != nil {
				return nil, err
			}
			i = len(all)
			at[p.Thread] = i
			all = append(all, freshThread{thread: t})
		}
		all[i].posts = append(all[i].posts, p)
	}
	slices.SortStableFunc(all, func(a, b freshThread) int {
		return cmp.Or(cmp.Compare(b.score(now), a.score(now)), cmp.Compare(b.people(), a.people()), cmp.Compare(b.newest().Seq, a.newest().Seq))
	})
	return all, nil
}

func (t freshThread) newest() archive.Post { return t.posts[len(t.posts)-1] }

// begun tells whether the thread's first post is among the new ones.
func (t freshThread) begun() bool {
	return slices.ContainsFunc(t.posts, func(p archive.Post) bool { return p.ID == t.thread.Root })
}

// people counts who wrote the new posts.
func (t freshThread) people() int {
	seen := map[string]bool{}
	for _, p := range t.posts {
		seen[who(p)] = true
	}
	return len(seen)
}

// who tells authors apart: members by who they are, whichever address they write from.
func who(p archive.Post) string {
	if p.Author != 0 {
		return strconv.FormatInt(p.Author, 10)
	}
	return p.From.Address.Key()
}

// score ranks a thread: by how many people wrote in it rather than how often, a new one a little higher, fading with the days. The
// readers' own threads, tags and open questions join the sum in the next version (product.md A4).
func (t freshThread) score(now time.Time) float64 {
	p := float64(t.people())
	s := 2*math.Log2(1+min(float64(len(t.posts)), 3*p)) + 3*math.Log2(1+p)
	if t.begun() {
		s += 2
	}
	days := max(0, now.Sub(t.newest().Published).Hours()/24)
	return s * math.Pow(0.5, days/7)
}

// first is when the oldest new post was published; zero when there is none.
func (f fresh) first() (first time.Time) {
	for _, l := range f {
		for _, t := range l.threads {
			if at := t.posts[0].Published; first.IsZero() || at.Before(first) {
				first = at
			}
		}
	}
	return first
}
