package archive

import (
	"crypto/cipher"
	"errors"
	"fmt"

	"backchannel/archive/db"
	"backchannel/templates/refusal"
)

// PutRaw stores bytes, compressed where that helps, in pieces, sealed if asked.
func (s *Store) PutRaw(tx *db.Tx, raw []byte, seal Seal) (RawID, error) {
	p, err := s.pack(raw, nil, seal)
	if err != nil {
		return 0, err
	}
	return s.putPacked(tx, p)
}

// putPacked stores bytes whose first piece is packed already.
func (s *Store) putPacked(tx *db.Tx, p *packed) (RawID, error) {
	id, err := tx.Insert("INSERT INTO raw (size, salt, keyed, packed, bytes) VALUES (:size, :salt, :keyed, :packed, :bytes)",
		db.Named("size", len(p.raw)), db.Named("salt", p.salt), db.Named("keyed", p.mark), db.Named("packed", p.first.packed), db.Named("bytes", p.first.bytes))
	if err != nil {
		return 0, fmt.Errorf("store bytes: %w", err)
	}
	for n := 1; n < pieces(len(p.raw)); n++ {
		more := s.packPiece(p, n, nil)
		_, err := tx.Exec("INSERT INTO raw_chunk (raw, n, packed, bytes) VALUES (:raw, :n, :packed, :bytes)",
			db.Named("raw", id), db.Named("n", n), db.Named("packed", more.packed), db.Named("bytes", more.bytes))
		if err != nil {
			return 0, fmt.Errorf("store bytes: %w", err)
		}
	}
	return RawID(id), nil
}

// Raw gives stored bytes back as they were put in. An unknown id is a refusal of kind NotFound; bytes sealed with another key, or
// damaged ones, are Unavailable and say so.
func (s *Store) Raw(tx *db.Tx, id RawID) ([]byte, error) { return s.RawRange(tx, id, 0, -1) }

// RawRange gives a part of stored bytes: at most n octets from an offset, fewer where they end; n < 0: to the end. It reads only
// the pieces it needs.
func (s *Store) RawRange(tx *db.Tx, id RawID, offset, n int) ([]byte, error) {
	var size int
	var salt, mark []byte
	var first piece
	err := tx.QueryRow("SELECT size, salt, keyed, packed, CASE WHEN ?2 < ?3 THEN bytes ELSE x'' END FROM raw WHERE id = ?1", id, offset, pieceLen).
		Scan(&size, &salt, &mark, &first.packed, &first.bytes)
	if errors.Is(err, db.ErrNoRows) {
		return nil, refusal.Because(refusal.NotFound, "The bytes of this letter are no longer kept.")
	}
	if err != nil {
		return nil, fmt.Errorf("read bytes: %w", err)
	}
	var aead cipher.AEAD
	if salt != nil {
		if err := s.seal.check(mark); err != nil {
			return nil, err
		}
		aead = s.seal.cipher(salt)
	}
	offset = min(max(offset, 0), size)
	end := size
	if n >= 0 && n < size-offset {
		end = offset + n
	}
	if offset == end {
		return []byte{}, nil
	}
	from, last := offset/pieceLen, pieces(end)
	out := make([]byte, min(size, last*pieceLen)-from*pieceLen)
	rest, next := out, from
	if from == 0 {
		rest, next = out[min(len(out), pieceLen):], 1
		if err := s.readPiece(aead, 0, first, out[:len(out)-len(rest)]); err != nil {
			return nil, errDamaged(fmt.Errorf("piece 0 of bytes %d: %w", id, err))
		}
	}
	if len(rest) > 0 {
		if err := s.readPieces(tx, id, aead, next, rest); err != nil {
			return nil, err
		}
	}
	return out[offset-from*pieceLen : end-from*pieceLen], nil
}

// readPieces fills out with whole pieces from the first on.
func (s *Store) readPieces(tx *db.Tx, id RawID, aead cipher.AEAD, first int, out []byte) error {
	rows, err := tx.Query("SELECT n, packed, bytes FROM raw_chunk WHERE raw = :raw AND n >= :first AND n < :end ORDER BY n",
		db.Named("raw", id), db.Named("first", first), db.Named("end", first+pieces(len(out))))
	if err != nil {
		return fmt.Errorf("read bytes: %w", err)
	}
	defer rows.Close()
	next := first
	for rows.Next() {
		var n int
		var packed bool
		var b db.RawBytes
		if err := rows.Scan(&n, &packed, &b); err != nil {
			return fmt.Errorf("read bytes: %w", err)
		}
		if n != next {
			break
		}
		next++
		into := out[:min(len(out), pieceLen)]
		out = out[len(into):]
		if err := s.readPiece(aead, n, piece{b, packed}, into); err != nil {
			return errDamaged(fmt.Errorf("piece %d of bytes %d: %w", n, id, err))
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read bytes: %w", err)
	}
	if len(out) > 0 {
		return errDamaged(fmt.Errorf("piece %d of bytes %d is missing", next, id))
	}
	return nil
}

func (s *Store) readPiece(aead cipher.AEAD, n int, p piece, dst []byte) error {
	b := p.bytes
	if aead != nil {
		var err error
		if b, err = aead.Open(nil, nonce(n), b, nil); err != nil {
			return err
		}
	}
	if p.packed {
		return s.zip.unpack(dst, b)
	}
	if copy(dst, b) != len(dst) || len(b) != len(dst) {
		return errors.New("it has another length")
	}
	return nil
}

// DropRaw deletes stored bytes. While rows of others still point at them they stay, and go with a later Purge.
func (s *Store) DropRaw(tx *db.Tx, id RawID) error {
	_, err := tx.Exec("DELETE FROM raw WHERE id = ?", id)
	if db.IsForeign(err) {
		_, err = tx.Exec("UPDATE raw SET doomed = 1 WHERE id = ?", id)
	}
	if err != nil {
		return fmt.Errorf("drop bytes: %w", err)
	}
	return nil
}
