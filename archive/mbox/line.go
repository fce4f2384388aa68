package mbox

import (
	"bytes"
	"errors"
	"io"
)

// window is how much of a file is looked at together. A separator and the line behind it fit in it.
const window = 256 << 10

// longestSeparator is how long a From_ line may be. Longer lines are text.
const longestSeparator = 1000

// lines cuts a stream into lines of any length. A line ends at LF, with the CRs before it; in a file whose first line ends in a CR
// alone, it ends at CR. A CR inside a line of the first kind of file is a character like others.
type lines struct {
	r      io.Reader
	buf    []byte // what is looked at together
	lo, hi int    // what of buf is not handed out yet
	offset int64  // of buf[lo] in the stream
	mac    bool   // lines end at CR
	inside bool   // the next piece goes on with the line before
	err    error  // io.EOF, or what stopped the reading; what lies in buf comes first
}

func newLines(r io.Reader, size int) *lines {
	l := &lines{r: r, buf: make([]byte, size)}
	l.fill(size)
	if bytes.HasPrefix(l.rest(), []byte("\xef\xbb\xbf")) {
		l.skip(3) // a byte order mark
	}
	l.mac = endsInCR(l.rest())
	return l
}

// endsInCR tells whether the first line of a file ends in a CR without a LF.
func endsInCR(b []byte) bool {
	i := bytes.IndexAny(b, "\r\n")
	if i < 0 || b[i] == '\n' {
		return false
	}
	b = bytes.TrimLeft(b[i:], "\r")
	return len(b) > 0 && b[0] != '\n'
}

func (l *lines) rest() []byte { return l.buf[l.lo:l.hi] }

func (l *lines) skip(n int) {
	l.lo += n
	l.offset += int64(n)
}

// fill sees to it that n octets lie ready, if the stream has them.
func (l *lines) fill(n int) {
	if l.hi-l.lo >= n || l.err != nil {
		return
	}
	l.hi = copy(l.buf, l.buf[l.lo:l.hi])
	l.lo = 0
	for empty := 0; l.hi < n && l.err == nil; {
		var got int
		got, l.err = l.r.Read(l.buf[l.hi:])
		l.hi += got
		if got > 0 {
			empty = 0
		} else if empty++; empty > 100 && l.err == nil {
			l.err = io.ErrNoProgress
		}
	}
}

// piece is a line, or as much of it as fits into the window, without its end.
type piece struct {
	text  []byte // good until the next call
	ended bool   // the line's end came with it, or the stream's
	first bool   // the line begins here
}

// next gives the next piece; false at the end of the stream.
func (l *lines) next() (p piece, ok bool) {
	text, size := l.look(0)
	if size == 0 {
		l.fill(len(l.buf))
		if text, size = l.look(0); size == 0 {
			return l.tail()
		}
	}
	p = piece{text: text, ended: true, first: !l.inside}
	l.inside = false
	l.skip(size)
	return p, true
}

// tail is a piece that has no line end in the window: a long line, or the last one of the stream.
func (l *lines) tail() (p piece, ok bool) {
	rest := l.rest()
	p = piece{text: rest, first: !l.inside, ended: l.err != nil}
	if len(rest) == 0 {
		return p, false
	}
	if !p.ended {
		p.text = bytes.TrimRight(rest, "\r") // they may belong to the line's end
		if len(p.text) == 0 {
			p.text = rest // more CRs than fit into a window are no line end
		}
		l.inside = true
	} else {
		l.inside = false
	}
	l.skip(len(p.text))
	if p.ended {
		p.text = bytes.TrimRight(p.text, "\r")
	}
	return p, true
}

// look finds the line at an offset from where we are, without taking it: its text, and its size with its end, 0 when the end does
// not lie in the window.
func (l *lines) look(from int) (text []byte, size int) {
	b := l.rest()[from:]
	if !l.mac {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return nil, 0
		}
		size = i + 1
		for i > 0 && b[i-1] == '\r' {
			i--
		}
		return b[:i], size
	}
	i := bytes.IndexAny(b, "\r\n")
	if i < 0 || i+1 == len(b) && l.err == nil {
		return nil, 0 // a LF may follow
	}
	size = i + 1
	if b[i] == '\r' && size < len(b) && b[size] == '\n' {
		size++
	}
	return b[:i], size
}

// after is the line behind the one that lies ready, as far as it matters; ok is false when the stream ends there.
func (l *lines) after(size int) (text []byte, ok bool) {
	l.fill(min(len(l.buf), size+longestSeparator))
	if text, n := l.look(size); n > 0 {
		return text, true
	}
	rest := l.rest()[size:]
	return rest, len(rest) > 0
}

// failed is what stopped the reading, if it was not the end.
func (l *lines) failed() error {
	if l.err == nil || errors.Is(l.err, io.EOF) {
		return nil
	}
	return l.err
}
