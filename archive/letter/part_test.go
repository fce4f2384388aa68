package letter

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

// The head of a part is where the whole of it begins, and costs no more for a long file.
func TestDecodedHead(t *testing.T) {
	lines := func(s string) string {
		var b strings.Builder
		for ; len(s) > 76; s = s[76:] {
			b.WriteString(s[:76] + "\r\n")
		}
		return b.String() + s
	}
	text := strings.Repeat("Bees and wäsps.\r\n", 3000)
	for encoding, body := range map[string]string{
		"8bit": text, "base64": lines(base64.StdEncoding.EncodeToString([]byte(text))), "quoted-printable": strings.ReplaceAll(text, "ä", "=C3=A4"),
	} {
		p := parse(t, "MIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: "+encoding+"\r\n\r\n"+body).Parts()[0]
		whole := p.Decoded()
		for _, n := range []int{0, 1, 100, 1000, len(whole), len(whole) + 1, 1 << 20} {
			if got := p.DecodedHead(n); !bytes.Equal(got, whole[:min(n, len(whole))]) {
				t.Errorf("%s, %d octets: got %d", encoding, n, len(got))
			}
		}
	}
}
