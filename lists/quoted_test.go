package lists

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/lists/address"
)

// W3: the mark of a private mail is found however it was wrapped, quoted and encoded, and nothing else is taken for it.
func TestWatermark(t *testing.T) {
	for text, want := range map[string]string{
		"so.\n\n[private K7QX]": "[private K7QX]", "> [private\n> K7QX]": "[private K7QX]", "[PRIVATE  k7qx]": "[private K7QX]", "[private\u00a0K7QX]": "[private K7QX]",
		"[private&nbsp;K7QX]": "[private K7QX]", "[private=\nK7QX]": "", "| [private\n| K7QX]": "[private K7QX]", "a [private ABCD] b [private EFGH]": "[private ABCD]",
		"[private]": "", "[private K7Q]": "", "[private K7QXX]": "", "private K7QX": "", "[privateK7QX]": "", "[private K7Q!]": "", "": "",
	} {
		if got := Watermark(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestDoorIn(t *testing.T) {
	d := dbtest.Open(t, address.Schema())
	book, err := address.New(map[int][]byte{1: []byte(strings.Repeat("k", 32))}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var private, leave string
	dbtest.Update(t, d, func(tx *db.Tx) (err error) {
		if private, err = book.Issue(tx, address.Grant{Kind: address.Private, Receiver: "x"}); err != nil {
			return err
		}
		leave, err = book.Issue(tx, address.Grant{Kind: address.Leave, Receiver: "x"})
		return err
	})
	unknown := strings.Repeat("0", 26)
	dbtest.View(t, d, func(tx *db.Tx) error {
		for text, want := range map[string]string{
			"write to private+" + private + "@g.example now":                        "private+…",
			"PRIVATE+" + strings.ToUpper(private) + "@G.EXAMPLE":                    "private+…",
			"mailto:private%2B" + private + "%40g.example":                          "private+…",
			strings.Repeat("note+"+unknown+"@x ", 80) + "private+" + private + "@x": "private+…",
			"note+" + private + "@g.example":                                        "", // the token is another kind's
			"leave+" + leave + "@g.example":                                         "", // no private door
			"private+" + unknown + "@g.example":                                     "",
			"private+" + private[:25] + "@g.example":                                "",
			"private+" + private:                                                    "",
			"xprivate+" + private + "@g.example":                                    "",
			"":                                                                      "",
		} {
			if got, err := quotedIn(text).Shown(tx); got != want || err != nil {
				t.Errorf("%q: %q %v, want %q", text, got, err, want)
			}
		}
		return nil
	})
}

// W3: characters that nobody sees, and other charsets, hide nothing.
func TestQuotedAsEyesSeeIt(t *testing.T) {
	wide := func(text string) string { // UTF-16 with its mark
		b := []byte{0xFE, 0xFF}
		for _, u := range utf16.Encode([]rune(text)) {
			b = append(b, byte(u>>8), byte(u))
		}
		return base64.StdEncoding.EncodeToString(b)
	}
	head := "From: dana@north.example\r\nMIME-Version: 1.0\r\n"
	two := func(second string) string {
		return head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nlook\r\n--b\r\n" + second + "\r\n--b--\r\n"
	}
	for name, raw := range map[string]string{
		"no width":       head + "Content-Type: text/plain; charset=utf-8\r\n\r\n> [private \u200bK7QX]\r\n",
		"soft hyphen":    head + "Content-Type: text/plain; charset=utf-8\r\n\r\n> [pri\u00advate K7QX]\r\n",
		"wide":           head + "Content-Type: text/plain; charset=utf-8\r\n\r\n> ［private K7QX］\r\n",
		"UTF-16 file":    two("Content-Type: text/plain; charset=utf-16; name=a.txt\r\nContent-Transfer-Encoding: base64\r\n\r\n" + wide("> [private K7QX]")),
		"UTF-16, untold": two("Content-Type: application/octet-stream; name=a.txt\r\nContent-Transfer-Encoding: base64\r\n\r\n" + wide("> [private K7QX]")),
		"UTF-16 HTML":    two("Content-Type: text/html; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n" + wide("<p>[private&#8203; <b>K7QX</b>]</p>")),
	} {
		l, err := letter.Parse([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		if got := MarkIn(l); got != "[private K7QX]" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The expressions by which marks and doors are known, as they would go through a whole text.
var (
	watermarkAnywhere = regexp.MustCompile(`(?i)\[private(?:[\s\x{00A0}>|]|&nbsp;)+([0-9A-Z]{4})\]`)
	doorAnywhere      = regexp.MustCompile(`(?i)\b(private|note|vote|confirm)(?:\+|%2b)([0-9a-z-]{26,40})(?:@|%40)`)
)

func slowWatermark(text string) string {
	if found := watermarkAnywhere.FindStringSubmatch(text); found != nil {
		return "[private " + strings.ToUpper(found[1]) + "]"
	}
	return ""
}

func slowDoors(text string) (doors []address.Name) {
	seen := map[string]bool{}
	for _, m := range doorAnywhere.FindAllStringSubmatch(text, -1) {
		if n := address.Parse(m[1] + "+" + m[2]); n.Form == address.Token && !seen[n.Token] && len(doors) < mostDoors {
			seen[n.Token] = true
			doors = append(doors, n)
		}
	}
	return doors
}

func agrees(t *testing.T, text string) {
	t.Helper()
	if got, want := Watermark(text), slowWatermark(text); got != want {
		t.Errorf("%q: mark %q, want %q", text, got, want)
	}
	if got, want := fmt.Sprint(doorsIn(text)), fmt.Sprint(slowDoors(text)); got != want {
		t.Errorf("%q: doors %s, want %s", text, got, want)
	}
}

// The fast look finds what the expressions find.
func TestQuotedAgreesWithTheExpressions(t *testing.T) {
	product := func(slots ...[]string) (all []string) {
		all = []string{""}
		for _, slot := range slots {
			var longer []string
			for _, s := range all {
				for _, next := range slot {
					longer = append(longer, s+next)
				}
			}
			all = longer
		}
		return all
	}
	zeros := func(n int) string { return strings.Repeat("0", n) }
	texts := product([]string{"", "x", "_", "é", "%", "+", "\n"}, []string{"private", "NOTE", "Vote", "confirm", "votes", "leave", ""}, []string{"+", "%2b", "%2B", "%2", ""},
		[]string{zeros(25), zeros(26), zeros(40), zeros(41), "2b" + zeros(26), "0000-0000-0000-0000-0000-0000-00", "\u212a" + zeros(25), "ä" + zeros(26)}, []string{"@", "%40", "%4", ""})
	texts = append(texts, product([]string{"", "[", "[private "}, []string{"[private", "[PRIVATE", "[pri", "private"}, []string{" ", "\u00a0", "\n> ", "&nbsp;", "&NBSP;|", "&nb\u017fp;", ""},
		[]string{"K7QX", "k7qx", "\u212a7QX", "K7Q", "K7QXX", ""}, []string{"]", ")", ""})...)
	marks, doors := 0, 0
	for i, text := range texts {
		agrees(t, text)
		agrees(t, text+texts[(i*7919+1)%len(texts)])
		if Watermark(text) != "" {
			marks++
		}
		doors += len(doorsIn(text))
	}
	if marks < 100 || doors < 100 {
		t.Errorf("%d marks and %d doors in all", marks, doors)
	}
	var many []string
	for n := range mostDoors + 5 {
		many = append(many, fmt.Sprintf("note+%026d@x", n), fmt.Sprintf("note+%026d@x", n))
	}
	agrees(t, strings.Join(many, " "))
}

func FuzzQuoted(f *testing.F) {
	token := strings.Repeat("0", 26)
	for _, s := range []string{"[private K7QX]", "> [private\n> > K7QX]", "private+" + token + "@x", "xprivate%2b" + token + "%40", "[private&nbsp;&nbsp;", "\xff[private \xfeK7QX]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		agrees(t, text)
		if mark := Watermark(text); mark != "" && Watermark(mark) != mark {
			t.Errorf("%q: %q is none", text, mark)
		}
		if l, err := letter.Parse([]byte(text)); err == nil {
			ReadQuoted(l)
		}
	})
}
