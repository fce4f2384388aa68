package letter

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanLine(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                          "plain",
		"  a b  ":                        "a b",
		"a\r\nb\nc\rd\te":                "a b c d e",
		"a\u2028b\u2029c":                "a b c",
		"a\x00b\x1bc\x7fd\u0085e\u009bf": "abcdef",
		"a\u202eb\u202ac\u2066d\u2069e":  "abcde",
		"a\U000E0041b\U000E007Fc":        "abc",
		"\uFEFFa":                        "a",
		"a\xff\xfeb":                     "a\uFFFDb",
		"שלום\u200f":                     "שלום\u200f", // marks that only order text stay
		"👩\u200d🌾":                       "👩\u200d🌾",
	} {
		if got := CleanLine(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// B3: no controls, no marks that turn the direction of text, no tags, and valid UTF-8.
func TestCleanText(t *testing.T) {
	for in, want := range map[string]string{
		"a\n\tb\n":                       "a\n\tb\n",
		"a\r\nb\rc\n":                    "a\nb\nc\n",
		"  a \r\n":                       "  a \n",
		"a\u202eb\x00\x1b":               "ab",
		"a\u2066\u202ab\u2069\U000E0041": "ab",
		"a\u2028b":                       "a\nb",
		"é\xffü":                         "é\uFFFDü",
	} {
		if got := CleanText(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestASCII(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"plain", 10, "plain"},
		{"plain", 5, "plain"},
		{"plainer", 5, "pl..."},
		{"plainer", 3, "pla"},
		{"plain", 0, ""},
		{"plain", -1, ""},
		{"a\r\nb\tc\nd", 20, "a b c d"},
		{"Zoë\x00\x1b[31m", 20, "Zo???[31m"},
		{"\xff\xfe", 20, "??"},
		{"250 ok\r\n250 bye", 200, "250 ok 250 bye"},
		{"ééééé", 4, "?..."},
	} {
		if got := ASCII(c.in, c.n); got != c.want {
			t.Errorf("%q %d: %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func FuzzSanitise(f *testing.F) {
	for _, s := range []string{"a\r\nb", "\u202e", "\xff", "\U000E0041", "é\x00", strings.Repeat("a", 300)} {
		f.Add(s, 200)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		line := CleanLine(s)
		if !isClean(line) || strings.ContainsAny(line, "\r\n\t") || CleanLine(line) != line {
			t.Fatalf("%q: line %q", s, line)
		}
		text := CleanText(s)
		if !utf8.ValidString(text) || !isClean(strings.NewReplacer("\n", "", "\t", "").Replace(text)) || CleanText(text) != text {
			t.Fatalf("%q: text %q", s, text)
		}
		if got := ASCII(s, n); !printableASCII(got) || len(got) > max(n, 0) {
			t.Fatalf("%q %d: %q", s, n, got)
		}
	})
}
