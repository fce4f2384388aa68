package archive

import (
	"bytes"
	"crypto/cipher"

	"backchannel/archive/letter"
)

// RawID names stored bytes. It is never used again: a copy of other bytes under it could go to the wrong reader. Other tables may point at raw (id); index the column that does, so that dropping stays cheap.
type RawID int64

// Seal says how bytes lie in the file.
type Seal bool

const (
	Open   Seal = false // readable for whoever has the file: what was published anyway
	Sealed Seal = true  // only with the key: live tokens, private words
)

// pieceLen is how many octets of the original one row holds: SQLite has no streaming, and a page of a mail need not cost all of it.
const pieceLen = 256 << 10

// pieces is how many rows hold so many octets.
func pieces(size int) int { return (size + pieceLen - 1) / pieceLen }

// piece is a part of stored bytes as it lies in the file.
type piece struct {
	bytes  []byte
	packed bool // deflated, before it was sealed
}

// packed is bytes ready to be stored, their first piece worked out ahead of the transaction. Letters seldom have a second.
type packed struct {
	raw        []byte
	salt, mark []byte      // of the seal
	aead       cipher.AEAD // nil: they lie open
	first      piece
}

// pack gets bytes ready. body is their end packed already, or nil.
func (s *Store) pack(raw []byte, body *packedBody, seal Seal) (*packed, error) {
	p := &packed{raw: raw, first: piece{bytes: []byte{}}}
	if seal == Sealed {
		var err error
		if p.salt, err = s.seal.begin(); err != nil {
			return nil, err
		}
		p.mark, p.aead = s.seal.mark, s.seal.cipher(p.salt)
	}
	if len(raw) > 0 {
		p.first = s.packPiece(p, 0, body)
	}
	return p, nil
}

// packLetter gets a letter ready. The body of one that was under another header before is packed already.
func (s *Store) packLetter(l *letter.Letter, seal Seal) (*packed, error) {
	return s.pack(l.Raw(), s.packedBody(l), seal)
}

type packedBodyKey struct{}

// packedBody is the body of a letter packed, once for all headers that it is under; nil when it is too long or too short for that.
func (s *Store) packedBody(l *letter.Letter) *packedBody {
	if n := len(l.Body()); n < leastBody || n > mostBody {
		return nil
	}
	return l.AboutBody(packedBodyKey{}, func() any { return &packedBody{len(l.Body()), s.zip.deflate(l.Body())} }).(*packedBody)
}

func (s *Store) packPiece(p *packed, n int, body *packedBody) piece {
	raw := p.raw[n*pieceLen : min(len(p.raw), (n+1)*pieceLen)]
	out := piece{bytes: raw}
	s.zip.pack(raw, body, func(b []byte) {
		switch {
		case len(b) >= len(raw): // deflating does not help
		case p.aead != nil: // which copies
			out = piece{b, true}
		default:
			out = piece{bytes.Clone(b), true}
		}
		if p.aead != nil {
			out.bytes = p.aead.Seal(nil, nonce(n), out.bytes, nil)
		}
	})
	return out
}
