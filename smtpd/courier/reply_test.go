package courier

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"

	"backchannel/smtpd/queue"
)

func TestReadReply(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"250 ok\r\n", `250 "" "ok"`},
		{"250 2.1.0 ok\r\n", `250 "2.1.0" "ok"`},
		{"250\r\n", `250 "" ""`},
		{"250 \r\n", `250 "" ""`},
		{"250 ok\n", `250 "" "ok"`},
		{"250-a\r\n250-b\r\n250 c\r\n", `250 "" "a b c"`},
		{"550-5.1.1 The email account\r\n550-5.1.1 does not exist\r\n550 5.1.1 sorry\r\n", `550 "5.1.1" "The email account does not exist sorry"`},
		{"550 4.1.1 the class does not fit\r\n", `550 "" "4.1.1 the class does not fit"`},
		{"550 5.7.1\r\n", `550 "5.7.1" ""`},
		{"550 5.7.1234 too long\r\n", `550 "" "5.7.1234 too long"`},
		{"550 5..1 x\r\n", `550 "" "5..1 x"`},
		{"550 5.1.1. x\r\n", `550 "" "5.1.1. x"`},
		{"250 a\rb\x00c\x1b[2Jd\xff\r\n", `250 "" "a b?c?[2Jd?"`},
		{"250-a\r\n550 b\r\n", "the answer is not SMTP"},
		{"25 ok\r\n", "the answer is not SMTP"},
		{"\r\n", "the answer is not SMTP"},
		{"600 x\r\n", "the answer is not SMTP"},
		{"100 x\r\n", "the answer is not SMTP"},
		{"2x0 x\r\n", "the answer is not SMTP"},
		{"250_x\r\n", "the answer is not SMTP"},
		{"250", "EOF"},
		{"250-a\r\n", "EOF"},
		{"", "EOF"},
		{"250 " + strings.Repeat("x", 9000) + "\r\n", "the answer is longer than anybody needs"},
		{strings.Repeat("250-x\r\n", 2000) + "250 x\r\n", "the answer is longer than anybody needs"},
	} {
		for how, r := range map[string]io.Reader{"at once": strings.NewReader(c.in), "byte by byte": iotest.OneByteReader(strings.NewReader(c.in))} {
			p, err := readReply(bufio.NewReader(r))
			got := fmt.Sprintf("%d %q %q", p.code, p.enhanced, p.text())
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("%.40q %s: %s, want %s", c.in, how, got, c.want)
			}
		}
	}
}

func FuzzReply(f *testing.F) {
	for _, s := range []string{"250 ok\r\n", "250-PIPELINING\r\n250 SIZE 5\r\n", "550 5.1.1 no\n", "354\r\n", "421 4.7.0 \xff\x00\r\n", "250-\r\n250-\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		src := bytes.NewReader(b)
		r := bufio.NewReaderSize(src, 512)
		for {
			before := src.Len() + r.Buffered()
			p, err := readReply(r)
			if used := before - src.Len() - r.Buffered(); used > replyMost+512 {
				t.Fatalf("%d octets read for one reply", used)
			}
			if err != nil {
				return
			}
			if p.code < 200 || p.code > 599 || len(p.lines) == 0 {
				t.Fatalf("%+v", p)
			}
			if p.enhanced != "" && (p.enhanced[0] != byte('0'+p.class()) || strings.Count(p.enhanced, ".") != 2) {
				t.Fatalf("%d and %q", p.code, p.enhanced)
			}
			text := p.text()
			if len(text) > 500 || strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' }) {
				t.Fatalf("%q is kept", text)
			}
		}
	})
}

// Lines beyond what SMTP carries are broken: before a blank if there is one, else never inside a character or an octet of
// quoted-printable; in a header so that the field goes on (RFC 5322 §2.2.3).
func TestLongLines(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		in     string
		header bool
		want   string
	}{
		{"a\r\n" + x(998) + "\r\nb\r\n", false, "a\r\n" + x(998) + "\r\nb\r\n"},
		{x(999) + "\r\nb", false, x(997) + "\r\nxx\r\nb"},
		{x(2000), false, x(997) + "\r\n" + x(997) + "\r\n" + x(6)},
		{"a\r\n." + x(500) + " " + x(600) + "\r\n", false, "a\r\n.." + x(500) + "\r\n " + x(600) + "\r\n"},
		{x(997) + ".b\r\n", false, x(997) + "\r\n..b\r\n"},
		{" " + x(1000) + "\r\n", false, " " + x(996) + "\r\n" + x(4) + "\r\n"},
		{x(995) + "=E4=F6", false, x(995) + "\r\n=E4=F6"},
		{x(996) + "=E4=F6", false, x(996) + "\r\n=E4=F6"},
		{x(994) + "=E4=F6", false, x(994) + "=E4\r\n=F6"},
		{x(996) + "\xc3\xa9" + x(5), false, x(996) + "\r\n\xc3\xa9" + x(5)},
		{strings.Repeat("\x80", 999), false, strings.Repeat("\x80", 997) + "\r\n\x80\x80"},
		{"To: " + x(1200) + "\r\n\r\n", true, "To:\r\n " + x(996) + "\r\n " + x(204) + "\r\n\r\n"},
		{"To:" + x(1200) + "\r\n.A: b\r\n\r\n", true, "To:" + x(994) + "\r\n " + x(206) + "\r\n..A: b\r\n\r\n"},
		{"To:" + x(994) + ".x\r\n\r\n", true, "To:" + x(994) + "\r\n .x\r\n\r\n"},
	} {
		before := c.in
		var wire bytes.Buffer
		if err := lay(&wire, []byte(c.in), c.header); err != nil || wire.String() != c.want || c.in != before {
			t.Errorf("%q\nbecame %q\nwant   %q (%v)", c.in, wire.String(), c.want, err)
		}
	}
}

// What is stuffed passes a strict reader, and comes out as it went in.
func FuzzStuff(f *testing.F) {
	for _, s := range []string{"", ".", "..", ".\r\n", "a\r\n.\r\nb\r\n", "\r\n.\r\n.\r\n", "a.b\r\n..c", strings.Repeat("x", 998) + "\r\n",
		strings.Repeat("x", 999), "a\r\n" + strings.Repeat(".", 5000) + "\r\n.", strings.Repeat("\xc3\xa9=E4 ", 900)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if strict(b) != "" {
			return
		}
		var wire bytes.Buffer
		if err := lay(&wire, b, false); err != nil {
			t.Fatal(err)
		}
		var back []byte
		rest := wire.Bytes()
		for len(rest) > 0 {
			line, after, ended := bytes.Cut(rest, []byte("\r\n"))
			rest = after
			if bytes.ContainsAny(line, "\r\n\x00") || len(line) > lineMost+1 {
				t.Fatalf("%q is on the wire", line)
			}
			if len(line) == 1 && line[0] == '.' {
				t.Fatalf("%q ends before its end", b)
			}
			back = append(back, bytes.TrimPrefix(line, []byte("."))...)
			if ended {
				back = append(back, '\r', '\n')
			}
		}
		if untilLong(b) < len(b) { // the breaks are all that came to it
			back, b = bytes.ReplaceAll(back, []byte("\r\n"), nil), bytes.ReplaceAll(b, []byte("\r\n"), nil)
		}
		if !bytes.Equal(back, b) {
			t.Fatalf("%q became %q", b, back)
		}
	})
}

// Whatever a host says, Deliver ends, says something printable, and is pleased only when the host took a message.
func FuzzHost(f *testing.F) {
	for _, s := range []string{"", "220 x\r\n", "220 x\r\n250-x\r\n250 PIPELINING\r\n250 a\r\n250 b\r\n354 c\r\n250 d\r\n",
		"220 x\r\n250 x\r\n250 a\r\n250 b\r\n354 c\r\n250 d\r\n", "220 x\r\n500 x\r\n250 x\r\n550 no\r\n", "220 x\r\n250-x\r\n250 STARTTLS\r\n220 go\r\n\x16\x03\x01",
		"220 x\r\n250-x\r\n250-SIZE 3\r\n250 AUTH=PLAIN\r\n", "421 x\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		c := New(Options{Name: "lists.test", Route: Smarthost(Hop{Addr: "mx.test:25"}), Dial: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go io.Copy(io.Discard, theirs)
			go func() { theirs.Write(script); theirs.Close() }()
			return ours, nil
		}})
		defer c.Close()
		o := c.Deliver(context.Background(), to(1))
		if s := o.String(); s == "" || len(s) > 500 || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' }) {
			t.Fatalf("%q", s)
		}
		if o.Kind == queue.Delivered && (o.Code/100 != 2 || !bytes.Contains(script, []byte("\n3"))) {
			t.Fatalf("%q: %s", script, inShort(o))
		}
		if o.Kind == queue.Failed && o.Code/100 != 5 && o.Enhanced != "5.3.4" {
			t.Fatalf("%q: %s", script, inShort(o))
		}
	})
}
