package thread_test

import (
	"slices"
	"testing"
	"time"

	"backchannel/archive/letter"
	"backchannel/archive/thread"
)

// forum is the smallest place that uses Decide and Adopt the way the archive does.
type forum struct {
	t      testing.TB
	posts  []thread.Msg // post n is posts[n-1]
	parent map[int64]int64
	in     map[int64]int64 // post → thread
	named  map[letter.MessageID]int64
	by     map[int64]thread.Evidence
	last   int64
}

func newForum(t testing.TB) *forum {
	return &forum{t: t, parent: map[int64]int64{}, in: map[int64]int64{}, named: map[letter.MessageID]int64{}, by: map[int64]thread.Evidence{}}
}

func (f *forum) known() thread.Known {
	return thread.Known{
		Thread: func(id letter.MessageID) (int64, error) { return f.named[id], nil },
		Post:   func(id letter.MessageID) (int64, error) { return f.post(id), nil },
		Subject: func(key string, from, to time.Time) (int64, error) {
			var newest int64
			for i, m := range f.posts {
				if thread.NormalSubject(m.Subject) == key && !m.Date.Before(from) && !m.Date.After(to) {
					newest = max(newest, f.in[int64(i+1)])
				}
			}
			return newest, nil
		},
	}
}

func (f *forum) post(id letter.MessageID) int64 {
	return int64(slices.IndexFunc(f.posts, func(m thread.Msg) bool { return m.ID == id }) + 1)
}

func (f *forum) add(m thread.Msg) thread.Place {
	p, err := thread.Decide(m, f.known())
	if err != nil {
		f.t.Fatal(err)
	}
	if p.Join == 0 {
		f.last++
		p.Join = f.last
	}
	for _, old := range p.Merge {
		for id, t := range f.named {
			if t == old {
				f.named[id] = p.Join
			}
		}
		for post, t := range f.in {
			if t == old {
				f.in[post] = p.Join
			}
		}
	}
	f.posts = append(f.posts, m)
	n := int64(len(f.posts))
	f.parent[n], f.in[n], f.by[n] = p.Parent, p.Join, p.By
	for _, id := range append(m.Ancestors(), m.ID) {
		f.named[id] = p.Join
	}
	var children []thread.Child
	for i, c := range f.posts[:n-1] {
		if f.in[int64(i+1)] == p.Join {
			child := thread.Child{Post: int64(i + 1), Msg: c}
			if up := f.parent[child.Post]; up != 0 {
				child.ParentID = f.posts[up-1].ID
			}
			children = append(children, child)
		}
	}
	adopted, err := thread.Adopt(m.ID, n, children, func(p int64) (int64, error) { return f.parent[p], nil })
	if err != nil {
		f.t.Fatal(err)
	}
	for _, a := range adopted {
		f.parent[a] = n
	}
	return p
}

// parentID is the id of a message's parent, "" for none.
func (f *forum) parentID(id letter.MessageID) letter.MessageID {
	if up := f.parent[f.post(id)]; up != 0 {
		return f.posts[up-1].ID
	}
	return ""
}

// noCircles fails when some post is its own ancestor.
func (f *forum) noCircles() {
	for p := range f.parent {
		for steps, up := 0, p; up != 0; steps, up = steps+1, f.parent[up] {
			if steps > len(f.posts) {
				f.t.Fatalf("post %d is its own ancestor", p)
			}
		}
	}
}

// oracle is the definition of a thread in one page: the connected components over all ids named. It gives for every message the
// index of the first message of its thread, and the index of the nearest ancestor that is there, -1 for none.
func oracle(batch []thread.Msg) (threads, parents []int) {
	group := map[letter.MessageID]letter.MessageID{}
	var find func(id letter.MessageID) letter.MessageID
	find = func(id letter.MessageID) letter.MessageID {
		if up, ok := group[id]; ok && up != id {
			group[id] = find(up)
			return group[id]
		}
		return id
	}
	first := map[letter.MessageID]int{}
	for i, m := range batch {
		if _, ok := first[m.ID]; !ok {
			first[m.ID] = i
		}
		for _, id := range append(slices.Clone(m.References), m.InReplyTo...) {
			group[find(id)] = find(m.ID)
		}
	}
	seen := map[letter.MessageID]int{}
	for i, m := range batch {
		if _, ok := seen[find(m.ID)]; !ok {
			seen[find(m.ID)] = i
		}
		threads = append(threads, seen[find(m.ID)])
		parent := -1
		refs := slices.Clone(m.References)
		slices.Reverse(refs)
		for _, id := range append(refs, m.InReplyTo...) {
			if at, ok := first[id]; ok && id != m.ID {
				parent = at
				break
			}
		}
		parents = append(parents, parent)
	}
	return threads, parents
}
