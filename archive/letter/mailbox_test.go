package letter

import (
	"fmt"
	"net/mail"
	"strings"
	"testing"
)

func TestParseMailboxes(t *testing.T) {
	for in, want := range map[string]string{
		"":                                  "",
		"jane@b.example":                    "|jane@b.example",
		"Jane Doe <jane@b.example>":         "Jane Doe|jane@b.example",
		`"Doe, Jane" <jane@b.example>`:      "Doe, Jane|jane@b.example",
		"jane@b.example (Jane (the first))": "Jane (the first)|jane@b.example",
		"<jane@b.example> (Jane)":           "Jane|jane@b.example",
		"a@b.example, c@d.example":          "|a@b.example |c@d.example",
		"a@b.example; c@d.example":          "|a@b.example |c@d.example",
		"a@b.example c@d.example":           "|a@b.example |c@d.example",
		"<a@b.example> <c@d.example>":       "|a@b.example |c@d.example",
		"A <a@b.example> C <c@d.example>":   "A C|a@b.example |c@d.example",
		"Friends: a@b.example, C <c@d.example>;, e@f.example":            "|a@b.example C|c@d.example |e@f.example",
		"undisclosed-recipients:;":                                       "",
		"=?utf-8?q?Zo=C3=AB?= <z@b.example>":                             "Zoë|z@b.example",
		"=?utf-8?q?Doe,_Jane?= <j@b.example>":                            "Doe, Jane|j@b.example",
		`"=?utf-8?q?Zo=C3=AB?=" <z@b.example>`:                           "Zoë|z@b.example",
		"Doe, Jane <jane@b.example>":                                     "Jane|jane@b.example",
		"jane at b.example (Jane Doe)":                                   "Jane Doe|jane@b.example",
		"Jane <jane at b.example>":                                       "Jane|jane@b.example",
		"Jane Doe jane@b.example":                                        "Jane Doe|jane@b.example",
		"<@a.example,@b.example:c@d.example>":                            "|c@d.example",
		"Jane <mailto:jane@b.example>":                                   "Jane|jane@b.example",
		"Jane < jane@b.example >":                                        "Jane|jane@b.example",
		"Jane <jane@b.example.>":                                         "Jane|jane@b.example",
		"jane . doe @ b.example":                                         "|jane.doe@b.example",
		"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>": "Pete|pete@silly.test",
		`"a@b"@c.example`:                                                `|"a@b"@c.example`,
		`"x" <"a>b"@c.example>`:                                          `x|"a>b"@c.example`,
		"MAILER-DAEMON <>":                                               "",
		"Jane":                                                           "",
		"jane@":                                                          "",
		"Jane\r\n <jane@b.example>":                                      "Jane|jane@b.example",
		"Jane <jane@b.example":                                           "Jane|jane@b.example",
		"Ja\u202ene <jane@b.example>":                                    "Jane|jane@b.example",
		"foo@bar.example <jane@b.example>":                               "foo@bar.example|jane@b.example",
	} {
		var parts []string
		for _, m := range ParseMailboxes(in) {
			parts = append(parts, m.Name+"|"+m.Address.String())
		}
		got := strings.Join(parts, " ")
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestEncodedWordCannotHideAnAddress: programs differ over angle brackets inside an encoded word, so such a From is no post.
func TestEncodedWordCannotHideAnAddress(t *testing.T) {
	for _, from := range []string{
		"=?utf-8?q?a_<x@y.example>?= <z@b.example>",
		"=?utf-8?q?<x@y.example>?= <z@b.example>",
		"<z@b.example> =?utf-8?q?<x@y.example>?=",
	} {
		l, err := Parse([]byte("From: " + from + "\r\n\r\nx"))
		if err != nil {
			t.Fatal(err)
		}
		if l.CheckPost() == nil {
			t.Errorf("From: %s is taken as from %v", from, l.From())
		}
	}
}

func TestMailboxString(t *testing.T) {
	jane := Address{"jane", "b.example"}
	for _, c := range []struct {
		m    Mailbox
		want string
	}{
		{Mailbox{"", jane}, "jane@b.example"},
		{Mailbox{"Jane Doe", jane}, "Jane Doe <jane@b.example>"},
		{Mailbox{"Doe, Jane", jane}, `"Doe, Jane" <jane@b.example>`},
		{Mailbox{`Jane "J" Doe`, jane}, `"Jane \"J\" Doe" <jane@b.example>`},
		{Mailbox{"jane@b.example", jane}, `"jane@b.example" <jane@b.example>`},
		{Mailbox{"Zoë Ångström", jane}, "=?utf-8?q?Zo=C3=AB_=C3=85ngstr=C3=B6m?= <jane@b.example>"},
		{Mailbox{"伊東 仁", jane}, "=?utf-8?b?5LyK5p2xIOS7gQ==?= <jane@b.example>"},
		{Mailbox{"=?utf-8?q?x?=", jane}, "=?utf-8?q?=3D=3Futf=2D8=3Fq=3Fx=3F=3D?= <jane@b.example>"},
		{Mailbox{"Jane\r\nBcc: joe@c.example", jane}, `"Jane Bcc: joe@c.example" <jane@b.example>`},
		{Mailbox{"x", Address{"a b", "c.example"}}, `x <"a b"@c.example>`},
		{Mailbox{"nobody", Address{}}, ""},
	} {
		if got := c.m.String(); got != c.want {
			t.Errorf("%+v: %s, want %s", c.m, got, c.want)
		}
	}
	list := []Mailbox{{"Jane", jane}, {}, {"", Address{"joe", "c.example"}}}
	if got := FormatMailboxes(list); got != "Jane <jane@b.example>, joe@c.example" {
		t.Error(got)
	}
}

// TestMailboxesSecondOpinion: whatever the strict reader of the standard library understands, ours reads alike.
func TestMailboxesSecondOpinion(t *testing.T) {
	seen, differ := 0, 0
	corpusLetters(t, func(name string, raw []byte) {
		l, err := Parse(raw)
		if err != nil {
			return
		}
		for _, field := range []string{"From", "To", "Cc", "Reply-To", "Sender"} {
			for _, value := range l.header.Raw(field) {
				theirs, err := mail.ParseAddressList(value)
				if err != nil {
					continue
				}
				seen++
				var want []string
				for _, m := range theirs {
					i := strings.LastIndexByte(m.Address, '@')
					if a, err := NewAddress(m.Address[:i], m.Address[i+1:]); err == nil {
						want = append(want, a.Key())
					}
				}
				if got := addressKeys(ParseMailboxes(value)); got != strings.Join(want, " ") {
					differ++
					t.Errorf("%s: %s: %q: ours %s, theirs %s", name, field, value, got, want)
				}
			}
		}
	})
	t.Logf("%d lists compared, %d differ", seen, differ)
}

// TestListTimeIsLinear: B8 for address lists, which are the richest value of a header.
func TestListTimeIsLinear(t *testing.T) {
	for name, piece := range map[string]string{
		"addresses": "Jane Doe <jane@b.example>, ", "angles": "<", "comments": "(", "nested": "((a)", "quotes": `"`, "words": "a ",
		"encoded": "=?utf-8?q?a?= ", "half encoded": "=?a?q?", "closed late": "=?x?b?=", "groups": "a:;", "backslashes": `\\`,
		"bare": "a@b ", "at": "a at b ", "empty comments": "()", "open quotes": `<\">`,
	} {
		linear(t, name, 3000, func(n int) []byte { return []byte(strings.Repeat(piece, n/len(piece))) }, func(b []byte) {
			ParseMailboxes(string(b))
		})
	}
}

func ExampleParseMailboxes() {
	for _, m := range ParseMailboxes(`"Doe, Jane" <Jane@B.example>, Gardeners: =?utf-8?q?Zo=C3=AB?= <zoe@b.example>;`) {
		fmt.Println(m.Name, m.Address.Key())
	}
	// Output:
	// Doe, Jane jane@b.example
	// Zoë zoe@b.example
}
