package bounce

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"backchannel/archive/letter"
)

var list = flag.Bool("list", false, "print every case of the bounce corpus that is read differently")

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
		if filepath.Dir(dir) == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	p := filepath.Join(append([]string{dir, "..", "shared", "corpus"}, path...)...)
	if _, err := os.Stat(p); err != nil {
		t.Skip("the corpus is not here: ", err)
	}
	return p
}

// crlf gives a stored file the line ends it had on the wire.
func crlf(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

func load(t testing.TB, path string) *letter.Letter {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	l, err := letter.Parse(crlf(raw))
	if err != nil {
		t.Fatal(path, err)
	}
	return l
}

type expected struct {
	File     string
	Asserted []struct{ Status, ReplyCode, Reason string }
	Decoded  []struct{ Recipient, Action, MessageID, Reason, Status string }
}

func readExpected(t testing.TB) []expected {
	t.Helper()
	f, err := os.Open(corpus(t, "bounces-sisimai", "expected.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []expected
	for s := bufio.NewScanner(f); s.Scan(); {
		var e expected
		if err := json.Unmarshal(s.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// classes are our words for sisimai's reasons, where they have an equal.
var classes = map[string][]Class{
	"userunknown": {Gone}, "hostunknown": {Gone}, "hasmoved": {Gone}, "suspend": {Gone},
	"mailboxfull":  {Full},
	"spamdetected": {Refused}, "blocked": {Refused}, "badreputation": {Refused}, "policyviolation": {Refused}, "authfailure": {Refused}, "requireptr": {Refused},
	"rejected": {Refused}, "securityerror": {Refused}, "norelaying": {Refused}, "notcompliantrfc": {Refused}, "virusdetected": {Refused}, "contenterror": {Refused},
	"speeding": {Refused}, "toomanyconn": {Refused, Unclear}, "mesgtoobig": {Refused}, "exceedlimit": {Refused}, "failedstarttls": {Refused},
	"expired": {Unclear}, "networkerror": {Unclear}, "systemerror": {Unclear}, "mailererror": {Unclear}, "onhold": {Unclear}, "undefined": {Unclear}, "systemfull": {Unclear},
	"syntaxerror": {Unclear}, "filtered": {Unclear, Gone, Refused}, "notaccept": {Gone, Unclear, Refused}, "delivered": {Fine},
}

type score struct {
	name      string
	good, all int
}

func (s *score) count(t *testing.T, ok bool, format string, args ...any) {
	s.all++
	if ok {
		s.good++
	} else if *list {
		t.Logf(s.name+": "+format, args...)
	}
}

// TestSisimai measures Read against the reports of the sisimai project and holds the figures that were reached. The differences
// that are meant: the original recipient counts before the final one; 5.7.x is Refused whatever the words say (M18); "user
// unknown" with a 4xx status is not for ever; a list that refuses a post (fml, Google Groups), notices about bounces as JSON
// (Amazon SNS), a bounce that a person forwards and an "unsubscribe" written by Apple Mail are no bounces.
func TestSisimai(t *testing.T) {
	kind, who, status, code, class, id := score{name: "kind"}, score{name: "who"}, score{name: "status"}, score{name: "code"}, score{name: "class"}, score{name: "id"}
	dir := corpus(t, "bounces-sisimai")
	for _, e := range readExpected(t) {
		if len(e.Decoded) == 0 {
			continue
		}
		r := Read(load(t, filepath.Join(dir, e.File)))
		want := Bounce
		switch e.Decoded[0].Reason {
		case "feedback":
			want = Complaint
		case "vacation":
			want = AutoReply
		}
		kind.count(t, r.Kind == want, "%s: %q, want %q", e.File, r.Kind, want)
		if e.Decoded[0].MessageID != "" {
			id.count(t, string(r.OriginalID) == e.Decoded[0].MessageID, "%s: %q, want %q", e.File, r.OriginalID, e.Decoded[0].MessageID)
		}
		if want != Bounce || r.Kind != Bounce {
			continue
		}
		var got, expect []string
		for _, f := range r.Failures {
			got = append(got, f.Recipient.Key())
		}
		for _, d := range e.Decoded {
			expect = append(expect, strings.ToLower(d.Recipient))
		}
		slices.Sort(got)
		slices.Sort(expect)
		who.count(t, slices.Equal(got, slices.Compact(expect)), "%s: %q, want %q", e.File, got, expect)
		for i, a := range e.Asserted {
			if i >= len(r.Failures) || len(r.Failures) != len(e.Asserted) {
				continue
			}
			f := r.Failures[i]
			if a.Status != "" && !strings.Contains(a.Status, ".0.9") {
				status.count(t, f.Status == a.Status, "%s: %q, want %q (%s) %s", e.File, f.Status, a.Status, a.Reason, f.Diagnostic)
			}
			if n, err := strconv.Atoi(a.ReplyCode); err == nil {
				code.count(t, f.Code == n, "%s: %d, want %d: %s", e.File, f.Code, n, f.Diagnostic)
			}
			if f.Action != Failed {
				continue
			}
			expect := classes[a.Reason]
			class.count(t, slices.Contains(expect, f.Class), "%s: %s, want %s (%s): %s %s", e.File, f.Class, expect, a.Reason, f.Status, f.Diagnostic)
		}
	}
	for _, s := range []struct {
		score
		floor int
	}{{kind, 610}, {who, 570}, {status, 440}, {code, 409}, {class, 531}, {id, 524}} {
		t.Logf("%-6s %d of %d", s.name, s.good, s.all)
		if s.good < s.floor {
			t.Errorf("%s: %d of %d, it was %d before", s.name, s.good, s.all, s.floor)
		}
	}
}

// M17: TestMisc measures Read against the reports of two other projects, as sisimai reads them.
func TestMisc(t *testing.T) {
	dir := corpus(t, "bounces-misc")
	raw, err := os.ReadFile(filepath.Join(dir, "reference.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	who, status, class := score{name: "who"}, score{name: "status"}, score{name: "class"}
	for line := range strings.Lines(string(raw)) {
		var e struct {
			File    string
			Reports []struct{ Recipient, Action, Reason, Status, FeedbackType string }
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		r := Read(load(t, filepath.Join(dir, e.File)))
		for i, want := range e.Reports {
			got := r.Complainer
			if r.Kind == Bounce && i < len(r.Failures) {
				f := r.Failures[i]
				got = f.Recipient
				if !strings.Contains(want.Status, ".0.9") {
					status.count(t, f.Status == want.Status, "%s: %q, want %q", e.File, f.Status, want.Status)
				}
				if f.Action == Failed {
					class.count(t, slices.Contains(classes[want.Reason], f.Class), "%s: %s, want %s", e.File, f.Class, want.Reason)
				}
			}
			who.count(t, got.Key() == strings.ToLower(want.Recipient), "%s: %q, want %q (%s)", e.File, got.Key(), want.Recipient, r.Kind)
		}
		if len(e.Reports) == 0 {
			t.Logf("%s: sisimai reads nothing, we %s %+v", e.File, r.Kind, r.Failures)
		}
	}
	for _, s := range []struct {
		score
		floor int
	}{{who, 18}, {status, 14}, {class, 10}} {
		t.Logf("%-6s %d of %d", s.name, s.good, s.all)
		if s.good < s.floor {
			t.Errorf("%s: %d of %d, it was %d before", s.name, s.good, s.all, s.floor)
		}
	}
}

// TestLineEnds: a file from a disk and a letter from the wire read the same.
func TestLineEnds(t *testing.T) {
	dir := corpus(t, "bounces-sisimai")
	for _, e := range readExpected(t) {
		raw, err := os.ReadFile(filepath.Join(dir, e.File))
		if err != nil {
			t.Fatal(err)
		}
		lf, err := letter.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		a, err := json.Marshal(Read(lf))
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(Read(load(t, filepath.Join(dir, e.File))))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s:\n%s\n%s", e.File, a, b)
		}
	}
}

// TestNotBounces: what sisimai keeps as letters that only look like bounces. The third is one (its reader once looped over it).
func TestNotBounces(t *testing.T) {
	for name, want := range map[string]Kind{"is-not-bounce-01.eml": Person, "is-not-bounce-02.eml": Person, "rb-issue-368-bug.eml": Bounce} {
		r := Read(load(t, filepath.Join(corpus(t, "bounces-sisimai", "not"), name)))
		if r.Kind != want {
			t.Errorf("%s: %+v", name, r)
		}
		if want == Bounce && (len(r.Failures) != 1 || r.Failures[0].Class != Full || r.Failures[0].Recipient.String() != "xxxx@yyyyyy.net") {
			t.Errorf("%+v", r)
		}
	}
}

// TestBroken: bounces that were broken on purpose are read somehow.
func TestBroken(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus(t, "bounces-sisimai", "err"), "*"))
	if err != nil {
		t.Fatal(err)
	}
	bounces := 0
	for _, path := range files {
		if r := Read(load(t, path)); r.Kind == Bounce {
			bounces++
			if len(r.Failures) == 0 {
				t.Errorf("%s: a bounce without a failure", path)
			}
		}
	}
	t.Logf("%d of %d are bounces", bounces, len(files))
	if bounces < 36 {
		t.Errorf("%d of %d were found to be bounces", bounces, len(files))
	}
}
