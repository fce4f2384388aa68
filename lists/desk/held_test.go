package desk_test

import (
	"strings"
	"testing"

	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// newPost has Ada, who is new, write to the list.
func (h *house) newPost(subject string) {
	h.t.Helper()
	h.MustSend(mailroomtest.Post{From: "Ada Obi <ada@nurses.example>", To: "talk@gardeners.example", Subject: subject, Body: "They climb: " + subject})
}

func newcomer(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.Add(h.C, "ada@nurses.example", "Ada Obi", lists.RoleMember, h.Talk)
	h.save("ada@nurses.example", func(m *lists.Member) { m.Trust = lists.New })
	return h
}

// A post that waits lies in every manager's folder; moving it decides for all of them.
func TestHeldPosts(t *testing.T) {
	h := newcomer(t)
	h.newPost("Beans")
	h.newPost("Peas")
	h.newPost("Leeks")
	h.Deliver()
	c, other := h.login(mira), h.login(theo)
	both := `1 [held] "Beans" for Garden talk, 2 [held] "Peas" for Garden talk, 3 [held] "Leeks" for Garden talk`
	is(t, "Mira sees", c.subjects("Held posts"), both)
	is(t, "Theo sees", other.subjects("Held posts"), both)
	if got := h.login(dana).folders(); strings.Contains(got, "Held") {
		t.Errorf("a member sees %s", got)
	}
	c.ok("SELECT \"Held posts\"")
	c.ok("MOVE 1 \"Held posts/Approve\"")
	all := h.Deliver()
	if len(mailroomtest.To(all, bill)) != 1 {
		t.Errorf("not posted:\n%s", mailroomtest.Subjects(all))
	}
	is(t, "Theo has", other.subjects("Held posts"), `2 [held] "Peas" for Garden talk, 3 [held] "Leeks" for Garden talk`)
	c.ok("SELECT \"Held posts\"")
	c.ok("MOVE 1 \"Held posts/Refuse\"")
	all = h.Deliver()
	if len(mailroomtest.To(all, bill)) != 0 || !strings.HasPrefix(h.One(all, "ada@nurses.example").Subject(), "Not posted") {
		t.Errorf("refused:\n%s", mailroomtest.Subjects(all))
	}
	// What is decided by mail goes from the folders, too.
	var q mailroomtest.Arrived
	h.newPost("Chard")
	for _, a := range mailroomtest.To(h.Deliver(), mira) {
		q = a
	}
	h.MustSend(mailroomtest.Answer(mira, q, "OK"))
	is(t, "by mail", other.subjects("Held posts"), `3 [held] "Leeks" for Garden talk`)
	is(t, "nothing stays there", other.subjects("Held posts/Approve"), "")
}

// Everything else moves nothing, and says why.
func TestHeldPostsStay(t *testing.T) {
	h := newcomer(t)
	h.newPost("Beans")
	h.MustSend(mailroomtest.Post{From: bill, To: "managers@gardeners.example", Subject: "Secret", Body: "x"})
	h.Deliver()
	c := h.login(mira)
	for _, m := range []struct{ from, to, want string }{
		{"Held posts", "Back-channel/Mine", "A post that waits can be moved into Approve or into Refuse."},
		{"Held posts", "Lists/talk", "A post that waits can be moved into Approve or into Refuse."},
		{"Back-channel/New", "Held posts/Approve", "Only posts that wait for a manager lie here, and they come by themselves."},
	} {
		c.ok("SELECT \"%s\"", m.from)
		if _, end := c.do("MOVE 1 \"%s\"", m.to); end != "NO [NOPERM] "+m.want+" Nothing was moved." {
			t.Errorf("%s to %s: %s", m.from, m.to, end)
		}
	}
	c.ok("SELECT \"Held posts\"")
	if _, end := c.do(`STORE 1 +FLAGS (\Deleted)`); end != "NO [NOPERM] A post that waits goes away by itself when somebody decides. To refuse it, move it into Refuse; to give its author a reason, reply NO and the reason." {
		t.Errorf("deleting: %s", end)
	}
	open := h.login(mira)
	open.ok("SELECT \"Held posts\"")
	h.save(mira, func(m *lists.Member) { m.Role = lists.RoleMember })
	if _, end := open.do("MOVE 1 \"Held posts/Approve\""); strings.HasPrefix(end, "OK") {
		t.Errorf("who manages no more decides: %s", end)
	}
	h.save(mira, func(m *lists.Member) { m.Role = lists.RoleManager })
	all := h.Deliver()
	if len(mailroomtest.To(all, bill)) != 0 {
		t.Errorf("posted:\n%s", mailroomtest.Subjects(all))
	}
	// Its author has left meanwhile.
	h.save("ada@nurses.example", func(m *lists.Member) { m.State = lists.Left })
	c = h.login(mira)
	c.ok("SELECT \"Held posts\"")
	if _, end := c.do("MOVE 1 \"Held posts/Approve\""); end != "NO [NOPERM] Its author is no member any more, so the letter 1 cannot be posted. Nothing was moved." {
		t.Errorf("left: %s", end)
	}
	c.ok("MOVE 1 \"Held posts/Refuse\"")
	is(t, "refused", c.subjects("Held posts"), "")
}
