package courier

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foxcpp/go-mockdns"

	"backchannel/archive/letter"
	"backchannel/smtpd/mailauth"
	"backchannel/smtpd/queue"
)

var signingKey = sync.OnceValue(func() mailauth.SigningKey {
	k, err := mailauth.NewSigningKey("bc1")
	if err != nil {
		panic(err)
	}
	return k
})

var noon = time.Date(2026, 6, 12, 12, 0, 0, 0, time.UTC)

func newSigning() *Signing {
	return &Signing{DKIM: &mailauth.Signer{Key: func() (mailauth.SigningKey, error) { return signingKey(), nil }, Now: func() time.Time { return noon }}}
}

// weakHost is a host that offers these extensions and notes what it gets.
type weakHost struct {
	offers string
	mail   string // the MAIL command
	got    []byte
}

func (h *weakHost) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go h.serve(theirs)
	return ours, nil
}

func (h *weakHost) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	fmt.Fprint(conn, "220 weak.test\r\n")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch {
		case strings.HasPrefix(line, "EHLO"):
			fmt.Fprint(conn, "250-weak.test\r\n", h.offers, "250 HELP\r\n")
		case strings.HasPrefix(line, "DATA"):
			fmt.Fprint(conn, "354 go on\r\n")
			h.got = nil
			for line, err = r.ReadString('\n'); err == nil && line != ".\r\n"; line, err = r.ReadString('\n') {
				h.got = append(h.got, strings.TrimPrefix(line, ".")...)
			}
			fmt.Fprint(conn, "250 taken\r\n")
		case strings.HasPrefix(line, "QUIT"):
			return
		default:
			if strings.HasPrefix(line, "MAIL") {
				h.mail = line
			}
			fmt.Fprint(conn, "250 ok\r\n")
		}
	}
}

// deliver signs a message and delivers it to the host. What arrived is there when it was delivered.
func (h *weakHost) deliver(t *testing.T, s *Signing, m queue.Message) (queue.Outcome, *letter.Letter) {
	t.Helper()
	c := New(Options{Name: "lists.test", Route: Smarthost(Hop{Addr: "weak.test:25"}), Dial: h.dial, ClearPrivate: true})
	defer c.Close()
	signed, err := s.Sign(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	o := c.Deliver(t.Context(), signed)
	if o.Kind != queue.Delivered {
		return o, nil
	}
	l, err := letter.Parse(h.got)
	if err != nil {
		t.Fatal(err)
	}
	return o, l
}

// passes tells whose signatures hold on what arrived.
func passes(t *testing.T, l *letter.Letter, zones map[string]mockdns.Zone) (domains []string) {
	t.Helper()
	name, value := signingKey().Record("list.test")
	all := map[string]mockdns.Zone{name + ".": {TXT: []string{value}}}
	for n, z := range zones {
		all[n] = z
	}
	f := mailauth.CheckLetter(t.Context(), &mockdns.Resolver{Zones: all}, mailauth.Session{At: noon}, l)
	for _, s := range f.Signatures {
		if s.Result != "pass" {
			t.Errorf("the signature of %s: %s", s.Domain, s.Why)
		}
		domains = append(domains, s.Domain)
	}
	return domains
}

func letterOf(head, body string) queue.Message {
	crlf := func(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }
	return queue.Message{Copy: 1, From: letter.Address{Local: "bounce+x", Domain: "list.test"}, To: letter.Address{Local: "dana", Domain: "north.test"},
		Head: crlf("From: Talk <talk@list.test>\n" + head + "\n"), Body: crlf(body)}
}

const (
	eightOffered = "250-8BITMIME\r\n"
	utf8Offered  = "250-8BITMIME\r\n250-SMTPUTF8\r\n"
	textHead     = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
)

// M10: a host without 8BITMIME gets a copy in ASCII with a signature that holds, one with 8BITMIME the copy as it is.
func TestWeakHosts(t *testing.T) {
	text := "Grüße an alle, die dies lesen wollen\n"
	for name, c := range map[string]struct {
		offers, head, body string
		encoding, mail     string
	}{
		"8BITMIME":                 {eightOffered, textHead, text, "8bit", " BODY=8BITMIME"},
		"nothing":                  {"", textHead, text, "quoted-printable", ">\r\n"},
		"nothing, and ASCII":       {"", "Subject: x\n", "hello\n", "", ">\r\n"},
		"nothing, and no MIME":     {"", "Subject: x\n", text, "quoted-printable", ">\r\n"},
		"octets in the header":     {eightOffered, "Subject: Grüße\n" + textHead, text, "8bit", " BODY=8BITMIME"},
		"the same with UTF8":       {utf8Offered, "Subject: Grüße\n" + textHead, text, "8bit", " SMTPUTF8"},
		"octets in both, and none": {"", "Subject: Grüße\n" + textHead, text, "quoted-printable", ">\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			h := &weakHost{offers: c.offers}
			m := letterOf(c.head, c.body)
			o, got := h.deliver(t, newSigning(), m)
			if o.Kind != queue.Delivered {
				t.Fatal(o)
			}
			if ours := passes(t, got, nil); !slices.Equal(ours, []string{"list.test"}) {
				t.Errorf("signed by %q:\n%s", ours, got.Raw())
			}
			if got.Get("Content-Transfer-Encoding") != c.encoding || !strings.HasSuffix(h.mail, c.mail) && !strings.Contains(h.mail, c.mail) {
				t.Errorf("encoding %q; %q", got.Get("Content-Transfer-Encoding"), h.mail)
			}
			if c.offers == "" && eightBit(got.Raw()) || got.Text() != strings.TrimSuffix(c.body, "\n") {
				t.Errorf("%s", got.Raw())
			}
			if strings.Contains(c.head, "Grüße") && got.Subject() != "Grüße" {
				t.Errorf("subject %q", got.Subject())
			}
		})
	}
}

// What is signed or encrypted within cannot be made again: the copy has failed, and the words say why.
func TestWeakHostAndSealedParts(t *testing.T) {
	h := &weakHost{}
	o, _ := h.deliver(t, newSigning(), letterOf("Content-Type: multipart/signed; boundary=s\n", "--s\n\nü\n--s\n\nsig\n--s--\n"))
	if o.Kind != queue.Failed || o.Enhanced != "5.6.3" || !strings.Contains(o.Text, "signed or encrypted") || h.got != nil {
		t.Errorf("%+v", o)
	}
}

// A post under its author's From comes out under the list's, when the author's signature does not survive.
func TestWeakHostAndAuthorsFrom(t *testing.T) {
	m := letterOf(textHead, "Grüße an alle, die dies lesen wollen\n")
	list := m.Head
	m.Head = bytes.Replace(m.Head, []byte("Talk <talk@list.test>"), []byte("Ann <ann@east.test>"), 1)
	field, err := (&mailauth.Signer{Key: func() (mailauth.SigningKey, error) { return signingKey(), nil }, Now: func() time.Time { return noon }}).Sign(m.Head, m.Body, "east.test")
	if err != nil {
		t.Fatal(err)
	}
	m.Head = append(field, m.Head...)
	m.Other = func() ([]byte, error) { return list, nil }
	name, value := signingKey().Record("east.test")
	east := map[string]mockdns.Zone{name + ".": {TXT: []string{value}}}
	for offers, want := range map[string][]string{eightOffered: {"list.test", "east.test"}, "": {"list.test"}} {
		h := &weakHost{offers: offers}
		_, got := h.deliver(t, newSigning(), m)
		if all := passes(t, got, east); !slices.Equal(all, want) {
			t.Errorf("%q: signed by %q:\n%s", offers, all, got.Raw())
		}
		if from := got.From()[0].Address.Domain; from != want[len(want)-1] {
			t.Errorf("%q: From at %s", offers, from)
		}
	}
}

// RFC 6531: addresses that are not ASCII. Where a personal answer could not be addressed any more it goes to the managers, not to the list.
func TestWeakHostAndOtherAddresses(t *testing.T) {
	head := "Reply-To: jürgen@east.test\nAuthor: jürgen@east.test\nTo: talk@list.test, jürgen@east.test\nList-Owner: <mailto:managers@list.test>\nSubject: x\n"
	h := &weakHost{offers: eightOffered}
	_, got := h.deliver(t, newSigning(), letterOf(head, "hello\n"))
	if got.Get("Reply-To") != "managers@list.test" || got.Get("Author") != "" || got.Get("To") != "talk@list.test" || eightBit(got.Raw()) || len(passes(t, got, nil)) != 1 {
		t.Errorf("%s", got.Raw())
	}
	h = &weakHost{offers: utf8Offered}
	_, got = h.deliver(t, newSigning(), letterOf(head, "hello\n"))
	if got.Get("Reply-To") != "jürgen@east.test" || !strings.Contains(h.mail, "SMTPUTF8") || len(passes(t, got, nil)) != 1 {
		t.Errorf("%s\n%s", h.mail, got.Raw())
	}
	for name, m := range map[string]queue.Message{
		"nobody to answer": letterOf(strings.Replace(head, "List-Owner", "X-Owner", 1), "hello\n"),
		"the author": func() queue.Message {
			m := letterOf("Subject: x\n", "hello\n")
			m.Head = bytes.Replace(m.Head, []byte("talk@list.test"), []byte("jürgen@list.test"), 1)
			return m
		}(),
		"the receiver": func() queue.Message {
			m := letterOf("Subject: x\n", "hello\n")
			m.To.Local = "jürgen"
			return m
		}(),
	} {
		h := &weakHost{offers: eightOffered}
		if o, _ := h.deliver(t, newSigning(), m); o.Kind != queue.Failed || o.Enhanced != "5.6.7" {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

// Copies of one post share what was made of its body (M7, P7).
func TestWeakHostsShareABody(t *testing.T) {
	s := newSigning()
	m := letterOf(textHead, strings.Repeat("Grüße an alle, die dies lesen wollen\n", 50))
	first, err := s.Sign(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	m.Head = append([]byte("X: y\r\n"), m.Head...)
	second, err := s.Sign(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	a, err1 := first.Again(queue.Lacks{EightBit: true})
	b, err2 := second.Again(queue.Lacks{EightBit: true})
	if err1 != nil || err2 != nil || &a.Body[0] != &b.Body[0] || bytes.Equal(a.Head, b.Head) {
		t.Errorf("%v %v", err1, err2)
	}
}

// M9: the seal is made last, over what is sent, and again when the copy has to be made again.
func TestSealsAreMadeLast(t *testing.T) {
	head := "ARC-Authentication-Results: i=1; lists.test; none\n" + textHead
	for name, c := range map[string]struct {
		arc    bool
		offers string
		want   string
	}{"off": {false, eightOffered, "fail"}, "on": {true, eightOffered, "pass"}, "made again": {true, "", "pass"}} {
		s := newSigning()
		s.ARC = c.arc
		h := &weakHost{offers: c.offers}
		_, got := h.deliver(t, s, letterOf(head, "Grüße an alle, die dies lesen wollen\n"))
		id, value := signingKey().Record("list.test")
		f := mailauth.CheckLetter(t.Context(), &mockdns.Resolver{Zones: map[string]mockdns.Zone{id + ".": {TXT: []string{value}}}}, mailauth.Session{At: noon}, got)
		if f.ARC == nil || f.ARC.Result != c.want || !f.Aligned {
			t.Errorf("%s: %+v, %s\n%s", name, f.ARC, f.Why, got.Raw())
		}
	}
	s := newSigning()
	s.ARC = true
	_, got := (&weakHost{}).deliver(t, s, letterOf("Subject: x\n", "hello\n"))
	if len(got.Fields("ARC-Seal")) != 0 {
		t.Errorf("a letter without a chain is sealed:\n%s", got.Raw())
	}
}
