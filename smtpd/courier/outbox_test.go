package courier

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"backchannel/archive/letter"
	"backchannel/smtpd/queue"
)

func TestOutbox(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "outbox")
	m := queue.Message{Copy: 42, From: letter.Address{Local: "bounce+x", Domain: "list.test"}, To: letter.Address{Local: "Dana.Reyes", Domain: "north.test"},
		Head: []byte("Subject: Re: Planting =?utf-8?q?B=C3=A4ume?= & beans, in spring!\r\n\r\n"), Body: []byte(".hello\r\n")}
	for range 2 { // the second time, as after a crash, takes the place of the first
		if o := (Outbox{dir}).Deliver(context.Background(), m); inShort(o) != "delivered at end: outbox: written to dana.reyes@north.test/000042-*.eml" {
			t.Fatal(inShort(o))
		}
	}
	m.Copy, m.From, m.Head = 43, letter.Address{}, []byte("\r\n")
	if o := (Outbox{dir}).Deliver(context.Background(), m); o.Kind != queue.Delivered {
		t.Fatal(inShort(o))
	}
	files, err := os.ReadDir(filepath.Join(dir, "dana.reyes@north.test"))
	if err != nil || len(files) != 2 || files[1].Name() != "000043-letter.eml" {
		t.Fatal(files, err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "dana.reyes@north.test", files[0].Name()))
	want := "Return-Path: <bounce+x@list.test>\r\nDelivered-To: Dana.Reyes@north.test\r\nSubject: Re: Planting =?utf-8?q?B=C3=A4ume?= & beans, in spring!\r\n\r\n.hello\r\n"
	if err != nil || string(b) != want {
		t.Errorf("%q %v", b, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "dana.reyes@north.test")); err != nil || info.Mode().Perm() != 0o700 {
		t.Error("private letters lie open:", info.Mode(), err)
	}
}

func TestOutboxRefuses(t *testing.T) {
	dir := t.TempDir()
	m := to(1)
	m.Body = []byte("a\nb")
	if o := (Outbox{dir}).Deliver(context.Background(), m); o.Kind != queue.Failed {
		t.Error(inShort(o))
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o := Outbox{filepath.Join(dir, "file")}.Deliver(context.Background(), to(1))
	if o.Kind != queue.Deferred || !strings.HasPrefix(o.Text, "the outbox could not be written: ") {
		t.Error(inShort(o))
	}
}

func TestFolderNames(t *testing.T) {
	for local, want := range map[string]string{
		"dana":         "dana@north.test",
		"Dana.Reyes+x": "dana.reyes+x@north.test",
		"a/b":          "a%2Fb@north.test",
		"../../etc":    "%2E.%2F..%2Fetc@north.test",
		"..":           "%2E.@north.test",
		".hidden":      "%2Ehidden@north.test",
		"a b\"c":       "a%20b%22c@north.test",
		"%2F":          "%252f@north.test",
		"a\\b:c|d*?<>": "a%5Cb%3Ac%7Cd%2A%3F%3C%3E@north.test",
		"dörte":        "d%C3%B6rte@north.test",
		"nul\x00":      "nul%00@north.test",
		"a@b":          "a%40b@north.test",
	} {
		if got := folderName(letter.Address{Local: local, Domain: "north.test"}); got != want {
			t.Errorf("%q: %s, want %s", local, got, want)
		}
	}
	long := letter.Address{Local: strings.Repeat("/", 64), Domain: strings.Repeat("a.", 100) + "test"}
	other := long
	other.Domain = strings.Repeat("a.", 101) + "test"
	if a, b := folderName(long), folderName(other); len(a) > 200 || a == b {
		t.Errorf("%s and %s", a, b)
	}
}

// Whatever the address, the file lies below the outbox, and no two addresses share a folder.
func FuzzFolderName(f *testing.F) {
	for _, s := range []string{"dana", "../..", "/etc/passwd", ".", "", "a\x00b", "%2e%2e", "A", "\xff"} {
		f.Add(s, "a")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a + b) {
			return // our own parser lets no such address in
		}
		x, y := folderName(letter.Address{Local: a, Domain: "north.test"}), folderName(letter.Address{Local: b, Domain: "north.test"})
		if filepath.Base(x) != x || x[0] == '.' || strings.ContainsAny(x, "/\\\x00") || len(x) > 255 {
			t.Fatalf("%q is %q", a, x)
		}
		same := (letter.Address{Local: a, Domain: "d"}).Key() == (letter.Address{Local: b, Domain: "d"}).Key()
		if (x == y) != same {
			t.Fatalf("%q and %q: %s and %s", a, b, x, y)
		}
	})
}

func TestSlugs(t *testing.T) {
	for subject, want := range map[string]string{
		"Hello": "hello", "": "letter", "  --  ": "letter", "../../x": "x", "Привет": "letter", "a": "a",
		strings.Repeat("word ", 40): "word-word-word-word-word-word-word-word",
	} {
		if got := slug([]byte("Subject: " + subject + "\r\n\r\n")); got != want {
			t.Errorf("%q: %q, want %q", subject, got, want)
		}
	}
}
