package letter

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"backchannel/templates/refusal"
)

// corpusLetters calls f with every letter of the corpus: whole files, and the messages of every mbox.
func corpusLetters(t testing.TB, f func(name string, raw []byte)) {
	t.Helper()
	for _, set := range []string{"mime-mikel-mail", "mime-stalwart", "mime-misc", "bounces-sisimai", "bounces-misc"} {
		corpusWalk(t, set, func(name string, b []byte) {
			if !strings.Contains(name, "LICENSE") && !strings.Contains(name, "flanker-addresses") {
				f(set+"/"+name, b)
			}
		}, ".eml", ".txt", ".EML", "multipart", ".msg")
	}
	for _, set := range []string{"archive-spamassassin", "archive-ponymail", "archive-bigbang"} {
		corpusWalk(t, set, func(name string, b []byte) {
			for _, raw := range splitMbox(b) {
				f(set+"/"+name, raw)
			}
		}, ".mbox", ".mbx", ".txt", ".eml")
	}
}

// splitMbox cuts an mbox before its "From " lines and leaves those lines in: Parse has to cope with them.
func splitMbox(b []byte) [][]byte {
	var list [][]byte
	for len(b) > 0 {
		i := bytes.Index(b[1:], []byte("\nFrom "))
		if i < 0 {
			return append(list, b)
		}
		list = append(list, b[:i+2])
		b = b[i+2:]
	}
	return list
}

// TestCorpus: nothing panics, everything is a letter or is refused with a sentence, bytes are kept, and an edited header leaves
// every other byte alone.
func TestCorpus(t *testing.T) {
	letters, refused, authors, dates, ids, parts := 0, 0, 0, 0, 0, 0
	corpusLetters(t, func(name string, raw []byte) {
		l, err := Parse(raw)
		if err != nil {
			refused++
			if refusal.KindOf(err) != refusal.Malformed || !strings.HasSuffix(err.Error(), ".") {
				t.Errorf("%s: refused without a sentence: %v", name, err)
			}
			t.Logf("%s (%d bytes): %v", name, len(raw), err)
			return
		}
		letters++
		checkLetter(t, name, l, raw)
		parts += len(l.Parts())
		if len(l.From()) > 0 {
			authors++
		}
		if _, ok := l.Date(); ok {
			dates++
		}
		if l.MessageID() != "" {
			ids++
		}
	})
	t.Logf("%d letters with %d parts, %d refused; with author %d, date %d, id %d", letters, parts, refused, authors, dates, ids)
	if letters < 3000 {
		t.Errorf("only %d letters were read", letters)
	}
}

// checkLetter holds the promises that every letter must keep.
func checkLetter(t testing.TB, name string, l *Letter, raw []byte) {
	t.Helper()
	if !bytes.Equal(l.With(l.Header()), raw) {
		t.Errorf("%s: an untouched header changes the letter", name)
	}
	if !bytes.HasSuffix(raw, l.Body()) {
		t.Errorf("%s: the body is not the end of the letter", name)
	}
	checkEdit(t, name, l, raw)
	checkParts(t, name, l)
	for _, s := range append([]string{l.Subject(), string(l.MessageID())}, l.Fields("Received")...) {
		if !isClean(s) {
			t.Errorf("%s: unclean text %q", name, s)
		}
	}
	for _, m := range append(append(l.From(), l.To()...), l.Cc()...) {
		again, err := ParseAddress(m.Address.String())
		if err != nil || again != m.Address || !isClean(m.Name) {
			t.Errorf("%s: mailbox %q does not survive: %v", name, m.String(), err)
		}
	}
	_ = l.CheckPost()
	_ = l.Attachments()
	if _, err := json.Marshal(l.Structure()); err != nil {
		t.Errorf("%s: structure: %v", name, err)
	}
}

// checkEdit adds a field and takes it away again: what is left must be the letter, but for an empty line that was missing.
func checkEdit(t testing.TB, name string, l *Letter, raw []byte) {
	t.Helper()
	h := l.Header()
	const field = "X-Backchannel-Test"
	if err := h.Add(field, "Grüße aus dem Garten"); err != nil {
		t.Fatalf("%s: add: %v", name, err)
	}
	edited := h.Bytes()
	i := bytes.LastIndex(edited, []byte(field))
	j := i + bytes.IndexByte(edited[i:], '\n') + 1
	without := append(append([]byte(nil), edited[:i]...), edited[j:]...)
	head := raw[:len(raw)-len(l.Body())]
	if !bytes.Equal(without, head) && !bytes.Equal(bytes.TrimRight(without, "\r\n"), bytes.TrimRight(head, "\r\n")) {
		t.Errorf("%s: another byte changed:\n%q\n%q", name, without, head)
	}
	again, err := Parse(l.With(h))
	if err != nil {
		return // just below a limit before
	}
	if !bytes.Equal(again.Body(), l.Body()) || again.Get(field) != "Grüße aus dem Garten" {
		t.Errorf("%s: the edited letter reads differently: %q", name, again.Get(field))
	}
	h.Del(field)
	if got := h.Bytes(); !bytes.Equal(bytes.TrimRight(got, "\r\n"), bytes.TrimRight(head, "\r\n")) {
		t.Errorf("%s: add and delete changed the header", name)
	}
}

// checkParts: parts lie inside their parents, one behind the other, within the limits.
func checkParts(t testing.TB, name string, l *Letter) {
	t.Helper()
	end := make([]int, len(l.parts)) // where the last child of a part ended
	children := make([]int, len(l.parts))
	for i, p := range l.parts {
		if p.HeaderStart > p.BodyStart || p.BodyStart > p.End || p.End > len(l.raw) || p.Depth > maxDepth || p.Type == "" || p.Encoding == "" {
			t.Errorf("%s: part %d is impossible: %+v", name, i, p)
		}
		if i == 0 {
			continue
		}
		parent := l.parts[p.Parent]
		if p.Parent >= i || p.HeaderStart < parent.BodyStart || p.End > parent.End || p.HeaderStart < end[p.Parent] || p.Depth != parent.Depth+1 {
			t.Errorf("%s: part %d [%d %d %d] does not lie in part %d [%d %d]", name, i, p.HeaderStart, p.BodyStart, p.End, p.Parent, parent.BodyStart, parent.End)
		}
		end[p.Parent] = p.End
		if children[p.Parent]++; p.Number != children[p.Parent] {
			t.Errorf("%s: part %d is number %d, want %d", name, i, p.Number, children[p.Parent])
		}
	}
	for i, p := range l.parts {
		if p.Children != children[i] {
			t.Errorf("%s: part %d says %d children, has %d", name, i, p.Children, children[i])
		}
	}
}

// isClean tells whether text keeps the promise of B3 on one line.
func isClean(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if hidden(r) {
			return false
		}
	}
	return true
}

// stalwart is the part of the second opinion that is compared.
type stalwart struct {
	Parts []struct {
		Headers []struct {
			Name  json.RawMessage `json:"name"`
			Value json.RawMessage `json:"value"`
		} `json:"headers"`
		Body json.RawMessage `json:"body"`
	} `json:"parts"`
}

// header gives the top value of a name, unwrapped from its kind ({"Text": "…"}).
func (s stalwart) header(name, kind string) (json.RawMessage, bool) {
	if len(s.Parts) == 0 {
		return nil, false
	}
	for i := len(s.Parts[0].Headers) - 1; i >= 0; i-- {
		h := s.Parts[0].Headers[i]
		if string(h.Name) != `"`+name+`"` {
			continue
		}
		var value map[string]json.RawMessage
		if json.Unmarshal(h.Value, &value) == nil && value[kind] != nil {
			return value[kind], true
		}
	}
	return nil, false
}

// TestSecondOpinion compares subjects, ids, authors and the number of parts with another parser's reading of the same letters.
func TestSecondOpinion(t *testing.T) {
	same := map[string]int{}
	differ := map[string]int{}
	count := func(what, name, ours, theirs string) {
		if ours == theirs {
			same[what]++
			return
		}
		differ[what]++
		t.Logf("%s: %s: ours %q, theirs %q", name, what, ours, theirs)
	}
	opinions := map[string]stalwart{}
	corpusWalk(t, "mime-stalwart", func(name string, b []byte) {
		var s stalwart
		if json.Unmarshal(b, &s) == nil {
			opinions[strings.TrimSuffix(name, ".json")] = s
		}
	}, ".json")
	corpusWalk(t, "mime-stalwart", func(name string, raw []byte) {
		s, ok := opinions[strings.TrimSuffix(name, ".eml")]
		l, err := Parse(raw)
		if !ok || err != nil {
			return
		}
		if v, ok := s.header("subject", "Text"); ok && !strings.Contains(jsonString(v), "\uFFFD") { // they do not guess a charset
			count("subject", name, squeeze(l.Subject()), squeeze(CleanLine(jsonString(v))))
		}
		if v, ok := s.header("message_id", "Text"); ok {
			count("message id", name, string(l.MessageID()), jsonString(v))
		}
		if v, ok := s.header("from", "Address"); ok {
			count("from", name, addressKeys(l.From()), theirAddresses(v))
		}
	}, ".eml")
	t.Logf("same %v, different %v", same, differ)
	for what, n := range differ {
		if n*20 > same[what] {
			t.Errorf("%s: %d of %d differ", what, n, n+same[what])
		}
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func jsonString(v json.RawMessage) string {
	var s string
	_ = json.Unmarshal(v, &s)
	return s
}

func addressKeys(list []Mailbox) string {
	var keys []string
	for _, m := range list {
		keys = append(keys, m.Address.Key())
	}
	return strings.Join(keys, " ")
}

func theirAddresses(v json.RawMessage) string {
	var value struct {
		List []struct {
			Address *string `json:"address"`
		}
	}
	_ = json.Unmarshal(v, &value)
	var keys []string
	for _, a := range value.List {
		if a.Address != nil {
			if parsed, err := ParseAddress(*a.Address); err == nil {
				keys = append(keys, parsed.Key())
			}
		}
	}
	return strings.Join(keys, " ")
}
