package digest_test

import (
	"bytes"
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
	"backchannel/digest"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom"
	"backchannel/lists/membership"
	"backchannel/lists/moderation"
	"backchannel/lists/notice"
	"backchannel/lists/relay"
	"backchannel/smtpd"
	"backchannel/smtpd/queue"
)

// town is a community with its digests: real rooms on a real database, a calendar that runs when the test says so, a clock that the
// test moves, and an outside world that takes every copy. It founds itself on Monday, 1 June 2026, 08:00 UTC; the community is in
// Berlin, so the default slot is Friday, 06:00 UTC.
type town struct {
	t      testing.TB
	now    time.Time
	db     *db.DB
	store  *archive.Store
	book   *address.Book
	press  *relay.Press
	box    *backchannel.Letterbox
	editor *digest.Editor
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
	mu     sync.Mutex
	mail   []arrived
	refuse func(queue.Message) *queue.Outcome // nil: everything is taken
}

type arrived struct {
	from, to letter.Address // of the envelope
	raw      []byte
	*letter.Letter
}

func (w *world) Deliver(_ context.Context, m queue.Message) queue.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuse != nil {
		return *w.refuse(m)
	}
	raw := slices.Concat(m.Head, m.Body)
	l, err := letter.Parse(raw)
	if err != nil {
		return queue.Outcome{Kind: queue.Failed, Text: err.Error()}
	}
	w.mail = append(w.mail, arrived{m.From, m.To, raw, l})
	return queue.Outcome{Kind: queue.Delivered, Code: 250}
}

// resolver lets the test's address send for every domain.
type resolver struct{}

func (resolver) LookupTXT(_ context.Context, name string) ([]string, error) {
	if strings.HasPrefix(name, "_") {
		return nil, &net.DNSError{IsNotFound: true, Name: name}
	}
	return []string{"v=spf1 ip4:192.0.2.1 -all"}, nil
}
func (resolver) LookupMX(context.Context, string) ([]*net.MX, error)        { return nil, nil }
func (resolver) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) { return nil, nil }
func (resolver) LookupAddr(context.Context, string) ([]string, error)       { return nil, nil }

func schemas() []db.Schema {
	return []db.Schema{
		calendar.Schema(), logbook.Schema(), archive.Schema(), queue.Schema(), address.Schema(), lists.Schema(), notice.Schema(),
		moderation.Schema(), backchannel.Schema(), mailroom.Schema(), digest.Schema(),
	}
}

func newTown(t testing.TB) *town {
	t.Helper()
	w := &town{t: t, now: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC), world: &world{}}
	w.db = dbtest.OpenAt(t, func() time.Time { return w.now }, schemas()...)
	w.join(w.db)
	w.update(func(tx *db.Tx) (err error) {
		w.c, err = lists.AddCommunity(tx, lists.Community{Domain: "gardeners.example", Name: "Gardeners", Timezone: "Europe/Berlin"})
		return err
	})
	w.talk = w.list("talk", "Garden talk")
	w.manager("mira@lowe.example", "Mira Lowe")
	return w
}

// join makes the rooms over a database; a second town over the same file is a second process.
func (w *town) join(d *db.DB) {
	w.db = d
	w.store = archive.New(bytes.Repeat([]byte{1}, 32))
	book, err := address.New(map[int][]byte{1: bytes.Repeat([]byte{2}, 32)}, 1)
	if err != nil {
		w.t.Fatal(err)
	}
	w.book = book
	office := &notice.Office{Store: w.store, Book: book}
	w.press = &relay.Press{Office: office}
	w.box = &backchannel.Letterbox{Office: office}
	desk := &moderation.Desk{Office: office, Press: w.press, Door: w.box}
	w.editor = &digest.Editor{Store: w.store, Office: office, Box: w.box, Posts: desk}
	desk.Wishes = w.editor.Wish
	clerk := &membership.Clerk{Office: office}
	w.editor.Settings = clerk.Order
	w.room = mailroom.New(mailroom.Config{DB: d, Store: w.store, Resolver: resolver{}, Policy: lists.Confirm, Hostname: "lists.example", Teller: office})
	w.room.Register(mailroom.Moderation, desk)
	w.room.Register(mailroom.Backchannel, w.box)
	w.room.Register(mailroom.Membership, clerk)
	w.room.Register(mailroom.Digest, w.editor)
	w.cal = calendar.New(d, nil)
	w.editor.Register(w.cal)
	w.runner = queue.New(queue.Options{DB: d, Lock: filepath.Join(w.t.TempDir(), "lock"), Raw: w.store.Raw, Courier: w.world, Ender: w.editor})
	for name, s := range office.Stampers() {
		w.runner.Register(name, s)
	}
	for name, s := range w.box.Stampers() {
		w.runner.Register(name, s)
	}
	w.runner.Register(relay.Stamp, w.press)
	for name, s := range w.editor.Stampers() {
		w.runner.Register(name, s)
	}
}

func (w *town) update(fn func(*db.Tx) error) { w.t.Helper(); dbtest.Update(w.t, w.db, fn) }
func (w *town) view(fn func(*db.Tx) error)   { w.t.Helper(); dbtest.View(w.t, w.db, fn) }

func addr(s string) letter.Address {
	a, err := letter.ParseAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

func (w *town) list(local, name string) (l lists.List) {
	w.t.Helper()
	w.update(func(tx *db.Tx) (err error) {
		n := lists.NewList(w.c, local)
		n.Name = name
		l, err = lists.AddList(tx, w.store, n)
		return err
	})
	return l
}

func (w *town) manager(a, name string) { w.add(a, name, lists.RoleManager, lists.None, w.talk) }

// reader adds a member who reads lists by digest; without lists, talk.
func (w *town) reader(a, name string, on ...lists.List) lists.Member {
	w.t.Helper()
	if len(on) == 0 {
		on = []lists.List{w.talk}
	}
	return w.add(a, name, lists.RoleMember, lists.Digest, on...)
}

func (w *town) add(a, name string, role lists.Role, d lists.Delivery, on ...lists.List) (m lists.Member) {
	w.t.Helper()
	w.update(func(tx *db.Tx) (err error) {
		m, err = lists.AddMember(tx, w.c, lists.NewMember{Address: addr(a), Name: name, Role: role, Trust: 2, OwnCopy: true, Delivery: d, Lists: on})
		return err
	})
	return m
}

// wants sets when a member's digest comes.
func (w *town) wants(m lists.Member, period string, day time.Weekday, hour int) {
	w.t.Helper()
	w.update(func(tx *db.Tx) error {
		return lists.SaveDigestPref(tx, m.ID, lists.DigestPref{Period: period, Weekday: day, Hour: hour})
	})
	w.due()
}

func (w *town) subscribe(m lists.Member, l lists.List, d lists.Delivery) {
	w.t.Helper()
	w.update(func(tx *db.Tx) error { return lists.Subscribe(tx, m.ID, l.ID, d) })
	w.due()
}

// say publishes a post on talk as the house does.
func (w *town) say(from, subject, body string, header ...string) archive.Post {
	w.t.Helper()
	return w.sayOn(w.talk, from, subject, body, header...)
}

func (w *town) sayOn(on lists.List, from, subject, body string, header ...string) (p archive.Post) {
	w.t.Helper()
	w.n++
	raw := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%d@client.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n%s\r\n%s\r\n",
		from, on.Address(), encoded(subject), w.now.Format(time.RFC1123Z), w.n, strings.Join(append(header, ""), "\r\n"), strings.ReplaceAll(body, "\n", "\r\n"))
	l, err := letter.Parse([]byte(raw))
	if err != nil {
		w.t.Fatal(err)
	}
	w.update(func(tx *db.Tx) error {
		author, _, err := lists.MemberByAddress(tx, w.c.ID, l.From()[0].Address)
		if err != nil {
			return err
		}
		p, err = w.press.Publish(tx, relay.Publication{List: on, Letter: l, Author: author, Story: fmt.Sprint("story", w.n)})
		return err
	})
	return p
}

func encoded(subject string) string {
	if strings.IndexFunc(subject, func(r rune) bool { return r > 126 }) < 0 {
		return subject
	}
	var h letter.Header
	if err := h.Add("Subject", subject); err != nil {
		panic(err)
	}
	_, value, _ := strings.Cut(strings.TrimRight(string(h.Bytes()), "\r\n"), ": ")
	return value
}

// importPost adds old mail, as an importer does.
func (w *town) importPost(subject, body string) {
	w.t.Helper()
	w.importFrom("old@x.example", subject, body)
}

func (w *town) importFrom(from, subject, body string) {
	w.t.Helper()
	w.update(func(tx *db.Tx) error {
		l, err := letter.Parse([]byte("From: Old Hand <" + from + ">\r\nSubject: " + subject + "\r\nMessage-ID: <" + subject[:3] + "@x.example>\r\n\r\n" + body + "\r\n"))
		if err != nil {
			return err
		}
		_, err = w.store.AddPost(tx, archive.NewPost{Mailbox: w.talk.Box, Letter: l, Published: w.now.AddDate(-1, 0, 0), Imported: true})
		return err
	})
}

// re is the header line of an answer to a post.
func re(p archive.Post) string { return fmt.Sprintf("In-Reply-To: <%s>", p.MessageID) }

// at moves the clock: "12 Jun 08:00" of 2026, in UTC.
func (w *town) at(s string) {
	w.t.Helper()
	t, err := time.Parse("2 Jan 2006 15:04", strings.Replace(s, " ", " ", 1))
	if err != nil {
		t, err = time.Parse("2 Jan 15:04", s)
		t = t.AddDate(2026, 0, 0)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.now = t
}

// due does what the calendar says, and gives what came out of the queue.
func (w *town) due() []arrived {
	w.t.Helper()
	if _, failed, err := w.cal.RunDue(context.Background()); err != nil || failed > 0 {
		w.t.Fatalf("%d dates failed: %v", failed, err)
	}
	return w.deliver()
}

func (w *town) deliver() []arrived {
	w.t.Helper()
	w.world.mail = nil
	if _, err := w.runner.Drain(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	return w.world.mail
}

// issues are the digests among the letters for somebody.
func issues(all []arrived, who string) []arrived {
	var mine []arrived
	for _, a := range all {
		if a.to.String() == who && strings.Contains(a.Get("List-Id"), "<digest.") {
			mine = append(mine, a)
		}
	}
	return mine
}

// issue is the only digest for somebody.
func (w *town) issue(all []arrived, who string) arrived {
	w.t.Helper()
	mine := issues(all, who)
	if len(mine) != 1 {
		w.t.Fatalf("%d digests for %s on %s, want 1", len(mine), who, w.now)
	}
	return mine[0]
}

// html is the HTML part of a letter, decoded.
func (a arrived) html() string { return a.part("text/html") }

// written is the text as its lines travel; Text joins those that are one.
func (a arrived) written() string { return a.part("text/plain") }

func (a arrived) part(mediaType string) string {
	for _, p := range a.Parts() {
		if p.Type == mediaType {
			return string(p.Decoded())
		}
	}
	return ""
}

// rows gives what a query says, one row on a line, for tables that have no door of their own.
func (w *town) rows(query string, args ...any) string {
	w.t.Helper()
	var all []string
	w.view(func(tx *db.Tx) (err error) {
		all, err = db.Select(tx, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }, query, args...)
		return err
	})
	return strings.Join(all, "\n")
}

// send plays the front door for a letter that somebody's mail program wrote.
func (w *town) send(from, to, subject, body string, header ...string) error {
	w.t.Helper()
	return w.sendBy("192.0.2.1", from, to, subject, body, header...)
}

// sendBy is send through a host: that of the resolver vouches for everybody, another one for nobody.
func (w *town) sendBy(host, from, to, subject, body string, header ...string) error {
	w.t.Helper()
	w.n++
	env := &smtpd.Envelope{Story: fmt.Sprintf("story%05d", w.n), Door: smtpd.MX, Remote: netip.MustParseAddr(host), HELO: "client.example", From: addr(from)}
	if err := w.room.Recipient(context.Background(), env, addr(to)); err != nil {
		return err
	}
	env.To = append(env.To, addr(to))
	raw := fmt.Sprintf("Received: from client.example by lists.example; Fri, 12 Jun 2026 08:00:00 +0000\r\nFrom: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%d@client.example>\r\n%s\r\n%s\r\n",
		from, to, subject, w.now.Format(time.RFC1123Z), w.n, strings.Join(append(header, ""), "\r\n"), strings.ReplaceAll(body, "\n", "\r\n"))
	return w.room.Receive(context.Background(), env, []byte(raw))
}
