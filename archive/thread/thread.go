// Package thread finds out which messages are one conversation, as pure functions: no table, no clock, no error of its own.
//
// It promises: messages that name each other, directly or by way of messages nobody has, are one thread, in whatever order they
// arrive; an ancestor that comes late gets its answers back. Cycles, messages that name themselves, and ids used twice do no harm:
// parents always form a forest. A subject is weak evidence: it joins a message to a thread only when the message is an answer by
// its own prefix ("Re:", "AW:", "回复：", …), names no ancestor at all, and the thread is of the same list and of the last 30 days.
//
// Decide and Adopt place one message at a time, asking what is known by callbacks; the archive uses them. Build arranges a batch
// as a tree by the REFERENCES algorithm (RFC 5256, from Zawinski), for display and for IMAP.
package thread

import (
	"time"

	"backchannel/archive/letter"
)

// Msg is what threading needs to know of a message.
type Msg struct {
	ID         letter.MessageID
	References []letter.MessageID // oldest first
	InReplyTo  []letter.MessageID
	Subject    string
	Date       time.Time // when it reached the list; it measures the 30 days of a subject
}

// Ancestors beyond these are not looked at: nobody answers the two-hundredth letter of a chain, but somebody might send a header
// full of ids. The nearest ones name the parent, the farthest the thread.
const (
	nearestKept  = 180
	farthestKept = 20
)

// Ancestors are the ids a message says it stands below, the nearest first, each once, never its own: References from last to
// first, then In-Reply-To.
func (m Msg) Ancestors() []letter.MessageID {
	list := make([]letter.MessageID, 0, len(m.References)+len(m.InReplyTo))
	seen := make(map[letter.MessageID]bool, cap(list)+2)
	seen[m.ID], seen[""] = true, true
	add := func(id letter.MessageID) {
		if !seen[id] {
			seen[id] = true
			list = append(list, id)
		}
	}
	for i := len(m.References) - 1; i >= 0; i-- {
		add(m.References[i])
	}
	for _, id := range m.InReplyTo {
		add(id)
	}
	if len(list) > nearestKept+farthestKept {
		list = append(list[:nearestKept], list[len(list)-farthestKept:]...)
	}
	return list
}
