package archive

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"sync"
)

// zipper packs and unpacks pieces. A deflater weighs most of a megabyte, so they are kept and used again, some of them for good: a pool
// is emptied at each collection of garbage, and making them anew was the cause of every tenth one.
type zipper struct {
	mu        sync.Mutex
	spare     []*packer
	unpackers sync.Pool // of io.ReadCloser that is a flate.Resetter
}

// mostSpare is how many deflaters are kept.
const mostSpare = 4

// packedBody is the body of a letter as the end of a deflate stream. A letter and the post made of it have the same body, which is packed
// once.
type packedBody struct {
	size  int // octets of the body
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

// pack deflates a piece and hands it to use, which is given it only until it returns. body is the packed end of the piece, or nil.
func (z *zipper) pack(raw []byte, body *packedBody, use func(b []byte)) {
	p := z.packer()
	defer z.keep(p)
	p.out.Reset()
	p.w.Reset(&p.out)
	head := raw
	if body != nil {
		head = raw[:len(raw)-body.size]
	}
	switch {
	case body == nil:
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
	if body != nil {
		p.out.Write(body.bytes)
	}
	use(p.out.Bytes())
}

// deflate packs bytes into a stream of their own.
func (z *zipper) deflate(raw []byte) (packed []byte) {
	z.pack(raw, nil, func(b []byte) { packed = bytes.Clone(b) })
	return packed
}

func (z *zipper) packer() *packer {
	z.mu.Lock()
	if n := len(z.spare); n > 0 {
		p := z.spare[n-1]
		z.spare = z.spare[:n-1]
		z.mu.Unlock()
		return p
	}
	z.mu.Unlock()
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic("archive: " + err.Error()) // only for a level that does not exist
	}
	return &packer{w: w}
}

// keep takes a packer back.
func (z *zipper) keep(p *packer) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if len(z.spare) < mostSpare {
		z.spare = append(z.spare, p)
	}
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
