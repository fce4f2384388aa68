package letter

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// hostileTexts are letters of 25 MB whose text tries to cost more than reading it.
func hostileTexts() map[string]string {
	const size = 25 << 20
	plain := "Content-Type: text/plain; charset=utf-8\r\n"
	html := "Content-Type: text/html; charset=utf-8\r\n\r\n"
	return map[string]string{
		"words":            plain + "\r\n" + mega("some words in a line\r\n", size),
		"lines":            plain + "\r\n" + mega("\r\n", size),
		"letters":          plain + "\r\n" + mega("a\r\n", size),
		"quotations":       plain + "\r\n" + mega("> a\r\n", size),
		"controls":         plain + "\r\n" + mega("\x01\u202e", size),
		"latin":            "Content-Type: text/plain; charset=iso-8859-1\r\n\r\n" + mega("\xfc\xdf ", size),
		"koi8":             "Content-Type: text/plain; charset=koi8-r\r\n\r\n" + mega("\xf0\xf2 ", size),
		"japanese":         "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + mega("\x1b$B%F\x1b(B", size),
		"utf-7":            "Content-Type: text/plain; charset=utf-7\r\n\r\n" + mega("+Jjo-", size),
		"flowed":           "Content-Type: text/plain; format=flowed\r\n\r\n" + mega("> a \r\n", size),
		"base64":           plain + "Content-Transfer-Encoding: base64\r\n\r\n" + mega(mega("YQph", 76)+"\r\n", size),
		"quoted-printable": plain + "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + mega("=C3=BC=\r\n", size),
		"breaks":           html + mega("a<br>", size),
		"divs":             html + mega("<div>a", size),
		"containers":       html + mega(`<div class="gmail_quote">a</div>`, size),
		"links":            html + mega(`<a href="https://example.org/">a</a> `, size),
		"attributes":       html + "<p " + mega("a=b ", size),
		"cells":            html + mega("<table><tr><td>a<td>b", size),
		"introductions":    plain + "\r\n" + mega("On Fri, 12 Jun 2026 at 08:00, Bree <b@example.org> wrote:\r\n", size),
		"names":            plain + "\r\n" + mega("[Bree]\r\n> a\r\n", size),
		"initials":         plain + "\r\n>>>>> \"BO\" == Bree writes:\r\n" + mega("  BO> a\r\n\r\n", size),
		"rules":            plain + "\r\n" + mega("a\r\n\r\n---\r\n", size),
		"old headers":      plain + "\r\n" + mega("Date: a\r\nFrom: b\r\nMessage-ID: c\r\n| d\r\n", size),
		"parts":            "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + mega("--b\r\n\r\n"+mega("text ", 30<<10)+"\r\n", size),
	}
}

// TestHostileTexts: B8, at most 200 ms and 32 MiB for the text, and again for the new text, of any letter of 25 MB.
func TestHostileTexts(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("25 MB each")
	}
	for name, raw := range hostileTexts() {
		l, err := Parse([]byte(raw))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for what, f := range map[string]func() string{"text": l.Text, "new text": func() string { return l.NewText().Text }} {
			var before, after runtime.MemStats
			best, text := time.Hour, ""
			for range 2 {
				runtime.ReadMemStats(&before)
				start := time.Now()
				text = f()
				best = min(best, time.Since(start))
				runtime.ReadMemStats(&after)
			}
			memory := float64(after.TotalAlloc-before.TotalAlloc) / (1 << 20)
			t.Logf("%-17s %-8s %6.1f ms, %5.1f MiB, %7d bytes", name, what, float64(best.Microseconds())/1000, memory, len(text))
			if memory > 32 {
				t.Errorf("%s: %s takes %.1f MiB", name, what, memory)
			}
			if best > stuck {
				t.Errorf("%s: %s takes %v", name, what, best)
			}
			if len(text) > 8*maxText || strings.ContainsRune(text, '\u202e') {
				t.Errorf("%s: %s has %d bytes", name, what, len(text))
			}
		}
	}
}
