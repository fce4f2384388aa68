package thread

import (
	"cmp"
	"slices"
	"time"

	"backchannel/archive/letter"
)

// Node is one place in a tree of messages.
type Node struct {
	Index    int // of the message in the batch; -1: a message that others name and nobody has
	Children []*Node

	id     letter.MessageID
	parent *Node
	date   time.Time
	subj   Subject
}

// Empty tells whether nobody has the message of this place.
func (n *Node) Empty() bool { return n.Index < 0 }

// Build arranges a batch as trees: steps 1 to 4 and 6 of the REFERENCES algorithm (RFC 5256), oldest first on every level. An empty
// place is kept only on top, and only to hold together messages whose common ancestor nobody has.
func Build(batch []Msg) []*Node {
	roots := prune(link(batch))
	sortNodes(roots)
	return roots
}

// BuildBySubject is Build with step 5: trees of one subject are joined. It is what IMAP calls THREAD=REFERENCES; the archive's own
// threads are stricter (see Decide).
func BuildBySubject(batch []Msg) []*Node {
	roots := gather(Build(batch))
	sortNodes(roots)
	return roots
}

// link is step 1: a place for every message and every id named, tied by the chains of References.
func link(batch []Msg) []*Node {
	byID := make(map[letter.MessageID]*Node, len(batch))
	nodes := make([]*Node, 0, len(batch)) // in order of appearance, so that equal input gives equal trees
	place := func(id letter.MessageID) *Node {
		n := byID[id]
		if n == nil {
			n = &Node{Index: -1, id: id}
			byID[id] = n
			nodes = append(nodes, n)
		}
		return n
	}
	for i, m := range batch {
		chain := m.chain()
		for j := 1; j < len(chain); j++ {
			if up, down := place(chain[j-1]), place(chain[j]); down.parent == nil {
				down.under(up)
			}
		}
		n := &Node{Index: -1}
		if m.ID == "" || byID[m.ID] != nil && !byID[m.ID].Empty() {
			nodes = append(nodes, n) // no id, or one that is taken: a message of its own
		} else {
			n = place(m.ID)
		}
		n.Index, n.date, n.subj = i, m.Date, ParseSubject(m.Subject)
		// What other messages supposed about this one's parent ends here: it says so itself.
		n.parent = nil
		if len(chain) > 0 {
			n.under(place(chain[len(chain)-1]))
		}
	}
	return tie(nodes)
}

// chain is the ids above a message, oldest first: References, or the first id of In-Reply-To (RFC 5256 step 1).
func (m Msg) chain() []letter.MessageID {
	if len(m.References) == 0 && len(m.InReplyTo) > 0 {
		return m.InReplyTo[:1]
	}
	m.InReplyTo = nil
	chain := m.Ancestors()
	slices.Reverse(chain)
	return chain
}

// under puts a node below another, unless that would make a circle.
func (n *Node) under(up *Node) {
	for a := up; a != nil; a = a.parent {
		if a == n {
			return
		}
	}
	n.parent = up
}

// tie makes lists of children from the parents, and returns the roots (step 2).
func tie(nodes []*Node) []*Node {
	var roots []*Node
	for _, n := range nodes {
		if n.parent == nil {
			roots = append(roots, n)
		} else {
			n.parent.Children = append(n.parent.Children, n)
		}
	}
	return roots
}

// prune is step 3: empty places go, and their children take their place; on top only an only child does.
func prune(roots []*Node) []*Node {
	var kept []*Node
	for _, n := range postOrder(roots) {
		var children []*Node
		for _, c := range n.Children {
			if c.Empty() {
				children = append(children, c.Children...)
			} else {
				children = append(children, c)
			}
		}
		n.Children = children
	}
	for _, n := range roots {
		switch {
		case !n.Empty() || len(n.Children) > 1:
			kept = append(kept, n)
		case len(n.Children) == 1:
			kept = append(kept, n.Children[0])
		}
	}
	return kept
}

// postOrder lists all nodes, children before their parents. Chains of mail can be long: nothing here calls itself.
func postOrder(roots []*Node) []*Node {
	list := slices.Clone(roots)
	for i := 0; i < len(list); i++ {
		list = append(list, list[i].Children...)
	}
	slices.Reverse(list)
	return list
}

// sortNodes is steps 4 and 6: every level by date; an empty place counts as its first child.
func sortNodes(roots []*Node) {
	for _, n := range postOrder(roots) {
		sortLevel(n.Children)
		if n.Empty() && len(n.Children) > 0 {
			n.date = n.Children[0].date
		}
	}
	sortLevel(roots)
}

func sortLevel(level []*Node) {
	slices.SortStableFunc(level, func(a, b *Node) int {
		return cmp.Or(a.date.Compare(b.date), cmp.Compare(a.first(), b.first()))
	})
}

// first is the index of a node's message, or of its first child's.
func (n *Node) first() int {
	if n.Empty() && len(n.Children) > 0 {
		return n.Children[0].Index
	}
	return n.Index
}

// subject is the subject of a tree (RFC 5256 step 5 B).
func (n *Node) subject() Subject {
	if n.Empty() {
		return n.Children[0].subj
	}
	return n.subj
}

// gather is step 5.
func gather(roots []*Node) []*Node {
	table := map[string]*Node{}
	for _, n := range roots {
		s := n.subject()
		if s.Key == "" {
			continue
		}
		have, ok := table[s.Key]
		if !ok || !have.Empty() && (n.Empty() || have.subject().answers() && !s.answers()) {
			table[s.Key] = n
		}
	}
	gone := map[*Node]bool{}
	stand := map[*Node]*Node{} // the empty place that took the place of a root
	for _, n := range roots {
		have := table[n.subject().Key]
		if have == nil || have == n {
			continue
		}
		gone[n] = true
		switch {
		case have.Empty() && n.Empty():
			have.Children = append(have.Children, n.Children...)
		case have.Empty(), n.subject().answers() && !have.subject().answers():
			have.Children = append(have.Children, n)
		default:
			both := &Node{Index: -1, Children: []*Node{have, n}}
			stand[have] = both
			table[n.subject().Key] = both
		}
	}
	var kept []*Node
	for _, n := range roots {
		if s := stand[n]; s != nil {
			kept = append(kept, s)
		} else if !gone[n] {
			kept = append(kept, n)
		}
	}
	return kept
}

func (s Subject) answers() bool { return s.Reply || s.Forward }
