package desk_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom/mailroomtest"
)

// only is the one conversation there is, with a manager's eyes.
func only(h *house, who string) (c backchannel.Conv) {
	h.t.Helper()
	m := h.Member(who)
	h.View(func(tx *db.Tx) error {
		all, err := h.Box.List(tx, m, true)
		if len(all) != 1 {
			h.t.Errorf("%s sees %d conversations", who, len(all))
		} else {
			c = all[0]
		}
		return err
	})
	return c
}

// Putting a letter into a folder of Snoozed puts it off, at all desks; it comes back by itself.
func TestSnoozing(t *testing.T) {
	h := newHouse(t)
	ask(h)
	c, colleague := h.login(mira), h.login(theo)
	c.ok("SELECT Back-channel/New")
	if lines := c.ok("MOVE 1:* Back-channel/Snoozed/Tomorrow"); !has(lines, "COPYUID") {
		t.Errorf("no new place: %q", lines)
	}
	is(t, "until tomorrow", where(c)+" | "+where(colleague), "Snoozed/Tomorrow 2 | Snoozed/Tomorrow 2")
	c.ok("SELECT Back-channel/Snoozed/Tomorrow")
	c.ok(`MOVE 1 "Back-channel/Snoozed/Next week"`)
	is(t, "until Monday", where(c)+" | "+where(colleague), "Snoozed/Next week 2 | Snoozed/Next week 2")
	h.Pass(3 * 24 * time.Hour)
	h.Deliver()
	is(t, "back", where(colleague), "New 2")
	c.ok("SELECT Back-channel/New")
	c.ok("MOVE 1 Back-channel/Snoozed/Later")
	is(t, "until later", where(c), "Snoozed/Later 3")
	c.ok("SELECT Back-channel/Snoozed/Later")
	c.ok("MOVE 1 Back-channel/Mine")
	is(t, "taken before", where(c), "Mine 3")
}

// A tag is a second place: the letter stays where it is, and a mail program that then deletes "the original" deletes nothing.
func TestTagging(t *testing.T) {
	for _, commands := range [][]string{
		{"MOVE 1 Back-channel/Tags/bees"},
		{"UID COPY 1 Back-channel/Tags/bees", `UID STORE 1 +FLAGS.SILENT (\Deleted \Seen)`, "EXPUNGE"},
		{"UID COPY 1:2 Back-channel/Tags/bees", `UID STORE 1:2 +FLAGS (\Deleted)`, "CLOSE"},
	} {
		h := newHouse(t)
		ask(h)
		c := h.login(mira)
		c.ok("CREATE Back-channel/Tags/bees")
		if got := c.folders(); !strings.HasSuffix(got, " Back-channel/Tags/bees") {
			t.Errorf("folders: %s", got)
		}
		if got := h.login(theo).folders(); strings.Contains(got, "bees") {
			t.Errorf("a colleague's folders: %s", got)
		}
		c.ok("SELECT Back-channel/New")
		for _, command := range commands {
			c.ok("%s", command)
		}
		colleague := h.login(theo)
		is(t, commands[0], where(c)+" | "+where(colleague), "New 2 | New 2")
		is(t, "tagged", c.subjects("Back-channel/Tags/bees"), colleague.subjects("Back-channel/Tags/bees"))
		if got := c.subjects("Back-channel/Tags/bees"); !strings.Contains(got, "A question") {
			t.Errorf("tagged: %q", got)
		}
		c.ok("SELECT Back-channel/Tags/bees")
		if lines := c.ok("SEARCH TEXT zzcanary"); !has(lines, "SEARCH 1 2") {
			t.Errorf("search: %q", lines)
		}
		// out of it
		c.ok("MOVE 1 Back-channel/Closed")
		is(t, "closed", where(c)+" | "+where(colleague), "Closed 2 | Closed 2")
		is(t, "no tag", c.subjects("Back-channel/Tags/bees"), "")
		if got := colleague.folders(); strings.Contains(got, "bees") {
			t.Errorf("a colleague's folders: %s", got)
		}
	}
}

// Deleting is closing; nothing is ever gone.
func TestDeletingIsClosing(t *testing.T) {
	h := newHouse(t)
	ask(h)
	c := h.login(mira)
	c.ok("SELECT Back-channel/New")
	c.ok(`STORE 1 +FLAGS (\Deleted)`)
	c.ok("EXPUNGE")
	is(t, "closed", where(c)+" | "+where(h.login(theo)), "Closed 2 | Closed 2")
	c.ok("SELECT Back-channel/Closed")
	if lines := c.ok("FETCH 1:* FLAGS"); has(lines, "Deleted") {
		t.Errorf("crossed out: %q", lines)
	}
}

// The flag of urgency and the mark of an answer are everybody's; read is one's own.
func TestFlags(t *testing.T) {
	h := newHouse(t)
	h.MustSend(mailroomtest.Post{From: dana, To: "managers@gardeners.example", Subject: "A question", Body: "May I?"})
	hers := h.One(mailroomtest.To(h.Deliver(), mira), mira)
	c, colleague := h.login(mira), h.login(theo)
	c.ok("SELECT Back-channel/New")
	c.ok(`STORE 1 +FLAGS (\Flagged \Seen)`)
	colleague.ok("SELECT Back-channel/New")
	lines := colleague.ok("FETCH 1 FLAGS")
	if !has(lines, `\Flagged`) || has(lines, `\Seen`) {
		t.Errorf("the colleague's flags: %q", lines)
	}
	if conv := only(h, theo); !conv.Urgent {
		t.Error("not urgent")
	}
	colleague.ok(`STORE 1 -FLAGS (\Flagged)`)
	if lines := c.ok("FETCH 1 FLAGS"); has(lines, `\Flagged`) || !has(lines, `\Seen`) {
		t.Errorf("her flags: %q", lines)
	}
	h.MustSend(mailroomtest.Answer(mira, hers, "Yes."))
	h.Deliver()
	colleague.ok("SELECT Back-channel/Waiting")
	if lines := colleague.ok("FETCH 1 FLAGS"); !has(lines, `\Answered`) {
		t.Errorf("answered: %q", lines)
	}
}

// What came back lies in Held until it is decided; notes lie in Notes.
func TestHeldAndNotes(t *testing.T) {
	h := newHouse(t)
	h.MustSend(mailroomtest.Post{From: dana, To: "managers@gardeners.example", Subject: "A question", Body: "May I?"})
	hers := h.One(mailroomtest.To(h.Deliver(), mira), mira)
	h.MustSend(mailroomtest.Answer(mira, hers, "/note zznote\n\nAsk "+bill+"."))
	h.Deliver()
	c, colleague := h.login(mira), h.login(theo)
	is(t, "held and noted", where(c)+" | "+where(colleague), "New 1, Held 1, Notes 1 | New 1, Notes 1")
	c.ok("SELECT Back-channel/Held")
	if _, end := c.do("MOVE 1 Back-channel/Mine"); !strings.Contains(end, "Reply SEND, NOTE or DROP to it") {
		t.Errorf("held to Mine: %s", end)
	}
	c.ok("MOVE 1 Back-channel/Closed")
	is(t, "put away", where(c), "New 1, Notes 1")
	h.MustSend(mailroomtest.Answer(mira, hers, "Ask "+bill+"."))
	back := h.One(h.Deliver(), mira)
	is(t, "held again", where(c), "New 1, Held 1, Notes 1")
	c.ok("SELECT Back-channel/New")
	if _, end := c.do("MOVE 1 Back-channel/Closed"); !strings.Contains(end, "An answer of yours still waits") { // she may believe that it was sent
		t.Errorf("closed: %s", end)
	}
	_, _ = c.do(`STORE 1 +FLAGS (\Deleted)`)
	_, _ = c.do("EXPUNGE")
	is(t, "closed nothing", where(c), "New 1, Held 1, Notes 1")
	h.MustSend(mailroomtest.Answer(mira, back, "SEND"))
	h.Deliver()
	is(t, "sent", where(c), "Waiting 1, Notes 1")
	c.ok("SELECT Back-channel/Notes")
	if _, end := c.do("MOVE 1 Back-channel/Closed"); !strings.Contains(end, "A note stays with the notes.") {
		t.Errorf("a note to Closed: %s", end)
	}
	if _, end := c.do(`STORE 1 +FLAGS (\Deleted)`); !strings.Contains(end, "Notes are kept") {
		t.Errorf("a note deleted: %s", end)
	}
}

var code = regexp.MustCompile(`\[BC [0-9A-Z]{4}\]`)

// For an excluded manager no byte differs from a world without the letter: folders, counts, search (LP18).
func TestExcludedSeesNothing(t *testing.T) {
	views := map[bool]string{}
	for _, reported := range []bool{false, true} {
		h := newHouse(t)
		h.MustSend(mailroomtest.Post{From: dana, To: "managers@gardeners.example", Subject: "First", Body: "May I?"})
		h.Deliver()
		if reported {
			h.MustSend(mailroomtest.Post{From: bill, To: "managers@gardeners.example", Subject: "zzreport", Body: "zzcanary Theo was rude to me."})
			hers := mailroomtest.To(h.Deliver(), mira)
			h.MustSend(mailroomtest.Answer(mira, hers[0], "/tag zztag\n/urgent\n/note zznote"))
			h.Deliver()
		}
		c := h.login(theo)
		var view []string
		view = append(view, c.folders(), where(c))
		for _, box := range []string{"New", "Notes", "Waiting", "Reports"} {
			view = append(view, c.subjects("Back-channel/"+box))
			view = append(view, c.ok("STATUS Back-channel/%s (MESSAGES UNSEEN UIDNEXT)", box)...)
			view = append(view, c.ok("SEARCH TEXT zzcanary")...)
		}
		m := h.Member(theo)
		h.View(func(tx *db.Tx) error {
			all, err := h.Box.List(tx, m, true)
			for _, conv := range all {
				view = append(view, conv.Subject, string(conv.State))
			}
			return err
		})
		views[reported] = code.ReplaceAllString(strings.Join(view, "\n"), "[BC CODE]") // 4 random characters
		if reported {
			if got := h.login(mira).folders(); !strings.Contains(got, "zztag") {
				t.Errorf("nothing happened: %s", got)
			}
		}
	}
	is(t, "the excluded manager's view", views[true], views[false])
}

// A letter that vanishes while its folder is open is gone with the next command.
func TestExcludedWhileLooking(t *testing.T) {
	h := newHouse(t)
	ask(h)
	c := h.login(theo)
	c.ok("SELECT Back-channel/New")
	conv := only(h, mira)
	h.Update(func(tx *db.Tx) error { return h.Box.Exclude(tx, conv, h.Member(theo).ID, backchannel.Asked, 0) })
	for _, command := range []string{"FETCH 1:* BODY.PEEK[]", "UID FETCH 1:* BODY.PEEK[]", "SEARCH TEXT zzcanary", "UID SEARCH TEXT zzcanary"} {
		lines, end := c.do("%s", command)
		for _, l := range append(lines, end) {
			if strings.Contains(l, "may I?") || strings.Contains(l, "zzcanary: ") || strings.Contains(l, "SEARCH 1") {
				t.Errorf("%s shows %s", command, l)
			}
		}
	}
	is(t, "no letter", where(c), "")
}

// Ask to publish: the manager gets the member's own letter as a post, and the letter lies there, at all desks, until that is answered.
func TestAskToPublish(t *testing.T) {
	h := newHouse(t)
	ask(h)
	c, colleague := h.login(mira), h.login(theo)
	c.ok("SELECT Back-channel/New")
	if lines := c.ok(`MOVE 1:* "Back-channel/Ask to publish"`); !has(lines, "COPYUID") {
		t.Errorf("no new place: %q", lines)
	}
	for _, m := range []*client{c, colleague} {
		if got := m.subjects("Back-channel/Ask to publish"); got == "" || where(m) != "" {
			t.Errorf("it lies in %q, and there is %q", where(m), got)
		}
	}
	draft := h.One(h.Deliver(), mira)
	if !strings.Contains(draft.Subject(), "For the list?") {
		t.Errorf("Mira got %q", draft.Subject())
	}
	c.ok(`SELECT "Back-channel/Ask to publish"`)
	if _, end := c.do("MOVE 1 Back-channel/Mine"); !strings.HasPrefix(end, "NO ") || !strings.Contains(end, "/public off") {
		t.Errorf("moved out: %q", end)
	}
	h.MustSend(mailroomtest.Answer(mira, draft, "DROP"))
	h.Deliver()
	is(t, "dropped", where(c)+" | "+where(colleague), "New 2 | New 2")
}

// A closed letter can be asked about, too: it is taken up again for that, and lies where the question is.
func TestAskingToPublishAClosedLetter(t *testing.T) {
	h := newHouse(t)
	ask(h)
	c := h.login(mira)
	c.ok("SELECT Back-channel/New")
	c.ok("MOVE 1:* Back-channel/Closed")
	c.ok("SELECT Back-channel/Closed")
	if lines := c.ok(`MOVE 1:* "Back-channel/Ask to publish"`); !has(lines, "COPYUID") {
		t.Errorf("no new place: %q", lines)
	}
	if got := only(h, mira); got.State != backchannel.Reopened {
		t.Errorf("it is %s", got.State)
	}
	for _, m := range []string{mira, theo} {
		if h.login(m).subjects("Back-channel/Ask to publish") == "" {
			t.Errorf("%s does not have it there", m)
		}
	}
}
