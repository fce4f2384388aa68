package letter

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"
	"time"
)

const nestedLetter = "From: Jane <jane@b.example>\r\nTo: joe@c.example\r\nBcc: x@y.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n" +
	"Date: Thu, 1 Nov 2001 11:19:12 +0100\r\nMessage-ID: <m@b.example>\r\nIn-Reply-To: <p@b.example>\r\n" +
	"Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n" +
	"--b\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\nContent-Type: text/plain; charset=utf-8\r\n\r\none\r\ntwo\r\n--i\r\nContent-Type: text/html\r\nContent-Language: en, de\r\n\r\n<p>one\r\n--i--\r\n" +
	"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nReply-To: r@b.example\r\nFrom: f@b.example\r\nContent-Type: multipart/mixed; boundary=n\r\n\r\n--n\r\n\r\ndeep\r\n--n--\r\n" +
	"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: plain inner\r\n\r\ntext\r\n" +
	"--b\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.png\r\nContent-ID: <c@b>\r\nContent-Description: A picture\r\nContent-Location: http://b.example/a.png\r\n\r\naGVsbG8=\r\n" +
	"--b--\r\n"

func TestStructure(t *testing.T) {
	s := parse(t, nestedLetter).Structure()
	e := s.Envelope
	if e.Subject != "Grüße" || addressKeys(e.From) != "jane@b.example" || addressKeys(e.Sender) != "jane@b.example" || addressKeys(e.ReplyTo) != "jane@b.example" ||
		addressKeys(e.To) != "joe@c.example" || addressKeys(e.Bcc) != "x@y.example" || e.MessageID != "m@b.example" || e.InReplyTo[0] != "p@b.example" ||
		!e.Date.Equal(time.Date(2001, 11, 1, 10, 19, 12, 0, time.UTC)) {
		t.Errorf("envelope: %+v", e)
	}
	body := s.Body
	if body.Type != "multipart" || body.Subtype != "mixed" || body.Params["boundary"] != "b" || len(body.Parts) != 4 {
		t.Fatalf("body: %+v", body)
	}
	alt, inner, plain, image := body.Parts[0], body.Parts[1], body.Parts[2], body.Parts[3]
	if len(alt.Parts) != 2 || alt.Parts[0].Size != 8 || alt.Parts[0].Lines != 2 || alt.Parts[0].Params["charset"] != "utf-8" || strings.Join(alt.Parts[1].Language, "|") != "en|de" {
		t.Errorf("alternative: %+v", alt)
	}
	if inner.Type != "message" || inner.Envelope == nil || inner.Envelope.Subject != "inner" || addressKeys(inner.Envelope.ReplyTo) != "r@b.example" || addressKeys(inner.Envelope.Sender) != "f@b.example" ||
		len(inner.Parts) != 1 || inner.Parts[0].Subtype != "mixed" || len(inner.Parts[0].Parts) != 1 || inner.Parts[0].Parts[0].Size != 4 {
		t.Errorf("letter inside: %+v", inner)
	}
	if plain.Envelope.Subject != "plain inner" || plain.Lines != 3 || len(plain.Parts) != 1 || plain.Parts[0].Type != "text" {
		t.Errorf("plain letter inside: %+v", plain)
	}
	if image.Encoding != "base64" || image.Size != 8 || image.Lines != 0 || image.ID != "<c@b>" || image.Description != "A picture" || image.Disposition != "attachment" || image.DispParams["filename"] != "a.png" || image.Location != "http://b.example/a.png" {
		t.Errorf("image: %+v", image)
	}
	var again Structure
	b, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(b, &again)
	}
	if c, _ := json.Marshal(again); err != nil || string(c) != string(b) {
		t.Errorf("JSON loses something: %v\n%s\n%s", err, b, c)
	}
}

// TestStructureOfWhatIMAPCannotSay: a multipart without parts and a letter that cannot be opened have no form in BODYSTRUCTURE.
func TestStructureOfWhatIMAPCannotSay(t *testing.T) {
	for raw, want := range map[string]string{
		"Content-Type: multipart/mixed; boundary=b\r\n\r\nno parts\r\n":                                 "text/plain",
		"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA==\r\n": "application/octet-stream",
		"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n":                        "message/delivery-status",
		"": "text/plain",
	} {
		s := parse(t, raw).Structure().Body
		if got := s.Type + "/" + s.Subtype; got != want || len(s.Parts) != 0 {
			t.Errorf("%q: %s %v, want %s", raw, got, s.Parts, want)
		}
	}
}

func TestSection(t *testing.T) {
	l := parse(t, nestedLetter)
	for _, c := range []struct {
		path []int
		what string
		want string
	}{
		{nil, "", nestedLetter},
		{nil, "HEADER", nestedLetter[:strings.Index(nestedLetter, "preamble")]},
		{nil, "TEXT", nestedLetter[strings.Index(nestedLetter, "preamble"):]},
		{nil, "MIME", "none"},
		{[]int{1}, "MIME", "Content-Type: multipart/alternative; boundary=i\r\n\r\n"},
		{[]int{1, 1}, "", "one\r\ntwo"},
		{[]int{1, 2}, "", "<p>one"},
		{[]int{1, 2}, "MIME", "Content-Type: text/html\r\nContent-Language: en, de\r\n\r\n"},
		{[]int{1, 2}, "HEADER", "none"},
		{[]int{1, 2}, "TEXT", "none"},
		{[]int{1, 3}, "", "none"},
		{[]int{1, 1, 1}, "", "none"},
		{[]int{2}, "HEADER", "Subject: inner\r\nReply-To: r@b.example\r\nFrom: f@b.example\r\nContent-Type: multipart/mixed; boundary=n\r\n\r\n"},
		{[]int{2}, "TEXT", "--n\r\n\r\ndeep\r\n--n--"},
		{[]int{2, 1}, "", "deep"},
		{[]int{2, 1}, "MIME", "\r\n"},
		{[]int{2, 2}, "", "none"},
		{[]int{3}, "", "Subject: plain inner\r\n\r\ntext"},
		{[]int{3, 1}, "", "text"},
		{[]int{3, 1, 1}, "", "none"},
		{[]int{3, 2}, "", "none"},
		{[]int{4}, "", "aGVsbG8="},
		{[]int{5}, "", "none"},
		{[]int{0}, "", "none"},
		{[]int{-1}, "", "none"},
		{[]int{4}, "NONSENSE", "none"},
	} {
		got, ok := l.Section(c.path, c.what)
		if !ok {
			got = []byte("none")
		}
		if string(got) != c.want {
			t.Errorf("%v %s: %q, want %q", c.path, c.what, got, c.want)
		}
	}
	single := parse(t, "Subject: a\r\n\r\nbody")
	if b, ok := single.Section([]int{1}, ""); !ok || string(b) != "body" {
		t.Errorf("part 1 of a plain letter: %q", b)
	}
	if _, ok := single.Section([]int{1, 1}, ""); ok {
		t.Error("a plain letter has no part 1.1")
	}
	wrapped := parse(t, "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nbody")
	if b, ok := wrapped.Section([]int{1, 1}, ""); !ok || string(b) != "body" {
		t.Errorf("part 1.1 of a letter in a letter: %q", b)
	}
	if b, ok := wrapped.Section([]int{1}, "HEADER"); !ok || string(b) != "Subject: in\r\n\r\n" {
		t.Errorf("header of a letter in a letter: %q", b)
	}
}

func TestSectionFields(t *testing.T) {
	l := parse(t, nestedLetter)
	for _, c := range []struct {
		path  []int
		names []string
		but   bool
		want  string
	}{
		{nil, []string{"subject", "TO", "x"}, false, "To: joe@c.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n"},
		{[]int{2}, []string{"subject", "content-type"}, true, "Reply-To: r@b.example\r\nFrom: f@b.example\r\n\r\n"},
		{nil, nil, false, "\r\n"},
	} {
		if got, ok := l.SectionFields(c.path, c.names, c.but); !ok || string(got) != c.want {
			t.Errorf("%v %v: %q, want %q", c.path, c.names, got, c.want)
		}
	}
	if _, ok := l.SectionFields([]int{4}, []string{"Subject"}, false); ok {
		t.Error("an image has no header of a letter")
	}
}

// TestHostileStructure: B8, at most 200 ms and 32 MiB to tell the structure of any letter of 25 MB, and no more to keep it as JSON.
func TestHostileStructure(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("25 MB each")
	}
	const mixed = "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	const size = 25 << 20
	inner := func(piece string) []byte {
		field := mega(piece, 32<<10-10) + "\r\n"
		return []byte(mixed + mega("--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: "+field+"To: "+field+"Cc: "+field+"\r\ntext\r\n", size) + "--b--")
	}
	letters := hostile()
	letters["addresses inside"] = inner("a@b,")
	letters["words inside"] = inner("a at b,")
	letters["quotes inside"] = inner(`<\">`)
	letters["languages"] = []byte(mixed + mega("--b\r\nContent-Language: "+mega("a,", 32<<10-20)+"\r\nContent-Description: "+mega("<", 32<<10-30)+"\r\n\r\n", size))
	letters["encodings"] = []byte(mixed + mega("--b\r\nContent-Transfer-Encoding: "+mega("a", 32<<10-40)+"\r\n\r\n", size))
	for name, raw := range letters {
		l, err := Parse(raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		kept, err := json.Marshal(l.Structure())
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		// The same letter takes up to 4 MiB more or less: as much as the buffer of encoding/json has to grow.
		memory := float64(after.TotalAlloc-before.TotalAlloc) / (1 << 20)
		t.Logf("%-17s %6.1f ms, %5.1f MiB, %7d bytes", name, float64(took.Microseconds())/1000, memory, len(kept))
		if err != nil || memory > 48 || len(kept) > 16<<20 || took > stuck {
			t.Errorf("%s: %v, %.1f MiB, %d bytes, %v", name, took, memory, len(kept), err)
		}
	}
}

func TestStructureBeyondItsLimit(t *testing.T) {
	part := "--b\r\nContent-Type: message/rfc822\r\nContent-Description: d\r\n\r\nSubject: s\r\nX: " + strings.Repeat("x", 30<<10) + "\r\n\r\nhello\r\n"
	s := parse(t, "Content-Type: multipart/mixed; boundary=b\r\n\r\n"+strings.Repeat(part, 20)+"--b--\r\n").Structure()
	if len(s.Body.Parts) != 20 {
		t.Fatalf("%d parts", len(s.Body.Parts))
	}
	first, last := s.Body.Parts[0], s.Body.Parts[19]
	if first.Description != "d" || first.Envelope.Subject != "s" {
		t.Errorf("the first one is not told: %+v", first)
	}
	if last.Description != "" || last.Envelope == nil || last.Envelope.Subject != "" || last.Subtype != "rfc822" || last.Size != first.Size || len(last.Parts) != 1 || last.Parts[0].Type != "text" {
		t.Errorf("the last one is not told by type and size alone: %+v", last)
	}
}
