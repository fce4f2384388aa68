package letter

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"strings"
	"testing"
	"time"
)

func testDraft() Draft {
	return Draft{
		From:      Mailbox{Name: "The managers", Address: Address{"managers", "cmtybc.example"}},
		To:        []Mailbox{{Name: "Dana Reyes", Address: Address{"dana.reyes", "northgate.example"}}},
		Subject:   "Sponsors, first hires",
		Date:      time.Date(2026, 6, 12, 8, 0, 7, 0, time.FixedZone("", -5*3600)),
		MessageID: "d.0123456789@cmtybc.example",
		Text:      "Hello Dana\n",
	}
}

func mustBytes(t testing.TB, d Draft) []byte {
	t.Helper()
	raw, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestDraftGolden(t *testing.T) {
	d := testDraft()
	d.ReplyTo = []Mailbox{{Name: "The managers (private)", Address: Address{"private+4t9k2mzq8v7xw0hj3c6rb1dnpf", "cmtybc.example"}}}
	d.InReplyTo = []MessageID{"1@northgate.example"}
	d.References = []MessageID{"0@northgate.example", "1@northgate.example"}
	d.Extra = []Field{{"List-Id", "Community BackChannel weekly <digest.cmtybc.example>"}, {"Auto-Submitted", "auto-generated"}}
	d.Subject = "Grüße aus dem Garten"
	want := strings.ReplaceAll(`From: The managers <managers@cmtybc.example>
To: Dana Reyes <dana.reyes@northgate.example>
Reply-To: "The managers (private)"
 <private+4t9k2mzq8v7xw0hj3c6rb1dnpf@cmtybc.example>
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= aus dem Garten
Date: Fri, 12 Jun 2026 08:00:07 -0500
Message-ID: <d.0123456789@cmtybc.example>
In-Reply-To: <1@northgate.example>
References: <0@northgate.example> <1@northgate.example>
List-Id: Community BackChannel weekly <digest.cmtybc.example>
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Hello Dana
`, "\n", "\r\n")
	if got := string(mustBytes(t, d)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What we write is read back by ourselves and by the standard library.
func TestDraftParts(t *testing.T) {
	d := testDraft()
	d.Text = "Grüße =20 aus Köln, wo wir uns am Freitag im Garten treffen.\n.\nFrom here \n-- \nWe"
	d.HTML = "<p>Привет, как дела? Встретимся завтра в шесть часов вечера.</p>"
	d.Attach("../Plan für Freitag.pdf", "application/pdf", bytes.Repeat([]byte{0, 1, 2, 255}, 100))
	d.AttachLetter([]byte("Subject: inner\n\nHello\n"))
	raw := mustBytes(t, d)
	checkWire(t, raw)

	l, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := l.Text(), d.Text; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	var shape []string
	for _, p := range l.Parts() {
		shape = append(shape, strings.Repeat(" ", p.Depth)+p.Type+" "+p.Encoding)
	}
	want := "multipart/mixed 7bit\n multipart/alternative 7bit\n  text/plain quoted-printable\n  text/html base64\n message/rfc822 7bit\n  text/plain 7bit\n application/pdf base64"
	if got := strings.Join(shape, "\n"); got != want {
		t.Errorf("shape\n%s\nwant\n%s", got, want)
	}
	if files := l.Attachments(); len(files) != 2 || files[1].Name != "Plan für Freitag.pdf" || files[1].Size != 400 {
		t.Errorf("attachments %+v", files)
	}

	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if got := partsByStandardLibrary(t, m.Header.Get("Content-Type"), m.Body); len(got) != 3 || got[2] != string(d.Files[0].Data) {
		t.Errorf("the standard library reads %d parts", len(got))
	}
}

// partsByStandardLibrary gives the decoded parts below the first level of nesting: the inner multipart as it is.
func partsByStandardLibrary(t *testing.T, contentType string, body io.Reader) []string {
	t.Helper()
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	r := multipart.NewReader(body, params["boundary"])
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, string(decodeTransfer(p.Header.Get("Content-Transfer-Encoding"), b)))
	}
}

// checkWire checks what every letter of ours must keep on the wire: CRLF only, no line over 998, nothing of this machine in it.
func checkWire(t testing.TB, raw []byte) {
	t.Helper()
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("line on the wire: %.120q", line)
		}
	}
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		t.Fatalf("does not end in CRLF: %q", raw[max(0, len(raw)-40):])
	}
	if host, err := os.Hostname(); err == nil && len(host) > 5 && bytes.Contains(raw, []byte(host)) {
		t.Errorf("the name of this machine is in the letter")
	}
}

func TestDraftIsDeterministic(t *testing.T) {
	d := testDraft()
	d.HTML = "<p>Hello</p>"
	d.Attach("a.txt", "text/plain", []byte("x"))
	d.AttachLetter([]byte("Subject: y\r\n\r\nz"))
	first := mustBytes(t, d)
	for range 5 {
		if again := mustBytes(t, d); !bytes.Equal(first, again) {
			t.Fatalf("the same draft gave\n%s\nand\n%s", first, again)
		}
	}
	other := d
	other.Text += "!"
	if boundaryOf(t, first) == boundaryOf(t, mustBytes(t, other)) {
		t.Error("another text has the same boundary")
	}
	// A letter that holds the boundary gets another one.
	d.Letters = [][]byte{first}
	if inner := boundaryOf(t, first); strings.Contains(boundaryOf(t, mustBytes(t, d)), inner) {
		t.Errorf("the boundary %s stands in the letter inside", inner)
	}
}

func boundaryOf(t *testing.T, raw []byte) string {
	t.Helper()
	l, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return l.Parts()[0].Params["boundary"]
}

func TestDraftKinds(t *testing.T) {
	for _, c := range []struct {
		name  string
		draft func(d *Draft)
		shape string
		text  string
	}{
		{"nothing to say", func(d *Draft) { d.Text = "" }, "text/plain", ""},
		{"html alone", func(d *Draft) { d.Text, d.HTML = "", "<p>Hi <b>you</b></p>" }, "multipart/alternative text/plain text/html", "Hi you"},
		{"html without words", func(d *Draft) { d.Text, d.HTML = "", "<img src=x>" }, "text/html", ""},
		{"flowed", func(d *Draft) { d.Flowed, d.Text = true, strings.Repeat("word ", 40)+"\n>From x" }, "text/plain", strings.TrimRight(strings.Repeat("word ", 40), " ") + "\n> From x"},
		{"only a file", func(d *Draft) { d.Text = ""; d.Attach("", "nonsense", nil) }, "multipart/mixed text/plain application/octet-stream", ""},
		{"a file that says it is a letter", func(d *Draft) { d.Attach("x", "message/rfc822", []byte("a: b\n\nc")) }, "multipart/mixed text/plain application/octet-stream", "Hello Dana"},
		{"a letter", func(d *Draft) { d.AttachLetter([]byte("a: b\n\nGr\xfc\xdfe")) }, "multipart/mixed text/plain message/rfc822 text/plain", "Hello Dana"},
		{"a letter with a long line", func(d *Draft) { d.AttachLetter([]byte("a: b\n\n" + strings.Repeat("x", 999))) }, "multipart/mixed text/plain application/octet-stream", "Hello Dana"},
		{"a letter with NUL", func(d *Draft) { d.AttachLetter([]byte("a: b\n\n\x00")) }, "multipart/mixed text/plain application/octet-stream", "Hello Dana"},
		{"invalid UTF-8", func(d *Draft) { d.Text = "a\xffb" }, "text/plain", "a\uFFFDb"},
		{"odd line ends", func(d *Draft) { d.Text = "a\rb\r\nc\nd" }, "text/plain", "a\nb\nc\nd"},
		{"a long line", func(d *Draft) { d.Text = strings.Repeat("x", 5000) }, "text/plain", strings.Repeat("x", 5000)},
	} {
		d := testDraft()
		c.draft(&d)
		raw := mustBytes(t, d)
		checkWire(t, raw)
		l, err := Parse(raw)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var shape []string
		for _, p := range l.Parts() {
			shape = append(shape, p.Type)
		}
		if got := strings.Join(shape, " "); got != c.shape {
			t.Errorf("%s: %s, want %s", c.name, got, c.shape)
		}
		if got := l.Text(); got != c.text {
			t.Errorf("%s: text %q, want %q", c.name, got, c.text)
		}
	}
}

func TestDraftRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		draft func(d *Draft)
		want  string
	}{
		{"no author", func(d *Draft) { d.From = Mailbox{} }, "draft: no From"},
		{"no date", func(d *Draft) { d.Date = time.Time{} }, "draft: no Date"},
		{"no id", func(d *Draft) { d.MessageID = "" }, "draft: no Message-ID"},
		{"smuggled subject", func(d *Draft) { d.Subject = "x\r\nBcc: all@cmtybc.example" }, "draft: Subject: a header field must not contain CR, LF or NUL"},
		{"smuggled extra value", func(d *Draft) { d.Extra = []Field{{"X-A", "x\ny"}} }, "draft: X-A: a header field must not contain CR, LF or NUL"},
		{"smuggled extra name", func(d *Draft) { d.Extra = []Field{{"X-A: b\r\nBcc", "x"}} }, "draft: \"X-A: b Bcc\" cannot be the name of a header field"},
		{"second author", func(d *Draft) { d.Extra = []Field{{"FROM", "x@y"}} }, "draft: FROM is no extra field"},
		{"blind copy", func(d *Draft) { d.Extra = []Field{{"Bcc", "x@y"}} }, "draft: Bcc is no extra field"},
		{"second type", func(d *Draft) { d.Extra = []Field{{"Content-Type", "x/y"}} }, "draft: Content-Type is no extra field"},
	} {
		d := testDraft()
		c.draft(&d)
		if _, err := d.Bytes(); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestFileName(t *testing.T) {
	for in, want := range map[string]string{
		"plan.pdf": "plan.pdf", "/etc/passwd": "passwd", `C:\a\b.txt`: "b.txt", "..": "attachment", "": "attachment", ".hidden": "hidden",
		"a\r\nb.txt": "a b.txt", strings.Repeat("é", 100) + ".docx": strings.Repeat("é", 55) + ".docx", "x\u202egpj.exe": "xgpj.exe",
	} {
		if got := fileName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzDraft(f *testing.F) {
	f.Add("Hello", "text\n", "<p>html</p>", "a.txt", []byte("a: b\r\n\r\nc"), true)
	f.Add("Grüße", "--=_x\n.\nFrom ", "", "日本.pdf", []byte("\x00"), false)
	f.Fuzz(func(t *testing.T, subject, text, html, name string, inner []byte, flowed bool) {
		d := testDraft()
		d.Subject, d.Text, d.HTML, d.Flowed = subject, text, html, flowed
		d.Attach(name, name, inner)
		d.AttachLetter(inner)
		raw, err := d.Bytes()
		if err != nil {
			if strings.ContainsAny(subject, "\r\n\x00") {
				return
			}
			t.Fatal(err)
		}
		checkWire(t, raw)
		l, err := Parse(raw)
		if err != nil {
			return // what is attached may go beyond the limits
		}
		if n := len(l.Fields("From")); n != 1 {
			t.Fatalf("%d authors", n)
		}
		if got := l.Subject(); got != CleanLine(strings.ToValidUTF8(subject, "\uFFFD")) {
			t.Fatalf("subject %q became %q", subject, got)
		}
		if !flowed && text != "" {
			want := strings.Trim(CleanText(strings.ToValidUTF8(text, "\uFFFD")), "\n")
			if got := l.bodies(); len(got) > 0 && !got[0].html && strings.Trim(got[0].text, "\n") != want {
				t.Fatalf("text %q became %q", want, got[0].text)
			}
		}
	})
}
