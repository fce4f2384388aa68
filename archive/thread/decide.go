package thread

import (
	"fmt"
	"slices"
	"time"

	"backchannel/archive/letter"
)

// SubjectWindow is how old the last post of a thread may be for a subject to count.
const SubjectWindow = 30 * 24 * time.Hour

// Known answers what is known on the list a message came to. Threads and posts are numbers that grow with time; 0 is none.
type Known struct {
	Thread  func(id letter.MessageID) (int64, error)            // the thread in which the id is, as a post or merely named
	Post    func(id letter.MessageID) (int64, error)            // the first post of this id
	Subject func(key string, from, to time.Time) (int64, error) // the newest thread of this subject key, active between two times
}

// Evidence is why a message is in its thread.
type Evidence string

// The kinds of evidence.
const (
	New         Evidence = "new"       // nothing known: it begins a thread
	ByReference Evidence = "reference" // it names others, or others named it
	BySubject   Evidence = "subject"   // its subject alone
)

// Place is where a message belongs.
type Place struct {
	Join   int64   // the thread to join; 0: a new one
	Merge  []int64 // threads that turn out to be part of Join, oldest first
	Parent int64   // the post above it; 0: none known
	By     Evidence
}

// Decide finds the place of a message that is not known yet. The errors are those of the callbacks.
func Decide(m Msg, k Known) (Place, error) {
	above := m.Ancestors()
	threads, err := threadsOf(m, above, k)
	if err != nil {
		return Place{}, err
	}
	if len(threads) == 0 {
		return bySubject(m, above, k)
	}
	p := Place{Join: threads[0], Merge: threads[1:], By: ByReference}
	for _, id := range above {
		if p.Parent, err = k.Post(id); err != nil {
			return Place{}, fmt.Errorf("look for the parent: %w", err)
		}
		if p.Parent != 0 {
			break
		}
	}
	return p, nil
}

// threadsOf are the threads that a message ties together, oldest first. Its own id counts: an answer may have come before it.
func threadsOf(m Msg, above []letter.MessageID, k Known) ([]int64, error) {
	var threads []int64
	ids := above
	if m.ID != "" {
		ids = append(above[:len(above):len(above)], m.ID)
	}
	for _, id := range ids {
		t, err := k.Thread(id)
		if err != nil {
			return nil, fmt.Errorf("look for the thread: %w", err)
		}
		if t != 0 {
			threads = append(threads, t)
		}
	}
	slices.Sort(threads)
	return slices.Compact(threads), nil
}

// bySubject joins a message by its subject. One that names ancestors, though unknown ones, has said where it belongs, and its
// ancestor may still come.
func bySubject(m Msg, above []letter.MessageID, k Known) (Place, error) {
	s := ParseSubject(m.Subject)
	if len(above) > 0 || !s.Reply || s.Key == "" || k.Subject == nil {
		return Place{By: New}, nil
	}
	t, err := k.Subject(s.Key, m.Date.Add(-SubjectWindow), m.Date.Add(SubjectWindow))
	if err != nil {
		return Place{}, fmt.Errorf("look for the subject: %w", err)
	}
	if t == 0 {
		return Place{By: New}, nil
	}
	return Place{Join: t, By: BySubject}, nil
}

// Child is a post that names a message which was not there when it came.
type Child struct {
	Post     int64
	Msg      Msg
	ParentID letter.MessageID // id of its parent now; "" when it has none
}

// Adopt tells which children belong directly under a post that has just arrived with an id they name: those that name it nearer
// than their parent of now. above gives the parent of a post, 0 for none; it is asked so that nobody becomes their own ancestor.
func Adopt(id letter.MessageID, post int64, children []Child, above func(post int64) (int64, error)) ([]int64, error) {
	var adopted []int64
	line, err := lineage(post, above)
	if err != nil {
		return nil, fmt.Errorf("look for the ancestors: %w", err)
	}
	for _, c := range children {
		if !line[c.Post] && nearer(c, id) {
			adopted = append(adopted, c.Post)
		}
	}
	return adopted, nil
}

// nearer tells whether a child names id before it names its parent of now.
func nearer(c Child, id letter.MessageID) bool {
	for _, a := range c.Msg.Ancestors() {
		switch a {
		case c.ParentID:
			return false
		case id:
			return true
		}
	}
	return false
}

// lineage is a post with all its ancestors.
func lineage(post int64, above func(int64) (int64, error)) (map[int64]bool, error) {
	line := map[int64]bool{}
	for post != 0 && !line[post] {
		line[post] = true
		var err error
		if post, err = above(post); err != nil {
			return nil, err
		}
	}
	return line, nil
}
