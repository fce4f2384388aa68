package letter

import (
	"net/mail"
	"strings"
	"testing"

	"backchannel/templates/refusal"
)

func TestParseAddress(t *testing.T) {
	for in, want := range map[string]Address{
		"jane@gardeners.example":                      {"jane", "gardeners.example"},
		"<jane@gardeners.example>":                    {"jane", "gardeners.example"},
		"Jane.Doe+list@Gardeners.EXAMPLE":             {"Jane.Doe+list", "gardeners.example"},
		`"a@b"@c.example`:                             {"a@b", "c.example"},
		`"jane doe"@c.example`:                        {"jane doe", "c.example"},
		`"jane"@c.example`:                            {"jane", "c.example"},
		`"a\"b\\c"@d.example`:                         {`a"b\c`, "d.example"},
		`"\j\a"@d.example`:                            {"ja", "d.example"},
		"a@localhost":                                 {"a", "localhost"},
		"a@3com.example":                              {"a", "3com.example"},
		"zoë@gärten.example":                          {"zoë", "xn--grten-gra.example"},
		"a@GÄRTEN.example":                            {"a", "xn--grten-gra.example"},
		"a@XN--GRTEN-GRA.example":                     {"a", "xn--grten-gra.example"},
		"a@faß.example":                               {"a", "xn--fa-hia.example"},
		strings.Repeat("a", 64) + "@b.example":        {strings.Repeat("a", 64), "b.example"},
		"bounce+0123456789abcdefghjkmnpqrs@d.example": {"bounce+0123456789abcdefghjkmnpqrs", "d.example"},
	} {
		got, err := ParseAddress(in)
		if err != nil || got != want {
			t.Errorf("%s: %+v %v, want %+v", in, got, err, want)
		}
		again, err := ParseAddress(got.String())
		if err != nil || again != got {
			t.Errorf("%s: written as %s, read as %+v %v", in, got, again, err)
		}
	}
}

// A8: what is no address for us, and why.
func TestParseAddressRefuses(t *testing.T) {
	for in, why := range map[string]string{
		"":                                       "there is no @ in it",
		"<>":                                     "there is no @ in it",
		"jane":                                   "there is no @ in it",
		"@b.example":                             "it must not name a route of other servers",
		"<@a.example,@b.example:jane@c.example>": "it must not name a route of other servers",
		"jane@":                                  "there is nothing behind the @",
		`""@b.example`:                           "there is nothing before the @",
		".jane@b.example":                        "the part before the @ must not begin or end with a dot",
		"jane.@b.example":                        "the part before the @ must not begin or end with a dot",
		"jane..doe@b.example":                    "there are two dots in a row before the @",
		"jane doe@b.example":                     "the part before the @ has a character that needs quotes",
		"jane@b.example ":                        "the part behind the @ is no domain name",
		"jane@b@c.example":                       "the part behind the @ is no domain name",
		"jane@b..example":                        "the part behind the @ is no domain name",
		"jane@b.example.":                        "the part behind the @ is no domain name",
		"jane@-b.example":                        "the part behind the @ is no domain name",
		"jane@b_c.example":                       "the part behind the @ is no domain name",
		"jane@xn--a.example":                     "the part behind the @ is no domain name",
		"jane@\u202eb.example":                   "the part behind the @ is no domain name",
		"jane@" + strings.Repeat("a", 64) + ".b": "the part behind the @ is no domain name",
		"jane@" + strings.Repeat("a.", 128) + "b":   "the part behind the @ is longer than 255 characters",
		strings.Repeat("a", 65) + "@b.example":      "the part before the @ is longer than 64 characters",
		"jane@[192.0.2.1]":                          "it needs a domain name behind the @, not a number of a machine",
		"jane@192.0.2.1":                            "it needs a domain name behind the @, not a number of a machine",
		"jane%c.example@b.example":                  "it must not contain % or !",
		"c!jane@b.example":                          "it must not contain % or !",
		`"c!jane"@b.example`:                        "it must not contain % or !",
		`"jane@b.example`:                           "its quotes are not closed",
		`"jane"b.example`:                           "there must be an @ behind the quotes",
		`"jane"doe@b.example`:                       "there must be an @ behind the quotes",
		"\"ja\x00ne\"@b.example":                    "it has invisible characters",
		"\"ja\r\nne\"@b.example":                    "it has invisible characters",
		"ja\u2066ne@b.example":                      "it has invisible characters",
		"ja\xffne@b.example":                        "it has characters that cannot be read",
		"jane@b.example\r\nRCPT TO:<joe@c.example>": "the part behind the @ is no domain name",
	} {
		a, err := ParseAddress(in)
		if err == nil {
			t.Errorf("%q was taken as %+v", in, a)
			continue
		}
		want := `"` + ASCII(in, 80) + `" is not a mail address we can use: ` + why + "."
		if strings.Contains(in, `"`) {
			want = why + "." // %q escapes the quotes
		}
		if !strings.HasSuffix(err.Error(), want) || refusal.KindOf(err) != refusal.Invalid {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
		if strings.ContainsAny(err.Error(), "\r\n\x00") {
			t.Errorf("%q: the sentence repeats control characters: %q", in, err)
		}
	}
}

func TestNewAddressTakesWhatALibraryUnquoted(t *testing.T) {
	a, err := NewAddress("a@b", "C.example")
	if err != nil || a.String() != `"a@b"@c.example` {
		t.Errorf("%s %v", a, err)
	}
	if _, err := NewAddress("a", "b@c"); err == nil {
		t.Error("a domain with @ was taken")
	}
	if _, err := NewAddress("a\nb", "c.example"); err == nil {
		t.Error("a line break was taken")
	}
}

// TestKey: C9. Two addresses are the same person only by ASCII case.
func TestKey(t *testing.T) {
	same := func(a, b string) bool {
		x, err1 := ParseAddress(a)
		y, err2 := ParseAddress(b)
		if err1 != nil || err2 != nil {
			t.Fatal(a, b, err1, err2)
		}
		return x.Key() == y.Key()
	}
	for _, pair := range [][2]string{
		{"Jane@b.example", "jANE@B.EXAMPLE"},
		{`"jane"@b.example`, "jane@b.example"},
		{`"j\ane"@b.example`, "jane@b.example"},
		{"a@gärten.example", "A@XN--grten-gra.Example"},
	} {
		if !same(pair[0], pair[1]) {
			t.Errorf("%s and %s are one address", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{
		{"\u212Aate@b.example", "kate@b.example"}, // the Kelvin sign folds to k in Unicode
		{"ZOË@b.example", "zoë@b.example"},
		{"ja.ne@b.example", "jane@b.example"},
		{"jane+a@b.example", "jane@b.example"},
		{"zoe\u0308@b.example", "zo\u00eb@b.example"},
		{`"a@b"@c.example`, "a@b.c.example"},
	} {
		if same(pair[0], pair[1]) {
			t.Errorf("%s and %s are two addresses", pair[0], pair[1])
		}
	}
	if (Address{}).Key() != "" || (Address{}).String() != "" || !(Address{}).IsZero() {
		t.Error("no address must have no form")
	}
	if a, _ := ParseAddress("zoë@b.example"); a.IsASCII() {
		t.Error("zoë needs SMTPUTF8")
	}
	if a, _ := ParseAddress("zoe@gärten.example"); !a.IsASCII() {
		t.Error("a domain of A-labels travels everywhere")
	}
}

func TestFlankerAddresses(t *testing.T) {
	read := func(name string) []string {
		var list []string
		for line := range strings.Lines(string(corpusFile(t, "mime-misc", "flanker-addresses/"+name))) {
			if line = strings.TrimRight(line, "\r\n"); line != "" && !strings.HasPrefix(line, "# ") && line != "#" {
				list = append(list, line)
			}
		}
		return list
	}
	for _, s := range read("mailbox_valid.txt") {
		if strings.Contains(s, "under_scope") || strings.Contains(s, "Micr!osoft99") {
			continue // no host can have such a name
		}
		_, err := ParseAddress(s)
		if list := ParseMailboxes(s); err != nil && len(list) != 1 && !strings.Contains(err.Error(), "must not contain % or !") && !strings.Contains(err.Error(), "number of a machine") {
			t.Errorf("valid: %s: %v, read as %v", s, err, list)
		}
	}
	for _, s := range read("mailbox_invalid.txt") {
		if a, err := ParseAddress(s); err == nil {
			t.Logf("invalid there, taken here: %s as %s", s, a)
		}
	}
	for _, s := range read("abridged_localpart_valid.txt") {
		if _, err := ParseAddress(s + "@b.example"); err != nil && !strings.Contains(err.Error(), "must not contain % or !") {
			t.Errorf("valid local part: %v", err)
		}
	}
	for _, s := range read("abridged_localpart_invalid.txt") {
		if a, err := ParseAddress(s + "@b.example"); err == nil {
			t.Errorf("invalid local part %s taken as %s", s, a)
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"jane@gardeners.example", "<a@b>", `"a@b\" c"@d.example`, "zoë@gärten.example", "@a,@b:c@d", "a%b@c", "a@[::1]", "a@1.2.3.4", "a@xn--a", `""@x`, "a..b@c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			if a != (Address{}) || !printableASCII(err.Error()) {
				t.Fatalf("%q: %+v %q", s, a, err)
			}
			return
		}
		if len(a.Local) > 64 || len(a.Domain) > 255 || a.Domain != asciiLower(a.Domain) || !printableASCII(a.Domain) || strings.ContainsAny(a.Domain, "@ ") || strings.ContainsAny(a.Local, "%!\r\n\x00") {
			t.Fatalf("%q was taken as %+v", s, a)
		}
		again, err := ParseAddress(a.String())
		if err != nil || again != a {
			t.Fatalf("%q: %q read again as %+v %v", s, a.String(), again, err)
		}
		key, err := ParseAddress(a.Key())
		if err != nil || key.Key() != a.Key() {
			t.Fatalf("%q: key %q is not stable: %v", s, a.Key(), err)
		}
		if list := ParseMailboxes("Jane <" + a.String() + ">"); len(list) != 1 || list[0].Address != a {
			t.Fatalf("%q: in a header it reads as %v", a.String(), list)
		}
		// A second opinion: what is strict enough for us the standard library can read, save for what RFC 6531 and 5321 add.
		if a.IsASCII() && !strings.Contains(s, "\\") {
			if m, err := mail.ParseAddress(a.String()); err == nil && m.Address != a.Local+"@"+a.Domain && !strings.Contains(m.Address, `"`) {
				t.Fatalf("%q: the library reads %q", s, m.Address)
			}
		}
	})
}
