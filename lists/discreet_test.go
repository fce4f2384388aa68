package lists

import (
	"fmt"
	"strings"
	"testing"

	"backchannel/archive/letter"
)

var mira = Member{Name: "Mira Lowe"}

func miraOwn(t testing.TB) []letter.Address {
	t.Helper()
	var own []letter.Address
	for _, s := range []string{"mira@lowe.example", "m.lowe@consult.example"} {
		a, err := letter.ParseAddress(s)
		if err != nil {
			t.Fatal(err)
		}
		own = append(own, a)
	}
	return own
}

func TestDiscreet(t *testing.T) {
	for name, c := range map[string]struct{ text, want, slips string }{
		"nothing to hide":                 {"Yes, come.\n\nMira", "Yes, come.\n\nMira", ""},
		"a name block behind a blank":     {"Yes.\n\nMira Lowe\nLowe Consult\n+1 555 0142", "Yes.", ""},
		"a name block right below":        {"Yes.\nMira Lowe\nLowe Consult\n+1 555 0142", "Yes.", ""},
		"all in one line":                 {"Yes.\n\nMira Lowe · Lowe Consult · mira@lowe.example · 555 0142", "Yes.", ""},
		"capitals and a dash":             {"Yes.\n- MIRA LOWE", "Yes.", ""},
		"an address alone":                {"Yes.\n\nMira\nE-mail: Mira@Lowe.example", "Yes.\n\nMira", ""},
		"a number alone":                  {"Yes.\nMira\nTel. +49 30 1234567", "Yes.\nMira", ""},
		"an address in a sentence stays":  {"Write to me at mira@lowe.example, then.\n\nIt is easy.", "", "1 mira@lowe.example"},
		"a sentence at the end stays":     {"Yes.\n\nPlease send the details to mira@lowe.example by Friday.", "", "3 mira@lowe.example"},
		"words at the end stay":           {"Yes.\n\nyou can also write to mira@lowe.example", "", "3 mira@lowe.example"},
		"another address of hers":         {"I am m.lowe@consult.example too, so you know me.", "", "1 m.lowe@consult.example"},
		"her web page":                    {"See www.lowe.example/bees for more.", "", "1 lowe.example"},
		"somebody else's at the domain":   {"Ask dana@lowe.example.", "", ""},
		"a longer domain":                 {"See yellowe.example.", "", ""},
		"her whole name":                  {"Here is Mira Lowe speaking, and not a robot.", "", "1 Mira Lowe"},
		"a number in a sentence":          {"Call me: 0171 2345678, any time.", "", "1 0171 2345678"},
		"dates and amounts are no number": {"On 2026-06-12, 12.06.2026, 1 000 000 euros, 2024-2026, room 1234, at 10:30 to 12:45.", "", ""},
		"an order number is none":         {"Your number is 12345678.", "", ""},
		"a door":                          {"Use private+4t9k2mzq8v7xw0hj3c6rb1dnpf@gardeners.example please.", "Use [a personal address was removed] please.", ""},
		"a door in a link":                {"<mailto:private%2B4t9k2mzq8v7xw0hj3c6rb1dnpf%40gardeners.example>", "<mailto:[a personal address was removed]>", ""},
		"a long tail is no signature":     {"Mira Lowe\n" + strings.Repeat("a line\n", 9), "", "1 Mira Lowe"},
		"an envelope in the signature":    {"Yes.\n12 Main Street\n+1 555 0142\nAustin, TX 78701", "Yes.", ""},
		"an envelope in the text":         {"My address:\nMusterstraße 5\n10115 Berlin\nSee you there, then.", "", "2 Musterstraße 5; 3 10115 Berlin"},
		"a French one":                    {"12 rue de la Paix\nis where I live.", "", "1 12 rue de la Paix"},
		"an English one":                  {"4 Privet Drive, Little Whinging\nLondon SW1A 1AA\nis where we go.", "", "1 4 Privet Drive, Little Whinging; 2 London SW1A 1AA"},
		"places in a sentence":            {"We meet at 12 Main Street on Friday.\nThe Hauptstraße is closed.\nIn 2026 Gardeners grow.\n5 of us go.\nVia Mira we heard of it.", "", ""},
		"nothing else":                    {"Mira Lowe\n555 0142", "", ""},
		"empty":                           {"", "", ""},
	} {
		if c.want == "" && name != "nothing else" {
			c.want = strings.TrimSpace(c.text)
		}
		got, slips := Discreet(c.text, mira, miraOwn(t))
		var told []string
		for _, s := range slips {
			told = append(told, fmt.Sprintf("%d %s", s.Line, s.What))
		}
		if got != c.want || strings.Join(told, "; ") != c.slips {
			t.Errorf("%s:\n%q, want\n%q; slips %q, want %q", name, got, c.want, told, c.slips)
		}
	}
	if got, _ := Discreet("Yes.\n\nMira", Member{Name: "Mira"}, nil); got != "Yes.\n\nMira" {
		t.Errorf("one name alone is how people sign: %q", got)
	}
}

// Whatever a manager's program writes, what is told to be clean shows none of their addresses and no address of ours with a token.
func FuzzDiscreet(f *testing.F) {
	for _, s := range []string{
		"Yes.\n\nMira Lowe\nmira@lowe.example", "private+4t9k2mzq8v7xw0hj3c6rb1dnpf@gardeners.example", "\n\n\n", "Mira Lowe", "+1 555 0142", "\xff\n\x00 lowe.example", "555\u00a00142",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		own := miraOwn(t)
		clean, slips := Discreet(text, mira, own)
		if len(slips) == 0 {
			for _, a := range own {
				if strings.Contains(strings.ToLower(clean), a.Key()) {
					t.Errorf("%q shows %s and nobody is told", clean, a)
				}
			}
		}
		if doorAddress.MatchString(clean) {
			t.Errorf("a door is left in %q", clean)
		}
		if again, _ := Discreet(clean, mira, own); len(again) > len(clean)+100 {
			t.Errorf("%q grows to %q", clean, again)
		}
		if p := (person{mira.Name, own}); !strings.HasPrefix(withoutDoors(text), p.stripTail(withoutDoors(text))) {
			t.Errorf("something in the middle of %q was cut", text)
		}
	})
}

// What is told from the role bears no signature at its end, however short; in a sentence names stay.
func TestUnsigned(t *testing.T) {
	m := Member{Name: "Mira Lowe"}
	for text, want := range map[string]string{
		"Shorter, please.\n\nMira": "Shorter, please.", "Shorter, please.\nBest, Mira\n": "Shorter, please.", "Shorter.\n\n-- MIRA LOWE.": "Shorter.", "Mira": "", "": "",
		"Ask Mira, she knows all of it.": "Ask Mira, she knows all of it.", "Shorter.\n\nMiranda": "Shorter.\n\nMiranda", "Mira said so.\nBye": "Mira said so.\nBye", "Shorter.\nMira\nMira Lowe": "Shorter.",
	} {
		if got := Unsigned(text, m); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	if got := Unsigned("Shorter.\n\nmira", Member{}); got != "Shorter.\n\nmira" {
		t.Errorf("nobody's name: %q", got)
	}
}
