package letter

import (
	"maps"
	"mime"
	"slices"
	"strings"
	"testing"
)

func TestParseMedia(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		"text/plain":                 "text/plain",
		" Text/HTML ; Charset=UTF-8": "text/html charset=UTF-8",
		"text/plain;charset=\"utf-8\";format=flowed":                      "text/plain charset=utf-8 format=flowed",
		"text/plain; charset=us-ascii (plain text)":                       "text/plain charset=us-ascii",
		"text/plain (plain); charset=utf-8":                               "text/plain charset=utf-8",
		"text/plain charset=utf-8":                                        "text/plain charset=utf-8",
		"text/plain; charset=utf-8 name=x.txt":                            "text/plain charset=utf-8 name=x.txt",
		"text/plain;; charset = utf-8 ;":                                  "text/plain charset=utf-8",
		"text/plain; charset":                                             "text/plain",
		"text/plain; =x; a=b":                                             "text/plain a=b",
		"text/plain; charset=a; charset=b":                                "text/plain charset=a",
		"attachment; filename=my file (1).pdf":                            "attachment filename=my file (1).pdf",
		"attachment; filename=\"a;b\\\"c.pdf\"":                           "attachment filename=a;b\"c.pdf",
		"attachment; filename=\"C:\\dir\\a.pdf\"":                         "attachment filename=C:\\dir\\a.pdf",
		"attachment; filename=\"open":                                     "attachment filename=open",
		"attachment; filename*=utf-8''gr%C3%BC%C3%9Fe.txt":                "attachment filename=grüße.txt",
		"attachment; filename=x.txt; filename*=utf-8'de'%C3%BC.txt":       "attachment filename=ü.txt",
		"attachment; filename*0=\"a b\"; filename*1=\"c.txt\"":            "attachment filename=a bc.txt",
		"attachment; filename*0*=iso-8859-1''gr%FC; filename*1=\"e.txt\"": "attachment filename=grüe.txt",
		"attachment; filename*0=a; filename*2=c":                          "attachment filename=a",
		"attachment; filename*999999=a":                                   "attachment filename=",
		"attachment; filename*=100%":                                      "attachment filename=100%",
		"attachment; filename=\"=?utf-8?q?gr=C3=BC=C3=9Fe.txt?=\"":        "attachment filename=grüße.txt",
		"attachment;\r\n filename=\"a\r\n b.txt\"":                        "attachment filename=a b.txt",
		"attachment; filename=\"a\u202egpj.exe\"":                         "attachment filename=agpj.exe",
	} {
		m := parseMedia([]byte(in))
		got := m.value
		for _, name := range slices.Sorted(maps.Keys(m.params)) {
			got += " " + name + "=" + m.params[name]
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestBoundaryIsKeptAsItCame(t *testing.T) {
	for in, want := range map[string]string{
		`multipart/mixed; boundary="a b  "`:                "a b",
		`multipart/mixed; boundary=a=b`:                    "a=b",
		`multipart/mixed; boundary="=?utf-8?q?x?="`:        "=?utf-8?q?x?=",
		`multipart/mixed; boundary*0="a"; boundary*1="b"`:  "ab",
		`multipart/mixed; boundary="x"; boundary="y"`:      "x",
		"multipart/mixed; boundary=\"\xff\x01\"":           "\xff\x01",
		`multipart/mixed; boundary=----=_Part_1 (comment)`: "----=_Part_1",
		`multipart/mixed; boundary=""`:                     "",
		`multipart/mixed`:                                  "",
	} {
		if got := parseMedia([]byte(in)).boundary; got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestParamsTimeIsLinear(t *testing.T) {
	for _, piece := range []string{"a=b;", ";", "=", `"`, "a=\"b\";", "x*0=a;", "(", " a", "a=b ", "\\", "%41"} {
		linear(t, piece, 3000, func(n int) []byte {
			return []byte("a/b; filename*=utf-8''" + strings.Repeat(piece, n/len(piece)))
		}, func(b []byte) { parseMedia(b) })
	}
}

func FuzzMedia(f *testing.F) {
	for _, s := range []string{"text/plain; charset=utf-8", "a; b*0*=utf-8''%41; b*1=c", `multipart/mixed; boundary="x`, "text/plain charset=x name=y", "a/b; c=\"d\\", "a/b; (c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m := parseMedia([]byte(s))
		if !printableASCII(m.value) || m.value != asciiLower(m.value) || len(m.params) > maxParamCount {
			t.Fatalf("%q: %+v", s, m)
		}
		for name, value := range m.params {
			if !printableASCII(name) || !isClean(value) {
				t.Fatalf("%q: unclean %q=%q", s, name, value)
			}
		}
		// What the strict reader takes, ours takes alike (but for encoded words and cleaning, which it leaves to others).
		value, params, err := mime.ParseMediaType(s)
		if err != nil || len(s) > 100 || !printableASCII(s) || strings.ContainsAny(s, "(*\\=?") {
			return
		}
		if value != m.value || len(params) != len(m.params) {
			t.Fatalf("%q: ours %+v, theirs %s %v", s, m, value, params)
		}
	})
}
