package letter

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDecodeWords(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                                                 "plain",
		" two  spaces ":                                         "two  spaces",
		"folded\r\n value":                                      "folded value",
		"folded\n\tvalue":                                       "folded value",
		"=?utf-8?q?caf=C3=A9?=":                                 "café",
		"=?UTF-8?B?Y2Fmw6k=?=":                                  "café",
		"=?iso-8859-1?Q?caf=E9_au_lait?=":                       "café au lait",
		"=?utf-8*fr?q?caf=C3=A9?=":                              "café",
		"=?utf-8?q?a?= =?utf-8?q?b?=":                           "ab",
		"=?utf-8?q?a?=\r\n =?utf-8?q?b?=":                       "ab",
		"=?utf-8?q?a?= =?iso-8859-1?q?=E9?=":                    "aé",
		"=?utf-8?q?a?= b =?utf-8?q?c?=":                         "a b c",
		"=?utf-8?q?caf=C3?= =?utf-8?q?=A9?=":                    "café", // a character cut in two
		"=?iso-2022-jp?b?GyRCMEs=?= =?iso-2022-jp?b?RWwbKEI=?=": "伊東",
		"x=?utf-8?q?=C3=A9?=y":                                  "xéy",
		"=?utf-8?q?with spaces in it?=":                         "with spaces in it",
		"=?utf-8?q?no end":                                      "=?utf-8?q?no end",
		"=?utf-8?x?abc?=":                                       "=?utf-8?x?abc?=",
		"=?utf-8?q?=ZZ=4?=":                                     "=ZZ=4",
		"=?utf-8?b?!!!?=":                                       "",
		"=?utf-8?b?Y2Fm?":                                       "=?utf-8?b?Y2Fm?",
		"=??q?a?=":                                              "=??q?a?=",
		"=?no-such-charset?q?abc=E9?=":                          "abc\uFFFD",
		"caf\xe9":                                               "café", // raw 8-bit that is no UTF-8
		"caf\xc3\xa9":                                           "café",
		"=?utf-8?q?a=0D=0ABcc:_x?=":                             "a Bcc: x",
		"=?utf-8?q?a=00b=1Bc=7F?=":                              "abc",
		"=?utf-8?q?=E2=80=AEabc?=":                              "abc", // U+202E
		"=?utf-8?q?=F3=A0=81=81abc?=":                           "abc", // U+E0041, tag
		"?= =?":                                                 "?= =?",
		"=?=?utf-8?q?a?=":                                       "=?a",
	} {
		if got := DecodeWords(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestEncodeWordsStaysWhole(t *testing.T) {
	for _, s := range []string{"é", strings.Repeat("é", 500), strings.Repeat("伊東 ", 100), strings.Repeat("a", 300), "🌱" + strings.Repeat("x🌱", 77), "\x01\x02"} {
		for _, w := range encodeWords(s) {
			if len(w) > 75 {
				t.Errorf("%d characters in %s", len(w), w)
			}
			decoded, ok := readWord(w)
			if !ok || decoded.length != len(w) || !utf8.Valid(decoded.data) {
				t.Errorf("%s is no whole word", w)
			}
		}
	}
}

func TestWordsTimeIsLinear(t *testing.T) {
	for _, piece := range []string{"=?utf-8?q?a?= ", "=?a?q?", "=?", "?=", "=?utf-8?b?", "=?utf-8?q?a?=b", "=?iso-8859-1?q?=E9?= =?utf-8?q?a?= ", "\xe9", "=?=?="} {
		linear(t, piece, 3000, func(n int) []byte { return []byte(strings.Repeat(piece, n/len(piece))) }, func(b []byte) {
			DecodeWords(string(b))
		})
	}
}

func FuzzDecodeWords(f *testing.F) {
	for _, s := range []string{"=?utf-8?q?caf=C3=A9?=", "=?utf-8?b?Y2Fm?= =?utf-8?b?w6k=?=", "=?iso-2022-jp?b?GyRC?=", "caf\xe9", "=?=?=?utf-8?q??=", "=?utf-7?q?+AGE-?="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := DecodeWords(s)
		if !isClean(got) || strings.ContainsAny(got, "\r\n\t") {
			t.Fatalf("%q: unclean %q", s, got)
		}
		if len(got) > 20*len(s)+100 {
			t.Fatalf("%d bytes became %d", len(s), len(got))
		}
	})
}
