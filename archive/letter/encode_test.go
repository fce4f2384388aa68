package letter

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

func TestDecodeTransfer(t *testing.T) {
	for _, c := range []struct{ name, encoding, in, want string }{
		{"7bit", "7bit", "as it is=20", "as it is=20"},
		{"missing", "", "as it is", "as it is"},
		{"unknown", "x-zip", "as it is", "as it is"},
		{"base64", "Base64", "SGVsbG8sIHdvcmxkIQ==\r\n", "Hello, world!"},
		{"base64 with comment", "base64 (of course)", "SGk=", "Hi"},
		{"base64 in odd lines", "base64", "SGV\r\nsbG8\n\n sIHdvcm\txkIQ==", "Hello, world!"},
		{"base64 with rubbish between", "base64", "SG*Vs-bG8s!IHdv cmxkIQ==", "Hello, world!"},
		{"base64 cut short", "base64", "SGVsbG8sIHdvcmxkI", "Hello, world"},
		{"base64 without padding", "base64", "SGVsbG8sIHdvcmxkIQ", "Hello, world!"},
		{"base64 in two pieces", "base64", "SGVsbG8=\r\nLCB3b3JsZCE=", "Hello, world!"},
		{"base64 with a list footer behind it", "base64", "SGVsbG8=\r\n_______\r\nThe list\r\nhttp://list.example\r\n", "Hello"},
		{"nothing", "base64", "", ""},
		{"qp", "quoted-printable", "a=C3=BC=20b", "aü b"},
		{"qp in small letters", "QUOTED-PRINTABLE", "=c3=bc", "ü"},
		{"qp soft break", "quoted-printable", "long=\r\n er=\n!\r\n", "long er!\r\n"},
		{"qp soft break with blanks behind", "quoted-printable", "a= \t\r\nb", "ab"},
		{"qp blanks at the end of a line", "quoted-printable", "a  \r\nb\t\n", "a\r\nb\n"},
		{"qp broken", "quoted-printable", "1=2 =ZZ =4", "1=2 =ZZ =4"},
		{"qp cut short", "quoted-printable", "abc=", "abc"},
		{"uu", "x-uuencode", "begin 644 a.txt\n+2&5L;&\\@=V]R;&0`\n`\nend\n", "Hello world"},
		{"uu without begin", "x-uuencode", "hello", "hello"},
	} {
		if got := string(decodeTransfer(c.encoding, []byte(c.in))); got != c.want {
			t.Errorf("%s: %q = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestEncodeSmaller(t *testing.T) {
	for _, c := range []struct{ name, in, encoding string }{
		{"english", "Hello, world. It costs 5 pounds.", "quoted-printable"},
		{"german", "Grüße aus Köln, wo wir heute tagen und über alles Mögliche reden.", "quoted-printable"},
		{"russian", "Привет, как дела? Встретимся завтра в шесть.", "base64"},
		{"empty", "", "quoted-printable"},
	} {
		encoding, body := encodeSmaller([]byte(c.in))
		if encoding != c.encoding {
			t.Errorf("%s: %s, want %s", c.name, encoding, c.encoding)
		}
		if got := string(decodeTransfer(encoding, body)); got != c.in {
			t.Errorf("%s: came back as %q", c.name, got)
		}
		for line := range strings.SplitSeq(string(body), "\r\n") {
			if len(line) > 76 || strings.ContainsAny(line, "\r\n") {
				t.Errorf("%s: line %q", c.name, line)
			}
		}
	}
}

func TestCanonicalLines(t *testing.T) {
	if got, want := string(canonicalLines([]byte("a\nb\r\nc\rd\r\r\n\n"))), "a\r\nb\r\nc\r\nd\r\n\r\n\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What others encode we read, and valid base64 we read exactly as the standard library does.
func FuzzDecodeTransfer(f *testing.F) {
	f.Add([]byte("Hello, =\r\nworld =C3=BC \r\n"))
	f.Add([]byte("SGVsbG8="))
	f.Add([]byte("begin 644 x\n#86)C\n`\nend\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, encoding := range []string{"base64", "quoted-printable", "x-uuencode"} {
			if got := decodeTransfer(encoding, b); len(got) > len(b)+3 {
				t.Fatalf("%s: %d bytes became %d", encoding, len(b), len(got))
			}
		}
		if got := decodeTransfer("base64", encodeBase64(b)); !bytes.Equal(got, b) {
			t.Fatalf("base64 there and back: %q", got)
		}
		if want, err := base64.StdEncoding.DecodeString(string(b)); err == nil && !bytes.Equal(want, decodeBase64(b)) {
			t.Fatalf("valid base64 %q read as %q", b, decodeBase64(b))
		}
		want := string(canonicalLines(b))
		if got := string(decodeTransfer("quoted-printable", encodeQP([]byte(want)))); got != want {
			t.Fatalf("quoted-printable there and back: %q, want %q", got, want)
		}
	})
}
