package thread_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"backchannel/archive/letter"
	"backchannel/archive/thread"
)

// corpus finds a file of the corpus that lies beside the module; without it the test is skipped.
func corpus(t testing.TB, path ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	file := filepath.Join(append([]string{dir, "..", "shared", "corpus"}, path...)...)
	if _, err := os.Stat(file); err != nil {
		t.Skip("the corpus is not here")
	}
	return file
}

// splitMbox cuts an mbox into the separator line's date and the message under it.
func splitMbox(t testing.TB, file string) (dates []time.Time, letters []*letter.Letter) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data = append([]byte("\n"), data...)
	for _, m := range bytes.Split(data, []byte("\nFrom "))[1:] {
		line, raw, _ := bytes.Cut(m, []byte("\n"))
		_, stamp, _ := bytes.Cut(line, []byte(" "))
		date, _ := time.Parse("Mon Jan _2 15:04:05 2006", string(bytes.TrimSpace(stamp)))
		raw = bytes.ReplaceAll(raw, []byte("\n>From "), []byte("\nFrom "))
		l, err := letter.Parse(bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n")))
		if err != nil {
			t.Fatalf("message %d: %v", len(letters), err)
		}
		dates, letters = append(dates, date), append(letters, l)
	}
	return dates, letters
}

var bracketed = regexp.MustCompile(`<([^<>\s]+)>`)

// strictIDs reads ids as the ground truth does: whole ones in brackets. The letter package also mends broken ones.
func strictIDs(l *letter.Letter, field string) (ids []letter.MessageID) {
	for _, m := range bracketed.FindAllStringSubmatch(strings.Join(l.Fields(field), " "), -1) {
		ids = append(ids, letter.MessageID(m[1]))
	}
	return ids
}

func msgOf(l *letter.Letter, date time.Time) thread.Msg {
	if d, ok := l.Date(); ok {
		date = d
	}
	m := thread.Msg{References: strictIDs(l, "References"), InReplyTo: strictIDs(l, "In-Reply-To"), Subject: l.Subject(), Date: date}
	if ids := strictIDs(l, "Message-Id"); len(ids) > 0 {
		m.ID = ids[0]
	}
	return m
}
