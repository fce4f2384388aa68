package relay

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/letter"
	"backchannel/lists"
)

// Whatever a letter is, its post is a letter with the same body, the list's header once, and nothing of what must not travel.
func FuzzDress(f *testing.F) {
	for _, s := range []string{
		"From: a@b.example\r\nTo: talk@g.example\r\nSubject: x\r\n\r\nbody",
		"From a@b Fri Jun 12 2026\r\nFrom: =?utf-8?q?x=0Ay?= <a@b.example>\r\nList-Id: x\r\nLIST-ID: y\r\nResent-To: z\r\n\r\n",
		"\r\nbody only", "no header at all", "From:\r\nTo: private+00000000000000000000000000@g.example\r\nDate: never\r\n\r\n\r\n",
		"Subject: " + strings.Repeat("x", 2000) + "\r\nReferences: " + strings.Repeat("<a@b> ", 300) + "\r\n\r\n.",
		"Message-ID: <ours@g.example>\r\nIn-Reply-To: <ours@g.example>\r\nX-Original-List-Post: 1\r\nList-Post: 2\r\n\r\n",
	} {
		f.Add([]byte(s), "[T]", "Talk")
	}
	now := time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, raw []byte, prefix, title string) {
		l, err := letter.Parse(raw)
		if err != nil {
			return
		}
		prefix, title = letter.CleanLine(prefix), letter.CleanLine(title)
		if len(prefix)+len(title) > 200 {
			return
		}
		c := lists.Community{ID: 1, Domain: "g.example", Name: "G"}
		pub := Publication{Community: c, List: lists.List{ID: 1, Local: "talk", Domain: "g.example", Name: title, SubjectPrefix: prefix}, Letter: l}
		names := taken(pub, []lists.Member{{ID: 9, Name: "Mira Lowe"}})
		shown := author(pub, names)
		out, err := dress(pub, looks{shown: shown, reply: answerTo(pub, shown, names)}, func(id letter.MessageID) bool { return id == "ours@g.example" }, now)
		if err != nil {
			return // a field that cannot be written is refused, never bent
		}
		p, err := letter.Parse(out)
		if err != nil {
			t.Fatalf("the post of %q cannot be read: %v\n%q", raw, err, out)
		}
		if !bytes.Equal(p.Body(), l.Body()) {
			t.Errorf("body %q became %q", l.Body(), p.Body())
		}
		h := p.Header()
		for _, name := range []string{"From", "List-Id", "List-Post", "List-Help", "List-Owner", "Precedence", "Message-ID", "Date"} {
			if n := h.Count(name); n != 1 {
				t.Errorf("%d %s in the post of %q", n, name, raw)
			}
		}
		if n := h.Count("Reply-To"); n > 1 {
			t.Errorf("%d Reply-To", n)
		}
		for _, name := range append(slices.Clone(gone), "Resent-To", "List-Unsubscribe", "List-Archive") {
			if n := h.Count(name); n != 0 && name != "precedence" && name != "author" {
				t.Errorf("%d %s in the post of %q", n, name, raw)
			}
		}
		for _, id := range append(append(p.InReplyTo(), p.References()...), p.MessageID()) {
			if id == "ours@g.example" {
				t.Errorf("an id of ours travels: %q", out)
			}
		}
		for _, m := range append(p.To(), p.Cc()...) {
			if c.Private(m.Address) {
				t.Errorf("a private door travels: %q", out)
			}
		}
		if from := p.From(); len(from) != 1 || from[0].Address.String() != "talk@g.example" {
			t.Errorf("from %v", from)
		}
	})
}

func TestPrefixed(t *testing.T) {
	for _, c := range []struct{ subject, prefix, want string }{
		{"Compost", "", "Compost"}, {"Compost", "[Talk]", "[Talk] Compost"}, {"Re: [talk] Compost", "[Talk]", "Re: [talk] Compost"}, {"", "[Talk]", "[Talk]"}, {"", "", ""},
	} {
		if got := prefixed(c.subject, c.prefix); got != c.want {
			t.Errorf("%q with %q: %q, want %q", c.subject, c.prefix, got, c.want)
		}
	}
}

// M10: where the author's signature does not survive a host, From becomes the list's after all.
func TestRewritten(t *testing.T) {
	l := lists.List{ID: 1, Local: "talk", Domain: "g.example", Name: "Garden talk"}
	own := "List-Unsubscribe: <mailto:leave+x@g.example>\r\n"
	for in, want := range map[string]string{
		"DKIM-Signature: v=1\r\nFrom: Ann <a@b.example>\r\nSubject: x\r\n\r\n": "From: Ann via Garden talk <talk@g.example>\r\nSubject: x\r\nReply-To: Ann <a@b.example>\r\nAuthor: Ann <a@b.example>\r\n\r\n",
		"From: a@b.example\r\nReply-To: c@d.example\r\n\r\n":                   "From: a via Garden talk <talk@g.example>\r\nReply-To: c@d.example\r\nAuthor: a <a@b.example>\r\n\r\n",
		"From: Ann via Garden talk <talk@g.example>\r\nReply-To: y\r\n\r\n":    "From: Ann via Garden talk <talk@g.example>\r\nReply-To: y\r\n\r\n",
		"Subject: x\r\n\r\n": "Subject: x\r\n\r\n",
	} {
		got, err := rewritten([]byte(own+in), l)
		if err != nil || string(got) != own+want {
			t.Errorf("%q, %v", got, err)
		}
	}
}
