package letter

import (
	"fmt"
	"strings"
	"testing"
)

// outline writes the parts of a letter as lines: depth as indentation, type, body.
func outline(l *Letter) string {
	var b strings.Builder
	for _, p := range l.Parts() {
		body := fmt.Sprintf("%q", p.Body())
		if p.Children > 0 {
			body = fmt.Sprint(p.Children)
		}
		fmt.Fprintf(&b, "%s%s %s\n", strings.Repeat(" ", p.Depth), p.Type, body)
	}
	return b.String()
}

func TestScan(t *testing.T) {
	mixed := "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	for name, c := range map[string]struct{ raw, want string }{
		"plain":                      {"Subject: a\r\n\r\nbody\r\n", `text/plain "body\r\n"`},
		"two parts":                  {mixed + "preamble\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: text/html\r\n\r\ntwo\r\n--b--\r\nepilogue", "multipart/mixed 2\n text/plain \"one\"\n text/html \"two\""},
		"bare LF":                    {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n", "multipart/mixed 2\n text/plain \"one\"\n text/plain \"two\""},
		"at the top":                 {mixed + "--b\r\n\r\none\r\n--b--", "multipart/mixed 1\n text/plain \"one\""},
		"never ended":                {mixed + "--b\r\n\r\none\r\n", "multipart/mixed 1\n text/plain \"one\\r\\n\""},
		"cut in a part's header":     {mixed + "--b\r\nContent-Type: text/html", "multipart/mixed 1\n text/html \"\""},
		"cut behind a boundary":      {mixed + "--b\r\n", "multipart/mixed 1\n text/plain \"\""},
		"empty parts":                {mixed + "--b\r\n--b\r\n\r\n--b--", "multipart/mixed 2\n text/plain \"\"\n text/plain \"\""},
		"spaces behind the boundary": {mixed + "--b \t\r\n\r\none\r\n--b-- \r\n", "multipart/mixed 1\n text/plain \"one\""},
		"only like a boundary":       {mixed + "--b\r\n\r\n--bx\r\n--b -\r\n-- b\r\n --b\r\nx--b\r\n--b--x\r\n--b--", "multipart/mixed 1\n text/plain \"--bx\\r\\n--b -\\r\\n-- b\\r\\n --b\\r\\nx--b\\r\\n--b--x\""},
		"prefix of another": {
			mixed + "--b\r\nContent-Type: multipart/alternative; boundary=bb\r\n\r\n--bb\r\n\r\none\r\n--bb--\r\n--b\r\n\r\ntwo\r\n--b--",
			"multipart/mixed 2\n multipart/alternative 1\n  text/plain \"one\"\n text/plain \"two\""},
		"inner never ended": {
			mixed + "--b\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--",
			"multipart/mixed 2\n multipart/alternative 1\n  text/plain \"one\"\n text/plain \"two\""},
		"inner ended twice": {
			mixed + "--b\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\none\r\n--i--\r\n--i\r\n\r\nlate\r\n--b\r\n\r\ntwo\r\n--b--",
			"multipart/mixed 2\n multipart/alternative 1\n  text/plain \"one\"\n text/plain \"two\""},
		"same boundary inside": {
			mixed + "--b\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\ntwo\r\n--b--",
			"multipart/mixed 2\n multipart/alternative 1\n  text/plain \"one\"\n text/plain \"two\""},
		"part without a header":      {mixed + "--b\r\nHello\r\nBob: yes\r\n--b--", "multipart/mixed 1\n text/plain \"Hello\\r\\nBob: yes\""},
		"part without an empty line": {mixed + "--b\r\nContent-Type: text/html\r\nHello there\r\n--b--", "multipart/mixed 1\n text/html \"Hello there\""},
		"part that is only a line":   {mixed + "--b\r\nHello there\r\n--b--", "multipart/mixed 1\n text/plain \"Hello there\""},
		"header ended by a boundary": {mixed + "--b\r\nContent-Type: text/html\r\n--b--", "multipart/mixed 1\n text/html \"\""},
		"boundary with a colon":      {"Content-Type: multipart/mixed; boundary=\"a:b\"\r\n\r\n--a:b\r\nHello\r\n--a:b\r\n\r\ntwo\r\n--a:b--", "multipart/mixed 2\n text/plain \"Hello\"\n text/plain \"two\""},
		"no boundary":                {"Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\none\r\n", "multipart/mixed \"--b\\r\\n\\r\\none\\r\\n\""},
		"empty boundary":             {"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\none\r\n----", "multipart/mixed \"--\\r\\n\\r\\none\\r\\n----\""},
		"boundary of spaces":         {"Content-Type: multipart/mixed; boundary=\"  \"\r\n\r\n--  \r\n", "multipart/mixed \"--  \\r\\n\""},
		"boundary that never comes":  {mixed + "just text", "multipart/mixed \"just text\""},
		"only the end":               {mixed + "text\r\n--b--\r\nmore", "multipart/mixed \"text\\r\\n--b--\\r\\nmore\""},
		"letter inside": {
			mixed + "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Type: text/html\r\n\r\nhi\r\n--b--",
			"multipart/mixed 1\n message/rfc822 1\n  text/html \"hi\""},
		"letter in a letter": {
			"Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\none\r\n--i--\r\n",
			"message/rfc822 1\n multipart/mixed 1\n  text/plain \"one\""},
		"encoded letter stays closed": {"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA==", "message/rfc822 \"U3ViamVjdDogeA==\""},
		"empty letter inside":         {mixed + "--b\r\nContent-Type: message/rfc822\r\n\r\n--b--", "multipart/mixed 1\n message/rfc822 \"\""},
		"digest": {
			"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: in\r\n\r\nhi\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--",
			"multipart/digest 2\n message/rfc822 1\n  text/plain \"hi\"\n text/plain \"x\""},
		"type in capitals":  {"CONTENT-TYPE: MULTIPART/MIXED; BOUNDARY=B\r\n\r\n--B\r\n\r\none\r\n--B--", "multipart/mixed 1\n text/plain \"one\""},
		"type that is none": {"Content-Type: text\r\n\r\nx", `text/plain "x"`},
		"first type counts": {"Content-Type: text/html\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--", `text/html "--b\r\n\r\nx\r\n--b--"`},
	} {
		l := parse(t, c.raw)
		if got := strings.TrimSuffix(outline(l), "\n"); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
		checkParts(t, name, l)
	}
}

func TestPart(t *testing.T) {
	l := parse(t, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png; name*=utf-8''gr%C3%BC%C3%9Fe.png\r\n"+
		"Content-Disposition: ATTACHMENT; filename=\"../../gr\xc3\xbc\xc3\x9fe.png\"\r\nContent-Transfer-Encoding: BASE64 (yes)\r\n"+
		"Content-ID: <a@b>\r\nContent-Description: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nX-Other: 1\r\n\r\naGVs\r\nbG8=\r\n"+
		"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Type: application/pdf\r\n\r\nx\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nsig\r\n"+
		"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\nContent-Type: text/plain; name=\"..\\\\\"\r\nContent-Disposition: attachment\r\n\r\nhello\r\n--b--")
	p := l.Parts()[1]
	if p.Type != "image/png" || p.Params["name"] != "grüße.png" || p.Disposition != "attachment" || p.Encoding != "base64" || p.ContentID != "a@b" || p.Description != "Grüße" || p.Filename() != "grüße.png" {
		t.Errorf("%+v", p)
	}
	if string(p.Decoded()) != "hello" || p.Get("x-other") != "1" || p.IsMultipart() || p.IsMessage() {
		t.Errorf("%q %q", p.Decoded(), p.Get("x-other"))
	}
	if !strings.HasPrefix(string(p.Raw()), "Content-Type: image") || !strings.HasSuffix(string(p.HeaderBytes()), "X-Other: 1\r\n\r\n") {
		t.Errorf("%q", p.Raw())
	}
	want := []Attachment{{"grüße.png", "image/png", 5}, {"letter.eml", "message/rfc822", 47}, {"signature.asc", "application/pgp-signature", 3}, {"text.txt", "text/plain", 5}}
	if got := fmt.Sprint(l.Attachments()); got != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	if name := (Part{DispParams: map[string]string{"filename": strings.Repeat("é", 300)}}).Filename(); len(name) > 200 || !isClean(name) {
		t.Errorf("%d bytes of name", len(name))
	}
}

// TestScanTimeIsLinear: B8 for every shape that a hostile letter may have within the limits.
func TestScanTimeIsLinear(t *testing.T) {
	const mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	var deep strings.Builder
	for i := range 20 {
		b := strings.Repeat("b", 2000) + fmt.Sprint(i)
		deep.WriteString("Content-Type: multipart/mixed; boundary=" + b + "\r\n\r\n--" + b + "\r\n")
	}
	deep.WriteString("\r\n")
	for name, c := range map[string][2]string{
		"text":              {"Subject: a\r\n\r\n", "some words in a line\r\n"},
		"dashes":            {mixed, "--\r\n"},
		"almost boundaries": {mixed, "--bb\r\n"},
		"only dashes":       {mixed, "-"},
		"line feeds":        {mixed, "\n"},
		"deep":              {deep.String(), "--" + strings.Repeat("b", 2000) + "x\r\n"},
		"deep short":        {deep.String(), "--b\r\n"},
		"one long line":     {mixed, "x"},
		"blank starts":      {"Subject: a\r\nnonsense\r\n", " x\r\n"},
		"blanks in a part":  {mixed + "--b\r\nnonsense\r\n", " x\r\n"},
		"spaces":            {mixed + "--b", " "},
		"base64":            {"Content-Transfer-Encoding: base64\r\n\r\n", "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=\r\n"},
	} {
		linear(t, name, 200_000, func(n int) []byte {
			return []byte(c[0] + strings.Repeat(c[1], n/len(c[1])))
		}, func(b []byte) {
			if l, err := Parse(b); err == nil {
				_ = l.Attachments()
			}
		})
	}
	for name, part := range map[string]string{
		"parts":   "--b\r\n\r\nx\r\n",
		"letters": "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nx\r\n",
		"headers": "--b\r\nContent-Type: text/plain; a=b; c=d\r\nContent-Disposition: inline; filename=x\r\n\r\nx\r\n",
	} {
		linear(t, name, 40*len(part), func(n int) []byte { return []byte(mixed + strings.Repeat(part, n/len(part))) }, func(b []byte) {
			l, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			_ = l.Structure()
		})
	}
}

func FuzzLetter(f *testing.F) {
	for _, s := range []string{
		odd,
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nhi\r\n--b--\r\nepilogue",
		"Content-Type: multipart/digest; boundary=b\n\n--b\n--b\n\nSubject: x\n\n--b--",
		"From: =?utf-8?q?Zo=C3=AB?= <z@b.example>\r\nTo: a@b, c: d@e;\r\nDate: Thu, 1 Nov 2001 11:19:12 +0100\r\nReferences: <a@b> <c@d>\r\n\r\n",
		"Content-Type: text/plain; charset=koi8-r; name*0*=utf-8''%D0; name*1*=%BF\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=F0=\r\n",
		" a\r\nb\r\n c: d\r\n\r\n", "From x\nSubject: y", "", "\r\n\r\n", "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n",
		strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 22),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := string(raw)
		l, err := Parse(raw)
		if err != nil {
			return
		}
		checkLetter(t, "fuzz", l, raw)
		memory := 0
		for _, p := range l.Parts() {
			memory += len(p.Type) + len(p.Description) + len(p.ContentID)
			for k, v := range p.Params {
				memory += len(k) + len(v)
			}
			_ = p.Decoded()
		}
		if memory > 20*len(raw)+4096 || len(l.Parts()) > maxParts {
			t.Fatalf("%d bytes hold %d parts with %d bytes of text", len(raw), len(l.Parts()), memory)
		}
		for _, path := range [][]int{nil, {1}, {2}, {1, 1}, {2, 1}} {
			for _, what := range []string{"", "HEADER", "TEXT", "MIME"} {
				_, _ = l.Section(path, what)
			}
		}
		if string(raw) != before {
			t.Fatal("the bytes were changed")
		}
	})
}
