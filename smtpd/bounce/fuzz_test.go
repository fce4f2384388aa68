package bounce

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"backchannel/archive/letter"
)

// seeds are a few letters of every form.
func seeds(f *testing.F) {
	f.Add([]byte(dsn("Final-Recipient: rfc822; bob@south.test\nAction: failed\nStatus: 5.1.1\n")), false)
	f.Add([]byte(dsn("")), true)
	f.Add([]byte("From: <>\nSubject: failure notice\n\n<a@b.test>:\n550 5.1.1 no\n\nReceived: x\nReceived: y\nFrom: z@z.test\n"), true)
	f.Add([]byte("Auto-Submitted: auto-replied\nList-Id: <x>\nPrecedence: bulk\nSubject: Automatic reply: x\n\nx"), false)
	f.Add([]byte("From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.1\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nTo: a@b.test\n\nx\n--b--\n"), false)
	f.Add([]byte("Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n--b--"), false)
	f.Add([]byte("X-Failed-Recipients: a@b.test, \"c d\"@e.test,,\n\n"+strings.Repeat("a@b.test: 550\n", 50)), true)
}

// FuzzRobot: a reason is given exactly for what is no person's letter, and it is fit for a reply.
func FuzzRobot(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, raw []byte, null bool) {
		l, err := letter.Parse(raw)
		if err != nil {
			return
		}
		kind, why := Robot(l, null)
		if (kind == Person) != (why == "") || null && kind == Person {
			t.Errorf("%q: %q", kind, why)
		}
		if s := Refuse(kind, why).Error(); len(s) > 400 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q", s)
		}
		if err := Loop(l, Own{ListID: func(string) bool { return true }}); err != nil && len(err.Error()) > 400 {
			t.Errorf("%q", err)
		}
	})
}

// FuzzRead: every bounce has a failure, every field keeps its promise, and nothing else has one.
func FuzzRead(f *testing.F) {
	seeds(f)
	actions := []Action{Failed, Delayed, Delivered, Relayed, Expanded}
	classes := []Class{Gone, Unclear, Full, Refused, Later, Fine}
	f.Fuzz(func(t *testing.T, raw []byte, _ bool) {
		l, err := letter.Parse(raw)
		if err != nil {
			return
		}
		r := Read(l)
		if (r.Kind == Bounce) != (len(r.Failures) > 0) || (r.Feedback != "") != (r.Kind == Complaint) {
			t.Errorf("%+v", r)
		}
		for _, x := range r.Failures {
			if !slices.Contains(actions, x.Action) || !slices.Contains(classes, x.Class) || (x.Class == Later) != (x.Action == Delayed) {
				t.Errorf("%+v", x)
			}
			if len(x.Diagnostic) > 500 || !utf8.ValidString(x.Diagnostic) || strings.ContainsAny(x.Diagnostic, "\r\n\x00") {
				t.Errorf("%q", x.Diagnostic)
			}
			if x.Status != "" && firstStatus(x.Status) != x.Status || x.Code != 0 && (x.Code < 200 || x.Code > 559) {
				t.Errorf("%q %d", x.Status, x.Code)
			}
		}
	})
}

// A letter of 25 MB must not cost more than its first page (B8).
func TestHugeReports(t *testing.T) {
	for name, body := range map[string]string{
		"lines":      strings.Repeat("bob@south.test: 550 5.1.1 user unknown\r\n", 25<<20/40),
		"one line":   strings.Repeat("bob@south.test ", 25<<20/15),
		"no end":     "bob@south.test 550 " + strings.Repeat("x", 25<<20),
		"headers":    strings.Repeat("Received: x\r\nTo: y\r\n \r\n", 25<<20/24),
		"recipients": strings.Repeat("Final-Recipient: rfc822; bob@south.test\r\n", 25<<20/42),
	} {
		l, err := letter.Parse([]byte("From: MAILER-DAEMON@mx.test\r\nSubject: failure notice\r\nTo: x@y.test\r\n\r\n" + body))
		if err != nil {
			t.Fatal(err)
		}
		var r Report
		n := testing.AllocsPerRun(1, func() { r = Read(l) })
		if r.Kind != Bounce || n > 200_000 {
			t.Errorf("%s: %q, %.0f allocations", name, r.Kind, n)
		}
	}
}

func benchmark(b *testing.B, file string, read func(*letter.Letter)) {
	l := load(b, filepath.Join(corpus(b, "bounces-sisimai", "bsd"), file))
	b.SetBytes(int64(len(l.Raw())))
	b.ReportAllocs()
	for b.Loop() {
		read(l)
	}
}

func BenchmarkRobot(b *testing.B) {
	benchmark(b, "rfc3834-01.eml", func(l *letter.Letter) { Robot(l, false) })
}

func BenchmarkReadStatus(b *testing.B) {
	benchmark(b, "lhost-postfix-01.eml", func(l *letter.Letter) { Read(l) })
}

func BenchmarkReadText(b *testing.B) {
	benchmark(b, "lhost-qmail-01.eml", func(l *letter.Letter) { Read(l) })
}

// BenchmarkReadLargest reads the largest report of the corpus.
func BenchmarkReadLargest(b *testing.B) {
	files, err := filepath.Glob(filepath.Join(corpus(b, "bounces-sisimai", "bsd"), "*"))
	if err != nil {
		b.Fatal(err)
	}
	largest, size := "", int64(0)
	for _, f := range files {
		if s, err := os.Stat(f); err == nil && s.Size() > size {
			largest, size = filepath.Base(f), s.Size()
		}
	}
	benchmark(b, largest, func(l *letter.Letter) { Read(l) })
}
