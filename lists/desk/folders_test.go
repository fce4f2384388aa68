package desk_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/imapd"
	"backchannel/archive/letter"
	"backchannel/digest"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

const letters = " Held posts Held posts/Approve Held posts/Refuse Back-channel/New Back-channel/Mine Back-channel/Waiting Back-channel/Held Back-channel/Notes Back-channel/Reports Back-channel/Closed" +
	" Back-channel/Ask to publish Back-channel/Snoozed/Tomorrow Back-channel/Snoozed/Next week Back-channel/Snoozed/Later"

// Everybody sees their lists and digests; managers the back-channel too.
func TestWhatPeopleSee(t *testing.T) {
	h := newHouse(t)
	c := h.login(dana)
	is(t, "a member", c.folders(), "INBOX Sent Drafts Lists/jobs Lists/talk Digests")
	is(t, "a manager", h.login(mira).folders(), "INBOX Sent Drafts Lists/jobs Lists/talk Digests"+letters)
	for _, d := range []lists.Delivery{lists.Digest, lists.None} {
		h.Update(func(tx *db.Tx) error { return lists.Subscribe(tx, h.Member(dana).ID, h.Talk.ID, d) })
		is(t, "whatever they get of it: "+string(d), c.folders(), "INBOX Sent Drafts Lists/jobs Lists/talk Digests")
	}
	h.Update(func(tx *db.Tx) error { return lists.RemoveList(tx, h.Jobs.ID) })
	is(t, "a list was given up", c.folders(), "INBOX Sent Drafts Lists/talk Digests")
	if lines := c.ok(`LIST "" * RETURN (SPECIAL-USE)`); !has(lines, `\Sent) "/" "Sent"`) || !has(lines, `\Drafts) "/" "Drafts"`) {
		t.Errorf("special uses: %q", lines)
	}
	is(t, "the name under which issues are filed", digest.Folder, "Digests")
}

// One login for each person: a second community brings the domains into the names.
func TestSeveralCommunities(t *testing.T) {
	h := newHouse(t)
	bakers := h.Found("bakers.example", "Bakers")
	bread := h.List(bakers, "bread", "Bread")
	h.Add(bakers, dana, "Dana", lists.RoleManager, bread)
	h.Add(bakers, mira, "Mira", lists.RoleMember, bread)
	c := h.login(dana)
	both := "INBOX Sent Drafts Lists/gardeners.example/jobs Lists/gardeners.example/talk Lists/bakers.example/bread Digests/gardeners.example Digests/bakers.example"
	is(t, "manages the other", c.folders(), both+letters)
	h.MustSend(mailroomtest.Post{From: bill, To: "talk@gardeners.example", Subject: "Compost", Body: "x"})
	h.MustSend(mailroomtest.Post{From: mira, To: "bread@bakers.example", Subject: "Rye", Body: "x"})
	is(t, "here", c.subjects("Lists/gardeners.example/talk"), "1 Compost")
	is(t, "there", c.subjects("Lists/bakers.example/bread"), "1 Rye")
	h.MustSend(mailroomtest.Post{From: bill, To: "managers@gardeners.example", Subject: "Secret", Body: "x"})
	is(t, "no letter of a community she does not manage", c.subjects("Back-channel/New"), "")
	h.save(dana, func(m *lists.Member) { m.Role = lists.RoleManager })
	if got := c.folders(); !strings.Contains(got, "Back-channel/gardeners.example/New") || !strings.Contains(got, "Back-channel/bakers.example/Closed") {
		t.Errorf("manages both: %s", got)
	}
	h.MustSend(mailroomtest.Post{From: mira, To: "managers@bakers.example", Subject: "Flour", Body: "x"})
	c.ok("SELECT Back-channel/bakers.example/New")
	_, end := c.do("MOVE 1 Back-channel/gardeners.example/Mine")
	is(t, "across", end, "NO [NOPERM] A letter stays with the community it was written to. Nothing was moved.")
	open := map[string]*client{}
	for _, box := range []string{"Lists/gardeners.example/talk", "Digests/gardeners.example", "Back-channel/gardeners.example/New", "Drafts"} {
		open[box] = h.login(dana)
		open[box].ok("SELECT %s", box)
	}
	h.MustSend(mailroomtest.Post{From: dana, To: "leave@gardeners.example"})
	is(t, "left one of them", c.folders(), "INBOX Sent Drafts Lists/bread Digests"+letters)
	for box, c := range open {
		if lines, end := c.do("NOOP"); !has(lines, "* BYE There is no folder of this name here.") {
			t.Errorf("%s is still open: %q %s", box, lines, end)
		}
	}
}

// A list's folder holds what was published, with the reader's own marks, and nothing in it can be changed otherwise.
func TestReadingAList(t *testing.T) {
	h := newHouse(t)
	h.MustSend(mailroomtest.Post{From: bill, To: "talk@gardeners.example", Subject: "Compost", Body: "Mine is too wet."})
	h.Deliver()
	c, other := h.login(dana), h.login(bill)
	c.ok("SELECT Lists/talk")
	lines := c.ok("FETCH 1 (FLAGS BODY[])")
	text := strings.Join(lines, "\n")
	for _, want := range []string{"Bill Tan via Garden talk", "Mine is too wet.", "List-Id: Garden talk <talk.gardeners.example>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the post has no %q:\n%s", want, text)
		}
	}
	for _, never := range []string{"List-Unsubscribe", "leave+", "bounce+", "Received:"} {
		if strings.Contains(text, never) {
			t.Errorf("the post shows %q", never)
		}
	}
	c.ok(`STORE 1 +FLAGS (\Flagged $Mine)`)
	if lines := c.ok("FETCH 1 FLAGS"); !has(lines, `\Flagged`) || !has(lines, `\Seen`) || !has(lines, "$Mine") {
		t.Errorf("own marks: %q", lines)
	}
	other.ok("SELECT Lists/talk")
	if lines := other.ok("FETCH 1 FLAGS"); !has(lines, "FLAGS ()") {
		t.Errorf("marks of others: %q", lines)
	}
	for command, want := range map[string]string{
		`STORE 1 +FLAGS (\Deleted)`: "NO [NOPERM] Letters cannot be deleted here. Nothing was changed.",
		"MOVE 1 Drafts":             "NO [NOPERM] Posts stay on their list. To keep one for yourself, please copy it into a folder of your own mail program. Nothing was moved.",
		"MOVE 1 Lists/jobs":         "NO [NOPERM] Posts stay on their list. To keep one for yourself, please copy it into a folder of your own mail program. Nothing was moved.",
		"MOVE 1 Trash":              "NO [TRYCREATE] There is no folder of this name here.",
		"COPY 1 Drafts":             "NO [NOPERM] Posts stay on their list. To keep one for yourself, please copy it into a folder of your own mail program. Nothing was moved.",
	} {
		_, end := c.do("%s", command)
		is(t, command, end, want)
	}
	if end := c.file("Lists/talk", "Subject: x\r\n\r\ny"); !strings.HasPrefix(end, "NO [CANNOT] Letters can only be put into Drafts and Sent.") {
		t.Errorf("filed onto a list: %s", end)
	}
	is(t, "still there", c.subjects("Lists/talk"), "1 Compost")
}

// P14, P15: a list that was left is gone at the next command, whatever was open, and cannot be told from one that never was.
func TestALeftListDisappears(t *testing.T) {
	h := newHouse(t)
	h.MustSend(mailroomtest.Post{From: bill, To: "talk@gardeners.example", Subject: "Compost", Body: "x"})
	open, elsewhere := h.login(dana), h.login(dana)
	open.ok("SELECT Lists/talk")
	h.MustSend(mailroomtest.Post{From: dana, To: "talk-leave@gardeners.example"})
	lines, end := open.do("FETCH 1 BODY[]")
	if !strings.HasPrefix(end, "NO [NONEXISTENT]") && end != "<closed>" || has(lines, "Compost") {
		t.Errorf("%q %s", lines, end)
	}
	is(t, "the tree", elsewhere.folders(), "INBOX Sent Drafts Lists/jobs Digests")
	_, left := elsewhere.do("SELECT Lists/talk")
	_, never := elsewhere.do("SELECT Lists/tolk")
	is(t, "left and never were", left, never)
	elsewhere.ok("SELECT Lists/jobs")
	h.MustSend(mailroomtest.Post{From: dana, To: "leave@gardeners.example"})
	if lines, end := elsewhere.do("NOOP"); !has(lines, "* BYE") {
		t.Errorf("after leaving altogether: %q %s", lines, end)
	}
}

// An app password that was taken back ends what it began.
func TestARevokedPasswordEndsSessions(t *testing.T) {
	h := newHouse(t)
	c, idle := h.login(dana), h.login(dana)
	c.ok("SELECT Lists/talk")
	idle.ok("SELECT Lists/talk")
	idle.say("i IDLE")
	if l := idle.line(); !strings.HasPrefix(l, "+") {
		t.Fatalf("idle: %s", l)
	}
	h.Update(func(tx *db.Tx) error {
		_, err := lists.RevokePassword(tx, mailroomtest.Addr(dana), 0)
		return err
	})
	if l := idle.line(); !strings.HasPrefix(l, "* BYE") {
		t.Errorf("the idle one: %s", l)
	}
	if _, end := c.do(`LIST "" *`); !strings.HasPrefix(end, "NO") && end != "<closed>" {
		t.Errorf("the other: %s", end)
	}
}

// News come by themselves to who waits for them.
func TestWatching(t *testing.T) {
	h := newHouse(t)
	c := h.login(dana)
	c.ok("SELECT Lists/talk")
	c.say("i IDLE")
	if l := c.line(); !strings.HasPrefix(l, "+") {
		t.Fatalf("idle: %s", l)
	}
	h.MustSend(mailroomtest.Post{From: bill, To: "talk@gardeners.example", Subject: "Compost", Body: "x"})
	is(t, "news", c.line(), "* 1 EXISTS")
}

// Drafts are kept, changed and thrown away; what is put into Sent is kept nowhere.
func TestDraftsAndSent(t *testing.T) {
	h := newHouse(t)
	c := h.login(dana)
	draft := "From: dana@north.example\r\nSubject: Half a thought\r\n\r\nzzcanary"
	if end := c.file("Drafts", draft); !strings.HasPrefix(end, "OK [APPENDUID ") || !strings.Contains(end, " 1]") {
		t.Errorf("a draft: %s", end)
	}
	if end := c.file("Drafts", strings.Replace(draft, "Half", "Another", 1)); !strings.HasPrefix(end, "OK [APPENDUID ") {
		t.Errorf("a second one: %s", end)
	}
	if end := c.file("Sent", draft); !strings.HasPrefix(end, "OK") {
		t.Errorf("into Sent: %s", end)
	}
	for _, box := range []string{"INBOX", "Digests", "Lists/talk", "Elsewhere"} {
		if end := c.file(box, draft); !strings.HasPrefix(end, "NO") {
			t.Errorf("into %s: %s", box, end)
		}
	}
	is(t, "Sent", c.subjects("Sent"), "")
	is(t, "Drafts", c.subjects("Drafts"), "1 Half a thought, 2 Another a thought")
	is(t, "hers alone", h.login(bill).subjects("Drafts"), "")
	c.ok("SELECT Drafts")
	if lines := c.ok("FETCH 1 (FLAGS BODY[TEXT])"); !has(lines, `\Draft`) || !has(lines, "zzcanary") {
		t.Errorf("%q", lines)
	}
	_, end := c.do("MOVE 1 INBOX")
	is(t, "a draft moved", end, "NO [NOPERM] A draft stays in Drafts until you send it from your mail program. Nothing was moved.")
	c.ok(`STORE 1 +FLAGS (\Deleted)`)
	c.ok("EXPUNGE")
	is(t, "thrown away", c.subjects("Drafts"), "2 Another a thought")
}

// The account itself refuses what is no draft, whoever asks.
func TestNothingElseIsKept(t *testing.T) {
	h := newHouse(t)
	account, err := h.desk.IMAP().Login(t.Context(), netip.Addr{}, mira, h.password(mira))
	if err != nil {
		t.Fatal(err)
	}
	for _, box := range []string{"INBOX", "Sent", "Lists/talk", "Digests", "Back-channel/New"} {
		_, err := account.Append(t.Context(), box, imapd.Incoming{Raw: []byte("Subject: x\r\n\r\ny")})
		if want := "Only drafts can be put here, into Drafts. To write to a list or to the managers, send your letter to their address."; err == nil || err.Error() != want {
			t.Errorf("%s: %v", box, err)
		}
	}
	if _, err := account.Append(t.Context(), "Nowhere", imapd.Incoming{}); refusal.KindOf(err) != refusal.NotFound {
		t.Errorf("nowhere: %v", err)
	}
	if _, err := account.Move(t.Context(), imapd.Empty(1), []uint32{1}, "Back-channel/Mine"); refusal.KindOf(err) != refusal.NotFound {
		t.Errorf("a view of somebody else's making: %v", err)
	}
}

func TestDraftsHaveAnEnd(t *testing.T) {
	h := newHouse(t)
	c := h.login(dana)
	m := h.Member(dana)
	h.Update(func(tx *db.Tx) error {
		box, err := h.Store.CreatePrivate(tx, int64(m.ID), "Drafts")
		if err != nil {
			return err
		}
		for i := range 199 {
			l, err := letter.Parse([]byte(fmt.Sprintf("Subject: %d\r\n\r\nx", i)))
			if err != nil {
				return err
			}
			if _, err := h.Store.AddPrivate(tx, archive.NewPrivate{Mailbox: box, Letter: l}); err != nil {
				return err
			}
		}
		return nil
	})
	if end := c.file("Drafts", "Subject: the last\r\n\r\nx"); !strings.HasPrefix(end, "OK") {
		t.Errorf("the 200th: %s", end)
	}
	is(t, "one more", c.file("Drafts", "Subject: one too many\r\n\r\nx"),
		"NO [OVERQUOTA] Your Drafts are full: there is room for 200 letters and 50 MB. Please delete some that you do not need.")
}

// Digests lie in a folder of their own, for their reader alone.
func TestDigests(t *testing.T) {
	h := newHouse(t)
	c := h.login(dana)
	is(t, "before the first", c.subjects("Digests"), "")
	c.ok("SELECT Digests")
	h.Update(func(tx *db.Tx) error {
		box, err := h.Store.CreatePrivate(tx, int64(h.Member(dana).ID), digest.Folder)
		if err != nil {
			return err
		}
		l, err := letter.Parse([]byte("Subject: Compost, frost\r\n\r\nThis week"))
		if err != nil {
			return err
		}
		_, err = h.Store.AddPrivate(tx, archive.NewPrivate{Mailbox: box, Letter: l})
		return err
	})
	if lines := c.ok("NOOP"); !has(lines, "* 1 EXISTS") {
		t.Errorf("the first issue is not seen in the open folder: %q", lines)
	}
	for command, want := range map[string]string{
		"MOVE 1 Drafts":             "NO [NOPERM] Digests stay here. To keep one for yourself, please copy it into a folder of your own mail program. Nothing was moved.",
		`STORE 1 +FLAGS (\Deleted)`: "NO [NOPERM] Letters cannot be deleted here. Nothing was changed.",
	} {
		_, end := c.do("%s", command)
		is(t, command, end, want)
	}
	c.ok(`STORE 1 +FLAGS (\Seen)`)
	is(t, "hers alone", h.login(bill).subjects("Digests"), "")
}
