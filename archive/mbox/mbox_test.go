package mbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"backchannel/archive/mbox"
	"backchannel/templates/refusal"
)

// read gives all messages of a file, and what was wrong with it.
func read(file string, o mbox.Options) (all []mbox.Message, problems []string) {
	for m, err := range mbox.NewReader(strings.NewReader(file), o).All() {
		if err != nil {
			problems = append(problems, fmt.Sprintf("%d: %v", m.N, err))
		}
		if m.N > 0 {
			all = append(all, m)
		}
	}
	return all, problems
}

// bodies are the messages as they are, with LF, parted by a bar.
func bodies(all []mbox.Message) string {
	var s []string
	for _, m := range all {
		s = append(s, strings.ReplaceAll(string(m.Raw), "\r\n", "\n"))
	}
	return strings.Join(s, "|")
}

const sep = "From dana@north.example Thu Aug 22 12:36:23 2002\n"

func TestWhereAMessageBegins(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"two", sep + "A: 1\n\nx\n\n" + sep + "A: 2\n\ny\n\n", "A: 1\n\nx\n|A: 2\n\ny\n"},
		{"no empty line at the end", sep + "A: 1\n\nx\n\n" + sep + "A: 2\n\ny\n", "A: 1\n\nx\n|A: 2\n\ny\n"},
		{"no line end at the end", sep + "A: 1\n\nx", "A: 1\n\nx\n"},
		{"no empty line between", sep + "A: 1\n\nx\n" + sep + "A: 2\n\ny\n", "A: 1\n\nx\n|A: 2\n\ny\n"},
		{"neither empty line nor header: text", sep + "A: 1\n\nx\n" + sep + "a second line\n", "A: 1\n\nx\n" + sep + "a second line\n"},
		{"an empty line and a date, no header", sep + "A: 1\n\nx\n\n" + sep + "\ny\n\n", "A: 1\n\nx\n|\ny\n"},
		{"a sentence that begins with From", sep + "A: 1\n\nx\n\nFrom here on it rains.\n", "A: 1\n\nx\n\nFrom here on it rains.\n"},
		{"a sentence with a date", sep + "A: 1\n\nx\n\nFrom 10:00 on Thu Aug 22 2002 it rains.\nA: b\n", "A: 1\n\nx\n\nFrom 10:00 on Thu Aug 22 2002 it rains.\nA: b\n"},
		{"one long sentence with a date", sep + "A: 1\n\nx\n\nFrom what I know this was on Thu Aug 22 12:36:23 2002\nA: b\n", "A: 1\n\nx\n|A: b\n"},
		{"quoted", sep + "A: 1\n\n>From a\n>>From b\n>>>From c\n>Frommage\n> From d\n\n", "A: 1\n\nFrom a\n>From b\n>>From c\n>Frommage\n> From d\n"},
		{"empty lines kept but one", sep + "A: 1\n\nx\n\n\n\n" + sep + "A: 2\n\n\n", "A: 1\n\nx\n\n\n|A: 2\n\n"},
		{"header alone", sep + "A: 1\n\n" + sep + "A: 2\n", "A: 1\n|A: 2\n"},
		{"nothing at all", sep + "\n" + sep, "|"},
		{"CRLF", strings.ReplaceAll(sep+"A: 1\n\n>From x\n\n"+sep+"A: 2\n\ny\n\n", "\n", "\r\n"), "A: 1\n\nFrom x\n|A: 2\n\ny\n"},
		{"CR alone", strings.ReplaceAll(sep+"A: 1\n\n>From x\n\n"+sep+"A: 2\n\ny\n\n", "\n", "\r"), "A: 1\n\nFrom x\n|A: 2\n\ny\n"},
		{"LF and CRLF mixed", sep + "A: 1\r\nB: 2\n\r\nx\n\n" + sep + "A: 2\r\n\r\ny\r\n", "A: 1\nB: 2\n\nx\n|A: 2\n\ny\n"},
		{"CR CR LF", strings.ReplaceAll(sep+"A: 1\n\nx\n", "\n", "\r\r\n"), "A: 1\n\nx\n"},
		{"a CR inside a line stays", sep + "A: 1\n\nx\ry\n", "A: 1\n\nx\ry\n"},
		{"a byte order mark, empty lines", "\xef\xbb\xbf\n\n\r\n" + sep + "A: 1\n\nx\n", "A: 1\n\nx\n"},
		{"a letter without separator", "Received: x\nA: 1\n\nx\n", "Received: x\nA: 1\n\nx\n"},
		{"no date, no sender", "From \nA: 1\n\nx\n\nFrom \nA: 2\n\nFrom \nnot a header\n", "A: 1\n\nx\n|A: 2\n\nFrom \nnot a header\n"},
		{"a masked sender", "From jh at oobleck.example  Thu Nov  1 11:19:12 2001\nA: 1\n\nx\n\nFrom \"J H\" at oobleck.example Thu Nov 1 11:19:12 2001\nA: 2\n", "A: 1\n\nx\n|A: 2\n"},
		{"Content-Length is not believed", sep + "Content-Length: 1000\n\nx\n\n" + sep + "Content-Length: 1\n\ny and more\n", "Content-Length: 1000\n\nx\n|Content-Length: 1\n\ny and more\n"},
		{"a separator nobody ends", sep + "A: 1\n\nx\n\nFrom dana@north.example Thu Aug 22 12:36:23 2002", "A: 1\n\nx\n|"},
		{"an older spool's line in the header", sep + ">From root Thu Aug 22 12:36:23 2002\nA: 1\n\nx\n", "From root Thu Aug 22 12:36:23 2002\nA: 1\n\nx\n"},
		{"NUL", sep + "A: 1\n\nx\x00y\n", "A: 1\n\nx\x00y\n"},
		{"empty", "", ""},
		{"only empty lines", "\n\r\n\n", ""},
	} {
		all, problems := read(c.file, mbox.Options{})
		if got := bodies(all); got != c.want || problems != nil {
			t.Errorf("%s: got %q %v, want %q", c.name, got, problems, c.want)
		}
	}
}

func TestSeparatorStyles(t *testing.T) {
	for _, c := range []struct{ line, sender, date string }{
		{"From dana@north.example Thu Aug 22 12:36:23 2002", "dana@north.example", "2002-08-22T12:36:23Z"},
		{"From dana@north.example  Thu Aug  2 12:36:23 2002  ", "dana@north.example", "2002-08-02T12:36:23Z"},
		{"From dana@north.example Thu Aug 22 12:36 2002", "dana@north.example", "2002-08-22T12:36:00Z"},
		{"From dana@north.example Thu Aug 22 12:36:23 EDT 2002", "dana@north.example", "2002-08-22T16:36:23Z"},
		{"From dana@north.example Thu Aug 22 12:36:23 +0200 2002", "dana@north.example", "2002-08-22T10:36:23Z"},
		{"From dana@north.example Fri Feb 22 23:00:00 2008 +0200", "dana@north.example", "2008-02-22T21:00:00Z"},
		{"From dana@north.example Thu, 22 Aug 2002 12:36:23 +0100", "dana@north.example", "2002-08-22T11:36:23Z"},
		{"From dana@north.example Thu, 22 Aug 2002 12:36:23 -0400 (EDT)", "dana@north.example", "2002-08-22T16:36:23Z"},
		{"From dana@north.example 2002-08-22 12:36:23", "dana@north.example", "2002-08-22T12:36:23Z"},
		{"From dana@north.example 2002-08-22T12:36:23Z", "dana@north.example", "2002-08-22T12:36:23Z"},
		{"From dana@north.example Thursday, August 22, 12:36:23 2002", "dana@north.example", "2002-08-22T12:36:23Z"},
		{"From dana Thu Aug 22 12:36:23 02", "dana", "2002-08-22T12:36:23Z"},
		{"From dana Thu Aug 22 12:36:23 2002 remote from north", "dana", "2002-08-22T12:36:23Z"},
		{"From - Thu Aug 22 12:36:23 2002", "-", "2002-08-22T12:36:23Z"},
		{"From Thu Aug 22 12:36:23 2002", "", "2002-08-22T12:36:23Z"},
		{"From 1696492338456@xxx Fri Oct 27 12:34:56 +0000 2023", "1696492338456@xxx", "2023-10-27T12:34:56Z"},
		{"From 0123456789abcdef Mon Sep 17 00:00:00 2001", "0123456789abcdef", "2001-09-17T00:00:00Z"},
		{"From \"Dana Reyes\"@north.example Thu Aug 22 12:36:23 2002", "\"Dana Reyes\"@north.example", "2002-08-22T12:36:23Z"},
		{"From dana at north.example Thu Aug 22 12:36:23 2002", "dana at north.example", "2002-08-22T12:36:23Z"},
		{"From dana@north.example", "dana@north.example", ""},
		{"From MAILER-DAEMON", "MAILER-DAEMON", ""},
		{"From -", "-", ""},
		{"From ", "", ""},
	} {
		all, problems := read("From a@b Thu Jan 1 00:00:00 1970\nA: 1\n\nx\n\n"+c.line+"\nA: 2\n\ny\n", mbox.Options{})
		if len(all) != 2 || problems != nil {
			t.Errorf("%q does not part messages: %q %v", c.line, bodies(all), problems)
			continue
		}
		date := ""
		if !all[1].Date.IsZero() {
			date = all[1].Date.UTC().Format(time.RFC3339)
		}
		if all[1].Envelope != c.sender || date != c.date {
			t.Errorf("%q: sender %q, date %s, want %q, %s", c.line, all[1].Envelope, date, c.sender, c.date)
		}
	}
	for _, line := range []string{
		"From: dana@north.example", "From", "Fromage Thu Aug 22 12:36:23 2002", "from dana Thu Aug 22 12:36:23 2002",
		"From dana Thu Aug 22 12:36:23 2002 and more", "From dana Thu Aug 22 2002", "From dana 12:36:23 2002", "From dana Aug 22 12:36:23 12:36 2002",
		"From Monday on", "From x", "From a to b", "From dana Thu Aug 99 12:36:23 2002", "From " + strings.Repeat("x", 1000) + " Thu Aug 22 12:36:23 2002",
	} {
		if all, _ := read(sep+"A: 1\n\nx\n\n"+line+"\nA: 2\n\ny\n", mbox.Options{}); len(all) != 1 {
			t.Errorf("%q parts messages", line)
		}
	}
}

func TestNumbersAndOffsets(t *testing.T) {
	file := "\n" + sep + "A: 1\n\nx\n\n" + sep + "A: 2\r\n\r\n" + strings.Repeat("y", 300_000) + "\n\n" + sep + "A: 3\n\nz\n"
	all, problems := read(file, mbox.Options{})
	if len(all) != 3 || problems != nil {
		t.Fatal(len(all), problems)
	}
	for i, m := range all {
		if m.N != i+1 || !strings.HasPrefix(file[m.Offset:], sep+fmt.Sprintf("A: %d", i+1)) || m.Envelope != "dana@north.example" {
			t.Errorf("message %d: N %d at %d", i, m.N, m.Offset)
		}
	}
}

func TestOtherFilesAreRefused(t *testing.T) {
	for file, want := range map[string]string{
		"Dear all,\nthis is a text.\n":             `This is no mbox file: it does not begin with a line "From " and the date of a message.`,
		"From time to time I write.\nNo: header\n": `This is no mbox file: it does not begin with a line "From " and the date of a message.`,
		"\x00\x01\x02":                     `This is no mbox file: it does not begin with a line "From " and the date of a message.`,
		strings.Repeat("x", 600_000):       `This is no mbox file: it does not begin with a line "From " and the date of a message.`,
		"\x1f\x8b\x08\x00whatever":         `This file is compressed.`,
		"PK\x03\x04whatever":               `This file is compressed.`,
		"\n========================\nDate": `This is no mbox file: it does not begin with a line "From " and the date of a message.`,
	} {
		r := mbox.NewReader(strings.NewReader(file), mbox.Options{})
		for range 2 {
			if m, err := r.Next(); err == nil || err.Error() != want || refusal.KindOf(err) != refusal.Malformed || m.N != 0 {
				t.Errorf("%.20q: %v %v", file, m, err)
			}
		}
	}
}

func TestATooLargeMessageStopsNobody(t *testing.T) {
	big := "B: 1\n\n" + strings.Repeat(strings.Repeat("x", 70)+"\n", 100)
	file := sep + "A: 1\n\nx\n\n" + sep + big + "\n" + sep + "A: 3\n\nz\n"
	all, problems := read(file, mbox.Options{MaxSize: 1000})
	if got := bodies(all); got != "A: 1\n\nx\n||A: 3\n\nz\n" || strings.Join(problems, "; ") != "2: This message is larger than 1 MB." {
		t.Errorf("got %q, %q", got, problems)
	}
	if all[1].N != 2 || all[1].Envelope != "dana@north.example" || all[2].N != 3 {
		t.Errorf("which one was it? %v", all)
	}
	exact := len(strings.ReplaceAll(big, "\n", "\r\n"))
	for size, want := range map[int]int{exact: 0, exact - 1: 1} {
		if _, problems := read(file, mbox.Options{MaxSize: size}); len(problems) != want {
			t.Errorf("%d octets with a limit of %d: %q", exact, size, problems)
		}
	}
}

// A line of any length is read, and of a hostile file no more is kept than a message may have.
func TestHugeLinesAndHugeFiles(t *testing.T) {
	line := strings.Repeat("y", 5<<20)
	all, problems := read(sep+"A: 1\n\n"+strings.Repeat(">", 600_000)+"From x\n"+line+"\r\nz\n", mbox.Options{})
	want := "A: 1\n\n" + strings.Repeat(">", 599_999) + "From x\n" + line + "\nz\n"
	if bodies(all) != want || problems != nil {
		t.Errorf("%d octets, want %d: %v", len(bodies(all)), len(want), problems)
	}
	endless := io.MultiReader(strings.NewReader(sep+"A: 1\n\n"), io.LimitReader(noise{}, 300<<20), strings.NewReader("\n\n"+sep+"A: 2\n\ny\n"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := 0
	for m, err := range mbox.NewReader(endless, mbox.Options{MaxSize: 1 << 20}).All() {
		if n++; m.N != n || (n == 1) != errors.Is(err, mbox.ErrTooLarge) {
			t.Errorf("message %d: %v", m.N, err)
		}
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; n != 2 || got > 16<<20 {
		t.Errorf("%d messages, %d MB allocated", n, got>>20)
	}
}

// noise is an endless text in one line.
type noise struct{}

func (noise) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestAFailingDiskIsToldNotHidden(t *testing.T) {
	broken := errors.New("input/output error")
	file := sep + "A: 1\n\nx\n\n" + sep + "A: 2\n\ny\n\n"
	for cut := range len(file) {
		r := mbox.NewReader(io.MultiReader(strings.NewReader(file[:cut]), iotest.ErrReader(broken)), mbox.Options{})
		whole := 0
		var err error
		for err == nil {
			var m mbox.Message
			if m, err = r.Next(); err == nil {
				if whole++; string(m.Raw) != "A: 1\r\n\r\nx\r\n" {
					t.Fatalf("cut at %d: half a message as a whole one: %q", cut, m.Raw)
				}
			}
		}
		if !errors.Is(err, broken) {
			t.Errorf("cut at %d: %v", cut, err)
		}
		if _, again := r.Next(); again != err {
			t.Errorf("cut at %d: then %v", cut, again)
		}
	}
}

// The way the bytes come makes no difference.
func TestReadersOfEverySort(t *testing.T) {
	file := sep + "A: 1\r\n\r\n>From x\r\n\n" + sep + "A: 2\n\n" + strings.Repeat("y\r\n", 1000) + "\nFrom x\n"
	want, _ := read(file, mbox.Options{})
	for name, wrap := range map[string]func(io.Reader) io.Reader{"one": iotest.OneByteReader, "half": iotest.HalfReader, "data and error": iotest.DataErrReader} {
		var got []mbox.Message
		for m, err := range mbox.NewReader(wrap(strings.NewReader(file)), mbox.Options{}).All() {
			if err != nil {
				t.Error(name, err)
			}
			got = append(got, m)
		}
		if bodies(got) != bodies(want) {
			t.Errorf("%s: %q", name, bodies(got))
		}
	}
	if _, err := mbox.NewReader(iotest.TimeoutReader(strings.NewReader("")), mbox.Options{}).Next(); err != io.EOF {
		t.Error(err)
	}
	stuck := mbox.NewReader(readNothing{}, mbox.Options{})
	if _, err := stuck.Next(); !errors.Is(err, io.ErrNoProgress) {
		t.Error("a reader that gives nothing:", err)
	}
}

type readNothing struct{}

func (readNothing) Read([]byte) (int, error) { return 0, nil }

func TestWriterSays(t *testing.T) {
	var b bytes.Buffer
	w := mbox.NewWriter(&b)
	at := time.Date(2026, 6, 2, 10, 0, 0, 0, time.FixedZone("", 7200))
	for _, err := range []error{
		w.Write([]byte("A: 1\r\n\r\nFrom x\r\n>From y\r\n>Frommage\r\n"), "dana@north.example", at),
		w.Write([]byte("A: 2\r\n\r\nno end"), "two words\r\nFrom z", time.Time{}),
		w.Write(nil, "", at),
		w.Flush(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := "From dana@north.example Tue Jun  2 08:00:00 2026\nA: 1\n\n>From x\n>>From y\n>Frommage\n\n" +
		"From twowordsFromz Thu Jan  1 00:00:00 1970\nA: 2\n\nno end\n\n" +
		"From MAILER-DAEMON Tue Jun  2 08:00:00 2026\n\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
	if err := mbox.NewWriter(failing{}).Write(bytes.Repeat([]byte("x"), 1<<20), "", at); err == nil {
		t.Error("a full disk is not told")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space") }

// rawMail draws a message as the archive has it: lines with CRLF, and every sort of line that could be taken for something else.
func rawMail() *rapid.Generator[string] {
	line := rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "", "", "From ", "From dana@x.example Thu Aug 22 12:36:23 2002", ">From x", ">>From x", ">>>>>>From ", "From: dana", ">", "> From", ".",
			"Subject: x", "\tfolded", "Content-Length: 3", strings.Repeat("z", 998), strings.Repeat(">", 300) + "From x", "ß\x80\xff\x00", "a\rb", "\rb", strings.Repeat("long ", 60_000),
		}),
		rapid.StringMatching(`[ -~]{0,80}`),
	)
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for _, l := range rapid.SliceOfN(line, 0, 12).Draw(t, "lines") {
			b.WriteString(l + "\r\n")
		}
		return b.String()
	})
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mails := rapid.SliceOfN(rawMail(), 0, 5).Draw(t, "mails")
		sender := rapid.SampledFrom([]string{"dana@x.example", `"a b"@x.example`, "", "-", "Thu", "ß@x.example"}).Draw(t, "sender")
		at := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "date"), 0).UTC()
		var b bytes.Buffer
		w := mbox.NewWriter(&b)
		for _, m := range mails {
			if err := w.Write([]byte(m), sender, at); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		file := b.String()
		if rapid.Bool().Draw(t, "crlf") {
			file = strings.ReplaceAll(file, "\n", "\r\n")
		}
		all, problems := read(file, mbox.Options{})
		if len(all) != len(mails) || problems != nil {
			t.Fatalf("%d written, %d read: %v", len(mails), len(all), problems)
		}
		for i, m := range all {
			if string(m.Raw) != mails[i] || !m.Date.Equal(at) {
				t.Fatalf("message %d: %q at %v, want %q at %v", i, m.Raw, m.Date, mails[i], at)
			}
		}
	})
}
