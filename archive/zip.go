package archive

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"sync"
)

// zipper packs and unpacks pieces. A deflater weighs a megabyte, so they are kept and used again.
type zipper struct {
	packers   sync.Pool // of *packer
	unpackers sync.Pool // of io.ReadCloser that is a flate.Resetter
}

type packer struct {
	out bytes.Buffer
	w   *flate.Writer
}

// pack deflates a piece and hands it to use, or hands over the piece itself when deflating does not make it smaller. What use is
// given is good only until it returns.
func (z *zipper) pack(piece []byte, use func(b []byte, packed bool) error) error {
	p, _ := z.packers.Get().(*packer)
	if p == nil {
		w, err := flate.NewWriter(nil, flate.BestSpeed)
		if err != nil {
			return err
		}
		p = &packer{w: w}
	}
	defer z.packers.Put(p)
	p.out.Reset()
	p.w.Reset(&p.out)
	if _, err := p.w.Write(piece); err != nil {
		return err
	}
	if err := p.w.Close(); err != nil {
		return err
	}
	if p.out.Len() >= len(piece) {
		return use(piece, false)
	}
	return use(p.out.Bytes(), true)
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
