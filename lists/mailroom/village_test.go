package mailroom_test

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
	"backchannel/lists/moderation"
	"backchannel/lists/notice"
	"backchannel/lists/relay"
	"backchannel/lists/returns"
	"backchannel/smtpd"
	"backchannel/smtpd/queue"
)

// village is a community with everything behind the front door: real rooms on a real database, and an outside world that takes
// every copy. Only DNS is a map.
type village struct {
	t      *testing.T
	now    time.Time
	db     *db.DB
	store  *archive.Store
	book   *address.Book
	office *notice.Office
	box    *backchannel.Letterbox
	desk   *moderation.Desk
	room   *mailroom.Mailroom
	cal    *calendar.Calendar
	runner *queue.Runner
	c      lists.Community
	talk   lists.List
	world  *world
	n      int
}

// world takes whatever is sent to it.
type world struct {
	mu   sync.Mutex
	mail []arrived
}

type arrived struct {
	from, to letter.Address
	raw      []byte
	*letter.Letter
}

func (w *world) Deliver(_ context.Context, m queue.Message) queue.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	raw := slices.Concat(m.Head, m.Body)
	l, err := letter.Parse(raw)
	if err != nil {
		return queue.Outcome{Kind: queue.Failed, Text: err.Error()}
	}
	w.mail = append(w.mail, arrived{m.From, m.To, raw, l})
	return queue.Outcome{Kind: queue.Delivered, Code: 250}
}

// zone is the DNS: every domain but those of forgers lets the test's address send for it.
type zone struct{}

func (zone) LookupTXT(_ context.Context, name string) ([]string, error) {
	switch {
	case strings.HasPrefix(name, "_"), strings.HasSuffix(strings.TrimSuffix(name, "."), "silent.example"):
		return nil, &net.DNSError{IsNotFound: true, Name: name}
	case strings.HasSuffix(strings.TrimSuffix(name, "."), "slow.example"):
		return nil, &net.DNSError{IsTemporary: true, Err: "no answer", Name: name}
	case strings.Contains(name, "flood"):
		return []string{"v=spf1 ip4:0.0.0.0/0 -all"}, nil
	case strings.TrimSuffix(name, ".") == "press.example": // with hosts in several networks
		return []string{"v=spf1 ip4:127.0.0.1 ip4:192.0.2.0/24 ip4:198.51.100.7 ip4:203.0.113.9 -all"}, nil
	}
	return []string{"v=spf1 ip4:192.0.2.1 -all"}, nil
}
func (zone) LookupMX(context.Context, string) ([]*net.MX, error)        { return nil, nil }
func (zone) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) { return nil, nil }
func (zone) LookupAddr(context.Context, string) ([]string, error)       { return nil, nil }

func addr(s string) letter.Address {
	a, err := letter.ParseAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

func newVillage(t *testing.T) *village {
	t.Helper()
	v := &village{t: t, now: time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC), world: &world{}}
	v.db = dbtest.OpenAt(t, func() time.Time { return v.now },
		calendar.Schema(), logbook.Schema(), archive.Schema(), queue.Schema(), address.Schema(), lists.Schema(), notice.Schema(),
		returns.Schema(), moderation.Schema(), backchannel.Schema(), mailroom.Schema())
	v.store = archive.New(bytes.Repeat([]byte{1}, 32))
	book, err := address.New(map[int][]byte{1: bytes.Repeat([]byte{2}, 32)}, 1)
	if err != nil {
		t.Fatal(err)
	}
	v.book = book
	v.office = &notice.Office{Store: v.store, Book: book}
	press := &relay.Press{Office: v.office}
	v.box = &backchannel.Letterbox{Office: v.office}
	v.desk = &moderation.Desk{Office: v.office, Press: press, Door: v.box}
	v.room = mailroom.New(mailroom.Config{DB: v.db, Store: v.store, Resolver: zone{}, Policy: lists.Confirm, Hostname: "lists.example", Teller: v.office})
	v.room.Register(mailroom.Moderation, v.desk)
	v.room.Register(mailroom.Returns, &returns.Desk{Office: v.office})
	v.room.Register(mailroom.Backchannel, v.box)
	v.cal = calendar.New(v.db, nil)
	v.cal.Register(v.desk.Expiry())
	v.runner = queue.New(queue.Options{DB: v.db, Lock: filepath.Join(t.TempDir(), "lock"), Raw: v.store.Raw, Courier: v.world})
	for name, s := range v.office.Stampers() {
		v.runner.Register(name, s)
	}
	for name, s := range v.box.Stampers() {
		v.runner.Register(name, s)
	}
	v.runner.Register(relay.Stamp, press)
	v.settle()
	return v
}

// settle founds the community: two managers, three members, one list.
func (v *village) settle() {
	dbtest.Update(v.t, v.db, func(tx *db.Tx) (err error) {
		if v.c, err = lists.AddCommunity(tx, lists.Community{Domain: "gardeners.example", Name: "Gardeners"}); err != nil {
			return err
		}
		l := lists.NewList(v.c, "talk")
		l.Name = "Garden talk"
		v.talk, err = lists.AddList(tx, v.store, l)
		return err
	})
	v.member("bill@south.example", "Bill Tan", lists.RoleMember)
	v.member("alison@east.example", "Alison Graf", lists.RoleMember)
	v.member("dana@north.example", "Dana Reyes", lists.RoleMember)
	v.member("sil@silent.example", "Sil Ent", lists.RoleMember) // whose domain vouches for nothing
	v.member("mira@lowe.example", "Mira Lowe", lists.RoleManager)
	v.member("theo@brandt.example", "Theo Brandt", lists.RoleManager)
}

func (v *village) member(a, name string, role lists.Role) (m lists.Member) {
	v.t.Helper()
	dbtest.Update(v.t, v.db, func(tx *db.Tx) (err error) {
		m, err = lists.AddMember(tx, v.c, lists.NewMember{Address: addr(a), Name: name, Role: role, Trust: 2, OwnCopy: true, Lists: []lists.List{v.talk}})
		return err
	})
	return m
}

// post is a letter to be sent.
type post struct {
	from, to, subject, body string
	header                  string         // more header lines, each with its CRLF
	rcpt                    []string       // the envelope's, if not to
	sender                  *string        // the envelope's, if not from
	login                   letter.Address //
	remote                  string         // the host that hands it over, if not 192.0.2.1
}

func (v *village) raw(p post) []byte {
	v.n++
	id := fmt.Sprintf("<%d@client.example>", v.n)
	h := fmt.Sprintf("Received: from client.example by lists.example; Fri, 12 Jun 2026 08:00:00 +0000\r\nFrom: %s\r\nTo: %s\r\nSubject: %s\r\nDate: Fri, 12 Jun 2026 08:00:00 +0000\r\n", p.from, p.to, p.subject)
	if !strings.Contains(p.header, "Message-ID:") {
		h += "Message-ID: " + id + "\r\n"
	}
	return []byte(h + p.header + "\r\n" + strings.ReplaceAll(p.body, "\n", "\r\n") + "\r\n")
}

// bare is the address inside "Name <address>".
func bare(s string) string {
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		return strings.TrimSuffix(s[i+1:], ">")
	}
	return s
}

func (v *village) send(p post) error { return v.hand(p, v.raw(p)) }

// hand plays the front door: RCPT for every address, then the letter.
func (v *village) hand(p post, raw []byte) error {
	v.n++
	env := &smtpd.Envelope{Story: fmt.Sprintf("story%05d", v.n), Door: smtpd.MX, Remote: netip.MustParseAddr(cmp.Or(p.remote, "192.0.2.1")), HELO: "client.example", Login: p.login}
	if p.sender == nil {
		env.From = addr(bare(p.from))
	} else if *p.sender != "" {
		env.From = addr(*p.sender)
	}
	if p.rcpt == nil {
		p.rcpt = []string{bare(p.to)}
	}
	for _, r := range p.rcpt {
		if err := v.room.Recipient(context.Background(), env, addr(r)); err != nil {
			return err
		}
		env.To = append(env.To, addr(r))
	}
	return v.room.Receive(context.Background(), env, raw)
}

func (v *village) mustSend(p post) {
	v.t.Helper()
	if err := v.send(p); err != nil {
		v.t.Fatalf("%s to %s: %v", p.from, p.to, err)
	}
}

// deliver sends everything owed on its way, and gives what arrived.
func (v *village) deliver() []arrived {
	v.t.Helper()
	v.world.mail = nil
	if _, err := v.runner.Drain(context.Background()); err != nil {
		v.t.Fatal(err)
	}
	return v.world.mail
}

// to picks what arrived for somebody.
func to(all []arrived, who string) []arrived {
	var mine []arrived
	for _, a := range all {
		if a.to.String() == who {
			mine = append(mine, a)
		}
	}
	return mine
}

// one is the only letter that arrived for somebody.
func (v *village) one(all []arrived, who string) arrived {
	v.t.Helper()
	mine := to(all, who)
	if len(mine) != 1 {
		v.t.Fatalf("%d letters for %s, want 1: %s", len(mine), who, subjects(all))
	}
	return mine[0]
}

func subjects(all []arrived) string {
	var s []string
	for _, a := range all {
		s = append(s, a.to.String()+": "+a.Subject())
	}
	slices.Sort(s)
	return strings.Join(s, "\n")
}

func (a arrived) replyTo() string {
	if all := a.ReplyTo(); len(all) > 0 {
		return all[0].Address.String()
	}
	return a.From()[0].Address.String()
}

// reply answers as a mail program does, quoting.
func (v *village) reply(from string, a arrived, body string) post {
	quoted := "> " + strings.ReplaceAll(strings.TrimSpace(a.Text()), "\n", "\n> ")
	return post{
		from: from, to: a.replyTo(), subject: "Re: " + a.Subject(), body: body + "\n\n" + quoted,
		header: "In-Reply-To: <" + string(a.MessageID()) + ">\r\nReferences: <" + string(a.MessageID()) + ">\r\n",
	}
}

// story is the verbs of a letter in the logbook.
func (v *village) story(id string) string {
	var verbs []string
	dbtest.View(v.t, v.db, func(tx *db.Tx) error {
		all, err := logbook.Find(tx, id)
		for _, e := range all {
			verbs = append(verbs, string(e.Verb))
		}
		return err
	})
	return strings.Join(verbs, " ")
}
