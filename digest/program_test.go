package digest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
)

// What a build server, a tracker or a monitor writes to a list stands in the digest, but nobody waits for an answer to it, it answers no
// question, and it is neither one of the people nor a newcomer.
func TestProgramsOnTheList(t *testing.T) {
	w := newTown(t)
	w.reader("dana@north.example", "Dana Reyes")
	w.reader("ci@build.example", "Builds") // a member, or it could not write
	w.reader("bill@south.example", "Bill Tan")
	w.due()
	ask := w.say("Bill Tan <bill@south.example>", "Which compost?", "What do you use?")
	w.say("Builds <ci@build.example>", "Re: Which compost?", "Build 12 failed, see why?", re(ask), "X-Jenkins-Result: FAILURE")
	w.say("Builds <ci@build.example>", "Nightly build failed. Who broke it?", "Who did this?", "X-Jenkins-Result: FAILURE")
	w.say("Shop <noreply@shop.example>", "Did you like it?", "Will you rate your spade?")
	w.at("5 Jun 06:00")
	text := w.issue(w.due(), "dana@north.example").Text()
	flat := strings.Join(strings.Fields(text), " ")
	waiting, brief, ok := strings.Cut(flat, "IN BRIEF")
	if !ok || !strings.Contains(waiting, "Which compost? asked by Bill Tan, 3 days without an answer") || strings.Contains(waiting, "broke") || strings.Contains(waiting, "rate your spade") {
		t.Errorf("the corner:\n%s", text)
	}
	if !strings.Contains(brief, "Nightly build failed. Who broke it?") || !strings.Contains(brief, "Did you like it?") {
		t.Errorf("the letters of programs are missing:\n%s", text)
	}
	if !strings.Contains(flat, "4 posts, 3 threads, 1 person (1 for the first time)") || strings.Contains(text, "* Builds") {
		t.Errorf("a program is counted among the people:\n%s", text)
	}
}

// Imported posts are told apart as well, and so are those that figures are made of.
func TestProgramsAreKnownInTheArchive(t *testing.T) {
	w := newTown(t)
	w.importPost("Which one?", "Does it work?")
	w.importFrom("jenkins@build.example", "Build 7", "It failed.")
	w.say("Bill Tan <bill@south.example>", "Compost", "Mine is wet.")
	w.say("Bill Tan <bill@south.example>", "Issue 4", "Opened by you.", "X-GitHub-Reason: author")
	w.view(func(tx *db.Tx) error {
		all, err := w.store.Fresh(tx, w.talk.Box, 0, 100)
		var is []bool
		for _, p := range all {
			is = append(is, p.Program)
		}
		if !slices.Equal(is, []bool{false, true}) {
			t.Errorf("new posts: %v", is)
		}
		if err != nil {
			return err
		}
		old, err := w.store.PostBySeq(tx, w.talk.Box, 2)
		if !old.Program || !old.Imported {
			t.Errorf("an imported one: %+v", old)
		}
		if err != nil {
			return err
		}
		var traces []archive.Trace
		traces, err = w.store.Traces(tx, int64(w.c.ID), time.Time{})
		if len(traces) != 2 {
			t.Errorf("figures are made of %d posts", len(traces))
		}
		return err
	})
}
