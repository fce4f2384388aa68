package mailauth

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/foxcpp/go-mockdns"
)

// ourSigner signs for list.test at noon.
func ourSigner() *Signer {
	return &Signer{Key: func() (SigningKey, error) { return ourKey(), nil }, Now: func() time.Time { return noon }}
}

func ourZones(domain string) *mockdns.Resolver {
	name, value := ourKey().Record(domain)
	return &mockdns.Resolver{Zones: map[string]mockdns.Zone{name + ".": {TXT: []string{value}}}}
}

// cutHead parts a message behind the empty line.
func cutHead(raw string) (head, body []byte) {
	i := strings.Index(raw, "\r\n\r\n") + 4
	return []byte(raw[:i]), []byte(raw[i:])
}

func signed(t testing.TB, s *Signer, raw, domain string) string {
	t.Helper()
	head, body := cutHead(raw)
	field, err := s.Sign(head, body, domain)
	if err != nil {
		t.Fatal(err)
	}
	return string(field) + raw
}

const listMail = "List-Unsubscribe: <mailto:leave+x@list.test?subject=leave>\r\nFrom: \"Ann via Talk\" <talk@list.test>\r\nTo: talk@list.test\r\nReply-To: Ann <ann@east.test>\r\n" +
	"Author: Ann <ann@east.test>\r\nSubject: Beans  and\r\n more\r\nDate: Fri, 12 Jun 2026 08:00:00 +0000\r\nMessage-ID: <1@east.test>\r\nIn-Reply-To: <0@east.test>\r\n" +
	"List-Id: Talk <talk.list.test>\r\nList-Post: <mailto:talk@list.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
	"They climb. \r\n\r\n\tHöher  up.\r\n\r\n\r\n"

// M6, letter by letter: what is signed, how, and until when.
func TestSign(t *testing.T) {
	raw := signed(t, ourSigner(), listMail, "list.test")
	field := raw[:len(raw)-len(listMail)]
	for line := range strings.SplitSeq(strings.TrimSuffix(field, "\r\n"), "\r\n") {
		if len(line) > 78 || line == "" {
			t.Errorf("a line of %d: %q", len(line), line)
		}
	}
	if strings.ContainsAny(strings.ReplaceAll(field, "\r\n\t", ""), "\r\n\t") != true || strings.Count(field, "\r\n") != strings.Count(field, "\n") {
		t.Errorf("%q", field)
	}
	tg, err := parseTags(strings.TrimPrefix(field, "DKIM-Signature:"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"v": "1", "a": "rsa-sha256", "c": "relaxed/relaxed", "d": "list.test", "s": "bc1", "t": fmt.Sprint(noon.Unix()), "x": fmt.Sprint(noon.Add(10 * 24 * time.Hour).Unix()),
		"h": "From:From:To:To:Cc:Cc:Subject:Subject:Date:Date:Message-ID:Message-ID:Reply-To:Reply-To:Content-Type:Content-Type:List-Id:List-Id:" +
			"List-Unsubscribe:List-Unsubscribe:List-Unsubscribe-Post:List-Unsubscribe-Post:Sender:In-Reply-To:References:MIME-Version:Content-Transfer-Encoding:Author:" +
			"List-Post:List-Archive:Archived-At:Auto-Submitted:Feedback-ID:CFBL-Address:CFBL-Feedback-ID",
	} {
		if got := tg.word(name); got != want {
			t.Errorf("%s=%s, want %s", name, got, want)
		}
	}
	if _, has := tg["l"]; has || len(tg) != 10 {
		t.Errorf("tags %v", tg)
	}
	f := CheckLetter(t.Context(), ourZones("list.test"), Session{At: noon.Add(9 * 24 * time.Hour)}, mustParse(t, []byte(raw)))
	if len(f.Signatures) != 1 || f.Signatures[0].Result != "pass" || !f.Aligned || f.AlignedBy != "dkim" {
		t.Errorf("%+v", f)
	}
	if f := CheckLetter(t.Context(), ourZones("list.test"), Session{At: noon.Add(SignatureLife)}, mustParse(t, []byte(raw))); f.Signatures[0].Result != "policy" {
		t.Errorf("after ten days: %+v", f)
	}
	name, value := ourKey().Record("list.test")
	all, err := dkim.VerifyWithOptions(strings.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(n string) ([]string, error) {
		if n != name {
			t.Errorf("asked for %s", n)
		}
		return []string{value}, nil
	}})
	if err != nil || len(all) != 1 || all[0].Err != nil && !strings.Contains(all[0].Err.Error(), "expired") {
		t.Errorf("another implementation: %+v, %v", all, err)
	}
}

// What may happen to a message on its way, and what must not (RFC 6376 §8.15: nobody adds a second From, Subject, List-Unsubscribe …).
func TestSignedMessageOnItsWay(t *testing.T) {
	raw := signed(t, ourSigner(), listMail, "list.test")
	result := func(raw string) string {
		f := CheckLetter(t.Context(), ourZones("list.test"), Session{At: noon}, mustParse(t, []byte(raw)))
		return f.Signatures[len(f.Signatures)-1].Result
	}
	for name, c := range map[string]struct{ from, to, want string }{
		"untouched":               {"", "", "pass"},
		"a trace field on top":    {"DKIM-Signature", "Received: from a by b;\r\n Fri, 12 Jun 2026 08:00:00 +0000\r\nDKIM-Signature", "pass"},
		"folded anew":             {"Subject: Beans  and\r\n more", "Subject:\r\n\tBeans and   more", "pass"},
		"blanks at line ends":     {"They climb. \r\n", "They climb.\t \r\n", "pass"},
		"empty lines at the end":  {"up.\r\n\r\n\r\n", "up.\r\n", "pass"},
		"another subject":         {"more", "less", "fail"},
		"another text":            {"They", "Thy", "fail"},
		"a blank within":          {"climb", "cl imb", "fail"},
		"another way to leave":    {"leave+x", "leave+y", "fail"},
		"a Cc that was not there": {"To: talk", "Cc: eve@evil.test\r\nTo: talk", "fail"},
		"a Sender":                {"To: talk", "Sender: eve@evil.test\r\nTo: talk", "fail"},
		"one click":               {"To: talk", "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nTo: talk", "fail"},
	} {
		if got := result(strings.Replace(raw, c.from, c.to, 1)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	for _, name := range namedTwice {
		for at, changed := range map[string]string{"on top": name + ": x\r\n" + raw, "below": strings.Replace(raw, "\r\n\r\n", "\r\n"+name+": x\r\n\r\n", 1)} {
			f := CheckLetter(t.Context(), ourZones("list.test"), Session{At: noon}, mustParse(t, []byte(changed)))
			for _, sig := range f.Signatures {
				if sig.Result == "pass" {
					t.Errorf("another %s %s does no harm", name, at)
				}
			}
		}
	}
}

// Bodies of every shape are signed as verifiers read them: ours, and another implementation.
func TestSignBodies(t *testing.T) {
	head, _, _ := strings.Cut(listMail, "\r\n\r\n")
	_, value := ourKey().Record("list.test")
	for _, body := range []string{"", "\r\n", "\r\n\r\n", "x", "x\r\n", " \r\n", "\t", "a  b\t c \r\n\r\n \r\n", strings.Repeat("0123456789 ", 5000), "\r\n\r\nx", "\x80\xff \r\n"} {
		raw := signed(t, ourSigner(), head+"\r\n\r\n"+body, "list.test")
		f := CheckLetter(t.Context(), ourZones("list.test"), Session{At: noon}, mustParse(t, []byte(raw)))
		all, err := dkim.VerifyWithOptions(strings.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(string) ([]string, error) { return []string{value}, nil }})
		if f.Signatures[0].Result != "pass" || err != nil || all[0].Err != nil && !strings.Contains(all[0].Err.Error(), "expired") {
			t.Errorf("%.40q: %s; another: %v %v", body, f.Signatures[0].Why, all, err)
		}
	}
}

// A message with a doubled field is signed as a whole: none of them can be added or taken away.
func TestSignDoubledFields(t *testing.T) {
	raw := signed(t, ourSigner(), strings.Replace(listMail, "To: talk@list.test\r\n", "To: talk@list.test\r\nTo: b@list.test\r\nReferences: <a@b>\r\nReferences: <c@d>\r\n", 1), "list.test")
	f := CheckLetter(t.Context(), ourZones("list.test"), Session{At: noon}, mustParse(t, []byte(raw)))
	if f.Signatures[0].Result != "pass" || !f.Signatures[0].SignedTo {
		t.Errorf("%+v", f.Signatures)
	}
	f = CheckLetter(t.Context(), ourZones("list.test"), Session{At: noon}, mustParse(t, []byte(strings.Replace(raw, "References: <a@b>\r\n", "", 1))))
	if f.Signatures[0].Result != "fail" {
		t.Errorf("%+v", f.Signatures)
	}
}

// Who signs: the domain of the return path, and the one in From where there is none.
func TestWhoSigns(t *testing.T) {
	for _, c := range []struct{ from, home, want string }{
		{"talk@list.test", "list.test", "list.test"},
		{"Ann <ann@east.test>", "list.test", "list.test"},
		{"\"Ann,\r\n of\" (x)\r\n\t<talk@list.test>", "", "list.test"},
		{"\"x@y.test\" <managers@list.test>", "", "list.test"},
	} {
		raw := signed(t, ourSigner(), "From: "+c.from+"\r\n\r\n", c.home)
		if !strings.Contains(raw, " d="+c.want+";") {
			t.Errorf("%+v: %s", c, raw)
		}
	}
}

func TestSignErrors(t *testing.T) {
	head, body := cutHead(listMail)
	broken := fmt.Errorf("no key today")
	for name, c := range map[string]struct {
		s      *Signer
		head   string
		domain string
	}{
		"no key":    {&Signer{Key: func() (SigningKey, error) { return SigningKey{}, broken }, Now: time.Now}, string(head), "list.test"},
		"zero key":  {&Signer{Key: func() (SigningKey, error) { return SigningKey{}, nil }, Now: time.Now}, string(head), "list.test"},
		"no domain": {ourSigner(), "From: Ann\r\n\r\n", ""},
		"no From":   {ourSigner(), "To: x\r\n\r\n", "list.test"},
		"injection": {ourSigner(), string(head), "list.test; l=0"},
	} {
		if field, err := c.s.Sign([]byte(c.head), body, c.domain); err == nil {
			t.Errorf("%s: %s", name, field)
		}
	}
}

// M7: the body of a post is read once, however many copies there are and however many workers sign them at once.
func TestBodyIsReadOnce(t *testing.T) {
	s := ourSigner()
	body := bytes.Repeat([]byte("beans\r\n"), 1000)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			if _, err := s.Sign([]byte(fmt.Sprintf("From: a@list.test\r\nTo: %d@x.test\r\n\r\n", n)), body, "list.test"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := s.bodies.used(); n != 1 {
		t.Errorf("%d bodies are remembered", n)
	}
	first := s.bodies.find(body)
	if fmt.Sprintf("%x", first()) != fmt.Sprintf("%x", sumRelaxed(body)) {
		t.Error("another sum")
	}
	// Another body in other memory, or a part of this one, is another body.
	if s.bodies.sum(body[7:]) == s.bodies.sum(body) || s.bodies.sum(bytes.Clone(body)) != s.bodies.sum(body) {
		t.Error("bodies are mistaken for each other")
	}
	for range 3 * bodiesKnown {
		s.bodies.sum(bytes.Repeat([]byte("x"), 2*shortBody))
	}
	if n := s.bodies.used(); n > bodiesKnown {
		t.Errorf("%d bodies are remembered", n)
	}
}

func (b *bodySums) used() (n int) {
	for _, one := range b.known {
		if one.sum != nil {
			n++
		}
	}
	return n
}

// A body that takes the place in memory of an old one is not mistaken for it.
func TestBodiesInTheSamePlace(t *testing.T) {
	var b bodySums
	for n := range 2000 {
		body := bytes.Repeat([]byte{byte(n), byte(n >> 8), 'x', '\n'}, shortBody)
		if got := b.sum(body); got != sumRelaxed(body) {
			t.Fatalf("body %d has the sum of another", n)
		}
		if n%100 == 0 {
			runtime.GC()
		}
	}
}

// What is remembered keeps no body in memory.
func TestNoBodyIsKept(t *testing.T) {
	var b bodySums
	gone := make(chan struct{})
	func() {
		body := make([]byte, 1<<20)
		runtime.AddCleanup(&body[0], func(struct{}) { close(gone) }, struct{}{})
		b.sum(body)
	}()
	for range 20 {
		runtime.GC()
		select {
		case <-gone:
			return
		default:
			runtime.Gosched()
		}
	}
	t.Error("the body is still in memory")
}

// Whatever the header and the body of a message are, what is signed verifies.
func FuzzSign(f *testing.F) {
	head, body := cutHead(listMail)
	f.Add(head, body)
	f.Add([]byte("From: a\r\nfrom : b\r\nTo:\r\n x\r\n\r\n"), []byte("\r\n \r\n"))
	f.Fuzz(func(t *testing.T, head, body []byte) {
		fix := func(b []byte) []byte {
			b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r"), nil), []byte("\x00"), nil)
			return bytes.ReplaceAll(b, []byte("\n"), crlf)
		}
		head, body = fix(head), fix(body)
		if i := bytes.Index(head, []byte("\r\n\r\n")); i >= 0 {
			head = head[:i+2]
		}
		if len(head) > 0 && (head[0] == '\r' || !bytes.HasSuffix(head, crlf)) {
			return
		}
		head = append(bytes.Clone(head), crlf...)
		if len(body) == 0 {
			body = []byte("\r\n")
		}
		field, err := ourSigner().Sign(head, body, "list.test")
		if err != nil {
			return
		}
		k, err := parseKey(func() string { _, v := ourKey().Record("list.test"); return v }())
		if err != nil {
			t.Fatal(err)
		}
		m := newWire(append(bytes.Clone(field), head...), body)
		c := readSignatures(m, noon)[0]
		if c.done {
			t.Fatalf("%s: %q", c.Why, head)
		}
		if err := c.check(m, k); err != nil {
			t.Errorf("%v: %q %q", err, head, body)
		}
	})
}

// The cost of one copy, and of one letter that comes in: header and signature, the body known or not.
func BenchmarkSign(b *testing.B) {
	head, _ := cutHead(listMail)
	body := bytes.Repeat([]byte("They climb higher than the house.\r\n"), 20<<10/35)
	b.Run("copy", func(b *testing.B) {
		s := ourSigner()
		for b.Loop() {
			if _, err := s.Sign(head, body, "list.test"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("body", func(b *testing.B) {
		for b.Loop() {
			sumRelaxed(body)
		}
	})
	b.Run("rsa", func(b *testing.B) { // what no implementation can save
		for b.Loop() {
			if _, err := ourKey().sign([32]byte{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		raw := signed(b, ourSigner(), string(head)+string(body), "list.test")
		r := ourZones("list.test")
		for b.Loop() {
			if f := CheckLetter(b.Context(), r, Session{At: noon}, mustParse(b, []byte(raw))); !f.Aligned {
				b.Fatal(f.Why)
			}
		}
	})
}
