package archive

import (
	"errors"

	"backchannel/archive/db"
)

var errNotYet = errors.New("archive: not written yet")

type sealer struct{}

func newSealer([]byte) sealer { return sealer{} }

type zipper struct{}

// RawID names stored bytes. Other tables may point at raw (id); index the column that does, so that dropping stays cheap.
type RawID int64

// Seal says how bytes lie in the file.
type Seal bool

const (
	Open   Seal = false // readable for whoever has the file: what was published anyway
	Sealed Seal = true  // only with the key: live tokens, private words
)

// PutRaw stores bytes, compressed where that helps, in pieces, sealed if asked.
func (s *Store) PutRaw(tx *db.Tx, raw []byte, seal Seal) (RawID, error) { return 0, errNotYet }

// Raw gives stored bytes back as they were put in.
func (s *Store) Raw(tx *db.Tx, id RawID) ([]byte, error) { return nil, errNotYet }

// DropRaw deletes stored bytes. While rows of others still point at them they stay, and go with a later Purge.
func (s *Store) DropRaw(tx *db.Tx, id RawID) error { return errNotYet }
