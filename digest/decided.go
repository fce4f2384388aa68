package digest

import (
	"time"

	"backchannel/archive"
	"backchannel/templates"
)

// Decided is what the managers have settled for the issues of a community (product.md A7). The zero value is that they said nothing.
type Decided struct {
	Note     *templates.DigestNote     // words at the top
	Pinned   map[archive.ThreadID]bool // threads that come first
	Dropped  map[archive.ThreadID]bool // that are left out
	Brief    map[archive.ThreadID]bool // shown by their subject alone
	Asked    map[archive.ThreadID]bool // that stand in the corner of unanswered questions, whatever their words are
	Answered map[archive.ThreadID]bool // whose question is no longer open
	Events   []templates.DigestEvent   // the next dates, the first one first
	Dates    []time.Time               // when they begin
	Jam      *templates.Jam            // the topic week, if there is one
}

// mostEvents is how many dates an issue names.
const mostEvents = 5
