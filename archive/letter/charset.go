package letter

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
)

// charsetAliases maps labels seen in real mail, which the registries do not know or understand too narrowly, to one that works.
// The web's reading is taken where it is a superset of the registered set: a mail that says iso-8859-1 and uses the bytes
// 0x80-0x9F was written on a machine that meant windows-1252.
var charsetAliases = map[string]string{
	"utf8": "utf-8", "utf_8": "utf-8", "unicode-1-1-utf-8": "utf-8", "unicode-2-0-utf-8": "utf-8", "utf-8-mac": "utf-8",
	"utf-8n": "utf-8", "utf-8-sig": "utf-8", "utf8mb4": "utf-8", "cp65001": "utf-8", "65001": "utf-8",

	"iso-8859-1": "windows-1252", "iso8859-1": "windows-1252", "iso_8859-1": "windows-1252", "iso-8859-1-unicode": "windows-1252",
	"iso88591": "windows-1252", "8859-1": "windows-1252", "latin1": "windows-1252", "latin-1": "windows-1252", "l1": "windows-1252",
	"cp1252": "windows-1252", "ansi": "windows-1252", "1252": "windows-1252", "win-1252": "windows-1252", "x-ansi": "windows-1252",
	"windows1252": "windows-1252", "cp-1252": "windows-1252", "iso-8859-1-windows-3.1-latin-1": "windows-1252",
	"iso-8859-9": "windows-1254", "iso8859-9": "windows-1254", "latin5": "windows-1254", "cp1254": "windows-1254",
	"iso-8859-11": "windows-874", "tis-620": "windows-874", "cp874": "windows-874",
	"iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8", "iso-8859-6-i": "iso-8859-6", "iso-8859-6-e": "iso-8859-6",

	"cp1250": "windows-1250", "cp1251": "windows-1251", "win-1251": "windows-1251", "win1251": "windows-1251", "1251": "windows-1251",
	"cp1253": "windows-1253", "cp1255": "windows-1255", "cp1256": "windows-1256", "cp1257": "windows-1257", "cp1258": "windows-1258",
	"koi8r": "koi8-r", "koi8": "koi8-r", "koi-8": "koi8-r", "koi8-ru": "koi8-u",

	"cp932": "shift_jis", "ms932": "shift_jis", "ms_kanji": "shift_jis", "windows-31j": "shift_jis", "sjis": "shift_jis",
	"x-sjis": "shift_jis", "shift-jis": "shift_jis", "ibm932": "shift_jis", "932": "shift_jis", "x-ms-cp932": "shift_jis",
	"cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp", "iso-2022-jp-1": "iso-2022-jp", "iso-2022-jp-2": "iso-2022-jp",
	"iso-2022-jp-ms": "iso-2022-jp", "jis": "iso-2022-jp", "eucjp": "euc-jp", "x-euc-jp": "euc-jp", "ujis": "euc-jp",

	"gb2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "ms936": "gb18030",
	"euc-cn": "gb18030", "chinesesimplified": "gb18030", "936": "gb18030", "hz": "hz-gb-2312", "big5-hkscs": "big5", "cp950": "big5",
	"x-x-big5": "big5", "cn-big5": "big5", "950": "big5", "eucgb2312_cn": "gb18030", "big5_tw": "big5", // as Python names them in headers
	"ks_c_5601-1987": "euc-kr", "ksc5601": "euc-kr", "ks_c_5601": "euc-kr", "ksc_5601": "euc-kr", "cp949": "euc-kr", "uhc": "euc-kr",
	"windows-949": "euc-kr", "korean": "euc-kr", "949": "euc-kr", "euckr": "euc-kr",

	"utf7": "utf-7", "unicode-1-1-utf-7": "utf-7", "x-unicode-2-0-utf-7": "utf-7", "csunicode11utf7": "utf-7",
	"x-mac-roman": "macintosh", "mac": "macintosh", "macroman": "macintosh", "x-macintosh": "macintosh", "utf16": "utf-16",
	"ucs-2": "utf-16", "iso-10646-ucs-2": "utf-16", "unicode": "utf-16",
}

// unlabelled are labels that say nothing at all about the bytes.
var unlabelled = map[string]bool{
	"": true, "us-ascii": true, "ascii": true, "unknown-8bit": true, "x-unknown": true, "unknown": true, "default": true,
	"default_charset": true, "x-user-defined": true, "8bit": true, "7bit": true, "binary": true, "none": true, "null": true,
	"ansi_x3.4-1968": true, "us_ascii": true, "iso-ir-6": true, "646": true, "x-us-ascii": true,
}

// charsetLabel cleans the charset parameter of real mail: quotes, upper case, a doubled "charset=", and whatever follows a
// semicolon, a comma or a space (`utf8;format=flowed`).
func charsetLabel(label string) string {
	label = strings.ToLower(strings.Trim(label, " \t\r\n\"'"))
	for strings.HasPrefix(label, "charset=") {
		label = strings.Trim(label[len("charset="):], " \t\"'")
	}
	if i := strings.IndexAny(label, ";, \t\r\n\"'"); i >= 0 {
		label = label[:i]
	}
	if alias, ok := charsetAliases[label]; ok {
		return alias
	}
	return label
}

// decodeCharset turns bytes written in a charset into valid UTF-8. It never fails and never loses the readable part:
//
//   - no label: UTF-8 if it is valid UTF-8, else windows-1252;
//   - labelled UTF-8 but not one character of it is: windows-1252, the usual liar;
//   - unknown label: UTF-8 if valid, else ASCII with U+FFFD in place of each run of other bytes.
//
// The result still may contain controls; sanitising them is a second step. RFC 2046 §4.1.2.
func decodeCharset(label string, b []byte) string {
	label = charsetLabel(label)
	switch {
	case unlabelled[label]:
		return guessCharset(b)
	case label == "utf-8":
		return decodeUTF8(b)
	case label == "utf-7":
		return decodeUTF7(b)
	case label == "windows-1252":
		return decode1252(b)
	}
	r, err := charset.Reader(label, bytes.NewReader(b))
	if err != nil {
		return replaceUnknown(b)
	}
	out, err := io.ReadAll(r)
	if err != nil && len(out) == 0 { // nothing came through: better ASCII with gaps than nothing
		return replaceUnknown(b)
	}
	return strings.ToValidUTF8(string(out), "\uFFFD")
}

// guessCharset reads bytes that nobody labelled.
func guessCharset(b []byte) string {
	if bytes.HasPrefix(b, []byte{0xFF, 0xFE}) || bytes.HasPrefix(b, []byte{0xFE, 0xFF}) {
		return decodeCharset("utf-16", b)
	}
	if bytes.Contains(b, []byte("\x1b$B")) || bytes.Contains(b, []byte("\x1b$@")) {
		return decodeCharset("iso-2022-jp", b) // seven bits that only look like ASCII
	}
	if utf8.Valid(b) {
		return strings.TrimPrefix(string(b), "\uFEFF")
	}
	return decode1252(b)
}

// decodeUTF8 reads what calls itself UTF-8. If it has high bytes and not one whole character among them it is not.
func decodeUTF8(b []byte) string {
	b = bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF"))
	if utf8.Valid(b) {
		return string(b)
	}
	for rest := b; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r != utf8.RuneError && n > 1 {
			return strings.ToValidUTF8(string(b), "\uFFFD")
		}
		rest = rest[n:]
	}
	return decode1252(b)
}

// decode1252 reads windows-1252; the five bytes it leaves undefined become U+FFFD.
func decode1252(b []byte) string {
	var s strings.Builder
	s.Grow(len(b))
	for _, c := range b {
		if c < utf8.RuneSelf {
			s.WriteByte(c)
		} else {
			s.WriteRune(charmap.Windows1252.DecodeByte(c))
		}
	}
	return s.String()
}

// replaceUnknown reads bytes of a charset nobody knows: UTF-8 if that is what they are, else ASCII with gaps.
func replaceUnknown(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var s strings.Builder
	s.Grow(len(b))
	gap := false
	for _, c := range b {
		if c < utf8.RuneSelf {
			s.WriteByte(c)
		} else if !gap {
			s.WriteRune(utf8.RuneError)
		}
		gap = c >= utf8.RuneSelf
	}
	return s.String()
}

// decodeUTF7 reads RFC 2152: ASCII with base64 runs of UTF-16 between '+' and '-'. What is broken stays as it was written.
func decodeUTF7(b []byte) string {
	var s strings.Builder
	s.Grow(len(b))
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c >= utf8.RuneSelf:
			s.WriteRune(utf8.RuneError)
		case c != '+':
			s.WriteByte(c)
		case i+1 < len(b) && b[i+1] == '-':
			s.WriteByte('+')
			i++
		default:
			n := base64Run(b[i+1:])
			if n == 0 {
				s.WriteByte('+')
				continue
			}
			s.WriteString(decodeUTF16BE(decodeBase64(b[i+1 : i+1+n])))
			i += n
			if i+1 < len(b) && b[i+1] == '-' {
				i++
			}
		}
	}
	return s.String()
}

// base64Run is how many bytes at the head of b belong to the base64 alphabet.
func base64Run(b []byte) int {
	n := 0
	for n < len(b) && base64Value(b[n]) >= 0 {
		n++
	}
	return n
}

// decodeUTF16BE reads the inside of an UTF-7 run; an odd last byte is padding.
func decodeUTF16BE(b []byte) string {
	var s strings.Builder
	for i := 0; i+1 < len(b); i += 2 {
		r := rune(b[i])<<8 | rune(b[i+1])
		if r >= 0xD800 && r < 0xDC00 && i+3 < len(b) {
			if low := rune(b[i+2])<<8 | rune(b[i+3]); low >= 0xDC00 && low < 0xE000 {
				r = (r-0xD800)<<10 + (low - 0xDC00) + 0x10000
				i += 2
			}
		}
		s.WriteRune(r) // a lone surrogate is written as U+FFFD
	}
	return s.String()
}
