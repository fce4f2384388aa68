package desk_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/imapd"
	"backchannel/lists"
	"backchannel/lists/desk"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

const (
	dana = "dana@north.example"
	bill = "bill@south.example"
	mira = "mira@lowe.example"
	theo = "theo@brandt.example"
)

// house is a community with a real IMAP server in front of it.
type house struct {
	*mailroomtest.Village
	t    *testing.T
	desk *desk.Desk
	addr string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	v := mailroomtest.New(t)
	h := &house{Village: v, t: t, desk: &desk.Desk{DB: v.DB, Store: v.Store, Box: v.Box, Posts: v.Desk}}
	s, err := imapd.New(imapd.Config{Login: h.desk.IMAP(), Now: func() time.Time { return v.Now }, WrongDelay: time.Millisecond, Calm: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.addr = l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return h
}

func (h *house) password(who string) (secret string) {
	h.t.Helper()
	h.Update(func(tx *db.Tx) (err error) {
		secret, err = lists.AddPassword(tx, mailroomtest.Addr(who), "test")
		return err
	})
	return secret
}

// save changes a member.
func (h *house) save(who string, change func(*lists.Member)) {
	h.t.Helper()
	m := h.Member(who)
	change(&m)
	h.Update(func(tx *db.Tx) error { return lists.SaveMember(tx, m) })
}

// client is a mail program that says lines and reads them.
type client struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
	n    int
}

func (h *house) connect() *client {
	h.t.Helper()
	conn, err := net.Dial("tcp", h.addr)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	c := &client{t: h.t, conn: conn, in: bufio.NewReader(conn)}
	c.line()
	return c
}

// login is somebody's mail program, signed in.
func (h *house) login(who string) *client {
	h.t.Helper()
	c := h.connect()
	c.ok("LOGIN %s %s", who, h.password(who))
	return c
}

func (c *client) line() string {
	s, err := c.in.ReadString('\n')
	if err != nil && s == "" {
		return "<closed>"
	}
	return strings.TrimRight(s, "\r\n")
}

func (c *client) say(s string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, s+"\r\n"); err != nil {
		c.t.Fatalf("say %q: %v", s, err)
	}
}

// do plays one command: the lines before its end, and the end without its tag.
func (c *client) do(format string, args ...any) (lines []string, end string) {
	c.t.Helper()
	c.n++
	tag := fmt.Sprintf("t%d", c.n)
	c.say(tag + " " + fmt.Sprintf(format, args...))
	for {
		l := c.line()
		if rest, ok := strings.CutPrefix(l, tag+" "); ok {
			return lines, rest
		}
		if lines = append(lines, l); l == "<closed>" {
			return lines, l
		}
	}
}

// ok is do for a command that must succeed.
func (c *client) ok(format string, args ...any) []string {
	c.t.Helper()
	lines, end := c.do(format, args...)
	if !strings.HasPrefix(end, "OK") {
		c.t.Fatalf("%s: %s", fmt.Sprintf(format, args...), end)
	}
	return lines
}

// file appends a letter.
func (c *client) file(box, letter string) (end string) {
	c.t.Helper()
	c.n++
	tag := fmt.Sprintf("t%d", c.n)
	c.say(fmt.Sprintf("%s APPEND %q (\\Draft) {%d}", tag, box, len(letter)))
	if l := c.line(); !strings.HasPrefix(l, "+") {
		return strings.TrimPrefix(l, tag+" ")
	}
	c.say(letter)
	for {
		if rest, ok := strings.CutPrefix(c.line(), tag+" "); ok {
			return rest
		}
	}
}

// folders are the names of what can be opened.
func (c *client) folders() string {
	c.t.Helper()
	var names []string
	for _, l := range c.ok(`LIST "" *`) {
		if strings.Contains(l, `\Noselect`) {
			continue
		}
		_, name, _ := strings.Cut(l, `"/" `)
		names = append(names, strings.Trim(name, `"`))
	}
	return strings.Join(names, " ")
}

// subjects are what lies in a folder, by UID: "1 Compost, 2 Frost". It reads and marks nothing.
func (c *client) subjects(box string) string {
	c.t.Helper()
	c.ok("EXAMINE %q", box)
	var all []string
	uid := ""
	for _, l := range c.ok("UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])") {
		if _, after, ok := strings.Cut(l, "(UID "); ok {
			uid, _, _ = strings.Cut(after, " ")
		}
		if s, ok := strings.CutPrefix(l, "Subject: "); ok {
			all = append(all, uid+" "+s)
		}
	}
	return strings.Join(all, ", ")
}

func is(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func has(lines []string, want string) bool { return strings.Contains(strings.Join(lines, "\n"), want) }

const wrong = "This address and password do not fit together. Please use the address you joined with and an app password; the managers of your community can help you to one."

// Who comes in, by both doors; everybody else hears one sentence.
func TestLogin(t *testing.T) {
	h := newHouse(t)
	secret, other := h.password(dana), h.password(bill)
	gone, removed, paused := h.password("alison@east.example"), h.password("sil@silent.example"), h.password(theo)
	revoked := h.password(dana)
	h.Update(func(tx *db.Tx) error {
		all, err := lists.Passwords(tx, mailroomtest.Addr(dana))
		if err != nil {
			return err
		}
		_, err = lists.RevokePassword(tx, mailroomtest.Addr(dana), all[1].ID)
		return err
	})
	h.save("alison@east.example", func(m *lists.Member) { m.State = lists.Left })
	h.save("sil@silent.example", func(m *lists.Member) { m.State = lists.Removed })
	h.save(theo, func(m *lists.Member) { m.State = lists.Paused })
	for name, c := range map[string]struct {
		user, password string
		ok             bool
	}{
		"right":                   {dana, secret, true},
		"as people type":          {" Dana@North.example ", strings.ToUpper(strings.ReplaceAll(secret, "-", " ")), true},
		"mail to them comes back": {theo, paused, true},
		"wrong":                   {dana, "wrong", false},
		"empty":                   {dana, "", false},
		"somebody else's":         {dana, other, false},
		"taken back":              {dana, revoked, false},
		"has left":                {"alison@east.example", gone, false},
		"was removed":             {"sil@silent.example", removed, false},
		"unknown":                 {"eve@evil.example", secret, false},
		"no address":              {"dana", secret, false},
		"nothing":                 {"", "", false},
		"our own":                 {"managers@gardeners.example", secret, false},
	} {
		who, err := h.desk.SMTP().Login(context.Background(), netip.Addr{}, c.user, c.password)
		account, err2 := h.desk.IMAP().Login(context.Background(), netip.Addr{}, c.user, c.password)
		if c.ok {
			if err != nil || err2 != nil || who.Key() != mailroomtest.Addr(strings.TrimSpace(c.user)).Key() || account == nil {
				t.Errorf("%s: %s %v, %v %v", name, who, err, account, err2)
			}
			continue
		}
		for _, err := range []error{err, err2} {
			if refusal.KindOf(err) != refusal.NotAllowed || err == nil || err.Error() != wrong {
				t.Errorf("%s: %v", name, err)
			}
		}
		if account != nil || !who.IsZero() {
			t.Errorf("%s: let in as %s", name, who)
		}
	}
	h.View(func(tx *db.Tx) error {
		all, err := lists.Passwords(tx, mailroomtest.Addr(dana))
		if len(all) != 1 || !all[0].Used.Equal(h.Now) {
			t.Errorf("when it was used is not noted: %+v", all)
		}
		return err
	})
	if _, end := h.connect().do("LOGIN %s wrong", dana); !strings.HasPrefix(end, "NO [AUTHENTICATIONFAILED]") {
		t.Errorf("on the wire: %s", end)
	}
}

// A shortage of ours is no wrong password: nobody is locked out for it.
func TestLoginWithoutADatabase(t *testing.T) {
	h := newHouse(t)
	secret := h.password(dana)
	ctx, cancel := context.WithCancel(context.Background())
	_ = h.DB.Close()
	cancel()
	if _, err := h.desk.SMTP().Login(ctx, netip.Addr{}, dana, secret); err == nil || !refusal.Temporary(err) {
		t.Errorf("closed: %v", err)
	}
}
