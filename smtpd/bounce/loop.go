package bounce

import (
	"strings"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// maxReceived is the number of servers a letter may have passed (D3, RFC 5321 §6.3).
const maxReceived = 50

// Own knows the mark that we put on what we send to lists. May be nil. What else we send is known by its From, which is an address of ours,
// so that no mark of its own is needed.
type Own struct {
	ListID func(id string) bool // whether a list id (RFC 2919, in lower case, without angle brackets) is one of ours
}

// Loop tells whether a letter has been here before (D3): nil, or a *refusal.Refusal of kind Loop. It trusts nothing but the
// mark that own recognises; an X-Loop says nothing about us.
func Loop(l *letter.Letter, own Own) error {
	if own.ListID != nil {
		for _, v := range l.Fields("List-Id") {
			if id := listID(v); own.ListID(id) {
				return refusal.Because(refusal.Loop, "This letter has already been on our list %s, so it is not taken a second time. "+
					"To write to the list, please start a new letter.", letter.ASCII(id, 100))
			}
		}
	}
	if n := len(l.Fields("Received")); n > maxReceived {
		return refusal.Because(refusal.Loop, "This letter has passed through %d mail servers and seems to go round in circles, so it is not taken. "+
			"Please look for an address that forwards to itself.", n)
	}
	return nil
}

// listID is the identifier of a List-Id: what stands in the last angle brackets, or the whole value where there are none.
func listID(v string) string {
	if i := strings.LastIndexByte(v, '<'); i >= 0 {
		v, _, _ = strings.Cut(v[i+1:], ">")
	}
	return strings.ToLower(strings.TrimSpace(v))
}
