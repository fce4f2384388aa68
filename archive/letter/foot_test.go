package letter

import (
	"strings"
	"testing"
)

const footLine = "Garden talk: what is said here stays here."

// A line below a letter stands where each kind of letter can bear it, and every part of the author's is read as before.
func TestFooted(t *testing.T) {
	mixed := "Content-Type: multipart/mixed; boundary=b\r\nMIME-Version: 1.0\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello.\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nabc\r\n--b--\r\n"
	for name, c := range map[string]struct{ raw, line, tail, kind string }{
		"plain":            {"\r\n\r\nHello.\r\n", footLine, "Hello.\r\n\r\n-- \r\n" + footLine + "\r\n", "text/plain"},
		"no line end":      {"\r\n\r\nHello.", footLine, "Hello.\r\n\r\n-- \r\n" + footLine + "\r\n", "text/plain"},
		"latin":            {"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\xfc\xdfe\r\n", footLine, "Gr\xfc\xdfe\r\n\r\n-- \r\n" + footLine + "\r\n", "text/plain"},
		"quoted-printable": {"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n", "Schöne Grüße", "e\r\n\r\n--=20\r\nSch=C3=B6ne Gr=C3=BC=C3=9Fe\r\n", "text/plain"},
		"base64":           {"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8uCg==\r\n", "Bye", "SGVsbG8uDQoNCi0tIA0KQnllDQo=\r\n", "text/plain"},
		"mixed":            {mixed, footLine, "--b--\r\n", "multipart/mixed"},
		"latin cannot":     {"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\xfc\xdfe\r\n", "野菜", "--=_foot--\r\n", "multipart/mixed"},
		"html":             {"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Hello.</p>\r\n", footLine, "--=_foot--\r\n", "multipart/mixed"},
		"alternative":      {"Content-Type: multipart/alternative; boundary=\"=_foot\"\r\n\r\n--=_foot\r\n\r\nHello.\r\n--=_foot\r\nContent-Type: text/html\r\n\r\n<p>Hello.</p>\r\n--=_foot--\r\n", footLine, "--=_foot_--\r\n", "multipart/mixed"},
	} {
		l := parse(t, "From: a@b.example\r\nSubject: x\r\n"+strings.TrimPrefix(c.raw, "\r\n"))
		raw := l.Footed(c.line)
		if raw == nil {
			t.Errorf("%s: no place was found", name)
			continue
		}
		got := parse(t, string(raw))
		if !strings.HasSuffix(string(raw), c.tail) || got.Parts()[0].Type != c.kind || !strings.Contains(got.Text(), c.line) {
			t.Errorf("%s:\n%s\nreads %q", name, raw, got.Text())
		}
		if was, is := l.NewText().Text, got.NewText().Text; name != "latin cannot" && name != "html" && name != "alternative" && !strings.HasPrefix(is, was) || len(got.Files()) != len(l.Files()) {
			t.Errorf("%s: %q became %q", name, was, is)
		}
		if again := got.Footed(c.line); again != nil {
			t.Errorf("%s: a second line was put below the first:\n%s", name, again)
		}
		if err := got.CheckPost(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a line would harm stays as it is, and so does an answer that quotes the line.
func TestFootedHarmsNothing(t *testing.T) {
	for name, raw := range map[string]string{
		"signed":      "Content-Type: multipart/signed; boundary=b; protocol=\"application/pgp-signature\"\r\n\r\n--b\r\n\r\nHello.\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n",
		"signed deep": "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nHello.\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nx\r\n--b--\r\n--c--\r\n",
		"encrypted":   "Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b--\r\n",
		"smime":       "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nabc\r\n",
		"inline pgp":  "\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nHello.\r\n",
		"pgp in b64":  "Content-Transfer-Encoding: base64\r\n\r\nLS0tLS1CRUdJTiBQR1AgTUVTU0FHRS0tLS0tCgo=\r\n",
		"invitation":  "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nCome.\r\n--b\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nx\r\n--b--\r\n",
		"picture":     "Content-Type: image/png\r\n\r\nabc\r\n",
		"no end":      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello.\r\n",
		"quoted":      "\r\nYes.\r\n\r\n> Hello.\r\n> -- \r\n> Garden talk: what is said\r\n> here stays here.\r\n",
	} {
		if got := parse(t, "From: a@b.example\r\n"+raw).Footed(footLine); got != nil {
			t.Errorf("%s:\n%s", name, got)
		}
	}
	if got := parse(t, "From: a@b.example\r\n\r\nHello.\r\n").Footed(" "); got != nil {
		t.Errorf("a line of nothing:\n%s", got)
	}
}

// Whatever comes, a letter with a line below is one that can be read, with all its files.
func FuzzFooted(f *testing.F) {
	f.Add("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHello.\n--b--\n", footLine)
	f.Add("Content-Type: text/html; charset=utf-16\n\nx", "野菜")
	f.Fuzz(func(t *testing.T, raw, line string) {
		l, err := Parse([]byte(raw))
		if err != nil {
			return
		}
		out := l.Footed(line)
		if out == nil {
			return
		}
		again, err := Parse(out)
		if err != nil {
			t.Fatalf("not readable any more: %v", err)
		}
		if len(again.Files()) < len(l.Files()) {
			t.Errorf("%d files became %d:\n%q\n%q", len(l.Files()), len(again.Files()), raw, out)
		}
	})
}
