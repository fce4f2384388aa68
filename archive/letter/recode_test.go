package letter

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recoded makes a message again and reads it.
func recoded(t *testing.T, raw string, sevenBit bool) (*Letter, Recoding, error) {
	t.Helper()
	head, body := divide(raw)
	r, err := Recode(head, body, sevenBit)
	if err != nil {
		return nil, r, err
	}
	head, err = r.Head(head)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Parse(append(bytes.Clone(head), r.Body...))
	if err != nil {
		t.Fatal(err)
	}
	return l, r, nil
}

func divide(raw string) (head, body []byte) {
	i := strings.Index(raw, "\r\n\r\n") + 4
	return []byte(raw[:i]), []byte(raw[i:])
}

func crlfs(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

var longLine = strings.Repeat("0123456789", 100)

// M10 and E6: what a reader sees stays the same, and every line may travel.
func TestRecode(t *testing.T) {
	mixed := crlfs("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 8bit\n\nFür alte Programme\n--b\nContent-Type: text/plain; charset=utf-8\n" +
		"Content-Transfer-Encoding: 8bit\n\nGrüße an alle, die dies lesen \n--b\nContent-Type: image/png; name=\"b\xc3\xa4r.png\"\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--b\n" +
		"Content-Type: text/plain\n\nplain\n--b--\nEnde für alle\n")
	for name, c := range map[string]struct {
		raw        string
		seven      bool
		same       bool
		has, hasNo string
	}{
		"plain":                 {raw: "From: a@b.example\n\nHello\n", seven: true, same: true},
		"eight bits that may":   {raw: mixed, same: true},
		"eight bits":            {raw: mixed, seven: true, has: "Gr=C3=BC=C3=9Fe an alle, die dies lesen=20\r\n--b\r\n", hasNo: "alte Programme"},
		"a part that travels":   {raw: mixed, seven: true, has: "--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n--b--\r\n"},
		"a name of a file":      {raw: mixed, seven: true, has: "name*=utf-8''b%C3%A4r.png"},
		"no MIME at all":        {raw: "From: a@b.example\n\nGrüße an alle, die dies lesen\n", seven: true, has: "Gr=C3=BC=C3=9Fe an alle"},
		"a long line":           {raw: "From: a@b.example\nContent-Type: text/plain\n\n" + longLine + "\n", has: "0123456789="},
		"a long line in base64": {raw: "From: a@b.example\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n" + strings.Repeat("AAAA", 400) + "\n", has: "AAAA\r\nAAAA"},
		"a long line in quoted": {raw: "From: a@b.example\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("=41", 400) + "\n", has: "AAAA="},
		"Cyrillic":              {raw: "From: a@b.example\nContent-Type: text/plain; charset=utf-8\n\n" + strings.Repeat("Привет, мир. ", 20) + "\n", seven: true, has: "0J/R"},
		"bytes that are no text": {
			raw: "From: a@b.example\nContent-Type: application/x-y\nContent-Transfer-Encoding: 8bit\n\n\xff\xfe\n", seven: true, has: "//4NCg=="},
		"a letter inside": {
			raw:   "From: a@b.example\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\nFrom: c@d.example\nSubject: Gr\xc3\xbc\xc3\x9fe\nContent-Transfer-Encoding: 8bit\n\nEs wäre schon an der Zeit\n",
			seven: true, has: "Es w=C3=A4re schon", hasNo: "8bit"},
	} {
		t.Run(name, func(t *testing.T) {
			raw := crlfs(strings.ReplaceAll(c.raw, "\r\n", "\n"))
			l, r, err := recoded(t, raw, c.seven)
			if err != nil {
				t.Fatal(err)
			}
			if r.Changed == c.same || c.same && string(l.Raw()) != raw {
				t.Fatalf("changed: %v\n%s", r.Changed, l.Raw())
			}
			if !Fits(r.Body, c.seven) {
				t.Errorf("it does not fit:\n%s", l.Raw())
			}
			if c.has != "" && !strings.Contains(string(r.Body), c.has) || c.hasNo != "" && strings.Contains(string(l.Raw()), c.hasNo) {
				t.Errorf("%q is not there, or %q is:\n%s", c.has, c.hasNo, l.Raw())
			}
			sameContent(t, raw, l)
		})
	}
}

// sameContent compares what readers see.
func sameContent(t *testing.T, raw string, l *Letter) {
	t.Helper()
	was, err := Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if len(was.Parts()) != len(l.Parts()) {
		t.Fatalf("%d parts became %d", len(was.Parts()), len(l.Parts()))
	}
	for i, p := range was.Parts() {
		q := l.Parts()[i]
		if p.Type != q.Type || p.Filename() != q.Filename() || p.Children != q.Children {
			t.Errorf("part %d: %s %s became %s %s", i, p.Type, p.Filename(), q.Type, q.Filename())
		}
		if p.Children == 0 && !bytes.Equal(p.Decoded(), q.Decoded()) {
			t.Errorf("part %d: %.60q became %.60q", i, p.Decoded(), q.Decoded())
		}
	}
	if was.Text() != l.Text() {
		t.Errorf("%q became %q", was.Text(), l.Text())
	}
}

// A signature over a part would break, and what is encrypted could not be read any more: such a letter stays as it is (RFC 1847 §2.1).
func TestRecodeLeavesSealedPartsAlone(t *testing.T) {
	signed := crlfs("Content-Type: multipart/signed; boundary=s\n\n--s\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße\n--s\n" +
		"Content-Type: application/pgp-signature\n\n-----BEGIN PGP SIGNATURE-----\n--s--\n")
	for name, raw := range map[string]string{
		"signed":        signed,
		"signed inside": crlfs("Content-Type: multipart/mixed; boundary=m\n\n--m\n") + signed + "--m--\r\n",
		"encrypted":     strings.Replace(signed, "multipart/signed", "multipart/encrypted", 1),
		"a header":      strings.Replace(strings.Replace(signed, "Grüße", "Hello", 1), "plain; charset", "plain; name=\"ü\"; charset", 1),
	} {
		if _, _, err := recoded(t, "From: a@b.example\r\n"+raw, true); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
		if l, r, err := recoded(t, "From: a@b.example\r\n"+raw, false); err != nil || r.Changed {
			t.Errorf("%s, for a way that takes it: %v\n%s", name, err, l.Raw())
		}
	}
	for name, raw := range map[string]string{
		"a report":    crlfs("Content-Type: message/delivery-status\n\nReporting-MTA: dns; ü\n"),
		"a separator": crlfs("Content-Type: multipart/mixed; boundary=\"ü\"\n\n--ü\n\nx\n--ü--\n"),
	} {
		if _, _, err := recoded(t, "From: a@b.example\r\n"+raw, true); err == nil {
			t.Errorf("%s was made to fit", name)
		}
	}
}

func TestHeaderFit(t *testing.T) {
	for in, want := range map[string][2]string{
		"Subject: plain\r\n":                              {"Subject: plain\r\n", "Subject: plain\r\n"},
		"Subject: Gr\xc3\xbc\xc3\x9fe\r\n":                {"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"},
		"To: J\xc3\xbcrg <j@b.example>\r\n":               {"To: =?utf-8?q?J=C3=BCrg?= <j@b.example>\r\n", "To: =?utf-8?q?J=C3=BCrg?= <j@b.example>\r\n"},
		"To: j\xc3\xbcrg@b.example, c@d.example\r\n":      {"To: j\xc3\xbcrg@b.example, c@d.example\r\n", "To: c@d.example\r\n"},
		"To: j\xc3\xbcrg@b.example\r\n":                   {"To: j\xc3\xbcrg@b.example\r\n", ""},
		"X-Odd: " + longLine + "x y\r\n":                  {"", ""},
		"Content-Type: text/plain; name=\"\xc3\xbc\"\r\n": {"Content-Type: text/plain; name*=utf-8''%C3%BC\r\n", "Content-Type: text/plain; name*=utf-8''%C3%BC\r\n"},
		"stray \xc3\xbc\r\n":                              {"", ""},
	} {
		for i, ascii := range []bool{false, true} {
			h := ParseHeader([]byte("A: b\r\n" + in + "C: d\r\n\r\n"))
			h.Fit(ascii)
			got := strings.TrimSuffix(strings.TrimPrefix(string(h.Bytes()), "A: b\r\n"), "C: d\r\n\r\n")
			if strings.HasPrefix(in, "X-Odd") { // free text may be cut anywhere
				if !Fits([]byte(got), true) || got == "" {
					t.Errorf("%.20q: %q", in, got)
				}
				continue
			}
			if got != want[i] {
				t.Errorf("%q, ascii %v: %q, want %q", in, ascii, got, want[i])
			}
		}
	}
}

// Real mail survives: every letter of the corpus is made to fit seven bits and says the same.
func TestRecodeRealMail(t *testing.T) {
	var files []string
	for _, kind := range []string{"mime-misc", "mime-stalwart", "mime-mikel-mail", "bounces-misc"} {
		_ = filepath.WalkDir(filepath.Join("../../../shared/corpus", kind), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				files = append(files, path)
			}
			return nil
		})
	}
	if len(files) == 0 {
		t.Skip("the corpus is not here")
	}
	done, changed := 0, 0
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil || len(raw) > 1<<20 {
			continue
		}
		text := string(canonicalLines(raw))
		l, err := Parse([]byte(text))
		if err != nil || !strings.Contains(text, "\r\n\r\n") || l.body != strings.Index(text, "\r\n\r\n")+4 {
			continue
		}
		again, r, err := recoded(t, text, true)
		if err != nil {
			continue
		}
		done++
		if r.Changed {
			changed++
		}
		if !Fits(r.Body, true) {
			t.Errorf("%s does not fit", name)
		}
		if l.Text() != again.Text() {
			t.Errorf("%s reads otherwise:\n%.300q\n%.300q", name, l.Text(), again.Text())
		}
	}
	if done < 100 || changed < 20 {
		t.Errorf("only %d letters, %d of them changed", done, changed)
	}
}

func TestBreakLines(t *testing.T) {
	for in, want := range map[string]string{
		"short\r\n": "short\r\n", longLine[:998] + "\r\n": longLine[:998] + "\r\n",
		longLine + "\r\nx": longLine[:997] + "\r\n789\r\nx", "a " + longLine[:998]: "a\r\n " + longLine[:996] + "\r\n67",
	} {
		if got := string(BreakLines([]byte(in))); got != want {
			t.Errorf("%.20q (%d) became %q", in, len(in), got)
		}
	}
	if got := BreakLines([]byte(strings.Repeat("ü", 3000))); !Fits(got, false) || strings.ReplaceAll(string(got), "\r\n", "") != strings.Repeat("ü", 3000) {
		t.Errorf("%q", got)
	}
}

func FuzzRecode(f *testing.F) {
	f.Add([]byte(crlfs("Content-Type: multipart/mixed; boundary=b\n\nü\n--b\n\nü\n--b--\n")), true)
	f.Add([]byte(crlfs("Content-Type: message/rfc822\n\nSubject: ü\n\n"+longLine+"x\n")), false)
	f.Fuzz(func(t *testing.T, raw []byte, seven bool) {
		raw = canonicalLines(raw)
		i := bytes.Index(raw, []byte("\r\n\r\n"))
		if i < 0 {
			return
		}
		was, err := Parse(raw)
		if err != nil || was.body != i+4 {
			return
		}
		head, body := raw[:i+4:i+4], raw[i+4:]
		r, err := Recode(head, body, seven)
		if err != nil {
			return
		}
		if !Fits(r.Body, seven) {
			t.Fatalf("%q does not fit", r.Body)
		}
		head, err = r.Head(head)
		if err != nil {
			t.Fatal(err)
		}
		l, err := Parse(append(bytes.Clone(head), r.Body...))
		if err != nil {
			t.Fatal(err)
		}
		if len(l.Parts()) != len(was.Parts()) {
			t.Fatalf("%d parts became %d:\n%q\n%q", len(was.Parts()), len(l.Parts()), raw, l.Raw())
		}
	})
}
