package imapd

import (
	"runtime"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"backchannel/archive/letter"
)

const nested = "From: a@b.test\nSubject: outer\nX-Long: one\n two\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=outer\n\npreamble\n" +
	"--outer\nContent-Type: text/plain\n\nfirst\n" +
	"--outer\nContent-Type: message/rfc822\n\nSubject: inner\nContent-Type: multipart/alternative; boundary=inner\n\n" +
	"--inner\nContent-Type: text/plain\n\nplain\n--inner\nContent-Type: text/html\n\n<p>html</p>\n--inner--\n" +
	"--outer\nContent-Type: message/rfc822\n\nSubject: simple\n\nbody\n" +
	"--outer\nContent-Type: application/x; name=y\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n" +
	"--outer\nContent-Type: application/x\nContent-Transfer-Encoding: x-odd\n\nodd\n" +
	"--outer--\nepilogue\n"

func TestSections(t *testing.T) {
	l := &opened{raw: []byte(strings.ReplaceAll(nested, "\n", "\r\n"))}
	get := func(s imap.PartSpecifier, path ...int) string {
		return strings.ReplaceAll(string(l.section(&imap.FetchItemBodySection{Specifier: s, Part: path})), "\r\n", "|")
	}
	const none, header, text, mime = imap.PartSpecifierNone, imap.PartSpecifierHeader, imap.PartSpecifierText, imap.PartSpecifierMIME
	for _, c := range []struct {
		spec imap.PartSpecifier
		path []int
		want string
	}{
		{none, []int{1}, "first"},
		{mime, []int{1}, "Content-Type: text/plain||"},
		{header, []int{1}, ""}, // no message
		{none, []int{1, 1}, ""},
		{mime, []int{2}, "Content-Type: message/rfc822||"},
		{header, []int{2}, "Subject: inner|Content-Type: multipart/alternative; boundary=inner||"},
		{text, []int{2}, "--inner|Content-Type: text/plain||plain|--inner|Content-Type: text/html||<p>html</p>|--inner--"},
		{none, []int{2, 1}, "plain"},
		{mime, []int{2, 2}, "Content-Type: text/html||"},
		{none, []int{2, 2}, "<p>html</p>"},
		{none, []int{2, 3}, ""},
		{none, []int{3, 1}, "body"},
		{header, []int{3}, "Subject: simple||"},
		{text, []int{3}, "body"},
		{none, []int{3, 2}, ""},
		{none, []int{3, 1, 1}, ""},
		{none, []int{4}, "aGVsbG8="},
		{none, []int{6}, ""},
		{none, []int{0}, ""},
		{none, []int{1 << 30}, ""},
		{none, []int{-1}, ""},
	} {
		if got := get(c.spec, c.path...); got != c.want {
			t.Errorf("%v %v: got %q, want %q", c.path, c.spec, got, c.want)
		}
	}
	for path, want := range map[int]string{1: "first", 4: "hello", 9: ""} {
		if got, err := l.binary([]int{path}); err != nil || string(got) != want {
			t.Errorf("BINARY[%d]: %q %v", path, got, err)
		}
	}
	if _, err := l.binary([]int{5}); err == nil || !strings.Contains(err.Error(), saysBadEncoding) {
		t.Errorf("an unknown encoding: %v", err)
	}
	if got, _ := l.binary(nil); len(got) != len(l.raw) {
		t.Errorf("BINARY[]: %d octets", len(got))
	}
	fields := string(l.section(&imap.FetchItemBodySection{Specifier: header, HeaderFields: []string{"x-long", "SUBJECT"}}))
	if fields != "Subject: outer\r\nX-Long: one\r\n two\r\n\r\n" {
		t.Errorf("HEADER.FIELDS: %q", fields)
	}
	fields = string(l.section(&imap.FetchItemBodySection{Specifier: header, HeaderFieldsNot: []string{"x-long", "SUBJECT", "From"}}))
	if fields != "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n" {
		t.Errorf("HEADER.FIELDS.NOT: %q", fields)
	}
}

// Somebody who asks for the same attachment a hundred times gets it a hundred times, out of one piece of memory.
func TestOnePartManyTimes(t *testing.T) {
	const size = 4 << 20
	l := &opened{raw: []byte("Content-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat(strings.Repeat("QUFB", 19)+"\r\n", size/78))}
	options := &imap.FetchOptions{}
	for range mostPieces / 2 {
		options.BinarySection = append(options.BinarySection, &imap.FetchItemBinarySection{Part: []int{1}, Peek: true})
		options.BinarySectionSize = append(options.BinarySectionSize, &imap.FetchItemBinarySectionSize{Part: []int{1}})
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cut, err := cutSections(l.raw, options)
	runtime.ReadMemStats(&after)
	if err != nil || len(cut.binary) != mostPieces/2 || len(cut.binary[49]) != size/78*57 || cut.sizes[49] != size/78*57 {
		t.Fatalf("%d pieces, %v", len(cut.binary), err)
	}
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 5*size>>20 {
		t.Errorf("%d MiB for a letter of %d MiB", used, size>>20)
	}
}

func TestSectionsOfOddLetters(t *testing.T) {
	for raw, want := range map[string]string{ // header, text and part 1, with | between
		"":                             "||",
		"Subject: x":                   "Subject: x||",
		"Subject: x\r\n":               "Subject: x\r\n||",
		"Subject: x\r\n\r\n":           "Subject: x\r\n\r\n||",
		"Subject: x\n\nbody":           "Subject: x\n\n|body|body",
		"\r\nonly body":                "\r\n|only body|only body",
		"From x\nno header at all\n":   "|From x\nno header at all\n|From x\nno header at all\n",
		"A: b\r\n\r\n\r\nlast\r\n\r\n": "A: b\r\n\r\n|\r\nlast\r\n\r\n|\r\nlast\r\n\r\n",
	} {
		l := &opened{raw: []byte(raw)}
		got := string(l.section(&imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader})) + "|" +
			string(l.section(&imap.FetchItemBodySection{Specifier: imap.PartSpecifierText})) + "|" +
			string(l.section(&imap.FetchItemBodySection{Part: []int{1}}))
		if got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
}

func TestPartial(t *testing.T) {
	b := []byte("0123456789")
	for _, c := range []struct {
		offset, size int64
		want         string
	}{
		{0, 3, "012"}, {8, 5, "89"}, {10, 1, ""}, {99, 1, ""}, {0, 0, ""}, {1<<63 - 1, 1<<63 - 1, ""}, {5, 1<<63 - 1, "56789"}, {-1, 5, ""}, {0, -1, ""},
	} {
		if got := string(partial(b, &imap.SectionPartial{Offset: c.offset, Size: c.size})); got != c.want {
			t.Errorf("<%d.%d>: got %q, want %q", c.offset, c.size, got, c.want)
		}
	}
}

// The library breaks on a multipart without parts and on parts without extension data.
func TestBodyStructuresThatTheLibraryCanWrite(t *testing.T) {
	for _, p := range []letter.BodyPart{
		{},
		{Type: "multipart", Subtype: "mixed"},
		{Type: "message", Subtype: "rfc822"},
		{Type: "message", Subtype: "rfc822", Envelope: &letter.Envelope{}},
		{Type: "text", Subtype: "plain", Size: -1},
		{Type: "multipart", Subtype: "mixed", Parts: []letter.BodyPart{{Type: "multipart", Subtype: "x"}}},
	} {
		var check func(bs imap.BodyStructure)
		check = func(bs imap.BodyStructure) {
			switch bs := bs.(type) {
			case *imap.BodyStructureMultiPart:
				if len(bs.Children) == 0 || bs.Extended == nil {
					t.Errorf("%+v: %+v", p, bs)
				}
				for _, c := range bs.Children {
					check(c)
				}
			case *imap.BodyStructureSinglePart:
				if bs.Extended == nil || bs.Type == "" || bs.Type == "multipart" || bs.Subtype == "rfc822" && bs.MessageRFC822 == nil {
					t.Errorf("%+v: %+v", p, bs)
				}
			}
		}
		check(bodyOf(&p, 0))
	}
	deep := letter.BodyPart{Type: "text", Subtype: "plain"}
	for range 1000 {
		deep = letter.BodyPart{Type: "multipart", Subtype: "mixed", Parts: []letter.BodyPart{deep}}
	}
	_ = bodyOf(&deep, 0)
}
