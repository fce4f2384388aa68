package courier

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync/atomic"

	"backchannel/archive/letter"
)

// What one connection may say in all (E1). It is counted below TLS, whose certificates get as much again. A connection that has used
// most of it is given up after the message, so that reuse meets no end.
const (
	sessionMost = 64 << 10
	sessionKeep = sessionMost - 2*replyMost
)

var errTalkative = errors.New("the host talks more in one session than anybody needs")

// meter is a connection that may say so much and no more.
type meter struct {
	net.Conn
	left atomic.Int64
}

func (m *meter) Read(p []byte) (int, error) {
	left := m.left.Load()
	if left <= 0 {
		return 0, errTalkative
	}
	n, err := m.Conn.Read(p[:min(int64(len(p)), left)])
	m.left.Add(-int64(n))
	return n, err
}

// lineMost is the most octets of a line, without its CRLF (RFC 5321 §4.5.3.1.6).
const lineMost = 998

// strict tells in words what is wrong with the lines of b, or "" (E6, RFC 5321 §2.3.8). The last line may lack its end. Long lines
// are no fault: lay breaks them.
func strict(b []byte) string {
	if bytes.IndexByte(b, 0) >= 0 {
		return "the letter has a NUL in it"
	}
	for len(b) > 0 {
		line := b
		i := bytes.IndexByte(b, '\n')
		switch {
		case i == 0 || i > 0 && b[i-1] != '\r':
			return "the letter has a line that ends in LF alone"
		case i > 0:
			line, b = b[:i-1], b[i+1:]
		default:
			b = nil
		}
		if bytes.IndexByte(line, '\r') >= 0 {
			return "the letter has a CR that ends no line"
		}
	}
	return ""
}

// eightBit tells whether a byte of b is not ASCII.
func eightBit(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return true
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= 0x80 {
			return true
		}
	}
	return false
}

// lay writes whole lines as they travel: dots doubled, and lines beyond 998 octets broken (E6). Some mail programs write such
// lines, and a break in a text harms less than a letter that nobody gets. b begins a line and is not changed. In a header, what was
// broken off goes on behind a blank (RFC 5322 §2.2.3).
func lay(w io.Writer, b []byte, header bool) error {
	for {
		n := untilLong(b)
		if err := stuff(w, b[:n]); err != nil || n == len(b) {
			return err
		}
		b = b[n:]
		n = letter.BreakAt(b)
		if err := stuff(w, b[:n]); err != nil {
			return err
		}
		if _, err := io.WriteString(w, "\r\n"); err != nil {
			return err
		}
		if b = b[n:]; header && b[0] != ' ' && b[0] != '\t' {
			b = append([]byte{' '}, b...)
		}
	}
}

// untilLong is how many octets of b stand before its first line that is too long.
func untilLong(b []byte) (n int) {
	for n < len(b) {
		i := bytes.IndexByte(b[n:], '\n')
		if i < 0 && len(b)-n <= lineMost {
			return len(b)
		}
		if i < 0 || i-1 > lineMost {
			return n
		}
		n += i + 1
	}
	return n
}

// stuff writes whole lines with the dots at their beginnings doubled (RFC 5321 §4.5.2). b begins a line.
func stuff(w io.Writer, b []byte) error {
	if len(b) > 0 && b[0] == '.' {
		if _, err := w.Write([]byte{'.'}); err != nil {
			return err
		}
	}
	for {
		i := bytes.Index(b, []byte("\n."))
		if i < 0 {
			_, err := w.Write(b)
			return err
		}
		if _, err := w.Write(b[:i+2]); err != nil {
			return err
		}
		b = b[i+1:] // its dot once more
	}
}
