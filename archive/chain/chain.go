// Package chain makes a chain of rows, each of which bears the hash of the row before it, as pure functions. It promises that whoever
// changes a row, takes one out or puts one in between changes every hash behind it: one hash that was told outside vouches for all rows
// up to it.
package chain

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Size is how many octets a hash has.
const Size = sha256.Size

// Link is one row of a chain.
type Link struct {
	Seq     int64 // 1, 2, 3 …
	Prev    []byte
	Hash    []byte
	Numbers []int64 // what else the row says, in a fixed order
	Texts   []string
}

// First is what stands before the first row.
func First() []byte { return make([]byte, Size) }

// Sum is the hash that a row must bear. Every part goes in with its length, so that no two rows are the same to it.
func (l Link) Sum() []byte {
	h := sha256.New()
	for _, n := range append([]int64{l.Seq, int64(len(l.Numbers)), int64(len(l.Texts))}, l.Numbers...) {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(n))
		h.Write(b[:])
	}
	for _, t := range append([]string{string(l.Prev)}, l.Texts...) {
		fmt.Fprintf(h, "%d:%s", len(t), t)
	}
	return h.Sum(nil)
}

// Broken tells where a chain is broken, as the end of a sentence that begins with its name; "" when it is whole.
func Broken(links []Link) string {
	prev := First()
	for i, l := range links {
		switch {
		case l.Seq != int64(i)+1:
			return fmt.Sprintf("has no entry %d: it was taken out.", i+1)
		case !bytes.Equal(l.Prev, prev):
			return fmt.Sprintf("is broken before entry %d: what stood there was changed.", l.Seq)
		case !bytes.Equal(l.Hash, l.Sum()):
			return fmt.Sprintf("is broken: entry %d was changed.", l.Seq)
		}
		prev = l.Hash
	}
	return ""
}
