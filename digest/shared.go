package digest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
)

// shared is what the readers of one slot have in common: nearly all of them stand at the same place of a list. Nothing in it depends on
// who reads (freshList), it is only used as long as nothing has changed on the list since it was read, and forgotten after a minute.
type shared struct {
	mu    sync.Mutex
	weeks map[weekKey]sharedWeek

	blocks templates.Blocks // of threads, without anybody's addresses
}

// weekKey names what was read: a list in one state, a place in it, when it closed, and which questions managers want to see there.
type weekKey struct {
	list   lists.ListID
	modseq uint64
	from   int64
	until  time.Time
	asked  string
}

type sharedWeek struct {
	freshList
	at time.Time
}

// How long something is shared, and how much at most: a place in a list may hold thousands of posts.
const (
	sharedFor  = time.Minute
	sharedMost = 8
)

func (s *shared) get(key weekKey, now time.Time) (freshList, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.weeks[key]
	return w.freshList, ok && !now.Before(w.at) && now.Sub(w.at) < sharedFor
}

func (s *shared) put(key weekKey, l freshList, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.weeks) >= sharedMost || s.weeks == nil {
		s.weeks = map[weekKey]sharedWeek{}
	}
	s.weeks[key] = sharedWeek{l, now}
}

// gatherList is readList for many readers: what one has read serves the others. It is kept when its transaction is committed, so that
// nothing that was undone is shown to anybody.
func (e *Editor) gatherList(tx *db.Tx, list lists.List, from int64, until time.Time, asked map[archive.ThreadID]bool) (freshList, error) {
	status, err := e.Store.Status(tx, list.Box, 0)
	if err != nil {
		return freshList{}, err
	}
	var questions strings.Builder
	for _, id := range slices.Sorted(maps.Keys(asked)) {
		fmt.Fprint(&questions, id, " ")
	}
	key := weekKey{list.ID, uint64(status.ModSeq), from, until, questions.String()}
	if l, ok := e.shared.get(key, tx.Now); ok {
		return l, nil
	}
	l, err := e.readList(tx, list, from, until, asked)
	if err == nil {
		now := tx.Now
		tx.OnCommit(func() { e.shared.put(key, l, now) })
	}
	return l, err
}

// shownBefore are the excerpts of a thread as they were made for readers before: they depend on a reader's zone and on how much is shown,
// and on nothing else of them.
type shownBefore struct {
	mu  sync.Mutex
	all map[shownKey][]templates.Excerpt
}

type shownKey struct {
	form        form
	slot        int64 // microseconds UTC
	zone        string
	domain      string
	posts       int
	first, last archive.PostID
}

// shownMost is how many ways to show a thread are kept.
const shownMost = 64

// excerpts is cut for many readers.
func (t freshThread) excerpts(f form, slot time.Time, domain string) []templates.Excerpt {
	if t.shown == nil || len(t.posts) == 0 {
		return t.cut(f, slot, domain)
	}
	f = form{excerpts: f.excerpts, length: f.length}
	key := shownKey{f, db.Micros(slot), slot.Location().String(), domain, len(t.posts), t.posts[0].ID, t.newest().ID}
	t.shown.mu.Lock()
	defer t.shown.mu.Unlock()
	all, ok := t.shown.all[key]
	if !ok {
		if len(t.shown.all) >= shownMost || t.shown.all == nil {
			t.shown.all = map[shownKey][]templates.Excerpt{}
		}
		all = t.cut(f, slot, domain)
		t.shown.all[key] = all
	}
	return all
}
