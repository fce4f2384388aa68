package archive

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"errors"
	"io"
	"sync"
)

// zipper packs and unpacks pieces. A deflater weighs a megabyte, so they are kept and used again. A letter and the post made of it have
// the same body, which is packed once.
type zipper struct {
	packers   sync.Pool // of *packer
	unpackers sync.Pool // of io.ReadCloser that is a flate.Resetter

	mu     sync.Mutex
	bodies [32]packedBody // packed last
	next   int
}

// packedBody is the body of a letter as the end of a deflate stream.
type packedBody struct {
	sum   [sha256.Size]byte // of the body
	bytes []byte
}

type packer struct {
	out bytes.Buffer
	w   *flate.Writer
}

// Bodies of these sizes are packed apart from the header. Shorter ones are not worth it, longer ones would stay in memory.
const (
	leastBody = 512
	mostBody  = 64 << 10

	plainHeader = 2 << 10 // a header below that is stored as it is: making a code for it costs as much as for the body
)

// pack deflates a piece and hands it to use, or hands over the piece itself when deflating does not make it smaller. What use is
// given is good only until it returns.
func (z *zipper) pack(piece []byte, use func(b []byte, packed bool) error) error {
	p := z.packer()
	defer z.packers.Put(p)
	p.out.Reset()
	p.w.Reset(&p.out)
	head, rest := splitLetter(piece)
	switch {
	case rest == nil:
		_, _ = p.w.Write(head) // a buffer takes everything
		_ = p.w.Close()
	case len(head) < plainHeader:
		n := len(head)
		p.out.Write([]byte{0, byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)}) // a stored block (RFC 1951 §3.2.4)
		p.out.Write(head)
	default:
		_, _ = p.w.Write(head)
		_ = p.w.Flush() // which does not end the stream
	}
	if rest != nil {
		p.out.Write(z.body(rest))
	}
	if p.out.Len() >= len(piece) {
		return use(piece, false)
	}
	return use(p.out.Bytes(), true)
}

func (z *zipper) packer() *packer {
	if p, ok := z.packers.Get().(*packer); ok {
		return p
	}
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic("archive: " + err.Error()) // only for a level that does not exist
	}
	return &packer{w: w}
}

// splitLetter cuts a piece that is a whole letter of middling size behind its header; otherwise rest is nil.
func splitLetter(piece []byte) (head, rest []byte) {
	i := bytes.Index(piece, []byte("\r\n\r\n")) + 4
	if n := len(piece) - i; i < 4 || n < leastBody || n > mostBody {
		return piece, nil
	}
	return piece[:i], piece[i:]
}

// body packs the body of a letter, or knows it from before.
func (z *zipper) body(body []byte) []byte {
	sum := sha256.Sum256(body)
	z.mu.Lock()
	for i := range z.bodies {
		if z.bodies[i].bytes != nil && z.bodies[i].sum == sum {
			defer z.mu.Unlock()
			return z.bodies[i].bytes
		}
	}
	z.mu.Unlock()
	p := z.packer()
	defer z.packers.Put(p)
	p.out.Reset()
	p.w.Reset(&p.out)
	_, _ = p.w.Write(body) // a buffer takes everything
	_ = p.w.Close()
	packed := packedBody{sum, bytes.Clone(p.out.Bytes())}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.bodies[z.next] = packed
	z.next = (z.next + 1) % len(z.bodies)
	return packed.bytes
}

// unpack fills dst with what was packed; it is an error when that is longer or shorter.
func (z *zipper) unpack(dst, packed []byte) error {
	in := bytes.NewReader(packed)
	r, _ := z.unpackers.Get().(io.ReadCloser)
	if r == nil {
		r = flate.NewReader(in)
	} else if err := r.(flate.Resetter).Reset(in, nil); err != nil {
		return err
	}
	defer z.unpackers.Put(r)
	if _, err := io.ReadFull(r, dst); err != nil {
		return err
	}
	var more [1]byte
	if n, err := r.Read(more[:]); n != 0 || !errors.Is(err, io.EOF) {
		return errors.New("more bytes than there should be")
	}
	return nil
}
