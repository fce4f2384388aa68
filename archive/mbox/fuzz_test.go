package mbox_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"backchannel/archive/mbox"
)

var unixEpoch = time.Unix(0, 0)

// Whatever a file holds: reading ends, the messages lie in it in order, nothing but separators, marks and line ends is lost, and what
// was read can be written and read again.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		"", "\n", "From ", "From \n", sep, sep + sep, sep + "A: 1\n\nx\n\n" + sep + "A: 2\n\n>From y\n", "A: 1\n\nx",
		strings.ReplaceAll(sep+"A: 1\n\nx\n\n"+sep, "\n", "\r"), strings.ReplaceAll(sep+"A: 1\n\nx\n\n"+sep, "\n", "\r\n"),
		sep + "\r\r\n\r>From x\n\n\nFrom \nA: 1\n", "\xef\xbb\xbf" + sep, "From a@b Thu, 22 Aug 2002 12:36:23 +0100\nA: 1\n\n\n\nFrom - 2002-08-22T12:36:23Z\n",
		sep + "A: 1\n\n" + strings.Repeat(">", 40) + "From x", "\x1f\x8b", "From x Thu Aug 22 12:36:23 2002 remote from y\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var all []mbox.Message
		kept, last := 0, int64(-1)
		for m, err := range mbox.NewReader(bytes.NewReader(file), mbox.Options{MaxSize: 1 << 16}).All() {
			if err != nil && m.N == 0 {
				break
			}
			if m.N != len(all)+1 || m.Offset <= last || m.Offset > int64(len(file)) {
				t.Fatalf("message %d at %d, the one before at %d", m.N, m.Offset, last)
			}
			last = m.Offset
			if err != nil && (!errors.Is(err, mbox.ErrTooLarge) || m.Raw != nil || len(file) < 1<<15) {
				t.Fatal(err)
			}
			if len(m.Raw) > 1<<16 || len(m.Raw) > 0 && !bytes.HasSuffix(m.Raw, []byte("\r\n")) {
				t.Fatalf("message of %d octets: %q", len(m.Raw), m.Raw)
			}
			kept += len(bytes.ReplaceAll(m.Raw, []byte("\r\n"), nil))
			all = append(all, m)
		}
		if kept > len(file) {
			t.Fatalf("%d octets out of %d", kept, len(file))
		}
		again(t, all)
	})
}

func again(t *testing.T, all []mbox.Message) {
	var b bytes.Buffer
	w := mbox.NewWriter(&b)
	for _, m := range all {
		if err := w.Write(m.Raw, m.Envelope, m.Date); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	r := mbox.NewReader(&b, mbox.Options{})
	for _, m := range all {
		got, err := r.Next()
		if err != nil || !bytes.Equal(got.Raw, m.Raw) {
			t.Fatalf("message %d: %v, %q, want %q", m.N, err, got.Raw, m.Raw)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Fatal("one too many:", err)
	}
}

func FuzzSeparator(f *testing.F) {
	for _, s := range []string{"a@b Thu Aug 22 12:36:23 2002", "- 2002-08-22T12:36:23Z", "a at b Thu, 22 Aug 2002 12:36 EDT", "", "x remote from y", "1 2 3 4 5 6 7 8 9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\r\n") {
			return
		}
		all, _ := read(sep+"A: 1\n\nx\n\nFrom "+line+"\nA: 2\n\ny\n", mbox.Options{})
		if len(all) != 1 && len(all) != 2 {
			t.Fatalf("%d messages", len(all))
		}
		if len(all) == 1 && !strings.Contains(string(all[0].Raw), "From "+line) {
			t.Fatal("neither a separator nor text")
		}
	})
}

func BenchmarkReader(b *testing.B) {
	var file bytes.Buffer
	w := mbox.NewWriter(&file)
	body := strings.Repeat("A line of a letter as they are, seventy-two characters or so in length.\r\n", 60)
	for range 2000 {
		_ = w.Write([]byte("From: dana@north.example\r\nSubject: x\r\n\r\n"+body), "dana@north.example", unixEpoch)
	}
	_ = w.Flush()
	b.SetBytes(int64(file.Len()))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range mbox.NewReader(bytes.NewReader(file.Bytes()), mbox.Options{}).All() {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 2000 {
			b.Fatal(n)
		}
	}
}

func BenchmarkWriter(b *testing.B) {
	raw := []byte("From: dana@north.example\r\n\r\n" + strings.Repeat("A line of a letter as they are, seventy-two characters or so in length.\r\n", 60))
	b.SetBytes(int64(len(raw)))
	w := mbox.NewWriter(io.Discard)
	for b.Loop() {
		if err := w.Write(raw, "dana@north.example", unixEpoch); err != nil {
			b.Fatal(err)
		}
	}
}
