package letter

import (
	"bufio"
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-message/textproto"
)

const odd = "From jane@b.example Mon May  2 16:07:05 2005\n" +
	"Received: from a\n\tby b\n" +
	"SUBJECT :   Hello\n" +
	"a line without a colon\n" +
	"X-Empty:\n" +
	"To: a@b.example,\n  c@d.example   \n" +
	"X-Gr\xf6\xdfe: 8 bit\n" +
	"to: e@f.example\n" +
	"\n" +
	"body\r\nwith mixed ends"

func parse(t testing.TB, raw string) *Letter {
	t.Helper()
	l, err := Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestHeaderEditsLeaveEveryOtherByteAlone(t *testing.T) {
	l := parse(t, odd)
	for name, c := range map[string]struct {
		edit func(h *Header) error
		want func(s string) string
	}{
		"nothing": {func(*Header) error { return nil }, func(s string) string { return s }},
		"add": {func(h *Header) error { return h.Add("X-New", "ü") }, func(s string) string {
			return strings.Replace(s, "\n\nbody", "\nX-New: =?utf-8?b?w7w=?=\n\nbody", 1)
		}},
		"prepend": {func(h *Header) error { return h.Prepend("Received", "here") }, func(s string) string {
			return strings.Replace(s, "Received: from a", "Received: here\nReceived: from a", 1)
		}},
		"set first, drop others": {func(h *Header) error { return h.Set("To", "x@y.example") }, func(s string) string {
			s = strings.Replace(s, "To: a@b.example,\n  c@d.example   \n", "To: x@y.example\n", 1)
			return strings.Replace(s, "to: e@f.example\n", "", 1)
		}},
		"set new": {func(h *Header) error { return h.Set("X-New", "1") }, func(s string) string {
			return strings.Replace(s, "\n\nbody", "\nX-New: 1\n\nbody", 1)
		}},
		"del": {func(h *Header) error { h.Del("subject"); return nil }, func(s string) string {
			return strings.Replace(s, "SUBJECT :   Hello\n", "", 1)
		}},
		"rename": {func(h *Header) error { _, err := h.Rename("received", "X-Original-Received"); return err }, func(s string) string {
			return strings.Replace(s, "Received: from a", "X-Original-Received: from a", 1)
		}},
		"del by value": {func(h *Header) error {
			h.DelFunc(func(f Field) bool { return strings.Contains(f.Value, "e@f") })
			return nil
		}, func(s string) string { return strings.Replace(s, "to: e@f.example\n", "", 1) }},
		"drop stray": {func(h *Header) error { h.DropStray(); return nil }, func(s string) string {
			for _, line := range []string{"From jane@b.example Mon May  2 16:07:05 2005\n", "a line without a colon\n", "X-Gr\xf6\xdfe: 8 bit\n"} {
				s = strings.Replace(s, line, "", 1)
			}
			return s
		}},
	} {
		h := l.Header()
		if err := c.edit(h); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, want := string(l.With(h)), c.want(odd); got != want {
			t.Errorf("%s:\n%q\nwant\n%q", name, got, want)
		}
		if string(l.With(l.Header())) != odd || string(l.Raw()) != odd {
			t.Fatalf("%s: the letter itself changed", name)
		}
	}
}

func TestHeaderReads(t *testing.T) {
	h := parse(t, odd).Header()
	if got := h.Get("subject"); got != "Hello" {
		t.Errorf("Subject: %q", got)
	}
	if got := h.Values("To"); len(got) != 2 || got[0] != "a@b.example,  c@d.example" || got[1] != "e@f.example" {
		t.Errorf("To: %q", got)
	}
	if h.Count("TO") != 2 || h.Count("X-Empty") != 1 || h.Count("X-None") != 0 || h.Get("X-None") != "" {
		t.Error("wrong count")
	}
	var names []string
	for _, f := range h.Fields() {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "Received SUBJECT X-Empty To to" {
		t.Errorf("names: %s", got)
	}
	if l := parse(t, "To: a@b.example\r\nTo: c@d.example\r\n\r\n"); addressKeys(l.To()) != "a@b.example c@d.example" {
		t.Errorf("a second To is overlooked: %v", l.To())
	}
}

func TestMissingEmptyLineIsAddedWhenTheHeaderIsEdited(t *testing.T) {
	for _, c := range [][2]string{
		{"Subject: a\r\nHello Bob", "Subject: a\r\nX: 1\r\n\r\nHello Bob"},
		{"Subject: a\r\n", "Subject: a\r\nX: 1\r\n\r\n"},
		{"Subject: a", "Subject: a\r\nX: 1\r\n\r\n"},
		{"Hello Bob", "X: 1\r\n\r\nHello Bob"},
		{"", "X: 1\r\n\r\n"},
		{"\r\nHello", "X: 1\r\n\r\nHello"},
	} {
		l := parse(t, c[0])
		h := l.Header()
		if got := string(l.With(h)); got != c[0] {
			t.Errorf("unedited: %q, want %q", got, c[0])
		}
		if err := h.Add("X", "1"); err != nil {
			t.Fatal(err)
		}
		if got := string(l.With(h)); got != c[1] {
			t.Errorf("%q: %q, want %q", c[0], got, c[1])
		}
	}
}

// TestNothingIsSmuggled: B5.
func TestNothingIsSmuggled(t *testing.T) {
	for _, value := range []string{"a\r\nBcc: x@y.example", "a\nb", "a\rb", "a\x00b", "\n", "é\r\n"} {
		h := &Header{}
		for what, err := range map[string]error{"add": h.Add("Subject", value), "prepend": h.Prepend("Subject", value), "set": h.Set("Subject", value)} {
			if !errors.Is(err, errSmuggled) {
				t.Errorf("%s %q: %v", what, value, err)
			}
		}
		if got := string(h.Bytes()); got != "\r\n" {
			t.Errorf("%q left %q", value, got)
		}
	}
	for _, name := range []string{"", "a b", "a:", "a\r\nb", "é", strings.Repeat("a", 77), " a", "a\x00"} {
		h := &Header{}
		if err := h.Add(name, "x"); err == nil {
			t.Errorf("%q is taken as a name", name)
		}
		if _, err := h.Rename("x", name); err == nil {
			t.Errorf("%q is taken as a new name", name)
		}
	}
}

func TestWriteField(t *testing.T) {
	long := strings.Repeat("word ", 40)
	for _, c := range []struct{ name, value, want string }{
		{"Subject", "Hello", "Subject: Hello\r\n"},
		{"Subject", "", "Subject: \r\n"},
		{"Subject", "  Hello\t ", "Subject: Hello\r\n"},
		{"Subject", "Grüße an alle", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= an alle\r\n"},
		{"Subject", "Zoë  Ångström", "Subject: =?utf-8?q?Zo=C3=AB__=C3=85ngstr=C3=B6m?=\r\n"},
		{"Subject", "about =?utf-8?q?x?= here", "Subject: about =?utf-8?q?=3D=3Futf=2D8=3Fq=3Fx=3F=3D?= here\r\n"},
		{"Subject", long, "Subject: " + strings.Repeat("word ", 13) + "word\r\n " + strings.Repeat("word ", 14) + "word\r\n " + strings.Repeat("word ", 10) + "word\r\n"},
		{"From", "zoë@b.example", "From: zoë@b.example\r\n"}, // SMTPUTF8: an address is never encoded
		{"References", strings.Repeat("<a@b.example> ", 6), "References: <a@b.example> <a@b.example> <a@b.example> <a@b.example>\r\n <a@b.example> <a@b.example>\r\n"},
		{"List-Unsubscribe", "<https://" + strings.Repeat("a", 90) + ">, <mailto:x>", "List-Unsubscribe: <https://" + strings.Repeat("a", 90) + ">,\r\n <mailto:x>\r\n"},
		{"X-Long", strings.Repeat("a", 985), "X-Long: =?utf-8?q?"},
		{"Message-ID", "<" + strings.Repeat("a", 990) + ">", "Message-ID: \r\n <" + strings.Repeat("a", 990) + ">\r\n"},
	} {
		got, err := writeField(c.name, c.value, "\r\n")
		if err != nil || !bytes.HasPrefix(got, []byte(c.want)) || (strings.HasSuffix(c.want, "\n") && len(got) != len(c.want)) {
			t.Errorf("%s: %q %v\nwant %q", c.name, got, err, c.want)
		}
	}
	if _, err := writeField("References", "<"+strings.Repeat("a", 1000)+">", "\r\n"); err == nil {
		t.Error("a word of 1002 characters fits on no line")
	}
}

func TestFormatMessageIDs(t *testing.T) {
	if got := FormatMessageIDs([]MessageID{"a@b", "", "c@d"}); got != "<a@b> <c@d>" {
		t.Error(got)
	}
}

func TestParseHeaderOfAPart(t *testing.T) {
	h := ParseHeader([]byte("Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n\r\nnext: group"))
	if h.Get("action") != "failed" || h.Get("next") != "" || len(h.Fields()) != 2 {
		t.Errorf("%v", h.Fields())
	}
	big := ParseHeader([]byte(strings.Repeat("Diagnostic-Code: smtp; 550 no\r\n", 10_000)))
	if n := len(big.Fields()); n != maxFields {
		t.Errorf("%d fields of a huge block", n)
	}
	if huge := ParseHeader([]byte("A: 1\nB: " + strings.Repeat("x", 100_000))); len(huge.Fields()) != 1 || huge.Get("A") != "1" {
		t.Error("what stands before a huge field is lost")
	}
}

// FuzzHeaderWriter: what is written is a legal field and reads back as the cleaned value.
func FuzzHeaderWriter(f *testing.F) {
	for _, s := range []string{"Hello", "Grüße an alle", " a  b ", "=?utf-8?q?x?=", strings.Repeat("é ", 200), strings.Repeat("a", 2000), "a\tb", "\u202eabc", "a" + strings.Repeat(" ", 200) + "b", "\xff", "é =?", "? =?utf-8?q?a?= ?="} {
		f.Add("Subject", s)
		f.Add("X-Community", s)
		f.Add("References", s)
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		h := &Header{}
		err := h.Add(name, value)
		if strings.ContainsAny(value, "\r\n\x00") != errors.Is(err, errSmuggled) && checkName(name) == nil {
			t.Fatalf("%q: %v", value, err)
		}
		if err != nil {
			if len(h.fields) != 0 {
				t.Fatal("an error changed the header")
			}
			return
		}
		raw := h.Bytes()
		for line := range strings.Lines(string(raw)) {
			text := strings.TrimSuffix(line, "\r\n")
			if len(text) > lineMax || strings.ContainsAny(text, "\r\n\x00") || (text == "" && line != "\r\n") || (text != "" && strings.TrimLeft(text, " \t") == "") {
				t.Fatalf("%q: bad line %q", value, line)
			}
		}
		// Our reader and the library see one field with the value that was meant.
		l, err := Parse(append(raw, "body"...))
		if err != nil || len(l.header.fields) != 1 || string(l.Body()) != "body" {
			t.Fatalf("%q: written as %q, read as %v", value, raw, err)
		}
		if got, want := l.Get(name), CleanLine(value); got != want && !isAddressField(name) {
			t.Fatalf("%q: written as %q, read as %q", want, raw, got)
		}
		theirs, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil || theirs.Len() != 1 {
			t.Fatalf("%q: the library reads %d fields: %v", raw, theirs.Len(), err)
		}
	})
}

func TestDelNamed(t *testing.T) {
	h := ParseHeader([]byte("From someone Mon\r\nX-A: 1\r\nx-b : 2\r\nSubject: s\r\n\r\n"))
	var asked []string
	n := h.DelNamed(func(name string) bool {
		asked = append(asked, name)
		return strings.HasPrefix(name, "x-")
	})
	if got := strings.Join(asked, " "); n != 2 || got != "x-a x-b subject" || string(h.Bytes()) != "From someone Mon\r\nSubject: s\r\n\r\n" {
		t.Errorf("asked for %q, removed %d, left %q", got, n, h.Bytes())
	}
}
