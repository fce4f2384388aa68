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

// What is stuffed passes a strict reader, and comes out as it went in.
func FuzzStuff(f *testing.F) {
	for _, s := range []string{"", ".", "..", ".\r\n", "a\r\n.\r\nb\r\n", "\r\n.\r\n.\r\n", "a.b\r\n..c", strings.Repeat("x", 998) + "\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if strict(b) != "" {
			return
		}
		var wire bytes.Buffer
		if err := stuff(&wire, b); err != nil {
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
