package desk_test

import (
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom/mailroomtest"
)

// ask is a private letter of Dana, and a second one of the same conversation.
func ask(h *house) {
	h.t.Helper()
	h.MustSend(mailroomtest.Post{From: dana, To: "managers@gardeners.example", Subject: "A question", Body: "zzcanary: may I?"})
	ack := h.One(h.Deliver(), dana)
	h.MustSend(mailroomtest.Answer(dana, ack, "zzcanary: I forgot to say please."))
	h.Deliver()
}

// where tells in which folder of the back-channel a manager sees letters, and how many.
func where(c *client) string {
	c.t.Helper()
	var all []string
	for _, name := range []string{"New", "Mine", "Waiting", "Closed", "Held", "Notes", "Reports", "Snoozed/Tomorrow", "Snoozed/Next week", "Snoozed/Later"} {
		lines := c.ok(`STATUS "Back-channel/%s" (MESSAGES)`, strings.ReplaceAll(name, `\`, ""))
		_, n, _ := strings.Cut(lines[0], "(MESSAGES ")
		if n = strings.TrimSuffix(n, ")"); n != "0" {
			all = append(all, name+" "+n)
		}
	}
	return strings.Join(all, ", ")
}

// A move is a decision: all letters of the conversation go together, at every manager's desk.
func TestMoving(t *testing.T) {
	h := newHouse(t)
	ask(h)
	c, colleague := h.login(mira), h.login(theo)
	is(t, "new", where(c)+" | "+where(colleague), "New 2 | New 2")
	c.ok("SELECT Back-channel/New")
	lines := c.ok("MOVE 1 Back-channel/Mine")
	if !has(lines, "* OK [COPYUID ") || !has(lines, " 1 1]") || !has(lines, "* 1 EXPUNGE") || !has(lines, "* 2 EXPUNGE") {
		t.Errorf("New to Mine: %q", lines)
	}
	is(t, "taken", where(c)+" | "+where(colleague), "Mine 2 | Waiting 2")
	for _, step := range []struct{ from, to, after string }{
		{"Mine", "Closed", "Closed 2 | Closed 2"},
		{"Closed", "New", "New 2 | New 2"},
		{"New", "Closed", "Closed 2 | Closed 2"},
		{"Closed", "Mine", "Mine 2 | Waiting 2"},
		{"Mine", "New", "New 2 | New 2"},
	} {
		c.ok("SELECT Back-channel/%s", step.from)
		lines := c.ok("UID MOVE 1:* Back-channel/%s", step.to)
		if !has(lines, "* OK [COPYUID ") {
			t.Errorf("%s to %s: %q", step.from, step.to, lines)
		}
		is(t, step.from+" to "+step.to, where(c)+" | "+where(colleague), step.after)
	}
	// A colleague takes over what somebody has: a handover that both see.
	c.ok("SELECT Back-channel/New")
	c.ok("MOVE 1:* Back-channel/Mine")
	colleague.ok("SELECT Back-channel/Waiting")
	colleague.ok("MOVE 1 Back-channel/Mine")
	is(t, "handed over", where(c)+" | "+where(colleague), "Waiting 2 | Mine 2")
	h.View(func(tx *db.Tx) error {
		all, err := h.Box.List(tx, h.Member(mira), true)
		if len(all) != 1 || all[0].Owner != h.Member(theo).ID || all[0].State != backchannel.Claimed {
			t.Errorf("the conversation: %+v", all)
		}
		return err
	})
}

// Mail programs that do not know MOVE copy a letter, delete the original and expunge. That is a move too.
func TestMovingByCopyAndDeletion(t *testing.T) {
	for _, commands := range [][]string{
		{"UID COPY 1 Back-channel/Mine", `UID STORE 1 +FLAGS.SILENT (\Deleted \Seen)`, "EXPUNGE"},
		{"COPY 1:2 Back-channel/Mine", `UID STORE 1:2 +FLAGS (\Deleted)`, "UID EXPUNGE 1:2"},
		{"UID COPY 1:* Back-channel/Mine", `UID STORE 1:* +FLAGS.SILENT (\Deleted)`, "CLOSE"},
	} {
		h := newHouse(t)
		ask(h)
		c := h.login(mira)
		c.ok("SELECT Back-channel/New")
		if lines := c.ok("%s", commands[0]); !has(lines, "* 1 EXPUNGE") || !has(lines, "* 2 EXPUNGE") {
			t.Errorf("%s: %q", commands[0], lines)
		}
		for _, command := range commands[1:] {
			c.ok("%s", command)
		}
		is(t, commands[0], where(c)+" | "+where(h.login(theo)), "Mine 2 | Waiting 2")
	}
}

// What a move cannot mean is refused in a sentence, and nothing moves.
func TestRefusedMoves(t *testing.T) {
	h := newHouse(t)
	ask(h)
	c := h.login(mira)
	c.ok("SELECT Back-channel/New")
	refused := func(command, want string) {
		t.Helper()
		_, end := c.do("%s", command)
		is(t, command, end, want)
	}
	refused("MOVE 1 Back-channel/Waiting", "NO [NOPERM] Letters come to Waiting by themselves: answer this one, and it goes there. Nothing was moved.")
	refused("MOVE 1 Back-channel/New", "NO [NOPERM] This letter is in that folder already. Nothing was moved.")
	refused("MOVE 1 Lists/talk", "NO [NOPERM] What was said in private does not go onto a list. Nobody has seen it. Nothing was moved.")
	refused("MOVE 1 Drafts", "NO [NOPERM] Letters to the managers stay in the back-channel. You can move this one to Mine, Closed, New, Snoozed or a tag. Nothing was moved.")
	refused("MOVE 1 INBOX", "NO [NOPERM] Letters to the managers stay in the back-channel. You can move this one to Mine, Closed, New, Snoozed or a tag. Nothing was moved.")
	refused("MOVE 1 Trash", "NO [TRYCREATE] There is no folder of this name here.")
	refused("COPY 1 Lists/talk", "NO [NOPERM] What was said in private does not go onto a list. Nobody has seen it. Nothing was moved.")
	refused("MOVE 1 Back-channel/Notes", "NO [NOPERM] Notes come by themselves: write /note and your text on top of a reply. Nothing was moved.")
	refused("MOVE 1 Back-channel/Held", "NO [NOPERM] Only answers of yours that came back lie in Held. Nothing was moved.")
	refused("CREATE Back-channel/Later", "NO [NOPERM] Folders cannot be made here; they come and go with your lists and letters.")
	refused("CREATE Trash", "NO [NOPERM] Folders cannot be made here; they come and go with your lists and letters.")
	refused("CREATE Back-channel/Mine", "NO [ALREADYEXISTS] There is such a folder already.")
	refused(`CREATE "Back-channel/Tags/two words"`, "NO [CANNOT] A tag is one word in small letters.")
	refused("CREATE Back-channel/Tags/Bees", "NO [CANNOT] A tag is one word in small letters.")
	c.ok("EXPUNGE")
	c.ok(`STORE 1 +FLAGS (\Seen)`)
	if end := c.file("Back-channel/New", "Subject: x\r\n\r\ny"); !strings.HasPrefix(end, "NO [CANNOT]") {
		t.Errorf("filed into the back-channel: %s", end)
	}
	is(t, "all still there", where(c), "New 2")
	// An answered letter waits for the member, whoever would like to have it.
	h.MustSend(mailroomtest.Post{From: dana, To: "managers@gardeners.example", Subject: "Another", Body: "x"})
	c.ok("SELECT Back-channel/New")
	c.ok("MOVE 1:* Back-channel/Closed")
	answered(h)
	is(t, "answered", where(c), "Waiting 1, Closed 3")
	c.ok("SELECT Back-channel/Waiting")
	refused("MOVE 1 Back-channel/New", "NO [NOPERM] This letter waits for somebody's answer, and comes back by itself when there is one. You can take it by moving it to Mine, or end it by moving it to Closed. Nothing was moved.")
	refused("MOVE 1 Back-channel/Mine", "NO [NOPERM] This letter was answered and waits for somebody's reply; it comes back by itself when there is one. To end it, move it to Closed. Nothing was moved.")
	is(t, "still", where(c), "Waiting 1, Closed 3")
	c.ok("MOVE 1 Back-channel/Closed")
	is(t, "ended", where(c), "Closed 4")
	c.ok("SELECT Back-channel/Closed")
	refused(`STORE 1 +FLAGS (\Deleted)`, "NO [NOPERM] Letters to the managers are kept, so none was deleted.")
	refused(`STORE 1 FLAGS (\Seen \Deleted)`, "NO [NOPERM] Letters to the managers are kept, so none was deleted.")
	c.ok("EXPUNGE")
	is(t, "kept", where(c), "Closed 4")
}

// answered has Bill ask something and Mira answer it by mail.
func answered(h *house) {
	h.t.Helper()
	h.Deliver()
	h.MustSend(mailroomtest.Post{From: bill, To: "managers@gardeners.example", Subject: "Frost", Body: "When?"})
	h.MustSend(mailroomtest.Answer(mira, h.One(h.Deliver(), mira), "Tonight."))
	h.Deliver()
}

// Promise 3: nobody but a manager ever sees that there is a back-channel, by any command.
func TestMembersSeeNoBackChannel(t *testing.T) {
	h := newHouse(t)
	ask(h)
	for _, who := range []string{dana, bill, "alison@east.example"} {
		c := h.login(who)
		for _, command := range []string{
			`LIST "" *`, `LIST "" Back-channel/*`, `LIST "Back-channel/" %`, `LSUB "" *`, `LIST (SUBSCRIBED) "" * RETURN (STATUS (MESSAGES))`, "NAMESPACE",
		} {
			for _, l := range c.ok("%s", command) {
				if strings.Contains(strings.ToLower(l), "back-channel") || strings.Contains(l, "private") {
					t.Errorf("%s: %s shows %s", who, command, l)
				}
			}
		}
		for _, command := range []string{"SELECT", "EXAMINE", "STATUS", "SUBSCRIBE"} {
			more := map[string]string{"STATUS": " (MESSAGES)"}[command]
			_, real := c.do("%s Back-channel/New%s", command, more)
			_, unreal := c.do("%s Back-channel/Nonsense%s", command, more)
			is(t, who+": "+command+" of what there is and of what there is not", real, unreal)
			if !strings.HasPrefix(real, "NO [NONEXISTENT]") {
				t.Errorf("%s: %s: %s", who, command, real)
			}
		}
		h.MustSend(mailroomtest.Post{From: bill, To: "talk@gardeners.example", Subject: "Compost of " + who, Body: "x"})
		c.ok("SELECT Lists/talk")
		_, real := c.do("MOVE 1 Back-channel/New")
		_, unreal := c.do("MOVE 1 Back-channel/Nonsense")
		is(t, who+": MOVE", real, unreal)
		if lines := c.ok("SEARCH TEXT zzcanary"); has(lines, "SEARCH 1") {
			t.Errorf("%s finds private words: %q", who, lines)
		}
	}
}

// A manager who lost the role sees nothing at the next command, whatever was open.
func TestWhoLostTheRoleSeesNothing(t *testing.T) {
	for name, lose := range map[string]func(h *house){
		"the role":       func(h *house) { h.save(theo, func(m *lists.Member) { m.Role = lists.RoleMember }) },
		"the membership": func(h *house) { h.save(theo, func(m *lists.Member) { m.State = lists.Removed }) },
		"by mail":        func(h *house) { h.MustSend(mailroomtest.Post{From: theo, To: "leave@gardeners.example"}) },
	} {
		for _, command := range []string{
			"FETCH 1:* BODY.PEEK[]", "FETCH 1 (ENVELOPE)", "FETCH 1 FLAGS", "SEARCH TEXT zzcanary", `STORE 1 +FLAGS (\Seen)`, "MOVE 1 Back-channel/Mine", "EXPUNGE", "NOOP",
			"STATUS Back-channel/New (MESSAGES UNSEEN)", "SELECT Back-channel/Closed", `LIST "" *`,
		} {
			h := newHouse(t)
			ask(h)
			c := h.login(theo)
			c.ok("SELECT Back-channel/New")
			lose(h)
			lines, end := c.do("%s", command)
			said := strings.Join(append(lines, end), "\n")
			for _, never := range []string{"zzcanary", "question", "Dana", "SEARCH 1", "COPYUID", "MESSAGES 2", "Back-channel/"} {
				if strings.Contains(said, never) {
					t.Errorf("lost %s: %s shows %q:\n%s", name, command, never, said)
				}
			}
			h.View(func(tx *db.Tx) error {
				all, err := h.Box.List(tx, h.Member(mira), true)
				if len(all) != 1 || all[0].State != backchannel.New {
					t.Errorf("lost %s: %s changed the conversation: %+v", name, command, all)
				}
				return err
			})
		}
	}
}

// The letter of a manager to the managers is for the others alone.
func TestAManagersOwnLetter(t *testing.T) {
	h := newHouse(t)
	h.MustSend(mailroomtest.Post{From: theo, To: "managers@gardeners.example", Subject: "About Theo", Body: "zzcanary"})
	h.Deliver()
	is(t, "the other", where(h.login(mira)), "New 1")
	is(t, "the writer", where(h.login(theo)), "")
}
