package letter

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestLetter(t *testing.T) {
	l := parse(t, "From: Jane <jane@b.example>\r\nSender: Bot <bot@b.example>\r\nReply-To: r@b.example\r\nTo: a@b.example\r\nCc: c@d.example\r\n"+
		"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n aus dem Garten\r\nMessage-ID: <m@b.example>\r\nIn-Reply-To: <p@b.example>\r\nReferences: <g@b.example>\r\n\t<p@b.example>\r\n"+
		"Date: Thu, 1 Nov 2001 11:19:12 +0100\r\nX-A: 1\r\nX-A: 2\r\n\r\nbody\r\n")
	date, ok := l.Date()
	got := fmt.Sprint(l.From(), l.Sender(), l.ReplyTo(), l.To(), l.Cc(), "|", l.Subject(), "|", string(l.MessageID()), l.InReplyTo(), l.References(), ok, date.UTC().Unix(), l.Get("x-a"), l.Fields("X-A"))
	want := "[Jane <jane@b.example>] [Bot <bot@b.example>] [r@b.example] [a@b.example] [c@d.example]|Grüße aus dem Garten|m@b.example[<p@b.example>] [<g@b.example> <p@b.example>]true1004609952 1 [1 2]"
	if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if string(l.Body()) != "body\r\n" {
		t.Errorf("body %q", l.Body())
	}
}

func TestLetterOfNothing(t *testing.T) {
	l := parse(t, "")
	if _, ok := l.Date(); ok || l.MessageID() != "" || l.Subject() != "" || len(l.From()) != 0 || len(l.Parts()) != 1 || len(l.Attachments()) != 0 || len(l.Body()) != 0 {
		t.Error("nothing holds something")
	}
}

// mega is n bytes of a repeated piece.
func mega(piece string, n int) string { return strings.Repeat(piece, n/len(piece)) }

// hostile are letters of 25 MB that try to cost more than reading them.
func hostile() map[string][]byte {
	const size = 25 << 20
	const mixed = "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	header := "--b\r\nContent-Type: text/plain; " + mega("a=b;", 20<<10) + "\r\nX: y\r\n\r\n"
	var deep strings.Builder
	for i := range 20 {
		b := strings.Repeat("b", 2000) + fmt.Sprint(i)
		deep.WriteString("Content-Type: multipart/mixed; boundary=" + b + "\r\n\r\n--" + b + "\r\n")
	}
	return map[string][]byte{
		"deep":         []byte(deep.String() + "\r\n" + mega("--"+strings.Repeat("b", 2000)+"x\r\n", size)),
		"deep dashes":  []byte(deep.String() + "\r\n" + mega("--\n", size)),
		"deep nearly":  []byte(deep.String() + "\r\n" + mega("--bb\n", size)),
		"text":         []byte("Subject: a\r\n\r\n" + mega("some words in a line\r\n", size)),
		"dashes":       []byte(mixed + mega("--\n", size)),
		"near misses":  []byte(mixed + mega("--bb\r\n", size)),
		"one line":     []byte(mixed + mega("x", size)),
		"many parts":   []byte(mixed + mega(header, 900*len(header)) + "--b--"),
		"many fields":  []byte(mixed + mega("--b\r\n"+mega("X: 1\r\n", 490*6)+"\r\n", 900*2950) + "--b--"),
		"base64":       []byte("Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + mega(mega("aGVs", 76)+"\r\n", size)),
		"many letters": []byte(mixed + mega("--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n"+mega("text\r\n", 60<<10), size)),
		"full header":  []byte(mega("To: "+mega("a@b,", 32<<10-8)+"\r\n", 96<<10) + "\r\n"),
	}
}

// TestHostileLetters: B8, at most 200 ms and 32 MiB for any letter of 25 MB. Beyond its bytes, that is: the letter shares them.
func TestHostileLetters(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("25 MB each")
	}
	for name, raw := range hostile() {
		var before, after runtime.MemStats
		best := time.Hour
		for range 3 {
			runtime.ReadMemStats(&before)
			start := time.Now()
			l, err := Parse(raw)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			_, _, _ = l.From(), l.To(), l.Attachments()
			_ = l.CheckPost()
			best = min(best, time.Since(start))
			runtime.ReadMemStats(&after)
		}
		memory := float64(after.TotalAlloc-before.TotalAlloc) / (1 << 20)
		t.Logf("%-12s %5.1f MB: %6.1f ms, %5.1f MiB", name, float64(len(raw))/(1<<20), float64(best.Microseconds())/1000, memory)
		if memory > 32 {
			t.Errorf("%s: %.1f MiB", name, memory)
		}
		if best > stuck {
			t.Errorf("%s: %v", name, best)
		}
	}
}

// ordinary is a letter of 6 KB as people send it.
func ordinary() []byte {
	var b strings.Builder
	for i := range 6 {
		fmt.Fprintf(&b, "Received: from mail%d.b.example (mail%d.b.example [192.0.2.%d])\r\n\tby mx.gardeners.example with ESMTPS id abcdef%d\r\n\tfor <talk@gardeners.example>; Thu, 1 Nov 2001 11:19:12 +0100\r\n", i, i, i, i)
	}
	b.WriteString("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=b.example; s=2024;\r\n\tbh=" + mega("abcd", 44) + "; h=From:To:Subject;\r\n\tb=" + mega("abcd", 344) + "\r\n")
	b.WriteString("From: =?utf-8?q?Zo=C3=AB_Doe?= <zoe@b.example>\r\nTo: Garden talk <talk@gardeners.example>\r\nSubject: Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?= from the garden\r\n" +
		"Date: Thu, 1 Nov 2001 11:19:12 +0100\r\nMessage-ID: <abcdef@b.example>\r\nIn-Reply-To: <parent@c.example>\r\nReferences: <root@c.example> <parent@c.example>\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"----=_Part_1\"\r\n\r\n------=_Part_1\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")
	b.WriteString(mega("The tomatoes need more light than we thought, said the gardener.\r\n", 1500))
	b.WriteString("------=_Part_1\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	b.WriteString(mega("<p>The tomatoes need more light than we thought, said the gardener.</p>\r\n", 2200))
	b.WriteString("------=_Part_1--\r\n")
	return []byte(b.String())
}

func BenchmarkParse(b *testing.B) {
	raw := ordinary()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead is what the mailroom asks of every letter.
func BenchmarkRead(b *testing.B) {
	raw := ordinary()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		l, err := Parse(raw)
		if err != nil || l.CheckPost() != nil {
			b.Fatal(err)
		}
		_, _, _, _, _ = l.From(), l.To(), l.Subject(), l.MessageID(), l.References()
		_, _ = l.Date()
	}
}

func BenchmarkStructure(b *testing.B) {
	l, err := Parse(ordinary())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = l.Structure()
	}
}

func BenchmarkEdit(b *testing.B) {
	l, err := Parse(ordinary())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		h := l.Header()
		h.Del("Received")
		if h.Set("From", "Garden <talk@gardeners.example>") != nil || h.Add("List-Id", "Garden <talk.gardeners.example>") != nil {
			b.Fatal("edit")
		}
		_ = l.With(h)
	}
}

// A letter under another header says what the old one said, without reading its text again, unless the header tells to read the body
// in another way.
func TestAgain(t *testing.T) {
	const raw = "From: <a@x.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nNew words.\r\n\r\n> Old words.\r\n"
	l := parse(t, raw)
	before := l.NewText()
	dress := func(change func(*Header) error) *Letter {
		h := l.Header()
		if err := change(h); err != nil {
			t.Fatal(err)
		}
		d, err := l.Again(l.With(h))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := dress(func(h *Header) error { return h.Set("Subject", "Beans") })
	if d.Subject() != "Beans" || d.NewText() != before || d.Text() != l.Text() {
		t.Errorf("%q, %+v", d.Subject(), d.NewText())
	}
	if n := testing.AllocsPerRun(10, func() { d.NewText() }); n > 0 {
		t.Errorf("the text was read again (%v allocations)", n)
	}
	for _, other := range []string{"text/html", "text/plain; charset=utf-16", "application/pdf"} {
		d := dress(func(h *Header) error { return h.Set("Content-Type", other) })
		if fresh := parse(t, string(d.Raw())); d.Text() != fresh.Text() || d.NewText() != fresh.NewText() || d.Text() == l.Text() {
			t.Errorf("%s reads %q", other, d.Text())
		}
	}
	if other, err := l.Again([]byte(strings.Replace(raw, "New words", "Other words", 1))); err != nil || !strings.HasPrefix(other.NewText().Text, "Other words") {
		t.Errorf("another body reads %+v, %v", other.NewText(), err)
	}
}

// What others work out about a body is worked out once, for all headers it is under, and never for another body.
func TestAboutBody(t *testing.T) {
	type key struct{}
	times := 0
	length := func(l *Letter) int {
		return l.AboutBody(key{}, func() any { times++; return len(l.Body()) }).(int)
	}
	l := parse(t, "Subject: a\r\n\r\nwords")
	again, err := l.Again([]byte("Subject: b\r\n\r\nwords"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Again([]byte("Subject: b\r\n\r\nother words"))
	if err != nil {
		t.Fatal(err)
	}
	if a, b, c := length(l), length(again), length(other); a != 5 || b != 5 || c != 11 || times != 2 {
		t.Errorf("%d %d %d, worked out %d times", a, b, c, times)
	}
}
