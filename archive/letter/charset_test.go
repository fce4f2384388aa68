package letter

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
)

// B3: whatever a letter calls its charset, what comes out is valid UTF-8.
func TestDecodeCharset(t *testing.T) {
	for _, c := range []struct{ name, label, in, want string }{
		{"utf-8", "UTF-8", "Grüße", "Grüße"},
		{"quoted label", `"utf-8"`, "ü", "ü"},
		{"label with parameters glued on", "utf8;format=flowed", "ü", "ü"},
		{"doubled parameter name", "charset=utf-8", "ü", "ü"},
		{"byte order mark", "utf-8", "\xEF\xBB\xBFhello", "hello"},
		{"utf-8 with one broken byte", "utf-8", "Gr\xc3\xbc\xdfe", "Grü\uFFFDe"},
		{"utf-8 that is windows-1252", "utf-8", "Gr\xfc\xdfe", "Grüße"},
		{"no label, utf-8", "", "Grüße", "Grüße"},
		{"no label, windows-1252", "", "it\x92s Gr\xfc\xdfe \x80", "it’s Grüße €"},
		{"us-ascii with high bytes", "us-ascii", "caf\xe9", "café"},
		{"no label, iso-2022-jp", "", "\x1b$B$3$s$K$A$O\x1b(B", "こんにちは"},
		{"no label, utf-16 with mark", "", "\xff\xfeh\x00i\x00", "hi"},
		{"latin-1 as the web reads it", "ISO-8859-1", "\x93caf\xe9\x94", "“café”"},
		{"latin-9", "iso-8859-15", "\xa4", "€"},
		{"cyrillic koi8", "KOI8-R", "\xf0\xf2\xe9\xf7\xe5\xf4", "ПРИВЕТ"},
		{"cyrillic windows", "cp1251", "\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"},
		{"japanese cp932", "cp932", "\x83\x65\x83\x58\x83\x67", "テスト"},
		{"japanese windows-31j", "Windows-31J", "\x87\x40", "①"},
		{"japanese mail", "ISO-2022-JP", "\x1b$B%F%9%H\x1b(B ok", "テスト ok"},
		{"chinese as Python calls it", "eucgb2312_cn", "\xc4\xe3\xba\xc3", "你好"},
		{"chinese of Taiwan as Python calls it", "big5_tw", "\xa7A\xa6n", "你好"},
		{"chinese gb2312 that is gbk", "gb2312", "\xc4\xe3\xba\xc3\x82\xa0", "你好偁"},
		{"chinese big5", "big5", "\xa7\x41\xa6\x6e", "你好"},
		{"korean", "ks_c_5601-1987", "\xbe\xc8\xb3\xe7", "안녕"},
		{"utf-7", "UTF-7", "Hi Mom +Jjo--!", "Hi Mom ☺-!"},
		{"utf-7 plus sign", "utf-7", "1 +- 1", "1 + 1"},
		{"utf-7 pair", "utf-7", "+2D3cAA-", "🐀"},
		{"utf-7 broken", "utf-7", "a + b +", "a + b +"},
		{"unknown but utf-8", "x-klingon", "Grüße", "Grüße"},
		{"unknown", "x-klingon", "ab\xfe\xffcd\x80", "ab\uFFFDcd\uFFFD"},
		{"not a charset at all", "../../etc/passwd", "hi\xfe", "hi\uFFFD"},
		{"empty", "utf-8", "", ""},
	} {
		if got := decodeCharset(c.label, []byte(c.in)); got != c.want {
			t.Errorf("%s: %s %q = %q, want %q", c.name, c.label, c.in, got, c.want)
		}
	}
}

// Every alias must lead to a charset that can really be read: an alias to nowhere would turn readable mail into gaps.
func TestCharsetAliasesLeadSomewhere(t *testing.T) {
	for alias, target := range charsetAliases {
		_, err := charset.Reader(target, strings.NewReader(""))
		if err != nil && target != "utf-7" { // utf-7 is read by ourselves
			t.Errorf("alias %s: nobody reads %s", alias, target)
		}
		if again, ok := charsetAliases[target]; ok && again != target {
			t.Errorf("alias %s leads to the alias %s", alias, target)
		}
	}
}

func FuzzDecodeCharset(f *testing.F) {
	for _, label := range []string{"", "utf-8", "utf-7", "iso-2022-jp", "gb2312", "hz", "utf-16", "koi8-r", "nonsense"} {
		f.Add(label, []byte("Gr\xc3\xbc\xdfe +Jjo- \x1b$B$3"))
	}
	f.Fuzz(func(t *testing.T, label string, b []byte) {
		got := decodeCharset(label, b)
		if !utf8.ValidString(got) {
			t.Fatalf("%q: not UTF-8: %q", label, got)
		}
		if len(got) > 8*len(b)+8 {
			t.Fatalf("%q: %d bytes became %d", label, len(b), len(got))
		}
	})
}
