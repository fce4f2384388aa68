package letter

import (
	"bufio"
	"bytes"
	"strings"
	"testing"

	"github.com/emersion/go-message/textproto"

	"backchannel/templates/refusal"
)

// TestWhatOthersRefuse: each of these letters stops the library's reader. Ours finds the same fields and the right body, and keeps
// every byte.
func TestWhatOthersRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		raw, body string
		names     string // fields that are read
		fine      bool   // the library takes it too
	}{
		"mbox line":                        {"From jane@b.example Mon May  2 16:07:05 2005\r\nSubject: a\r\n\r\nb", "b", "Subject", false},
		"quoted mbox line":                 {">From jane@b.example Mon May  2 16:07:05 2005\r\nSubject: a\r\n\r\nb", "b", "Subject", false},
		"line without colon":               {"Subject: a\r\nnonsense\r\nTo: x@y.example\r\n\r\nb", "b", "Subject To", false},
		"bad line and its continuation":    {"Subject: a\r\nnonsense\r\n more\r\nTo: x@y.example\r\n\r\nb", "b", "Subject To", false},
		"space in a name":                  {"Subject: a\r\nBad Name: x\r\nTo: x@y.example\r\n\r\nb", "b", "Subject To", false},
		"space in the last name":           {"Subject: a\r\nBad Name: x\r\n\r\nb", "b", "Subject", false},
		"8 bit in a name":                  {"Subject: a\r\nGr\xf6\xdfe: x\r\n\r\nb", "b", "Subject", false},
		"indented first line":              {" Received: x\r\nSubject: a\r\n\r\nb", "b", "Subject", false},
		"no name":                          {"Subject: a\r\n: x\r\nTo: x@y.example\r\n\r\nb", "b", "Subject To", false},
		"no empty line":                    {"Subject: a\r\nTo: x@y.example\r\nHello Bob,\r\nhow are you", "Hello Bob,\r\nhow are you", "Subject To", false},
		"no empty line, colon in the text": {"Hello Bob, listen:\r\n\r\nhow are you", "Hello Bob, listen:\r\n\r\nhow are you", "", false},
		"no header":                        {"Hello Bob\r\n", "Hello Bob\r\n", "", false},
		"mixed line ends":                  {"Subject: a\nTo: x@y.example\r\nCc: z@y.example\n\r\nb\nc\r\n", "b\nc\r\n", "Subject To Cc", true},
		"bare LF":                          {"Subject: a\n\nb\n", "b\n", "Subject", true},
		"space before the colon":           {"Subject : a\r\n\r\nb", "b", "Subject", true},
		"blank continuation":               {"Subject: a\r\n \r\n b\r\n\r\nc", "c", "Subject", true},
		"empty letter":                     {"", "", "", false},
		"only a body":                      {"\r\nb", "b", "", true},
		"cut in the header":                {"Subject: a\r\nTo: x@y", "", "Subject To", false},
	} {
		l, err := Parse([]byte(c.raw))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var names []string
		for _, f := range l.Header().Fields() {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != c.names || string(l.Body()) != c.body {
			t.Errorf("%s: fields %q, body %q; want %q, %q", name, got, l.Body(), c.names, c.body)
		}
		if got := l.With(l.Header()); string(got) != c.raw {
			t.Errorf("%s: bytes changed: %q", name, got)
		}
		if _, err := textproto.ReadHeader(bufio.NewReader(strings.NewReader(c.raw))); (err == nil) != c.fine {
			t.Logf("%s: the library says %v now", name, err)
		}
	}
}

// TestFieldsSecondOpinion: where the library can read a header of the corpus, it finds the same fields in the same order.
func TestFieldsSecondOpinion(t *testing.T) {
	seen := 0
	corpusLetters(t, func(name string, raw []byte) {
		l, err := Parse(raw)
		if err != nil {
			return
		}
		theirs, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		seen++
		i := 0
		for fields := theirs.Fields(); fields.Next(); i++ {
			if i >= len(l.header.fields) || !l.header.fields[i].is(fields.Key()) {
				t.Errorf("%s: field %d is %s there", name, i, fields.Key())
				return
			}
		}
		if i != len(l.header.fields) {
			t.Errorf("%s: %d fields, there %d", name, len(l.header.fields), i)
		}
	})
	t.Logf("%d headers compared", seen)
}

// TestLimits: each limit of B1 holds at its number and one beyond, in the letter's header and in a part's, with its sentence.
func TestLimits(t *testing.T) {
	inPart := func(header string) string {
		return "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + header + "\r\ntext\r\n--b--\r\n"
	}
	fields := func(n int) string { return strings.Repeat("X: 1\r\n", n) }
	octets := func(n int) string { return "X: " + strings.Repeat("a", n-5) + "\r\n" }
	folded := func(n int) string { return "X: a\r\n" + strings.Repeat(" a\r\n", n/4) }
	block := func(n int) string { return strings.Repeat(octets(1024), n>>10) + octets(n&1023) }
	nested := func(n int) string {
		return strings.Repeat("Content-Type: message/rfc822\r\n\r\n", n) + "Subject: x\r\n\r\ntext"
	}
	nestedBoundaries := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString("Content-Type: multipart/mixed; boundary=b" + strings.Repeat("x", i) + "\r\n\r\n--b" + strings.Repeat("x", i) + "\r\n")
		}
		return b.String() + "\r\ntext"
	}
	parts := func(n int) string {
		return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", n) + "--b--\r\n"
	}
	boundary := func(n int) string {
		s := strings.Repeat("b", n)
		return "Content-Type: multipart/mixed; boundary=\"" + s + "\"\r\n\r\n--" + s + "\r\n\r\nx\r\n--" + s + "--\r\n"
	}
	const tooManyLines = "Your letter has more than 500 lines in its header, more than any mail program writes. Please send it again as a new letter."
	const longLine = "One line in the header of your letter is longer than 32 KB. If it has a very long list of addresses, please send it to fewer people at once."
	const longHeader = "The header of your letter is longer than 100 KB. Please send it again as a new letter."
	const tooDeep = "Your letter holds letters within letters more than 20 deep. Please send it again as a new letter."
	for name, c := range map[string]struct{ fits, beyond, sentence string }{
		"fields":         {fields(500) + "\r\n", fields(501) + "\r\n", tooManyLines},
		"fields of part": {inPart(fields(500)), inPart(fields(501)), tooManyLines},
		"field":          {octets(32<<10) + "\r\n", octets(32<<10+1) + "\r\n", longLine},
		"folded field":   {folded(32<<10-8) + "\r\n", folded(32<<10) + "\r\n", longLine},
		"field of part":  {inPart(octets(32 << 10)), inPart(octets(32<<10 + 1)), longLine},
		"block":          {block(100<<10-8) + "\r\n", block(100<<10+8) + "\r\n", longHeader},
		"block of part":  {inPart(block(100<<10 - 8)), inPart(block(100<<10 + 8)), longHeader},
		"depth":          {nested(20), nested(21), tooDeep},
		"depth of parts": {nestedBoundaries(20), nestedBoundaries(21), tooDeep},
		"parts":          {parts(999), parts(1000), "Your letter has more than 1000 parts. Please send it again with fewer attachments."},
		"boundary":       {boundary(2048), boundary(2049), "The separator between the parts of your letter is longer than 2048 characters. Please send it again from another mail program."},
	} {
		if l, err := Parse([]byte(c.fits)); err != nil {
			t.Errorf("%s: at the limit: %v", name, err)
		} else {
			checkParts(t, name, l)
		}
		_, err := Parse([]byte(c.beyond))
		if err == nil || err.Error() != c.sentence || refusal.KindOf(err) != refusal.Malformed {
			t.Errorf("%s: beyond the limit: %v, want %q", name, err, c.sentence)
		}
	}
}
