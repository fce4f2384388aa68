package mailauth

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
)

// Survivors are the hashes of those signatures that spoke for the author of a letter and still do on a message made of it, as they will
// at a later time: until when they have to be good. The keys are those that were found then; the DNS is not asked again, and so this may
// be called inside a transaction. head ends with the empty line.
func (f Finding) Survivors(head, body []byte, until time.Time) []string {
	var alive []string
	m := newWire(head, body)
	var all []*candidate
	for _, sig := range f.Signatures {
		if !sig.Aligned || sig.Record == "" || slices.Contains(alive, sig.Hash) {
			continue
		}
		if all == nil {
			all = readSignatures(m, until)
		}
		i := slices.IndexFunc(all, func(c *candidate) bool { return !c.done && c.Hash == sig.Hash && c.Domain == sig.Domain })
		if i < 0 {
			continue
		}
		if k, err := parseKey(sig.Record); err == nil && all[i].check(m, k) == nil {
			alive = append(alive, sig.Hash)
		}
	}
	return alive
}

// SignatureHash is what Signature.Hash tells of a DKIM-Signature field with this value, to know it again; "" for one that has none.
func SignatureHash(value string) string {
	t, err := parseTags(value)
	if err != nil {
		return ""
	}
	sig := t.binary("b")
	if len(sig) == 0 {
		return ""
	}
	sum := sha256.Sum256(sig)
	return hex.EncodeToString(sum[:])
}
