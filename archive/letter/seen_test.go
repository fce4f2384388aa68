package letter

import (
	"strings"
	"testing"
)

func TestSeen(t *testing.T) {
	for text, want := range map[string]string{
		"plain text\nof two lines":       "plain text\nof two lines",
		"bree@w\u00adest.example":        "bree@west.example",
		"bree\u200b@\u2060west.example":  "bree@west.example",
		"ｂｒｅｅ＠ｗｅｓｔ．ｅｘａｍｐｌｅ":              "bree@west.example",
		"re\u0301union":                  "r\u00e9union",
		"555\u2013014\u2011223":          "555-014-223",
		"0171\u202f555\u00a001\u2009 42": "0171 555 01  42",
		"[private\u200d K7\ufe0fQX]":     "[private K7QX]",
		"今日は会議です":                        "今日は会議です",
		"\u061c/note":                    "/note",
		"":                               "",
		"\u200b\n\u200b":                 "\n",
	} {
		if got := Seen(text); got != want {
			t.Errorf("%q is seen as %q, want %q", text, got, want)
		}
	}
}

func FuzzSeen(f *testing.F) {
	for _, s := range []string{"a\u00adb", "＠\n\u200b", "e\u0301\r\n", "\xff\u2060"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		seen := Seen(s)
		if Seen(seen) != seen && strings.ToValidUTF8(s, "") == s {
			t.Errorf("%q is seen as %q, and that as %q", s, seen, Seen(seen))
		}
		if strings.Count(seen, "\n") != strings.Count(s, "\n") {
			t.Errorf("%q has other lines: %q", s, seen)
		}
	})
}
