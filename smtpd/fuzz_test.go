package smtpd

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"backchannel/archive/letter"

	"github.com/emersion/go-smtp"
)

// tape is a connection of which one side was recorded before it began: the peer sends its bytes in pieces of some size and
// hears nothing.
type tape struct {
	in    []byte
	piece int
	out   bytes.Buffer
}

func (c *tape) Read(p []byte) (int, error) {
	if len(c.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.piece)], c.in)
	c.in = c.in[n:]
	return n, nil
}
func (c *tape) Write(p []byte) (int, error)      { return c.out.Write(p) }
func (c *tape) Close() error                     { return nil }
func (c *tape) LocalAddr() net.Addr              { return &net.UnixAddr{} }
func (c *tape) RemoteAddr() net.Addr             { return &net.UnixAddr{} }
func (c *tape) SetDeadline(time.Time) error      { return nil }
func (c *tape) SetReadDeadline(time.Time) error  { return nil }
func (c *tape) SetWriteDeadline(time.Time) error { return nil }

// anybody may log in, so that no guess costs time.
type anybody struct{}

func (anybody) Login(context.Context, netip.Addr, string, string) (letter.Address, error) {
	return letter.Address{Local: "x", Domain: "x.test"}, nil
}

// FuzzSession feeds a whole session: whatever comes, it ends soon and without a panic, a letter that is kept was ended by
// CRLF.CRLF or BDAT LAST and is strict, and the peer hears of every one.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{
		"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<talk@lists.test>\r\nBDAT 3\r\na\r\nBDAT 2 LAST\r\nb\nQUIT\r\n",
		"LHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<talk@lists.test>\r\nRCPT TO:<jobs@lists.test>\r\nDATA\r\n|x\r\n..\r\n.\r\nNOOP\r\n",
		"HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<talk@lists.test>\r\nDATA\r\n|Subject: x\r\n\r\nx\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\n|.\r\n",
		"HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<talk@lists.test>\r\nDATA\r\n|x\n.\r\nMAIL FROM:<>\r\n.\r\n",
		"HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<talk@lists.test>\r\nDATA\r\n|x\r\n.\rMAIL FROM:<>\r\n.\r\n",
		"EHLO x\r\nAUTH LOGIN\r\n|eA==\r\n|eA==\r\n|MAIL FROM:<\"a b\"@c.test> SMTPUTF8 BODY=8BITMIME SIZE=5 AUTH=<>\r\nRSET\r\n",
		"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<talk@lists.test>\r\nBDAT 5\r\nabc\r\rRSET\r\nSTARTTLS\r\n",
		"GET / HTTP/1.1\r\n\r\n", "VRFY x\r\nEXPN y\r\nTURN\r\nHELP\r\nETRN x\r\n", "\x16\x03\x01", "BDAT 99999999999 LAST\r\n",
	} {
		f.Add([]byte(seed), uint16(4096), byte(0))
		f.Add([]byte(seed), uint16(1), byte(1))
		f.Add([]byte(seed), uint16(7), byte(2))
	}
	f.Fuzz(func(t *testing.T, in []byte, piece uint16, d byte) {
		door := Door(d%3) + MX
		room := newRoom()
		s, err := New(Config{Hostname: "mx.lists.test", MaxSize: 4096, Now: time.Now, AllowInsecureAuth: true}, room, anybody{})
		if err != nil {
			t.Fatal(err)
		}
		// A bar in a seed is where a well-behaved peer waits for an answer: a piece of its own.
		conn := &barTape{tape: tape{in: in, piece: int(piece) + 1}}
		done := make(chan struct{})
		go func() { s.converse(t.Context(), Listener{Door: door}, conn); close(done) }()
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Fatal("the session does not end")
		}
		sent := bytes.ReplaceAll(in, []byte("|"), nil)
		letters := room.all()
		for _, l := range letters {
			checkKept(t, sent, l.body())
		}
		if told := strings.Count(conn.out.String(), "Kept as"); told < len(letters) || door != LMTP && told != len(letters) {
			t.Errorf("%d letters, and the peer heard of %d:\n%s", len(letters), told, conn.out.String())
		}
		for line := range strings.SplitAfterSeq(conn.out.String(), "\r\n") {
			if line != "" && !strings.HasSuffix(line, "\r\n") || strings.ContainsAny(strings.TrimSuffix(line, "\r\n"), "\r\n\x00") {
				t.Errorf("reply %q", line)
			}
		}
		if used := s.memory.used.Load(); used != 0 {
			t.Errorf("%d bytes of memory not given back", used)
		}
	})
}

// barTape ends a piece at every bar, and drops the bar.
type barTape struct{ tape }

func (c *barTape) Read(p []byte) (int, error) {
	c.in = bytes.TrimLeft(c.in, "|")
	if i := bytes.IndexByte(c.in, '|'); i > 0 {
		p = p[:min(len(p), i)]
	}
	return c.tape.Read(p)
}

// checkKept holds the promise against the bytes that were sent, by other means than the code's own.
func checkKept(t *testing.T, sent []byte, body string) {
	t.Helper()
	if strings.ContainsAny(strings.ReplaceAll(body, "\r\n", ""), "\r\n\x00") {
		t.Errorf("kept a letter with a forbidden byte: %q", body)
	}
	upper := bytes.ToUpper(sent)
	if bytes.Contains(upper, []byte("BDAT")) && bytes.Contains(upper, []byte("LAST")) {
		return // chunks: their framing is not to be seen in the bytes
	}
	for rest, at := sent, 0; ; {
		i := bytes.Index(rest, []byte("\r\n.\r\n"))
		if i < 0 {
			t.Fatalf("kept a letter that never ended: %q of %q", body, sent)
		}
		at += i + 2
		rest = sent[at:]
		content := string(sent[:at])
		for _, dot := range []string{"\r\n."} {
			content = strings.ReplaceAll(content, dot, "\r\n")
		}
		if strings.HasSuffix(content, body) {
			return
		}
	}
}

// FuzzTap drives a tap as the library would, with replies out of the fuzzer's hat: what it gives out is whole strict lines, one
// at a time, and letters that end; after its end it is at its end for ever.
func FuzzTap(f *testing.F) {
	f.Add([]byte("EHLO x\r\nDATA\r\n|abc\r\n.\r\nQUIT\r\n"), []byte("abcd"), uint16(100))
	f.Add([]byte("EHLO x\r\nBDAT 5 LAST\r\nabc\r\nNOOP\r\n"), []byte("dcba"), uint16(3))
	f.Add([]byte("AUTH LOGIN\r\n|x\r\n|y\r\n|RCPT TO:<postmaster>\r\n"), []byte{2, 2, 0, 1}, uint16(1))
	f.Add([]byte("DATA\r\n|x\n.\r\n.\r\nNOOP\r\n"), []byte{0}, uint16(5))
	f.Fuzz(func(t *testing.T, in, replies []byte, piece uint16) {
		s, err := New(Config{Hostname: "mx.lists.test", MaxSize: 4096, Now: time.Now}, newRoom(), nil)
		if err != nil {
			t.Fatal(err)
		}
		tap := newTap(s, MX, &barTape{tape: tape{in: in, piece: int(piece) + 1}})
		defer tap.alarm.Stop()
		lib := bufio.NewReader(tap)
		say := func(choice string) string {
			if len(replies) > 0 {
				choice, replies = []string{choice, "250 ok", "334 x", "550 no", "354 go"}[int(replies[0])%5], replies[1:]
			}
			_, _ = tap.Write([]byte(choice + "\r\n"))
			return choice[:3]
		}
		for steps := 0; ; steps++ {
			if steps > len(in)+10 {
				t.Fatal("more lines than bytes")
			}
			line, err := lib.ReadBytes('\n')
			if err != nil {
				if len(line) > 0 {
					t.Fatalf("half a line: %q", line)
				}
				var r *reply
				if !errors.As(err, &r) && err != io.EOF {
					t.Fatalf("a strange end: %v", err)
				}
				break
			}
			if !strictLine(line) || len(line) > maxAuthLine+64 || lib.Buffered() > 0 {
				t.Fatalf("given %q, and %d bytes more", line, lib.Buffered())
			}
			switch verb := verbOf(string(line[:len(line)-2])); verb {
			case "DATA":
				if say("354 go") == "354" {
					takeData(t, tap, lib)
				}
			case "BDAT":
				size := tap.left
				if n, err := io.CopyN(io.Discard, lib, size); err != nil && n == size {
					t.Fatal(err)
				}
				say("250 ok")
			case "AUTH":
				say("334 x")
			default:
				say("250 ok")
			}
		}
		_, _ = tap.Write([]byte("451 no\r\n"))
		for range 2 {
			if n, err := tap.Read(make([]byte, 10)); n != 0 || err != io.EOF {
				t.Fatalf("after the end: %d bytes, %v", n, err)
			}
		}
	})
}

// takeData reads one letter as the library does, and fails when the tap gives out more or other than one.
func takeData(t *testing.T, tap *tap, lib *bufio.Reader) {
	t.Helper()
	var got []byte
	for {
		c, err := lib.ReadByte()
		if err != nil {
			_, _ = tap.Write([]byte("451 no\r\n"))
			return
		}
		got = append(got, c)
		if bytes.HasSuffix(append([]byte("\r\n"), got...), []byte("\r\n.\r\n")) {
			break
		}
	}
	if lib.Buffered() > 0 || strings.ContainsAny(strings.ReplaceAll(string(got), "\r\n", ""), "\r\n\x00") {
		t.Fatalf("the letter %q, and %d bytes behind it", got, lib.Buffered())
	}
	_, _ = tap.Write([]byte("250 kept\r\n"))
}

// Every error of a session must be a reply of ours: from another the library would make a permanent 554 (A11). The type system
// does not say so, the library's interface being what it is; this does.
func TestEveryErrorIsAReply(t *testing.T) {
	s := &session{tap: newTap(&Server{cfg: Config{Hostname: "x.test"}, now: time.Now, room: newRoom(), gate: newGate(1, 1)}, MX, &tape{}), ctx: t.Context()}
	for name, err := range map[string]error{
		"Mail": s.Mail("", &smtp.MailOptions{}), "Rcpt": s.Rcpt("", nil), "Data": s.Data(strings.NewReader("")), "LMTPData": s.LMTPData(strings.NewReader(""), nil),
	} {
		if _, ok := err.(*reply); !ok { // the library looks no deeper
			t.Errorf("%s: %v", name, err)
		}
	}
}
