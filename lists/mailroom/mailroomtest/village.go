// Package mailroomtest gives tests a whole community behind the front door: the real rooms on a real database, a DNS that is a map, and
// an outside world that takes every copy and keeps it. It promises that nothing in it is pretended but those two, and that time stands
// still unless a test moves it.
package mailroomtest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom"
	"backchannel/lists/membership"
	"backchannel/lists/moderation"
	"backchannel/lists/notice"
	"backchannel/lists/relay"
	"backchannel/lists/returns"
	"backchannel/smtpd"
	"backchannel/smtpd/queue"
)

// Village is a community: Gardeners, with the lists talk and jobs, two managers (mira@lowe.example, theo@brandt.example) and four
// members (bill@south.example, alison@east.example, dana@north.example, and sil@silent.example, for whom no domain vouches).
type Village struct {
	T      testing.TB
	Now    time.Time
	DB     *db.DB
	Store  *archive.Store
	Book   *address.Book
	Office *notice.Office
	Press  *relay.Press
	Box    *backchannel.Letterbox
	Desk   *moderation.Desk
	Clerk  *membership.Clerk
	Return *returns.Desk
	Room   *mailroom.Mailroom
	C      lists.Community
	Talk   lists.List
	Jobs   lists.List
	TXT    map[string]string // what the DNS says beside zone: keys of signers, by name without a dot at the end

	calendar *calendar.Calendar
	runner   *queue.Runner
	world    *world
	n        int
	stories  atomic.Int64
}

// Schemas are the tables that a Village needs, lowest first.
func Schemas() []db.Schema {
	return []db.Schema{
		calendar.Schema(), logbook.Schema(), archive.Schema(), queue.Schema(), address.Schema(), lists.Schema(), notice.Schema(),
		returns.Schema(), moderation.Schema(), membership.Schema(), backchannel.Schema(), mailroom.Schema(),
	}
}

// New founds a Village. above are the tables of rooms that stand above these.
func New(t testing.TB, above ...db.Schema) *Village {
	t.Helper()
	v := &Village{T: t, Now: time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC), world: &world{}, TXT: map[string]string{}}
	v.DB = dbtest.OpenAt(t, func() time.Time { return v.Now }, append(Schemas(), above...)...)
	v.Store = archive.New(bytes.Repeat([]byte{1}, 32))
	book, err := address.New(map[int][]byte{1: bytes.Repeat([]byte{2}, 32)}, 1)
	if err != nil {
		t.Fatal(err)
	}
	v.Book = book
	v.Office = &notice.Office{Store: v.Store, Book: book}
	v.Press = &relay.Press{Office: v.Office}
	vault, err := backchannel.NewVault(map[int][]byte{1: bytes.Repeat([]byte{3}, 32)}, 1)
	if err != nil {
		t.Fatal(err)
	}
	v.Box = &backchannel.Letterbox{Vault: vault, Office: v.Office, Press: v.Press, Waiting: moderation.CountForManagers}
	v.Press.Listener = v.Box
	v.Desk = &moderation.Desk{Office: v.Office, Press: v.Press, Door: v.Box, Hidden: v.Box}
	v.Box.Calmer = v.Desk
	v.Box.Erasers = []backchannel.Eraser{v.Desk}
	v.Clerk = &membership.Clerk{Office: v.Office, Duty: v.Box.OnDuty, Audit: v.Box.Note, Follow: v.Box.Moved, Export: v.Box.MailData, Rooms: membership.Rooms{Letters: v.Box.Forget, Claim: v.Press.Claim, Posts: v.Press.ForgetAuthor}, Post: v.Desk.PostWritten}
	v.Box.Inviter = v.Clerk.InviteAll
	v.Desk.Wishes, v.Desk.Loose = v.Clerk.OnList, v.Clerk.Loose
	v.Return = &returns.Desk{Office: v.Office, Box: v.Box}
	v.Room = mailroom.New(mailroom.Config{
		DB: v.DB, Store: v.Store, Resolver: zone{v}, Policy: lists.Confirm, Hostname: "lists.example", Teller: v.Office, Learner: v.Box, Listener: mailroom.Listeners{v.Return, v.Box},
	})
	v.Room.Register(mailroom.Moderation, v.Desk)
	v.Room.Register(mailroom.Backchannel, v.Box)
	v.Room.Register(mailroom.Membership, v.Clerk)
	v.Room.Register(mailroom.Returns, v.Return)
	v.calendar = v.AnotherCalendar()
	v.runner = queue.New(queue.Options{DB: v.DB, Lock: filepath.Join(t.TempDir(), "lock"), Raw: v.Store.Raw, Courier: v.world, Ender: v.Return})
	for name, s := range v.Office.Stampers() {
		v.runner.Register(name, s)
	}
	for name, s := range v.Box.Stampers() {
		v.runner.Register(name, s)
	}
	v.runner.Register(relay.Stamp, v.Press)
	v.runner.Register(returns.Stamp, v.Return)
	v.C = v.Found("gardeners.example", "Gardeners")
	v.Talk, v.Jobs = v.List(v.C, "talk", "Garden talk"), v.List(v.C, "jobs", "Jobs")
	for _, m := range []struct {
		a, name string
		role    lists.Role
	}{
		{"bill@south.example", "Bill Tan", lists.RoleMember}, {"alison@east.example", "Alison Graf", lists.RoleMember},
		{"dana@north.example", "Dana Reyes", lists.RoleMember}, {"sil@silent.example", "Sil Ent", lists.RoleMember},
		{"mira@lowe.example", "Mira Lowe", lists.RoleManager}, {"theo@brandt.example", "Theo Brandt", lists.RoleManager},
	} {
		v.Add(v.C, m.a, m.name, m.role, v.Talk, v.Jobs)
	}
	return v
}

// Stamp registers the stamper of a room that stands above these.
func (v *Village) Stamp(name string, s queue.Stamper) { v.runner.Register(name, s) }

// AnotherCalendar is the calendar of one more process with the same database.
func (v *Village) AnotherCalendar() *calendar.Calendar {
	c := calendar.New(v.DB, nil)
	c.Register(v.Desk.Expiry())
	c.Register(v.Desk.CalmEnd())
	c.Register(v.Desk.Dragging())
	c.Register(v.Desk.StrikeEnd())
	for kind, do := range v.Box.Dates() {
		c.Register(kind, do)
	}
	for kind, do := range v.Clerk.Dates() {
		c.Register(kind, do)
	}
	v.Return.Register(c)
	return c
}

// Found founds one more community.
func (v *Village) Found(domain, name string) (c lists.Community) {
	v.T.Helper()
	v.Update(func(tx *db.Tx) (err error) {
		c, err = lists.AddCommunity(tx, lists.Community{Domain: domain, Name: name, Timezone: "Europe/Berlin"})
		return err
	})
	return c
}

// List makes a list.
func (v *Village) List(c lists.Community, local, name string) (l lists.List) {
	v.T.Helper()
	v.Update(func(tx *db.Tx) (err error) {
		n := lists.NewList(c, local)
		n.Name = name
		l, err = lists.AddList(tx, v.Store, n)
		return err
	})
	return l
}

// Add puts a member into a community and onto lists.
func (v *Village) Add(c lists.Community, a, name string, role lists.Role, on ...lists.List) (m lists.Member) {
	v.T.Helper()
	v.Update(func(tx *db.Tx) (err error) {
		m, err = lists.AddMember(tx, c, lists.NewMember{Address: Addr(a), Name: name, Role: role, Trust: 2, OwnCopy: true, Lists: on})
		return err
	})
	return m
}

// Member reads a member of Gardeners as they are now.
func (v *Village) Member(a string) (m lists.Member) {
	v.T.Helper()
	v.View(func(tx *db.Tx) error {
		found, ok, err := lists.MemberByAddress(tx, v.C.ID, Addr(a))
		if err == nil && !ok {
			v.T.Errorf("nobody has the address %s", a)
		}
		m = found
		return err
	})
	return m
}

// Update writes, or ends the test.
func (v *Village) Update(fn func(*db.Tx) error) { v.T.Helper(); dbtest.Update(v.T, v.DB, fn) }

// View reads, or ends the test.
func (v *Village) View(fn func(*db.Tx) error) { v.T.Helper(); dbtest.View(v.T, v.DB, fn) }

// Door gives out an address with a token of a member of Gardeners.
func (v *Village) Door(kind address.Kind, receiver, object, member string) (door string) {
	v.T.Helper()
	m := v.Member(member)
	v.Update(func(tx *db.Tx) error {
		a, err := v.Book.Address(tx, address.Grant{
			Kind: kind, Receiver: receiver, Community: int64(v.C.ID), Member: int64(m.ID), Object: object, Expires: tx.Now.AddDate(0, 0, 400),
		}, v.C.Domain)
		door = a.String()
		return err
	})
	return door
}

// Addr reads an address that is right.
func Addr(s string) letter.Address {
	a, err := letter.ParseAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

// zone is the DNS: every domain lets the tests' address send for it but silent.example, which says nothing, and strict.example, which
// lets nobody and wants forgeries rejected; slow.example does not answer.
type zone struct{ v *Village }

func (z zone) LookupTXT(_ context.Context, name string) ([]string, error) {
	name = strings.TrimSuffix(name, ".")
	switch {
	case z.v.TXT[name] != "":
		return []string{z.v.TXT[name]}, nil
	case name == "_dmarc.strict.example":
		return []string{"v=DMARC1; p=reject"}, nil
	case strings.HasPrefix(name, "_"), strings.HasSuffix(name, "silent.example"), strings.HasSuffix(name, "strict.example"):
		return nil, &net.DNSError{IsNotFound: true, Name: name}
	case strings.HasSuffix(name, "slow.example"):
		return nil, &net.DNSError{IsTemporary: true, Err: "no answer", Name: name}
	}
	return []string{"v=spf1 ip4:192.0.2.1 -all"}, nil
}
func (zone) LookupMX(context.Context, string) ([]*net.MX, error)        { return nil, nil }
func (zone) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) { return nil, nil }
func (zone) LookupAddr(context.Context, string) ([]string, error)       { return nil, nil }

// world takes whatever is sent to it.
type world struct {
	mu     sync.Mutex
	mail   []Arrived
	refuse func(to letter.Address) (queue.Outcome, bool)
}

// Arrived is a letter that came out.
type Arrived struct {
	From, To letter.Address // of the envelope
	*letter.Letter
	Private bool // it was not for open wires
	copy    queue.CopyID
}

// Deliver takes a copy.
func (w *world) Deliver(_ context.Context, m queue.Message) queue.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuse != nil {
		if o, refused := w.refuse(m.To); refused {
			return o
		}
	}
	l, err := letter.Parse(slices.Concat(m.Head, m.Body))
	if err != nil {
		return queue.Outcome{Kind: queue.Failed, Text: err.Error()}
	}
	w.mail = append(w.mail, Arrived{m.From, m.To, l, m.Private, m.Copy})
	return queue.Outcome{Kind: queue.Delivered, Code: 250}
}

// Post is a letter to be sent.
type Post struct {
	From, To, Subject, Body string
	Header                  string         // more header lines, each with its CRLF
	Rcpt                    []string       // the envelope's, if not To
	Sender                  string         // the return path, if not From: at silent.example nobody vouches for the letter
	Null                    bool           // the return path is <>
	Login                   letter.Address //
}

// Send plays the front door: RCPT for every address, then the letter. It gives the story under which the letter came.
func (v *Village) Send(p Post) (story string, err error) { return v.Hand(p, v.Bytes(p)) }

// Hand is Send with bytes that the test has prepared. Several may be handed in at once.
func (v *Village) Hand(p Post, raw []byte) (story string, err error) {
	env := &smtpd.Envelope{Story: fmt.Sprintf("story%05d", v.stories.Add(1)), Door: smtpd.MX, Remote: netip.MustParseAddr("192.0.2.1"), HELO: "client.example", Login: p.Login}
	switch {
	case p.Sender != "":
		env.From = Addr(p.Sender)
	case !p.Null:
		env.From = Addr(bare(p.From))
	}
	if p.Rcpt == nil {
		p.Rcpt = []string{bare(p.To)}
	}
	for _, r := range p.Rcpt {
		if err := v.Room.Recipient(context.Background(), env, Addr(r)); err != nil {
			return env.Story, err
		}
		env.To = append(env.To, Addr(r))
	}
	return env.Story, v.Room.Receive(context.Background(), env, raw)
}

// Bytes is the letter as it comes over the wire, with an id of its own.
func (v *Village) Bytes(p Post) []byte {
	v.n++
	h := fmt.Sprintf("Received: from client.example by lists.example; Fri, 12 Jun 2026 08:00:00 +0000\r\nFrom: %s\r\nTo: %s\r\nSubject: %s\r\nDate: Fri, 12 Jun 2026 08:00:00 +0000\r\n", p.From, p.To, p.Subject)
	if !strings.Contains(p.Header, "Message-ID:") {
		h += fmt.Sprintf("Message-ID: <%d@client.example>\r\n", v.n)
	}
	return []byte(h + p.Header + "\r\n" + strings.ReplaceAll(p.Body, "\n", "\r\n") + "\r\n")
}

// bare is the address inside "Name <address>".
func bare(s string) string {
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		return strings.TrimSuffix(s[i+1:], ">")
	}
	return s
}

// MustSend sends a letter that has to be taken, and gives its story.
func (v *Village) MustSend(p Post) string {
	v.T.Helper()
	story, err := v.Send(p)
	if err != nil {
		v.T.Fatalf("%s to %s: %v", p.From, p.To, err)
	}
	return story
}

// Deliver sends everything owed on its way, and gives what arrived.
func (v *Village) Deliver() []Arrived {
	v.T.Helper()
	v.world.mail = nil
	if _, err := v.runner.Drain(context.Background()); err != nil {
		v.T.Fatal(err)
	}
	slices.SortFunc(v.world.mail, func(a, b Arrived) int { return cmp.Compare(a.copy, b.copy) }) // workers finish in any order
	return v.world.mail
}

// Refuse has the outside world say no to some. Nil: to nobody any more.
func (v *Village) Refuse(no func(to letter.Address) (queue.Outcome, bool)) { v.world.refuse = no }

// Pass lets time go by, and does what becomes due.
func (v *Village) Pass(d time.Duration) {
	v.T.Helper()
	v.Now = v.Now.Add(d)
	if _, failed, err := v.calendar.RunDue(context.Background()); err != nil || failed > 0 {
		v.T.Fatalf("%d dates of the calendar failed: %v", failed, err)
	}
}

// To picks what arrived for somebody.
func To(all []Arrived, who string) []Arrived {
	var mine []Arrived
	for _, a := range all {
		if a.To.String() == who {
			mine = append(mine, a)
		}
	}
	return mine
}

// One is the only letter that arrived for somebody.
func (v *Village) One(all []Arrived, who string) Arrived {
	v.T.Helper()
	mine := To(all, who)
	if len(mine) != 1 {
		v.T.Fatalf("%d letters for %s, want 1:\n%s", len(mine), who, Subjects(all))
	}
	return mine[0]
}

// Subjects tell what arrived for whom, one line each.
func Subjects(all []Arrived) string {
	var s []string
	for _, a := range all {
		s = append(s, a.To.String()+": "+a.Subject())
	}
	slices.Sort(s)
	return strings.Join(s, "\n")
}

// Answer is the reply that a mail program writes to a letter, quoting it.
func Answer(from string, a Arrived, body string) Post {
	to := a.Letter.From()[0].Address
	if all := a.ReplyTo(); len(all) > 0 {
		to = all[0].Address
	}
	return Post{
		From: from, To: to.String(), Subject: "Re: " + a.Subject(), Body: body + "\n\n> " + strings.ReplaceAll(strings.TrimSpace(a.Text()), "\n", "\n> "),
		Header: "In-Reply-To: <" + string(a.MessageID()) + ">\r\nReferences: <" + string(a.MessageID()) + ">\r\n",
	}
}

// Story is the verbs of a letter in the logbook.
func (v *Village) Story(key string) string {
	v.T.Helper()
	var verbs []string
	v.View(func(tx *db.Tx) error {
		all, err := logbook.Find(tx, key)
		for _, e := range all {
			verbs = append(verbs, string(e.Verb))
		}
		return err
	})
	return strings.Join(verbs, " ")
}
